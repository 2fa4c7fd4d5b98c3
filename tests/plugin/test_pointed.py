"""The test's process is pointed at the cassette; a test that never asked it is not green."""

import pytest

from tests.user_project import VCR, project, run

__all__ = ["project", "run"]

BY_ENVIRONMENT = """
import os, subprocess, sys
ASK = "import conftest, os; print(conftest.ask_at(os.environ['OPENAI_BASE_URL'], 'hello'))"

@pytest.mark.codex_replay("hello")
def test_script(codex_replay):
    done = subprocess.run([sys.executable, "-c", ASK], capture_output=True, text=True, check=True)
    assert "hello, indeed" in done.stdout
    assert os.environ["CODEX_HOME"] == codex_replay.env["CODEX_HOME"]
    assert os.environ["OPENAI_API_KEY"] != "sk-mine"

def test_after():
    assert (os.environ["OPENAI_BASE_URL"], os.environ["OPENAI_API_KEY"]) == ("http://mine.test/v1", "sk-mine")
    assert "CODEX_HOME" not in os.environ
"""
SILENT = """
@pytest.mark.codex_replay("hello"{0})
def test_silent({1}): pass
"""


@pytest.fixture(autouse=True)
def mine(monkeypatch: pytest.MonkeyPatch) -> None:
    """The user's own variables."""
    monkeypatch.setenv("OPENAI_BASE_URL", "http://mine.test/v1")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-mine")
    monkeypatch.delenv("CODEX_HOME", raising=False)


def test_what_a_test_starts_is_pointed(run) -> None:
    """Without `env=`; afterwards the variables are the user's own."""
    run(BY_ENVIRONMENT).assert_outcomes(passed=2)


def test_a_patch_of_the_test_is_undone_before_ours(run) -> None:
    """In whatever order it asks for its fixtures."""
    patched = BY_ENVIRONMENT.replace("(codex_replay):\n", "(monkeypatch, codex_replay):\n    change(monkeypatch)\n")
    change = "def change(patch): patch.setenv('NO_PROXY', '*'); patch.setenv('CODEX_HOME', os.environ['CODEX_HOME'])\n"

    run(change + patched).assert_outcomes(passed=2)


@pytest.mark.parametrize("fixture", ["codex_replay", "codex_vcr", "codex_replay, codex_vcr"])
def test_a_cassette_that_was_never_asked_fails_the_test(run, fixture: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With how to point the client; the marker says where it is meant."""
    monkeypatch.setenv("CI", "true")  # pytest cuts no line then
    failed = run(SILENT.format("", fixture), "--codex-replay-unused=ignore")
    meant = run(SILENT.format(", unasked='ok'", fixture), "--codex-replay-unused=ignore")
    live = run(SILENT.format("", fixture), replay=False)

    failed.assert_outcomes(failed=1)
    failed.stdout.fnmatch_lines(
        [
            "cassettes/hello: no request reached the cassette: nothing was replayed.",
            "  Point the client at it. An SDK reads $OPENAI_BASE_URL*",
            "FAILED *::test_silent - *no request *",
        ]
    )
    meant.assert_outcomes(passed=1)
    live.assert_outcomes(passed=1)


def test_a_test_that_is_skipped_or_asks_in_this_process_is_not_concerned(run) -> None:
    """Nor is one that failed: it has a reason of its own."""
    skipped = SILENT.format("", "codex_replay").replace("pass", "pytest.skip()")

    run(VCR + skipped).assert_outcomes(passed=1, skipped=1)


def test_a_wrong_value_is_refused(run) -> None:
    """At collection."""
    result = run(SILENT.format(", unasked=True", "codex_replay"))

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*unasked: True is unknown; write unasked='ok' where no request is meant"])


def test_the_short_summary_begins_with_the_miss(run, monkeypatch: pytest.MonkeyPatch) -> None:
    """The test's own complaint comes after it."""
    monkeypatch.setenv("CI", "true")  # pytest cuts no line then

    result = run(
        """
@pytest.mark.codex_replay("hello")
def test_it(ask):
    assert ask("bye") == "fine"
"""
    )

    result.stdout.fnmatch_lines(
        ["FAILED *::test_it - cassettes/hello: request 1 sent a request that matches no interaction. (*assert*"]
    )
