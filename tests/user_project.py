"""A user's project, in which pytest is run: what all tests of the plugin share."""

import pytest

import pytest_codex_replay.testing.collection  # pytester forgets what a run imports: here it is imported once
import pytest_codex_replay.testing.handle  # noqa: F401

__all__ = ["ASK", "project", "run"]

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


@pytest.fixture
def project(pytester: pytest.Pytester, write_cassette, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A user's project with the cassette `hello`; of all that is installed here, no plugin is loaded unasked."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    pytester.makeconftest(ASK)
    write_cassette(pytester.path / "cassettes" / "hello", "hello")
    return pytester


@pytest.fixture
def run(project: pytest.Pytester):
    """Run pytest on a test of the user's, in this process, with the plugin by its module's name."""

    def run_pytest(source: str, *args: str, replay: bool = True) -> pytest.RunResult:
        project.makepyfile(f"import pytest\n{source}")
        known = "ignore:Module already imported:pytest.PytestAssertRewriteWarning"  # it is, where it is installed
        switches = ["-W", known, "-p", "pytest_codex_replay.plugin", *(["--codex-replay"] if replay else [])]
        return project.runpytest_inprocess(*switches, *args)

    return run_pytest
