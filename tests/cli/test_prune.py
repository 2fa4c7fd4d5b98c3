"""`codex-replay rm` and `codex-replay prune`."""

import fcntl
import json
import os
import time

import pytest

from pytest_codex_replay.reading import open_archive
from pytest_codex_replay.recorder.retention import drop_session
from pytest_codex_replay.upstream.scenarios import text
from tests.sessions import THREAD

DAY_S = 86_400


@pytest.fixture
def archive(talk, tmp_path):
    """Three sessions: written to 1, 10 and 20 days ago."""
    for days in (1, 10, 20):
        client = talk(text())
        client.turn("hi")
        path = client.write(tmp_path / "archive" / f"session-{days}")
        at_s = time.time() - days * DAY_S
        for file in path.iterdir():
            os.utime(file, (at_s, at_s))
    return tmp_path / "archive"


@pytest.fixture
def cassette(talk, tmp_path):
    """A session in plain text."""
    client = talk(text())
    client.turn("hi")
    return client.write(tmp_path / "cassette", plain=True)


def names(archive) -> list[str]:
    return sorted(path.name for path in archive.iterdir())


def test_nothing_is_removed_without_yes(run, archive) -> None:
    """It is listed, with the reason."""
    result = run("prune", archive, "--older-than", "7d")

    assert [line.split()[0] for line in result.stdout.splitlines()] == ["session-20", "session-10"]
    assert "Nothing was removed; with --yes, they are." in result.stderr
    assert len(names(archive)) == 3


@pytest.mark.parametrize(
    ("options", "left"),
    [
        (("--older-than", "7d"), ["session-1"]),
        (("--older-than", "2w"), ["session-1", "session-10"]),
        (("--max-size", "1B"), []),
    ],
)
def test_the_oldest_go_first(run, archive, options, left) -> None:
    """By age, or until the rest is small enough."""
    result = run("prune", archive, *options, "--yes")

    assert result.exit_code == 0
    assert names(archive) == left


def test_what_is_being_recorded_stays(run, refusal, archive) -> None:
    """`prune` passes it by; `rm` says so."""
    with next((archive / "session-20").iterdir()).open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        run("prune", archive, "--older-than", "1h", "--yes")
        message = refusal("rm", archive / "session-20", "--yes")

    assert names(archive) == ["session-20"]
    assert "is being recorded" in message


def test_a_title_goes_with_its_conversation(run, talk, tmp_path) -> None:
    """What Codex began beside a conversation is of no use without it."""
    for name, talks in (("talk", "turn"), ("title", "title")):
        client = talk(text("A title"))
        getattr(client, talks)("hi")
        client.write(tmp_path / "archive" / name)

    rows = json.loads(run("rm", tmp_path / "archive" / "talk", "--yes", "--json").stdout)["sessions"]

    assert [row["why"] for row in rows] == ["asked for", "title of talk"]
    assert names(tmp_path / "archive") == []


def test_an_id_of_several_sessions_removes_none(refusal, run, archive) -> None:
    """Which of them is meant is not guessed; some are named."""
    (response,) = {call.response_id for one in open_archive(archive) for call in one.interactions}
    run("ls", archive)

    message = refusal("rm", archive / response, "--yes")

    assert f"response {response} stands in 3 sessions: session-" in message
    assert names(archive) == [".index.db", "session-1", "session-10", "session-20"]


@pytest.mark.parametrize("yes", [[], ["--yes"]])
def test_the_id_of_a_sub_agent_says_what_goes_with_it(run, talk, tmp_path, yes) -> None:
    """Its thread is a part of a session, which is removed as a whole."""
    conversation, child = talk(text()), talk(text(), thread="child", parent=THREAD, agent_name="/root/greeter")
    for one in (conversation, child):
        one.turn("hi")
    conversation.records += child.records
    conversation.write(tmp_path / "archive" / "one")
    run("ls", tmp_path / "archive")

    result = run("rm", tmp_path / "archive" / "child", *yes)

    assert "has thread child; all of it goes: 2 turns, 1 sub-agent (/root/greeter)" in result.stdout
    assert (tmp_path / "archive" / "one").exists() == (not yes)


def test_what_a_user_put_there_stays(run, archive) -> None:
    """The session is gone, the file is not; both are reported, also before it is meant."""
    (archive / "session-1" / "notes.txt").write_text("mine")

    asked = run("rm", archive / "session-1")
    result = run("rm", archive / "session-1", "--yes")

    assert all("; of yours stays notes.txt\n" in one.output for one in (asked, result))
    assert "Removed 1 session, " in result.stderr
    assert (asked.exit_code, result.exit_code) == (0, 0)
    assert [path.name for path in (archive / "session-1").iterdir()] == ["notes.txt"]


