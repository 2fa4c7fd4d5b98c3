"""What changes in a session that is followed."""

import orjson

from pytest_codex_replay.archive.files import Files
from pytest_codex_replay.archive.record import FORMAT, SegmentRecord
from pytest_codex_replay.archive.segment import create_segment
from pytest_codex_replay.archive.tail import SessionTail
from pytest_codex_replay.cli import followed_session
from pytest_codex_replay.cli.followed_session import FollowedSession, is_live
from pytest_codex_replay.index.told import is_kept
from pytest_codex_replay.projection.mutations import Lifecycle
from pytest_codex_replay.upstream.scenarios import multi_turn
from tests.sessions import START_MS, THREAD

HEAD = SegmentRecord(at_ms=START_MS, format=FORMAT, session=THREAD, run="run-1", recorder="tests", ruleset=1)


def happened(session: FollowedSession) -> list[str]:
    return [one.type for one in session.mutations() if isinstance(one, Lifecycle)]


def test_a_session_that_ended_may_go_on(talk, tmp_path) -> None:
    """What had no end has failed when its recorder is gone; another recorder goes on, and nothing is told twice."""
    client = talk(multi_turn())
    client.turn("My name is Ada.")
    first = client.records[:-3]
    session = FollowedSession(tmp_path / "s", lambda _: None)
    writer = create_segment(Files(), tmp_path / "s")
    for record in (HEAD, *first):
        writer.write(record)
    writer.flush()

    begun, was_over = happened(session), session.is_over
    writer.close()
    ended, is_over = happened(session), session.is_over
    nothing = happened(session)
    seen = len(client.records)
    client.turn("Who am I?")
    writer = create_segment(Files(), tmp_path / "s")
    for record in client.records[seen:]:
        writer.write(record)
    writer.flush()
    happened(session)
    goes_on = not session.is_over and is_live(tmp_path / "s")
    writer.close()
    happened(session)

    assert begun[-1] == "turn.started"
    assert (was_over, ended, is_over, nothing) == (False, ["turn.failed"], True, [])
    assert goes_on
    assert session.is_over
    session.close()


def test_what_an_index_knows_is_not_read_again(talk, run, tmp_path, monkeypatch) -> None:
    """Of a large session that has ended: the same is told, and it may go on all the same."""
    monkeypatch.setattr(followed_session, "LARGE_BYTES", 1)
    client = talk(multi_turn())
    client.turn("My name is Ada.")
    path = client.write(tmp_path / "archive" / "s")
    run("ls", tmp_path / "archive")  # makes the index
    first = FollowedSession(path, lambda _: None, wants_all=False)
    told = [one for one in first.mutations() if is_kept(one)]
    first.close()

    with monkeypatch.context() as patch:
        patch.setattr(SessionTail, "records", None)
        session = FollowedSession(path, lambda _: None, wants_all=False)
        again = list(session.mutations())
        nothing = list(session.mutations())
    title, is_over = session.title(told[-1].turn), session.is_over
    seen = len(client.records)
    client.turn("Who am I?")
    writer = create_segment(Files(), path)
    for record in (HEAD, *client.records[seen:]):
        writer.write(record)
    writer.close()
    more = happened(session)

    assert orjson.dumps(again) == orjson.dumps(told)
    assert (nothing, title, is_over) == ([], "My name is Ada.", True)
    assert more == ["turn.started", "turn.completed"]
    session.close()


def test_a_session_that_is_gone_is_not_live(tmp_path) -> None:
    """Nor is one that is still to come."""
    assert not is_live(tmp_path / "nowhere")
