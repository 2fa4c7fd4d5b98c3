"""`codex-replay incident`."""

import json

import pytest

from pytest_codex_replay.archive.record import FlowEnd
from pytest_codex_replay.upstream.scenarios import server_error_then_fine, text
from tests.replay.recording import Recording, body_of, user

KEY = "sk-proj-" + "Ab3" * 16


@pytest.fixture
def session(talk, tmp_path):
    """A turn that a retry saved; its error has a key in it."""
    client = talk(server_error_then_fine())
    client.turn("hi")
    return client.write(tmp_path / "s")


def test_a_failed_turn_is_a_text(run, session) -> None:
    """It has each request, its status, and what Codex did next; no prompt is in it."""
    result = run("incident", session, "--all")

    assert result.exit_code == 0
    assert "1 of 2 requests failed" in result.stdout
    assert "status 500, error" in result.stdout
    assert "Then Codex sent 1 more request, the turn completed." in result.stdout
    assert "hi" not in result.stdout.split()


def test_for_programs(run, session) -> None:
    """The same facts as JSON."""
    (one,) = json.loads(run("incident", session, "--all", "--json").stdout)

    assert [attempt["status"] for attempt in one["attempts"]] == [500, 200]
    assert one["session"] == "s"


def test_a_turn_or_all(refusal, session) -> None:
    """One of both would be ignored."""
    assert "--turn and --all: give one of them." in refusal("incident", session, "--turn", "1", "--all")


def test_nothing_failed(run, talk, tmp_path) -> None:
    """The exit code says so; a turn may be asked for all the same."""
    client = talk(text())
    client.turn("hi")
    session = client.write(tmp_path / "s")

    result = run("incident", session)

    assert (result.exit_code, result.stdout) == (1, "")
    assert "nothing failed in 1 turn." in result.stderr
    assert "0 of 1 request failed" in run("incident", session, "--turn", 1).stdout


def test_an_error_is_redacted(run, write_cassette, talk, tmp_path) -> None:
    """What an upstream says of a key is not for a bug report."""
    client = talk(text())
    client.sdk("hi", status=401, error={"message": f"Incorrect API key provided: {KEY}."})
    session = client.write(tmp_path / "s")

    for options in ((), ("--json",)):
        printed = run("incident", session, *options).stdout
        assert "Incorrect API key provided" in printed
        assert KEY not in printed


def test_requests_that_failed_alike_are_one_paragraph(run, talk, tmp_path) -> None:
    """Codex tries a dead upstream 37 times: `show` is as short, and says that the upstream was not reached."""
    recording = Recording()
    for _ in range(7):
        recording.http(
            None, method="GET", status=None, end=FlowEnd.REFUSED, request_headers=(("upgrade", "websocket"),)
        )
    for _ in range(30):
        recording.http(body_of(user("hi")), status=None, end=FlowEnd.REFUSED)
    client = talk(text())
    client.records = recording.records
    session = client.write(tmp_path / "s")

    told, shown = run("incident", session).stdout, run("show", session).stdout

    assert told.count("\n  1. upgrade over http: no answer, refused\n") == 1
    assert "     (and 6 more times, up to 7)\n  8. " in told
    assert "     (and 29 more times, up to 37)\n  Then Codex sent 36 more requests, fell back from WebSocket" in told
    assert "\n  state      upstream not reached\n  broken off interaction 1 and 36 more: refused\n" in shown
    assert "\nturn 1\n  tried      interactions 1-7: upgrade http refused\n" in shown
    assert len(shown.splitlines()) < 20


def test_which_session_was_taken_is_told(run, talk, tmp_path):
    """The newest of several; that nothing failed in it says nothing of the others."""
    for name in ("a", "b"):
        client = talk(text())
        client.turn("hi")
        client.write(tmp_path / "archive" / name)

    for verb in ("incident", "cache", "show"):
        assert "This is the newest of 2 sessions." in run(verb, tmp_path / "archive").stderr
