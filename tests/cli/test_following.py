"""Several sessions that are followed at once."""

import orjson
import pytest

from pytest_codex_replay.archive.files import Files
from pytest_codex_replay.archive.record import FORMAT, EventRecord, SegmentRecord
from pytest_codex_replay.archive.segment import create_segment
from pytest_codex_replay.archive.tail import SessionTail
from pytest_codex_replay.cli import followed_session
from pytest_codex_replay.cli.following import Following
from pytest_codex_replay.cli.page import Page
from pytest_codex_replay.upstream.scenarios import multi_turn, text
from tests.sessions import START_MS, THREAD

HEAD = SegmentRecord(at_ms=START_MS, format=FORMAT, session=THREAD, run="run-1", recorder="tests", ruleset=1)


@pytest.fixture
def following():
    found = Following(Page(), is_full=False, as_json=False)
    yield found
    found.close()


def test_one_text_grows_and_others_come_between_when_they_end(following, talk, tmp_path, capsys) -> None:
    """Two texts that came piece by piece in turn could not be read."""
    writers, rests = [], []
    for name, words in (("a", "The first of two texts, in pieces."), ("b", "The second of two texts, in pieces.")):
        client = talk(text(words))
        client.turn("hi")
        records = [HEAD, *client.records]
        deltas = [n for n, one in enumerate(records) if isinstance(one, EventRecord) and b"text.delta" in one.raw]
        middle = deltas[len(deltas) // 2]
        writers.append(create_segment(Files(), tmp_path / name))
        rests.append(records[middle:])
        for record in records[:middle]:
            writers[-1].write(record)
        writers[-1].flush()
        following.add(tmp_path / name, is_whole=True)

    following.tell()
    for number in (1, 0):
        for record in rests[number]:
            writers[number].write(record)
        writers[number].close()
        following.tell()

    shown = capsys.readouterr().out
    assert shown.count("The second of two texts, in pieces.") == 1
    begin, _, end = shown.partition("  assistant  The second of two texts, in pieces.\n             turn completed\n")
    first = begin.rpartition("  assistant  ")[2].partition("\n")[0]
    assert first
    assert f"{first}{end.rpartition('  …          ')[2]}" == (
        "The first of two texts, in pieces.\n             turn completed\n"
    )


def test_for_programs_what_was_recorded_before_is_not_read_again(talk, run, tmp_path, monkeypatch, capsys) -> None:
    """A large session that ended: an index knows what it came to, and what comes then is told in full."""
    monkeypatch.setattr(followed_session, "LARGE_BYTES", 1)
    client = talk(multi_turn())
    client.turn("My name is Ada.")
    path = client.write(tmp_path / "archive" / "s")
    run("ls", tmp_path / "archive")  # makes the index

    def follow(*, is_whole: bool) -> Following:
        found = Following(Page(), is_full=False, as_json=True)
        found.add(path, is_whole=is_whole)
        return found

    follow(is_whole=False).close()
    with monkeypatch.context() as patch:
        patch.setattr(SessionTail, "records", None)
        following = follow(is_whole=False)
        following.tell()
    before = capsys.readouterr().out
    seen = len(client.records)
    client.turn("Who am I?")
    writer = create_segment(Files(), path)
    for record in (HEAD, *client.records[seen:]):
        writer.write(record)
    writer.close()
    following.tell()
    told = capsys.readouterr().out.splitlines()
    whole = follow(is_whole=True)
    whole.tell()

    assert before == ""
    assert {orjson.loads(line)["mutation"] for line in told} == {"upsert", "lifecycle"}
    assert capsys.readouterr().out.splitlines()[-len(told) :] == told
    following.close()
    whole.close()


def test_for_programs_all_changes_are_the_same_from_an_index(talk, run, tmp_path, monkeypatch, capsys) -> None:
    """Also those of texts that grow: byte for byte, though nothing is read."""
    monkeypatch.setattr(followed_session, "LARGE_BYTES", 1)
    client = talk(multi_turn(), transport="websocket")
    client.turn("My name is Ada.")
    client.turn("Who am I?")
    path = client.write(tmp_path / "archive" / "s")

    def told() -> str:
        found = Following(Page(), is_full=False, as_json=True)
        found.add(path, is_whole=True)
        found.tell()
        found.close()
        return capsys.readouterr().out

    unindexed = told()
    run("ls", tmp_path / "archive")  # makes the index
    capsys.readouterr()
    read = told()
    monkeypatch.setattr(SessionTail, "records", None)

    assert '"is_open":true' in read
    assert told() == read == unindexed
