"""Beside pytest-recording, pytest-asyncio and anyio: pytest runs in processes of their own, with these plugins."""

import json

import pytest

RECORDING, ASYNCIO, ANYIO = "pytest_recording.plugin", "pytest_asyncio.plugin", "anyio.pytest_plugin"
OURS = "pytest_codex_replay.plugin"
VCRPY_CASSETTE = """
interactions:
- request: {method: GET, uri: 'https://example.test/weather', body: null, headers: {}}
  response: {status: {code: 200, message: OK}, headers: {}, body: {string: sunny}}
version: 1
"""
BODY = json.dumps(
    {
        "model": "gpt-5.4",
        "input": [{"type": "message", "role": "user", "content": [{"type": "input_text", "text": "hello"}]}],
    }
)
CLIENTS = f"""
import json
import pytest
import aiohttp, httpx, openai

API = "https://api.openai.com/v1"
BODY = json.loads({BODY!r})

async def with_httpx():
    async with httpx.AsyncClient() as client:
        return (await client.post(API + "/responses", json=BODY)).text

async def with_aiohttp():
    async with aiohttp.ClientSession() as session, session.post(API + "/responses", json=BODY) as reply:
        return await reply.text()

async def with_openai():
    async with openai.AsyncOpenAI(api_key="none", base_url=API) as client:
        response = await client.responses.with_raw_response.create(**BODY)
        return response.text

ASK = pytest.mark.parametrize("ask", [with_httpx, with_aiohttp, with_openai])
"""
"""What a user's asynchronous tests begin with."""


@pytest.fixture
def run_with(project: pytest.Pytester, run_apart):
    """Run a suite in a process of its own, with plugins in this order."""

    def run(source: str, plugins: list[str], *args: str) -> pytest.RunResult:
        project.makepyfile(f"import pytest\n{source}")
        switches = [word for plugin in plugins for word in ("-p", plugin)]
        return run_apart("--strict-markers", *switches, "--codex-replay", *args)

    return run


VCR_AND_OURS = """
import httpx
from conftest import ask_at

@pytest.mark.vcr
def test_vcr():
    assert httpx.get("https://example.test/weather").text == "sunny"

@pytest.mark.codex_replay("hello")
def test_codex_replay(ask):
    assert "hello, indeed" in ask("hello")

@pytest.mark.vcr(ignore_localhost=True)
@pytest.mark.codex_replay("hello")
def test_vcr_and_codex_replay(ask):
    assert httpx.get("https://example.test/weather").text == "sunny"
    assert "hello, indeed" in ask("hello")

@pytest.mark.codex_replay("hello")
def test_codex_vcr(codex_vcr):
    body = {"model": "gpt-5.4", "input": BODY["input"]}
    assert "hello, indeed" in httpx.post("https://api.openai.com/v1/responses", json=body).text

@pytest.mark.vcr
@pytest.mark.codex_replay("hello")
def test_vcr_and_codex_vcr(codex_vcr):
    body = {"model": "gpt-5.4", "input": BODY["input"]}
    assert "hello, indeed" in httpx.post("https://api.openai.com/v1/responses", json=body).text

@pytest.mark.block_network
@pytest.mark.codex_replay("hello")
def test_blocked(codex_vcr):
    body = {"model": "gpt-5.4", "input": BODY["input"]}
    assert "hello, indeed" in httpx.post("https://api.openai.com/v1/responses", json=body).text

@pytest.mark.vcr
def test_vcr_again():
    assert httpx.get("https://example.test/weather").text == "sunny"
""".replace('BODY["input"]', repr(json.loads(BODY)["input"]))


@pytest.mark.parametrize("plugins", [[RECORDING, OURS], [OURS, RECORDING]], ids=["recording-first", "ours-first"])
@pytest.mark.parametrize("options", [["--record-mode=none"], ["--record-mode=none", "--block-network"]], ids=len)
def test_beside_pytest_recording(project: pytest.Pytester, run_with, plugins: list[str], options: list[str]) -> None:
    """Its cassettes and ours, in one run and in one test; behind its network guard, this machine allowed."""
    for name in ("test_vcr", "test_vcr_and_codex_replay", "test_vcr_again"):
        cassettes = project.path / "cassettes" / "test_beside_pytest_recording"
        cassettes.mkdir(exist_ok=True)
        (cassettes / f"{name}.yaml").write_text(VCRPY_CASSETTE)
    allowed = ["--allowed-hosts=127.0.0.1"] if "--block-network" in options else []

    result = run_with(VCR_AND_OURS, plugins, *options, *allowed)

    result.assert_outcomes(passed=7)
    result.stdout.fnmatch_lines(["codex-replay: 5 tests, 5 interactions served (5 exact), 0 missed, 0 unused"])


def test_the_network_guard_of_pytest_recording(run_with) -> None:
    """It holds for this machine, too, unless it is told otherwise, and says so itself."""
    source = """
@pytest.mark.codex_replay("hello")
def test_it(ask):
    ask("hello")
"""
    result = run_with(source, [RECORDING, OURS], "--block-network")

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*Network is disabled*"])


ASYNCIO_TESTS = (
    CLIENTS
    + """
@ASK
@pytest.mark.asyncio
@pytest.mark.codex_replay("hello")
async def test_it(codex_vcr, ask):
    assert "hello, indeed" in await ask()

@pytest.mark.asyncio
@pytest.mark.codex_replay("hello")
async def test_base_url(codex_replay):
    async with httpx.AsyncClient() as client:
        assert "hello, indeed" in (await client.post(codex_replay.base_url + "/responses", json=BODY)).text

@pytest.mark.asyncio
@pytest.mark.codex_replay("hello")
async def test_miss(codex_vcr):
    async with httpx.AsyncClient() as client:
        await client.post(API + "/responses", json={"model": "gpt-5.4", "input": "goodbye"})
"""
)
ANYIO_TESTS = ASYNCIO_TESTS.replace("mark.asyncio", "mark.anyio")
BACKEND = "@pytest.fixture\ndef anyio_backend():\n    return 'asyncio'\n"


@pytest.mark.parametrize(
    ("source", "plugins", "options"),
    [
        (ASYNCIO_TESTS, [ASYNCIO, OURS], []),
        (ASYNCIO_TESTS, [OURS, ASYNCIO], ["--asyncio-mode=auto"]),
        (ANYIO_TESTS + BACKEND, [ANYIO, OURS], []),
        (ANYIO_TESTS + BACKEND, [OURS, ANYIO, ASYNCIO, RECORDING], ["--record-mode=none"]),
    ],
    ids=["asyncio", "asyncio-auto", "anyio", "all"],
)
def test_coroutines(run_with, source: str, plugins: list[str], options: list[str]) -> None:
    """They are answered in their own event loop by either fixture, and a miss fails them."""
    result = run_with(source, plugins, *options)

    result.assert_outcomes(passed=4, failed=1)
    result.stdout.fnmatch_lines(["cassettes/hello: * sent a request that matches no interaction."])
    result.stdout.fnmatch_lines(["codex-replay: 5 tests, 4 interactions served (4 exact), 1 missed, 1 unused"])
