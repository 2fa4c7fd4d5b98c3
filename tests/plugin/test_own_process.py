"""Clients in the test's own process: what its environment holds is nothing to a replay."""

import pytest

from pytest_codex_replay.upstream import SCENARIOS, ScriptedUpstream
from tests.user_project import project, run

__all__ = ["project", "run"]

PROXIES = "HTTP_PROXY http_proxy HTTPS_PROXY https_proxy ALL_PROXY all_proxy"
CLIENTS = """
import asyncio, os, socket
import aiohttp, httpx, httpx2, requests

ITEM = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "hello"}]}
ASKED = {"model": "gpt-5.4", "input": [ITEM]}

def by_httpx(url):
    return httpx.post(url, json=ASKED).text

def by_httpx2(url):
    return httpx2.post(url, json=ASKED).text

def by_requests(url):
    return requests.post(url, json=ASKED, timeout=5).text

def by_aiohttp(url):
    async def ask():
        async with aiohttp.ClientSession(trust_env=True) as session, session.post(url, json=ASKED) as answer:
            return await answer.text()
    return asyncio.run(ask())

CLIENTS = pytest.mark.parametrize("ask", [by_httpx, by_httpx2, by_requests, by_aiohttp])
pytestmark = pytest.mark.codex_replay("hello")
"""
PROXIED = f"""
@pytest.fixture(scope="module", autouse=True)
def proxy():
    with socket.create_server(("127.0.0.1", 0)) as proxy, pytest.MonkeyPatch.context() as patch:
        proxy.setblocking(False)
        for name in {PROXIES!r}.split():
            patch.setenv(name, f"http://127.0.0.1:{{proxy.getsockname()[1]}}")
        patch.setenv("NO_PROXY", "corp.test")
        patch.delenv("no_proxy", raising=False)
        yield
        assert (os.environ["NO_PROXY"], "no_proxy" in os.environ) == ("corp.test", False)
        with pytest.raises(BlockingIOError):
            proxy.accept()
"""


def test_a_replay_keeps_off_proxies(run) -> None:
    """The prompts would go to them; afterwards the environment is as it was."""
    result = run(
        f"""{CLIENTS}{PROXIED}
@CLIENTS
def test_it(ask, codex_replay):
    assert "hello, indeed" in ask(codex_replay.base_url + "/responses")

@CLIENTS
def test_vcr(ask, codex_vcr):
    assert "hello, indeed" in ask("https://api.openai.com/v1/responses")
"""
    )

    result.assert_outcomes(passed=8)


def test_the_real_codex_keeps_off_proxies(project: pytest.Pytester, run, codex_binary: str, write_cassette) -> None:
    """It reads the same variables; its requests reach the replay, which has others."""
    result = run(
        f"""
import os, socket
{PROXIED}
@pytest.mark.codex_replay("hello")
def test_it(codex_cli):
    proxies = {{name: os.environ[name] for name in {PROXIES!r}.split()}}
    codex_cli.env |= proxies
    codex_cli.exec("hello")
""",
        "--codex-replay-unused=ignore",
        f"-ocodex_replay_codex={codex_binary}",
    )

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["cassettes/hello: turn 1 sent a request that matches no interaction."])


def test_what_was_blocked_fails_the_test(run) -> None:
    """A client that cannot be served is never silent: not when nothing was served, not when the test goes on."""
    result = run(
        """
import contextlib, httpcore2

@pytest.mark.codex_replay("hello")
def test_it(codex_vcr):
    with contextlib.suppress(httpcore2.ConnectError):
        httpcore2.request("POST", "https://api.openai.com/v1/responses")
"""
    )

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "cassettes/hello: connect to api.openai.com:443 by httpcore2 was blocked: replay allows no network access",
            "codex-replay: 1 test, 0 interactions served, 0 missed, 1 unused, 1 blocked",
        ]
    )


FROZEN = """
import datetime, time
import freezegun, time_machine

@pytest.fixture(params=["freezegun", "time_machine"], autouse=True)
def frozen(request):
    if request.param == "freezegun":
        with freezegun.freeze_time("2001-02-03"):
            yield
    else:
        with time_machine.travel(datetime.datetime(2001, 2, 3), tick=False):
            yield
"""


def test_a_frozen_clock_changes_nothing(run) -> None:
    """Answers come at recorded speed: the server's clock goes on."""
    result = run(
        f"""{CLIENTS}{FROZEN}
@pytest.mark.codex_replay("hello", speed="recorded", faults=["slow:20ms"])
def test_it(codex_replay):
    assert "hello, indeed" in by_httpx(codex_replay.base_url + "/responses")

@pytest.mark.codex_replay("hello", speed="recorded")
def test_vcr(codex_vcr):
    assert "hello, indeed" in by_httpx2("https://api.openai.com/v1/responses")
"""
    )

    result.assert_outcomes(passed=4)


def test_a_frozen_clock_records(run, monkeypatch: pytest.MonkeyPatch, mitmdump_binary: str) -> None:
    """The recorder is another process, with a clock that goes on; what it saw last is no less complete for that."""
    monkeypatch.delenv("CI", raising=False)
    test = """
def test_it(ask, codex_replay):
    assert "completed" in ask("hi")
    assert [turn.prompt for turn in codex_replay.turns] == ["hi"]
"""
    options = [f"-ocodex_replay_recorder={mitmdump_binary}", "--codex-replay-mode=rewrite"]
    with ScriptedUpstream(SCENARIOS["text"].script()) as upstream:
        result = run(f"{FROZEN}{test}", *options, f"-ocodex_replay_upstream={upstream.base_url}", replay=False)

    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(["codex-replay: *, 2 recorded"])
