"""`codex_app` in pytest runs of a user: recorded once, replayed, and what it says when it cannot."""

from collections.abc import Iterator

import pytest

from pytest_codex_replay.projection.turns import turns_of
from pytest_codex_replay.replay.cassette import load_cassette
from pytest_codex_replay.upstream import SCENARIOS, Cue, Reply, Script, ScriptedUpstream
from tests.user_project import project, run

__all__ = ["project", "run"]

MODELS = {"sse": "gpt-5.5", "websocket": "gpt-6.1-sol"}
"""One that calls its tools itself, one in code mode."""
TWO_TURNS = """
import os


@pytest.mark.codex_replay("two_turns")
def test_two_turns(codex_app, codex_replay):
    thread = codex_app.start_thread(model=os.environ["MODEL"])

    declined = thread.run("Remove it.", approvals={"rm *": "decline"})
    accepted = thread.run("Make it.", approvals={"rm *": "decline", "*": "accept"})

    assert (declined.status, declined.text) == ("completed", "I did not.")
    assert [(item.command, item.status) for item in declined.items if item.command] == [("rm -f made.txt", "declined")]
    assert [(one.subject, one.decision) for one in declined.approvals] == [("rm -f made.txt", "decline")]
    assert (accepted.status, accepted.text) == ("completed", "I did.")
    assert (codex_app.codex.cwd / "made.txt").exists()
    assert [call.approvals for turn in codex_replay.turns for call in turn.tool_calls] == [("decline",), ("accept",)]
"""


def answer(cue: Cue) -> Reply:
    """Call a tool in each turn, and tell what became of it."""
    if cue.step == 0:
        return cue.shell("rm -f made.txt" if cue.turn == 1 else "touch made.txt")
    return cue.say("I did not." if "rejected" in cue.outputs[0] else "I did.")


@pytest.fixture
def unwatched(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Outside of CI, where nothing is recorded."""
    monkeypatch.delenv("CI", raising=False)
    return monkeypatch


@pytest.fixture(params=["sse", "websocket"])
def upstream(request: pytest.FixtureRequest, unwatched: pytest.MonkeyPatch) -> Iterator[ScriptedUpstream]:
    """What is recorded from, over either transport."""
    refusal = SCENARIOS["refuse-websocket"].script().upgrade if request.param == "sse" else None
    with ScriptedUpstream(Script(answer, upgrade=refusal)) as upstream:
        unwatched.setenv("OPENAI_BASE_URL", upstream.base_url)
        unwatched.setenv("MODEL", MODELS[request.param])
        unwatched.setenv("CODEX_API_KEY", "sk-no-key-is-needed")
        yield upstream


def test_a_recorded_conversation_is_replayed(run, project: pytest.Pytester, upstream, codex_binary: str) -> None:
    """Two turns, one approval declined and one accepted: asked again in replay, and told by `codex_replay.turns`."""
    project.makeini(f"[pytest]\ncodex_replay_codex = {codex_binary}\n")

    recorded = run(TWO_TURNS, "--codex-replay-mode=once", replay=False)
    asked = len(upstream.requests)
    replayed = run(TWO_TURNS)

    recorded.assert_outcomes(passed=1)
    replayed.assert_outcomes(passed=1)
    replayed.stdout.fnmatch_lines(["codex-replay: 1 test, 4 interactions served (*), 0 missed, 0 unused"])
    assert len(upstream.requests) == asked
    turns = turns_of(load_cassette(project.path / "cassettes" / "two_turns").interactions)
    assert [call.approvals for turn in turns for call in turn.tool_calls] == [("decline",), ()]


OTHER_ANSWER = TWO_TURNS.replace('"decline"})', '"accept"})', 1)
"""The user accepts in replay what was declined in the recording."""


def test_another_answer_than_the_recorded_one(run, project: pytest.Pytester, upstream, codex_binary: str) -> None:
    """The next request has another output of the tool, which is drift; the test sees what became of its answer."""
    project.makeini(f"[pytest]\ncodex_replay_codex = {codex_binary}\n")
    run(TWO_TURNS, "--codex-replay-mode=once", replay=False)

    replayed = run(OTHER_ANSWER)

    replayed.assert_outcomes(failed=1)
    replayed.stdout.fnmatch_lines(["*AssertionError: *completed*", "  interaction *: tool-output drifted, input*"])


def test_a_server_that_does_not_start(run, project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is named in the test that uses it, with its last error."""
    codex = project.path / "codex"
    codex.write_text("#!/bin/sh\necho 'no app-server here' >&2\nexit 2\n")
    codex.chmod(0o755)
    project.makeini(f"[pytest]\ncodex_replay_codex = {codex}\n")

    result = run("@pytest.mark.codex_replay('hello')\ndef test_it(codex_app): codex_app.start_thread()\n")

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["E *AppServerError: codex app-server ended with exit code 2: no app-server here"])