def test_of_an_archive_that_may_not_be_written_to_nothing_is_removed(run, archive, monkeypatch) -> None:
    """Else the traffic would go, and its directory stay."""
    may = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: (path != archive or mode != os.W_OK) and may(path, mode))

    result = run("rm", archive / "session-1", "--yes")

    assert result.exit_code == 1
    assert "not removed: Permission denied" in result.stdout
    assert result.stderr == "Removed 0 sessions, 0 B.\n"
    assert [path.name for path in (archive / "session-1").iterdir()] == ["traffic-0001.jsonl.zst"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("prune", "archive"), "give --older-than AGE or --max-size SIZE"),
        (("prune", "archive", "--older-than", "soon"), "--older-than: 'soon' is not an age"),
        (("prune", "archive", "--max-size", "big"), "--max-size: 'big' is not a size"),
        (
            ("prune", "archive", "--max-size", "10"),
            "--max-size: 10 of what? Give a unit: 10MB, 10GiB, or 10B for bytes.",
        ),
        (("rm", "cassette"), "is a cassette or no session"),
        (("rm", "."), "holds sessions. Name those to remove"),
    ],
)
@pytest.mark.usefixtures("archive", "cassette")
def test_what_cannot_be_removed_is_one_line(refusal, tmp_path, monkeypatch, words, message) -> None:
    """It says what to do."""
    monkeypatch.chdir(tmp_path)

    assert message in refusal(*words)


@pytest.mark.parametrize("left", [1, 0])
def test_the_words_of_what_is_removed_stand_nowhere(run, talk, tmp_path, left) -> None:
    """Neither in the index nor in one that was set aside, also where no session is left."""
    archive = tmp_path / "archive"
    for name in ("secret", "other")[: left + 1]:
        client = talk(text())
        client.turn(f"the {name} is zebraquux{name}")
        client.write(archive / name)
    run("ls", archive)
    (archive / ".index.db.set-aside").write_bytes((archive / ".index.db").read_bytes())

    result = run("rm", archive / "secret", "--yes")

    assert result.exit_code == 0
    assert len(names(archive)) == left + 1
    assert not any(b"zebraquuxsecret" in path.read_bytes() for path in archive.rglob("*") if path.is_file())


def test_an_index_that_is_damaged_meanwhile_keeps_no_words(run, talk, tmp_path, monkeypatch) -> None:
    """It is set aside while what is removed is forgotten, and goes, too."""
    archive = tmp_path / "archive"
    client = talk(text())
    client.turn("the word is zebraquux")
    client.write(archive / "secret")
    run("ls", archive)

    def drop_and_damage(session, files):
        is_gone = drop_session(session, files)
        with (archive / ".index.db").open("r+b") as index:
            index.write(b"damaged")
        return is_gone

    monkeypatch.setattr("pytest_codex_replay.cli.prune.drop_session", drop_and_damage)

    result = run("rm", archive / "secret", "--yes")

    assert "It is set aside" in result.stderr
    assert not any(b"zebraquux" in path.read_bytes() for path in archive.rglob("*") if path.is_file())


def test_nothing_to_remove_is_told(run, archive) -> None:
    """And what stays in any case."""
    told = run("prune", archive, "--older-than", "90d").stderr

    assert told == "Nothing to remove: no session exceeds the limits. Cassettes and what is being recorded stay.\n"


def test_what_is_in_use_and_exceeds_the_limits_is_named(run, archive) -> None:
    """It stays, and the reason is told; what goes is told as before."""
    with (archive / "session-1" / "traffic-0001.jsonl.zst").open("rb") as file:
        os.utime(file.fileno())
        told = run("prune", archive, "--max-size", "1B").stderr
        fcntl.flock(file, fcntl.LOCK_EX)
        kept = json.loads(run("prune", archive, "--older-than", "1h", "--max-size", "1B", "--json").stdout)["kept"]

    assert "Over the limits, but kept, as written to in the last 60 s: 1 session, session-1\n" in told
    assert "2 sessions," in told
    assert [(row["path"], row["why"]) for row in kept] == [(str(archive / "session-1"), "being recorded")]


def test_nothing_to_remove_names_its_reason(run, refusal, archive, cassette) -> None:
    """A session by itself, a directory of cassettes, and what was written just now are no archives within limits."""
    os.utime(next((archive / "session-1").iterdir()))
    assert "no archive. Remove it: codex-replay rm " in refusal("prune", archive / "session-1", "--max-size", "1B")
    assert "no archive. Cassettes stay." in refusal("prune", cassette, "--max-size", "1B")
    (cassette.parent / "cassettes").mkdir()
    cassette.rename(cassette.parent / "cassettes" / "one")

    told = run("prune", cassette.parent / "cassettes", "--max-size", "1B").stderr

    assert told == f"Nothing to remove: {cassette.parent / 'cassettes'} has no recorded session. Cassettes stay.\n"
    run("prune", archive, "--older-than", "7d", "--yes")
    assert run("prune", archive, "--max-size", "1B").stderr.startswith(
        "Nothing to remove: what exceeds the limits is in use.\n"
    )
