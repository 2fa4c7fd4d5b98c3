"""`codex-replay view`."""

import signal
import subprocess
import urllib.request

import pytest

from pytest_codex_replay.reading import RecordedSession
from pytest_codex_replay.sharing.scan.scan import Scan
from pytest_codex_replay.upstream.scenarios import text

KEY = "sk-proj-" + "Ab3xK9" * 12


@pytest.fixture
def session(talk, tmp_path):
    client = talk(text("Hello."))
    client.turn("hi")
    return client.write(tmp_path / "s")


def test_a_page_in_one_file(run, session, tmp_path) -> None:
    """It is not replaced unless that is asked for."""
    out = tmp_path / "page.html"

    first = run("view", session, "--out", out)
    again = run("view", session, "--out", out)

    assert first.stdout.startswith(f"{out}: ")
    assert out.read_bytes().startswith(b"<!doctype html>")
    assert (again.exit_code, again.stderr) == (2, f"Error: {out}: exists. To replace it: --force.\n")
    assert run("view", session, "--out", out, "--force").exit_code == 0


def test_a_page_goes_into_a_directory_that_exists(refusal, session, tmp_path) -> None:
    """The error names the directory, not a file that the user has never seen."""
    out = tmp_path / "nowhere" / "page.html"

    assert refusal("view", session, "--out", out) == f"Error: {out.parent}: no such directory.\n"


def test_a_page_with_a_secret_is_not_written(run, talk, tmp_path) -> None:
    """The finding is named, with what to do; nothing is left behind."""
    client = talk(text(f"The key is {KEY}."))
    client.turn("hi")
    session = client.write(tmp_path / "s")

    result = run("view", session, "--out", tmp_path / "page.html")

    assert result.exit_code == 1
    assert "codex-replay redact SRC DST" in result.stderr
    assert KEY not in result.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["s"]


def test_a_page_of_what_was_not_scanned_as_a_whole_is_not_written(refusal, session, tmp_path, monkeypatch) -> None:
    """A secret may stand in the rest: of a rollout whose line is too long, for instance. No more is looked at."""
    looked = tmp_path / "looked"  # in another process
    monkeypatch.setattr(Scan, "records", lambda *_: looked.touch() or [])
    (session / "notes.zip").write_bytes(b"PK\x03\x04")

    said = refusal("view", session, "--out", tmp_path / "page.html")

    assert said.startswith("Error: Nothing is written: ")
    assert f"{session / 'notes.zip'}: is a zip archive" in said
    assert "codex-replay redact SRC DST" in said
    assert not (tmp_path / "page.html").exists()
    assert not looked.exists()


def test_a_page_of_a_recording_that_just_stops_is_written(run, session, tmp_path) -> None:
    """Its recorder was killed, or is still writing: the page ends with the last whole record, as the scan does."""
    segment = session / "traffic-0001.jsonl.zst"
    segment.write_bytes(segment.read_bytes()[:-3])

    assert run("view", session, "--out", tmp_path / "page.html").exit_code == 0


def test_the_address_is_served_until_it_is_interrupted(program, session) -> None:
    """It is the first line of stdout."""
    command = [*program, "view", str(session), "--no-browser", "--at", "request=1"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        url = server.stdout.readline().strip()
        with urllib.request.urlopen(url, timeout=30) as answer:
            page = answer.read()
        server.send_signal(signal.SIGINT)
        assert server.wait(30) == 0

    assert url.endswith("#request=1")
    assert page.startswith(b"<!doctype html>")


def test_a_port_in_use_is_one_line(run, session, program) -> None:
    """It says what to do instead."""
    command = [*program, "view", str(session), "--no-browser"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        port = server.stdout.readline().partition("127.0.0.1:")[2].partition("/")[0]
        result = run("view", session, "--no-browser", "--port", port)
        server.send_signal(signal.SIGTERM)
        server.wait(30)

    assert (result.exit_code, result.stderr) == (
        2,
        f"Error: --port {port}: is in use; without it, a free one is taken.\n",
    )


@pytest.mark.parametrize("place", ["turn=1", "item=1.2", "request=1", "response=resp_1"])
def test_a_place_that_exists_is_opened(run, session, tmp_path, place) -> None:
    """Also in a file: its address is printed."""
    out = tmp_path / "page.html"
    place = place.replace("resp_1", RecordedSession(session).interactions[0].response_id)

    result = run("view", session, "--out", out, "--at", place)

    assert result.stdout.splitlines()[1] == f"file://{out}#{place}"


@pytest.mark.parametrize("place", ["turn=2", "item=1.9", "request=0", "request=x", "response=resp_9", "call=c"])
@pytest.mark.parametrize("is_file", [False, True])
def test_a_place_that_does_not_exist_is_refused(refusal, session, tmp_path, place, is_file) -> None:
    """Before anything is served or written."""
    out = ("--out", tmp_path / "page.html") if is_file else ("--no-browser",)

    text = refusal("view", session, "--at", place, *out)

    assert text == f"Error: --at {place}: not found in s. What there is: codex-replay show {session}\n"
    assert not (tmp_path / "page.html").exists()


def test_a_place_needs_a_session_and_a_kind(refusal, session, talk) -> None:
    """What could be meant is named."""
    talk(text()).write(session.parent / "other")

    assert "Give SESSION, too." in refusal("view", session.parent, "--at", "turn=1")
    assert "--at 7: give turn=N, item=TURN.N, request=N" in refusal("view", session, "--at", "7")
