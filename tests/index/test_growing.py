"""A session that is read as it grows has the rows of one that is read whole, wherever reading stopped."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from pytest_codex_replay.archive import tail
from pytest_codex_replay.archive.files import Files
from pytest_codex_replay.archive.line import decode_line, encode_line
from pytest_codex_replay.archive.record import FORMAT, GapRecord, Record, SegmentRecord, UnknownRecord
from pytest_codex_replay.archive.segment import SegmentWriter, create_segment
from pytest_codex_replay.archive.session import open_sessions
from pytest_codex_replay.index import entry as module
from pytest_codex_replay.index.entry import Entry, entry_of
from pytest_codex_replay.index.growing import GrowingSession, HasToBeReadWholeError
from pytest_codex_replay.index.stamps import Stamp, changes
from pytest_codex_replay.upstream.scenarios import multi_turn, text, tool_loop
from pytest_codex_replay.wire.payload import Payload

CASSETTES = {session.name: session for session in open_sessions(Path(__file__).parents[2] / "cassettes")}


FRAME_BYTES = 4096


@pytest.fixture(autouse=True)
def _all_are_large(monkeypatch):
    monkeypatch.setattr(module, "_LARGE_BYTES", 0)
    monkeypatch.setattr(tail, "FRAME_BYTES", FRAME_BYTES)


def stamp_of(path: Path) -> Stamp:
    return changes(path.parent, {}).changed[path.name]


def rows(entry: Entry) -> dict[str, object]:
    parts = {table: sorted(map(repr, found)) for table, found in entry.parts.items() if table != "growth"}
    return {**entry.session, **parts}


def writer(path: Path) -> SegmentWriter:
    """One that begins a frame often."""
    created = create_segment(Files(), path)
    created.close()
    created.path.unlink()
    return SegmentWriter(Files(), created.path, Files().open_new(created.path), frame_bytes=FRAME_BYTES)


def grow(path: Path, records: Sequence[Record], cuts: Iterable[int], releases: Iterable[int] = ()) -> None:
    """Write records, and read on at each cut; what is known there is what a reader of the whole knows."""
    segment, checkpoint, at = writer(path), None, 0
    texts: dict[int, str] = {}
    for cut in sorted({*cuts, len(records)}):
        for number, record in enumerate(records[at:cut], start=at):
            segment.write(record)
            segment.flush()
            if number in releases:
                segment.release(keep_claim=True)
        at = cut
        entry = entry_of(path, stamp_of(path), checkpoint)
        texts |= entry.texts
        ((checkpoint,),) = entry.parts["growth"]
        whole = module._whole(path, stamp_of(path))
        assert rows(entry) == rows(whole)
        assert {digest: texts[digest] for digest in whole.texts} == whole.texts
    segment.close()


def head(records: Sequence[Record]) -> SegmentRecord:
    return SegmentRecord(at_ms=records[0].at_ms, format=FORMAT, session="s", run="run-1", recorder="tests", ruleset=1)


@pytest.mark.parametrize("name", CASSETTES)
def test_a_cassette_that_grows(name, tmp_path):
    """Turns, sub-agents, compactions, failures, steering, over HTTP and the WebSocket."""
    records = list(CASSETTES[name].records(keep_runs=True))
    step = max(len(records) // 12, 1)

    grow(tmp_path / "s", [head(records), *records[1:]], range(1, len(records), step))


def conversations(talk) -> list[Record]:
    """Some at once: an agent with tools, another one over a WebSocket, a title, and what Codex asks beside them."""
    loop, socket, title = talk(tool_loop(2)), talk(multi_turn(), transport="websocket", thread="t-2"), talk(text())
    loop.side("/models")
    loop.turn("one")
    loop.turn("two")
    socket.prewarm()
    socket.turn("go")
    loop.compact()
    loop.turn("go on")
    socket.take_back("other")
    socket.turn("on")
    socket.hang_up()
    title.title("one")
    clients = enumerate((loop, socket, title))
    found = [_of_client(number, record) for number, client in clients for record in client.records]
    remark = Payload.of({"flow": found[9].flow, "note": 1})
    found.append(UnknownRecord(at_ms=found[9].at_ms, kind="remark", payload=remark))
    return sorted(found, key=lambda record: record.at_ms)


def _of_client(number: int, record: Record) -> Record:
    """Return a record with ids of its own."""
    line = encode_line(record, 0, checksum=False).rstrip()
    for name in (b'"flow":"', b'"resp_'):
        line = line.replace(name, b"%b%d-" % (name, number))
    return replace(decode_line(line, lambda value: value)[1], at_ms=record.at_ms + number)


@pytest.mark.parametrize("seed", range(8))
def test_whatever_comes_in_whatever_pieces(talk, tmp_path, seed):
    """Several answers at once, frames that end anywhere, and a reader that comes at any moment."""
    records, chooser = conversations(talk), Random(seed)
    cuts, releases = (chooser.sample(range(1, len(records)), 6) for _ in range(2))

    grow(tmp_path / "s", [head(records), *records], cuts, releases)


def test_only_what_came_since_is_decoded(talk, tmp_path, monkeypatch):
    """Behind the frames that were read; of the frame that had begun, only what others refer to."""
    records = conversations(talk)
    segment = writer(tmp_path / "s")
    for record in records[:-1]:
        segment.write(record)
        segment.flush()
    known = GrowingSession(tmp_path / "s")
    known.read_on()
    segment.write(records[-1])
    segment.flush()
    decoded: list[Record] = []
    add = GrowingSession._add
    monkeypatch.setattr(GrowingSession, "_add", lambda self, record: (decoded.append(record), add(self, record)))

    GrowingSession.known(tmp_path / "s", known.checkpoint()).read_on()

    assert decoded == records[-1:]


def test_what_does_not_simply_follow_is_read_whole(talk, tmp_path, monkeypatch):
    """A gap, a clock that was set back, another file of this name: the entry is right all the same."""
    records = conversations(talk)
    gap = GapRecord(at_ms=records[9].at_ms, until_ms=records[9].at_ms, reason="x", lost_count=1, lost_bytes=0, flows=())
    late = SegmentRecord(at_ms=1.0, format=FORMAT, session="s", run="run-2", recorder="tests", ruleset=1)
    for number, more in enumerate(([gap], [late])):
        path = tmp_path / str(number)
        grow(path, [head(records), *records[:9]], [])
        known = GrowingSession(path)
        known.read_on()
        segment = create_segment(Files(), path)
        for record in more:
            segment.write(record)
        segment.flush()
        with pytest.raises(HasToBeReadWholeError):
            GrowingSession.known(path, known.checkpoint()).read_on()
        entry = entry_of(path, stamp_of(path), known.checkpoint())
        assert rows(entry) == rows(module._whole(path, stamp_of(path)))
        assert entry.parts["growth"] == [(b"",)], "no other attempt as long as it is being recorded"
        with monkeypatch.context() as patch:
            patch.setattr(module, "GrowingSession", None)
            assert rows(entry_of(path, stamp_of(path), b"")) == rows(entry)
    (path / "traffic-0001.jsonl.zst").replace(path / "traffic-0003.jsonl.zst")
    with pytest.raises(HasToBeReadWholeError):
        GrowingSession.known(path, known.checkpoint())


def test_of_one_with_records_of_a_later_version_nothing_is_kept(talk, tmp_path, monkeypatch):
    """What is kept does not tell of them, and `show` does."""
    monkeypatch.setattr(module, "LARGE_BYTES", 0)
    records = conversations(talk)
    known = [record for record in records if not isinstance(record, UnknownRecord)]
    for name, some in (("all", records), ("known", known)):
        segment = writer(tmp_path / name)
        for record in [head(some), *some]:
            segment.write(record)
        segment.flush()
        parts = entry_of(tmp_path / name, stamp_of(tmp_path / name), None).parts
        assert [kind for kind, _ in parts.get("kept", ())] == (["folded"] if name == "known" else [])


def test_a_checkpoint_that_is_damaged_is_left_aside(talk, tmp_path):
    """The session is read whole."""
    path, records = tmp_path / "s", conversations(talk)
    grow(path, [head(records), *records], [])

    assert rows(entry_of(path, stamp_of(path), b"damaged")) == rows(module._whole(path, stamp_of(path)))
