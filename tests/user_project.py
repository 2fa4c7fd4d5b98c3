"""A user's project, in which pytest is run: what all tests of the plugin share."""

import pytest

# pytester forgets what a run imports; so it is imported once, here, and the external scanner is set up once.
import pytest_codex_replay.testing.collection
import pytest_codex_replay.testing.handle
import pytest_codex_replay.testing.rerecord
import pytest_codex_replay.testing.scopes
import pytest_codex_replay.vcr  # noqa: F401

ASK = """
import json
import urllib.error
import urllib.request

import pytest

def ask_at(base_url, text):
    item = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}
    body = json.dumps({"model": "gpt-5.4", "input": [item]}).encode()
    request = urllib.request.Request(base_url + "/responses", body, {"content-type": "application/json"})
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request) as answer:
            return answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.read().decode()

@pytest.fixture
def ask(codex_replay):
    return lambda text: ask_at(codex_replay.base_url, text)
"""
"""conftest.py of a user: asks the model one thing, without Codex."""
HELLO = """
@pytest.mark.codex_replay("hello")
def test_hello(ask):
    assert "hello, indeed" in ask("hello")
"""
BAD_DAY = """
@pytest.mark.codex_replay("hello", faults=["429:usage_limit_reached"])
def test_bad_day(ask):
    assert "usage_limit_reached" in ask("hello")
    assert "hello, indeed" in ask("hello")
"""
DRIFTS = """
@pytest.mark.codex_replay("tool")
def test_drifts(codex_replay):
    import json, urllib.request
    call = {"type": "function_call", "call_id": "c1", "name": "shell", "arguments": "{}"}
    output = {"type": "function_call_output", "call_id": "c1", "output": "2 passed"}
    body = json.dumps({"model": "gpt-5.4", "input": [call, output]}).encode()
    request = urllib.request.Request(codex_replay.base_url + "/responses", body, {"content-type": "application/json"})
    urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request).read()
"""
VCR = """
import httpx

@pytest.mark.codex_replay("hello")
def test_vcr(codex_vcr):
    item = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "hello"}]}
    body = {"model": "gpt-5.4", "input": [item]}
    assert "hello, indeed" in httpx.post("https://api.openai.com/v1/responses", json=body).text
"""


@pytest.fixture
def project(pytester: pytest.Pytester, write_cassette, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A user's project with the cassette `hello`; of all that is installed here, no plugin is loaded unasked."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    pytester.makeconftest(ASK)
    write_cassette(pytester.path / "cassettes" / "hello", "hello")
    return pytester


@pytest.fixture
def run_apart(project: pytest.Pytester, forked_pytest: list[str]):
    """Run pytest in a process of its own: with workers, with signals, with other plugins."""
    return lambda *args: project.run(*forked_pytest, *args)


@pytest.fixture
def run(project: pytest.Pytester):
    """Run pytest on a test of the user's, in this process, with the plugin by its module's name."""

    def run_pytest(source: str, *args: str, replay: bool = True) -> pytest.RunResult:
        project.makepyfile(f"import pytest\n{source}")
        known = "ignore:Module already imported:pytest.PytestAssertRewriteWarning"  # it is, where it is installed
        switches = ["-W", known, "-p", "pytest_codex_replay.plugin", *(["--codex-replay"] if replay else [])]
        return project.runpytest_inprocess(*switches, *args)

    return run_pytest
