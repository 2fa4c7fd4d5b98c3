"""`codex-replay incident`."""

import json

import pytest

from pytest_codex_replay.upstream.scenarios import server_error_then_fine, text

KEY = "sk-proj-" + "Ab3" * 16


@pytest.fixture
def session(talk, tmp_path):
    """A turn that a retry saved; its error has a key in it."""
    client = talk(server_error_then_fine())
    client.turn("hi")
    return client.write(tmp_path / "s")


def test_a_failed_turn_is_a_text(run, session) -> None:
    """It has each request, its status, and what Codex did next; no prompt is in it."""
    result = run("incident", session)

    assert result.exit_code == 0
    assert "1 of 2 requests failed" in result.stdout
    assert "status 500, error" in result.stdout
    assert "Then Codex sent 1 more request, the turn completed." in result.stdout
    assert "hi" not in result.stdout.split()


def test_for_programs(run, session) -> None:
    """The same facts as JSON."""
    (one,) = json.loads(run("incident", session, "--json").stdout)

    assert [attempt["status"] for attempt in one["attempts"]] == [500, 200]
    assert one["session"] == "s"


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
