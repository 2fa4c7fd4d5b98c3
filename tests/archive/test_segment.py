"""Segments: what is read is what was written, and what is lost is reported."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import orjson
import pytest
import zstandard

from pytest_codex_replay import limits
from pytest_codex_replay.archive import segment as segment_module
from pytest_codex_replay.archive import segment_bytes as segment_bytes_module
from pytest_codex_replay.archive import segment_reader, shared_values
from pytest_codex_replay.archive.files import Files
from pytest_codex_replay.archive.line import encode_line
from pytest_codex_replay.archive.record import (
    BodyRecord,
    EndRecord,
    EventRecord,
    FlowEnd,
    GapRecord,
    MessageRecord,
    Record,
    RequestRecord,
    ResponseRecord,
    RunRecord,
    SegmentRecord,
    requests_in,
)
from pytest_codex_replay.archive.segment import PLAIN_SEGMENT, SegmentFullError, SegmentWriter, create_segment
from pytest_codex_replay.archive.segment_bytes import Damage, EnoughError, LineCount, SessionCount, segment_bytes
from pytest_codex_replay.archive.segment_reader import read_segment
from pytest_codex_replay.errors import ArchiveError
from pytest_codex_replay.limits import DAMAGES, LIGHT_BYTES
from pytest_codex_replay.projection.interaction_builder import interactions_of
from pytest_codex_replay.wire.payload import Payload
from pytest_codex_replay.wire.responses import Outcome
from tests.bytewise import check_altered, check_cuts, flipped, frames_in

BROKEN = Path(__file__).parents[1] / "data" / "broken"
COMPRESSED = "traffic-0001.jsonl.zst"
HEAD = SegmentRecord(at_ms=0.0, format=1, session="s", run="r", recorder="test 1", ruleset=1)
ITEM = {"type": "message", "content": "long " * 80}


def request(flow: str, at_ms: float, items: int = 1) -> RequestRecord:
    return RequestRecord(
        at_ms=at_ms,
        flow=flow,
        method="POST",
        url="/v1/responses",
        http_version="HTTP/1.1",
        headers=(("session-id", "s"),),
        payload=Payload.of({"instructions": "brief " * 60, "input": [ITEM] * items}),
    )


def end(flow: str, at_ms: float) -> EndRecord:
    return EndRecord(at_ms=at_ms, flow=flow, how=FlowEnd.FINISHED)


RECORDS: list[Record] = [
    HEAD,
    request("a", 1.0),
    ResponseRecord(at_ms=2.0, flow="a", status=200, http_version="HTTP/1.1", headers=()),
    EventRecord(at_ms=3.0, flow="a", raw=b'event: x\ndata: {"n":1}\n\n', cuts=((0, 3.0), (5, 3.5))),
    end("a", 4.0),
    request("b", 5.0, 2),
    BodyRecord(at_ms=6.0, flow="b", payload=Payload(b"\xff\xfe"), cuts=((0, 6.0),)),
    end("b", 7.0),
    request("c", 8.0, 3),
    MessageRecord(at_ms=9.0, flow="c", from_client=False, payload=Payload(b'{"output":[]}')),
    GapRecord(at_ms=9.0, until_ms=10.0, reason="queue full", lost_count=1, lost_bytes=2, flows=("c",)),
    end("c", 11.0),
]


class Memory(Files):
    """Keeps what is written, and may be told to fail."""

    def __init__(self) -> None:
        self.data = b""
        self.fails = False
        self.closed = 0

    def write(self, descriptor: int, data: bytes) -> None:  # noqa: ARG002
        if self.fails:
            raise OSError(28, "No space left on device")
        self.data += data

    def close(self, descriptor: int) -> None:  # noqa: ARG002
        self.closed += 1


def written(
    records: list[Record], name: str = COMPRESSED, *, frame_bytes: int = 1 << 20, frame_repeats: int = 0
) -> bytes:
    """What a recorder writes that flushes after each record."""
    files = Memory()
    writer = SegmentWriter(files, Path(name), 7, frame_bytes=frame_bytes, frame_repeats=frame_repeats)
    for record in records:
        writer.write(record)
        writer.flush()
    writer.close()
    return files.data


@dataclass
class Read:
    records: list[Record]
    damages: list[Damage] = field(default_factory=list)

    @property
    def both(self) -> tuple[list[Record], list[Damage]]:
        return self.records, self.damages

    @property
    def reasons(self) -> list[str]:
        return [damage.reason for damage in self.damages]


def read(path: Path) -> Read:
    damages: list[Damage] = []
    return Read(list(read_segment(path, damages.append)), damages)


@pytest.fixture
def read_bytes(tmp_path: Path) -> Callable[..., Read]:
    """Read a segment that holds these bytes."""

    def read_these(data: bytes, name: str = COMPRESSED) -> Read:
        (tmp_path / name).write_bytes(data)
        return read(tmp_path / name)

    return read_these


@pytest.mark.parametrize("name", [COMPRESSED, PLAIN_SEGMENT])
@pytest.mark.parametrize("frame_bytes", [1, 500, 1 << 20])
def test_what_is_written_is_read(name: str, frame_bytes: int, read_bytes) -> None:
    """Plain or compressed, in one frame or in many."""
    found = read_bytes(written(RECORDS, name, frame_bytes=frame_bytes), name)

    assert found == Read(RECORDS)


@pytest.mark.parametrize("name", [COMPRESSED, PLAIN_SEGMENT])
def test_a_run_of_events_is_read_as_events(name: str, read_bytes) -> None:
    """Readers need not know that a recorder wrote them as one line."""
    run = RunRecord(
        at_ms=1.0,
        flow="a",
        text=b'[{"type":"x.delta","delta":"\xc3\xa4"},{"type":"y"}]',
        times_ms=(1.0, 2.125),
        is_messages=False,
    )

    found = read_bytes(written([HEAD, run, end("a", 3.0)], name), name)

    assert found.damages == []
    assert found.records == [
        HEAD,
        EventRecord(
            at_ms=1.0,
            flow="a",
            raw='event: x.delta\ndata: {"type":"x.delta","delta":"ä"}\n\n'.encode(),
            cuts=((0, 1.0),),
        ),
        EventRecord(at_ms=2.125, flow="a", raw=b'event: y\ndata: {"type":"y"}\n\n', cuts=((0, 2.125),)),
        end("a", 3.0),
    ]


@pytest.mark.parametrize("text", ["[{}]", '[{"type":"x"},{"type":"y"}]', "[]", "[1]", '{"type":"x"}', '[{"type":7}]'])
def test_a_run_that_is_none_is_damage(text: str, read_bytes) -> None:
    """A cassette may be edited by hand; the records after it are read."""
    line = f'{{"seq":1,"at_ms":1.0,"kind":"events","flow":"a","after_ms":[0.0],"json":{text}}}\n'

    found = read_bytes(
        written([HEAD], PLAIN_SEGMENT) + line.encode() + written([end("a", 3.0)], PLAIN_SEGMENT), PLAIN_SEGMENT
    )

    assert found.records == [HEAD, end("a", 3.0)]
    assert [damage.line for damage in found.damages] == [2]


def test_large_values_are_written_once() -> None:
    """A conversation grows by what is new in it."""
    lines = written(RECORDS, PLAIN_SEGMENT).splitlines()

    assert sum(b"long long" in line for line in lines) == 1
    assert sum(b"brief brief" in line for line in lines) == 1


def test_a_released_frame_does_not_repeat_the_items() -> None:
    """An idle session gives up its compressor, not what it has written."""
    files = Memory()
    writer = SegmentWriter(files, Path(COMPRESSED), 7)
    for record in RECORDS:
        writer.write(record)
        writer.release()
    writer.close()

    frames = files.data.count(zstandard.FRAME_HEADER)
    text = b"".join(segment_bytes_of(files.data))
    assert frames == len(RECORDS)
    assert text.count(b'"kind":"item"') == 2


def segment_bytes_of(data: bytes) -> Iterator[bytes]:
    """Decompress frame after frame."""
    while data:
        frame = zstandard.ZstdDecompressor().decompressobj()
        yield frame.decompress(data)
        data = frame.unused_data


def test_a_zst_segment_is_plain_zstd(tmp_path: Path) -> None:
    """`zstdcat` reads it: one JSON object a line, numbered."""
    path = tmp_path / COMPRESSED
    path.write_bytes(written(RECORDS, frame_bytes=500))

    lines = b"".join(segment_bytes(path, lambda _: None)).splitlines()

    assert b"".join(segment_bytes_of(path.read_bytes())).splitlines() == lines
    assert [orjson.loads(line)["seq"] for line in lines] == list(range(len(lines)))


def test_a_segment_cut_anywhere_gives_a_prefix(read_bytes) -> None:
    """Whatever a crash leaves behind: what is there is read, and its end is reported."""
    data = written(RECORDS, frame_bytes=1200)
    borders = frames_in(data)[1:]  # a cut there leaves a sound file: the missing end of an interaction tells

    assert check_cuts(data, lambda raw: read_bytes(raw).both, sound_at=borders)[0] == 0


def test_a_plain_segment_cut_anywhere_gives_a_prefix(read_bytes) -> None:
    """A line without its newline is not complete."""
    data = written(RECORDS, PLAIN_SEGMENT)
    line_ends = [at + 1 for at, byte in enumerate(data) if byte == ord("\n")]

    assert check_cuts(data, lambda raw: read_bytes(raw, PLAIN_SEGMENT).both, sound_at=line_ends, step=3)[0] == 0


def test_each_flush_survives_a_crash(read_bytes) -> None:
    """All that was flushed is read, although the frame has no end yet."""
    files = Memory()
    writer = SegmentWriter(files, Path(COMPRESSED), 7)

    for count, record in enumerate(RECORDS, start=1):
        writer.write(record)
        writer.flush()

        assert read_bytes(files.data).records == RECORDS[:count]


def test_no_flipped_byte_alters_a_record(read_bytes) -> None:
    """Damage costs records, never changes one; what it costs is reported, and later frames are read."""
    data = written(RECORDS, frame_bytes=1200)
    starts = frames_in(data)
    assert len(starts) >= 3
    last = read_bytes(data[: starts[-2]]).records  # what the frames before the last but one hold

    altered = ((at, flipped(data, at, (0x01, 0x80, 0xFF)[at % 3])) for at in range(len(data)))
    for at, records, damages in check_altered(altered, lambda raw: read_bytes(raw).both, RECORDS):
        assert not any(damage.cut for damage in damages) or at >= starts[-1], at
        if at < starts[1]:
            assert records[-2:] == RECORDS[-2:], at
        if at >= starts[-2]:
            assert records[: len(last)] == last, at


def test_a_frame_grows_with_what_it_repeats() -> None:
    """Else a conversation longer than a frame would be written anew with each request."""
    items = [{"type": "message", "role": "user", "content": f"{number} " * 200} for number in range(40)]
    request = next(record for record in RECORDS if isinstance(record, RequestRecord))
    requests = [replace(request, payload=Payload.of({"input": items[:length]})) for length in range(1, 41)] * 3

    lines = b"".join(segment_bytes_of(written(requests, frame_bytes=2000, frame_repeats=16))).splitlines()

    repeats = sum(orjson.loads(line)["kind"] == "item" for line in lines) / len(items)
    assert repeats < 12  # 66 with frames of a fixed length


def test_damage_in_a_frame_costs_no_record_of_the_frames_after_it(read_bytes) -> None:
    """They refer to no item that stood in it."""
    data = written(RECORDS, frame_bytes=600)
    second = data.index(zstandard.FRAME_HEADER, 1)
    after = read_bytes(data[second:]).records

    found = read_bytes(data[:20] + b"\0\0\0\0" + data[24:])

    assert any(isinstance(record, RequestRecord) for record in after)
    assert found.records[-len(after) :] == after


def test_damage_late_in_a_frame_costs_what_is_behind_it(read_bytes) -> None:
    """Not what stands before it in the same frame."""
    data = written(RECORDS)
    before = len(written(RECORDS[:-1]))  # its end takes about as much as a record

    found = read_bytes(data[:before] + b"\xff" * (len(data) - before))

    assert found.records == RECORDS[: len(found.records)]
    assert len(found.records) >= len(RECORDS) - 2


def test_a_frame_of_a_crash_and_frames_behind_it_are_damage_not_a_cut(read_bytes) -> None:
    """Two files run together: the first one stops, but the whole does not."""
    first = written(RECORDS[:5])[:-5]

    found = read_bytes(first + written(RECORDS[:2]))

    assert {damage.cut for damage in found.damages} == {False}
    assert found.records == RECORDS[:5]


def test_a_segment_of_a_newer_format_is_refused(read_bytes) -> None:
    """With what to do about it; never read by half."""
    newer = SegmentRecord(at_ms=0.0, format=2, session="s", run="r", recorder="test 9", ruleset=1)

    with pytest.raises(ArchiveError, match=r"(?s)format 2 is newer.*pip install -U"):
        read_bytes(written([newer, *RECORDS[1:]]))


@pytest.mark.parametrize(
    "line", ['{"kind":"segment","format":2}', '{"format":3,"kind":"segment","seq":"a","at_ms":[]}']
)
def test_what_else_a_newer_format_has_does_not_matter(tmp_path: Path, line: str) -> None:
    """It is never taken for damage, which a repair would cut out."""
    (tmp_path / PLAIN_SEGMENT).write_text(line + "\n")

    with pytest.raises(ArchiveError, match="is newer"):
        read(tmp_path / PLAIN_SEGMENT)


def test_a_segment_that_is_not_there_is_an_os_error(tmp_path: Path) -> None:
    """Not an empty segment."""
    for name in (COMPRESSED, PLAIN_SEGMENT):
        with pytest.raises(FileNotFoundError):
            read(tmp_path / name)


def test_a_long_line_comes_whole(read_bytes) -> None:
    """Longer than what is read at once."""
    long = MessageRecord(at_ms=1.0, flow="a", from_client=False, payload=Payload(b'"' + b"x" * 3_000_000 + b'"'))

    for name in (COMPRESSED, PLAIN_SEGMENT):
        assert read_bytes(written([HEAD, long, end("a", 2.0)], name), name) == Read([HEAD, long, end("a", 2.0)])


def test_lines_may_be_put_into_a_cassette(read_bytes) -> None:
    """By hand, with any number that was there: lines of a plain segment carry no checksum."""
    lines = written(RECORDS, PLAIN_SEGMENT).splitlines(keepends=True)

    found = read_bytes(b"".join([*lines[:6], *lines[4:5], *lines[6:]]), PLAIN_SEGMENT)

    assert found.damages == []


@pytest.mark.parametrize("taken", range(1, 5))
def test_a_line_that_was_taken_out_of_a_cassette_is_missed(taken: int, read_bytes) -> None:
    """The numbers of the others say so."""
    lines = written(RECORDS, PLAIN_SEGMENT).splitlines(keepends=True)

    found = read_bytes(b"".join(lines[:taken] + lines[taken + 1 :]), PLAIN_SEGMENT)

    assert "1 record lost before this one" in [damage.reason for damage in found.damages]


def test_a_segment_without_its_first_line_is_damaged(read_bytes) -> None:
    """Nobody knows whose it is, whether it was cut off or never written."""
    headless = written(RECORDS, PLAIN_SEGMENT).partition(b"\n")[2]
    numbered = written([end("a", 3.0)], PLAIN_SEGMENT)

    reasons = [[damage.reason for damage in read_bytes(raw, PLAIN_SEGMENT).damages] for raw in (headless, numbered)]

    assert reasons == [["1 record lost before this one"], ["the line that begins a segment is missing"]]


def test_a_segment_is_never_written_by_two(tmp_path: Path) -> None:
    """Each takes the next number, also behind files that another recorder made meanwhile."""
    (tmp_path / "traffic-0007.jsonl.zst").touch()
    (tmp_path / "traffic-x.jsonl.zst").touch()
    files = Files()

    first, second = create_segment(files, tmp_path), create_segment(files, tmp_path)
    first.close()
    second.close()

    assert (first.path.name, second.path.name) == ("traffic-0008.jsonl.zst", "traffic-0009.jsonl.zst")


def test_a_number_that_was_taken_meanwhile_is_passed_over(tmp_path: Path) -> None:
    """The directory was listed before another recorder made its file."""

    class Late(Files):
        def names(self, directory: Path) -> list[str]:  # noqa: ARG002
            return []

    (tmp_path / COMPRESSED).write_bytes(b"another's")

    writer = create_segment(Late(), tmp_path)
    writer.close()

    assert writer.path.name == "traffic-0002.jsonl.zst"
    assert (tmp_path / COMPRESSED).read_bytes() == b"another's"


def test_a_cassette_is_not_overwritten(tmp_path: Path) -> None:
    """There is one plain segment, and it is made once."""
    create_segment(Files(), tmp_path / "new", plain=True).close()

    with pytest.raises(FileExistsError):
        create_segment(Files(), tmp_path / "new", plain=True)


def test_a_failed_write_is_passed_on_and_the_file_is_closed() -> None:
    """The caller gives the segment up; what was flushed before stays."""
    files = Memory()
    writer = SegmentWriter(files, Path(COMPRESSED), 7)
    writer.write(HEAD)
    writer.flush()
    files.fails = True
    writer.write(RECORDS[1])

    with pytest.raises(OSError, match="No space left"):
        writer.flush()
    with pytest.raises(OSError, match="No space left"):
        writer.close()
    writer.close()

    assert files.closed == 1


def test_an_abandoned_segment_writes_nothing_more() -> None:
    """After a failed write, what it holds may end anywhere."""
    files = Memory()
    writer = SegmentWriter(files, Path(COMPRESSED), 7)
    writer.write(HEAD)

    writer.abandon()
    writer.close()

    assert (files.data, files.closed) == (b"", 1)


def test_a_closed_segment_takes_no_more() -> None:
    """A lost record must not go unnoticed."""
    writer = SegmentWriter(Memory(), Path(COMPRESSED), 7)
    writer.close()
    writer.write(HEAD)

    with pytest.raises(ArchiveError, match="closed"):
        writer.flush()


def test_a_damage_says_where() -> None:
    """File, line, what."""
    assert str(Damage(path=Path("a") / COMPRESSED, line=3, reason="not JSON")) == f"{COMPRESSED}:3: not JSON"
    assert str(Damage(path=Path("a") / COMPRESSED, line=0, reason="cut")) == f"{COMPRESSED}: cut"


KINDS = {SegmentRecord: "S", RequestRecord: "q", EventRecord: "e", EndRecord: ".", GapRecord: "g"}
WHOLE = "Sqe.qe.qe."
FAILURES: dict[str, tuple[str, list[str]]] = {
    "cut": ("Sqe.qe.q", ["0 cut: frame at byte 0: cut short"]),
    "cut-frame-border": ("Sqe.qe.q", []),
    "cut-line": ("Sqe.qe.qe", ["14 cut: the last record is cut short"]),
    "empty": ("", ["0 cut: the segment is empty"]),
    "flipped-byte": ("Sqe.qe.", ["0: frame at byte 482: damaged (zstd decompressor error", "5: 6 records lost"]),
    "flipped-magic": (
        "Sqe.qe.",
        ["0: frame at byte 482: damaged (zstd decompressor error", "5: 6 records lost before"],
    ),
    "foreign-plain": ("", ["1: not a record", "2: not JSON", "4: not JSON", "5: not a record"]),
    "foreign-zst": ("", ["0: frame at byte 0: damaged"]),
    "lost-frame": ("Sqe.qe.", ["5: 6 records lost before this one"]),
    "lost-item": (
        "Se.e.e.",
        [
            "2: item b80592391c0a823d7d4cfab5cea76570 is lost",
            "3: 2 records lost before this one",
            "5: item b8",
            "6: 1 record lost before this one",
            "8: item b8",
            "9: 1 record lost before this one",
        ],
    ),
    "no-checksum": ("Se.qe.qe.", ["4: the checksum does not match"]),
    "repeated-frame": (WHOLE, [f"{line}: record {line - 7} is out of place" for line in range(11, 17)]),
    "trailing-garbage": (WHOLE, ["0: frame at byte 1834: damaged"]),
    "wrong-checksum": ("Se.qe.qe.", ["4: the checksum does not match"]),
    "wrong-line": ("Sqeqeqe", ["6: not a record of format 1: how is missing", "10: not a record", "14: not a record"]),
}


@pytest.mark.parametrize("failure", FAILURES)
def test_a_broken_segment_is_read_as_far_as_it_can_be(failure: str) -> None:
    """Each damage is reported, and the readable rest is there."""
    kinds, reasons = FAILURES[failure]
    (path,) = (BROKEN / failure).iterdir()

    found = read(path)

    said = [f"{damage.line}{' cut' if damage.cut else ''}: {damage.reason}" for damage in found.damages]
    assert "".join(KINDS[type(record)] for record in found.records) == kinds
    assert len(said) == len(reasons)
    assert all(text.startswith(reason) for text, reason in zip(said, reasons, strict=True)), said


def test_a_newer_segment_of_the_corpus_is_refused() -> None:
    """The one failure that nothing can be read around."""
    with pytest.raises(ArchiveError, match="format 2 is newer"):
        read(BROKEN / "newer-format" / PLAIN_SEGMENT)


def test_every_broken_segment_has_its_test() -> None:
    """A directory without one would prove nothing."""
    assert {path.name for path in BROKEN.iterdir()} == {*FAILURES, "newer-format"}


def test_a_cut_between_frames_shows_in_the_interactions() -> None:
    """The file itself is sound then; that the answer has no end is what tells."""
    found = read(BROKEN / "cut-frame-border" / COMPRESSED)

    assert [one.outcome for one in interactions_of(found.records)][-1] is Outcome.UNKNOWN


def damages_of(path: Path) -> tuple[list[Record], list[str]]:
    """Return what is read of a segment, and what is told about the rest."""
    found: list[str] = []
    records = list(read_segment(path, lambda damage: found.append(str(damage))))
    return records, found


def zst(path: Path, plain: bytes) -> Path:
    path.write_bytes(zstandard.compress(plain))
    return path


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """A segment of an archive, and its lines."""
    segment = create_segment(Files(), tmp_path / "s")
    for record in RECORDS:
        segment.write(record)
    segment.close()
    return segment.path


def plain_of(path: Path) -> bytes:
    return b"".join(segment_bytes(path, lambda _: None))


@pytest.mark.parametrize("suffix", [".jsonl", ".jsonl.zst"])
def test_a_line_that_is_too_long_costs_itself(
    tmp_path: Path, kept: Path, suffix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is not held, and what follows is read."""
    monkeypatch.setattr(segment_bytes_module, "LINE_BYTES", 3000)
    monkeypatch.setattr(segment_reader, "LINE_BYTES", 3000)
    head, *rest = plain_of(kept).splitlines(keepends=True)
    text = head + b"x" * 5_000_000 + b"\n" + b"".join(rest)
    path = tmp_path / f"traffic-0009{suffix}"
    path.write_bytes(text if suffix == ".jsonl" else zstandard.compress(text))

    records, damages = damages_of(path)

    assert records == RECORDS
    assert damages == [f"{path.name}:2: longer than 3,000 bytes"]


def test_what_a_reader_would_refuse_is_written_as_a_gap(read_bytes) -> None:
    """A request with more headers than are read: the gap says so, and what follows is whole."""
    request = next(record for record in RECORDS if isinstance(record, RequestRecord))
    crowded = replace(request, headers=(("a", "b"),) * (limits.HEADERS + 1))

    found = read_bytes(written([RECORDS[0], crowded, request]))

    (gap,) = (record for record in found.records if isinstance(record, GapRecord))
    assert (gap.reason, gap.lost_count, gap.flows) == ("more than 1,000 headers", 1, (request.flow,))
    assert found.records[-1] == request
    assert not found.damages


def test_a_small_file_expands_to_a_bounded_size(tmp_path: Path, kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What came before is read; the rest is reported."""
    monkeypatch.setattr(limits, "SEGMENT_BYTES", 2_000_000)
    path = zst(tmp_path / "traffic-0009.jsonl.zst", plain_of(kept) + b"x" * 50_000_000)

    records, damages = damages_of(path)

    assert records == RECORDS
    assert len(damages) == 1
    assert "of it expand to more than 2,000,000; the rest is not read" in damages[0]


def test_segments_that_are_read_together_expand_to_a_bounded_size(
    tmp_path: Path, kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Behind thousands of bombs, each within the limit, only what expands as a recorder's does is read."""
    monkeypatch.setattr(segment_bytes_module, "EXPANDED_BYTES", 3_000_000)
    monkeypatch.setattr(segment_bytes_module, "EXPANDED_RATIO", 1)
    bomb = zst(tmp_path / "traffic-0009.jsonl.zst", plain_of(kept) + b" " * 2_000_000 + b"\n")
    together = SessionCount()

    damages: list[list[str]] = []
    for path in (bomb, bomb, bomb, kept):
        damages.append([])
        records = list(read_segment(path, lambda one: damages[-1].append(str(one)), session=together))

    assert [len(one) for one in damages] == [1, 1, 1, 0]
    assert not any("expand" in one for one in damages[0])
    assert all("what was read before it to more than all may expand to" in one[0] for one in damages[1:3])
    assert records == RECORDS


def test_the_first_block_of_a_bomb_is_not_expanded_with_those_behind_it(tmp_path: Path, kept: Path) -> None:
    """An archive may hold thousands of bombs: of each, little is held at once."""
    path = zst(tmp_path / "traffic-0009.jsonl.zst", plain_of(kept) + bytes(50_000_000))

    assert max(map(len, segment_bytes(path, lambda _: None))) <= 2 << 20


def test_a_frame_that_asks_for_much_memory_is_damage(tmp_path: Path) -> None:
    """The window is what a reader has to hold."""
    parameters = zstandard.ZstdCompressionParameters.from_level(3, window_log=27, write_content_size=False)
    frame = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    path = tmp_path / "traffic-0009.jsonl.zst"
    path.write_bytes(frame.compress(bytes(1000)) + frame.flush())

    assert "too much memory" in damages_of(path)[1][0]


@pytest.mark.parametrize("line", [b"{}\n", b"\n", b"x\n"])
def test_damage_without_end_is_told_once(tmp_path: Path, kept: Path, line: bytes) -> None:
    """A thousand places, and that the rest is not read."""
    path = zst(tmp_path / "traffic-0009.jsonl.zst", plain_of(kept) + line * 2_000_000)

    records, damages = damages_of(path)

    assert records == RECORDS
    assert len(damages) == DAMAGES + 1
    assert damages[-1].endswith("more than 1,000 places are damaged; the rest is not read")


def test_lines_are_counted(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of runs, too."""
    monkeypatch.setattr(segment_bytes_module, "SEGMENT_LINES", 5)

    records, damages = damages_of(kept)

    assert len(records) < len(RECORDS)
    assert damages == [f"{kept.name}: more than 5 lines; the rest is not read"]


def test_a_compressed_segment_has_lines_by_its_bytes(
    tmp_path: Path, kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those before are read; a plain one takes as many bytes as it has."""
    monkeypatch.setattr(limits, "PACKED_LINES", 3)
    monkeypatch.setattr(limits, "LINE_BYTES_PACKED", kept.stat().st_size)
    plain = tmp_path / "traffic.jsonl"
    plain.write_bytes(plain_of(kept))

    records, damages = damages_of(kept)

    assert records == RECORDS[: len(records)]
    assert 0 < len(records) < len(RECORDS)
    assert damages == [f"{kept.name}: more than 4 lines; the rest is not read"]
    assert damages_of(plain) == (RECORDS, [])


def test_the_chunks_of_an_event_count_with_the_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is held while its record is."""
    monkeypatch.setattr(segment_bytes_module, "SEGMENT_LINES", 20)
    segment = create_segment(Files(), tmp_path / "s")
    cuts = tuple((at, 1.0) for at in range(6))
    for record in (HEAD, *(EventRecord(at_ms=1.0, flow="f", raw=b"data: abcdef\n\n", cuts=cuts) for _ in range(3))):
        segment.write(record)
    segment.close()

    records, damages = damages_of(segment.path)

    assert len(records) == 2
    assert damages == [f"{segment.path.name}: more than 20 lines; the rest is not read"]


def test_a_segment_has_requests_by_its_bytes(tmp_path: Path, kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is looked at by itself. Of a plain one, by the bytes before."""
    for most in "REQUESTS", "PLAIN_REQUESTS":
        monkeypatch.setattr(limits, most, 1)
    asked = [record for record in RECORDS if requests_in(record)]
    plain = tmp_path / "traffic.jsonl"
    plain.write_bytes(plain_of(kept))

    monkeypatch.setattr(limits, "REQUEST_BYTES_PACKED", kept.stat().st_size)
    records, damages = damages_of(kept)
    monkeypatch.setattr(limits, "REQUEST_BYTES_PLAIN", plain.stat().st_size)
    plain_records, plain_damages = damages_of(plain)

    assert len(asked) > 2
    assert [record for record in records if requests_in(record)] == asked[:2]
    assert damages == [f"{kept.name}: more than 2 requests; the rest is not read"]
    assert [record for record in plain_records if requests_in(record)] == asked[:1]
    assert plain_damages == [f"{plain.name}: more than 1 requests; the rest is not read"]


def test_a_plain_segment_may_have_requests_by_the_bytes_before(
    tmp_path: Path, kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What stands behind all of them counts for none."""
    monkeypatch.setattr(limits, "PLAIN_REQUESTS", 0)
    monkeypatch.setattr(limits, "REQUEST_BYTES_PLAIN", 50)
    plain = tmp_path / "traffic.jsonl"
    plain.write_bytes(plain_of(kept))
    assert damages_of(plain) == (RECORDS, [])

    before = plain.read_bytes().partition(b'"kind":"request"')[0]
    monkeypatch.setattr(limits, "REQUEST_BYTES_PLAIN", len(before))

    assert damages_of(plain) == (RECORDS[:1], [f"{plain.name}: more than 0 requests; the rest is not read"])


def test_a_compressed_segment_has_values_by_its_bytes(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Thousands of lines may each have as many as a line may have. Short lines do not count."""
    monkeypatch.setattr(limits, "SEGMENT_VALUES", 0)
    monkeypatch.setattr(limits, "VALUES_BY_BYTE", 0)
    assert damages_of(kept) == (RECORDS, [])
    monkeypatch.setattr(segment_reader, "SHORT_BYTES", 500)

    records, damages = damages_of(kept)

    assert records == RECORDS[: len(records)]
    assert len(records) < len(RECORDS)
    assert damages == [f"{kept.name}: more than 0 JSON values; the rest is not read"]


def test_the_commas_of_a_table_that_is_a_text_are_no_values(read_bytes: Callable[..., Read]) -> None:
    """A tool printed three megabytes of zeros: they compress to nearly nothing."""
    table = replace(request("a", 1.0), payload=Payload.of({"input": ["0," * 1_500_000 + '\\"', *range(1000)]}))

    assert read_bytes(written([HEAD, table], COMPRESSED), COMPRESSED) == Read([HEAD, table])


@pytest.mark.parametrize("name", [COMPRESSED, PLAIN_SEGMENT])
def test_gaps_name_as_many_flows_as_a_segment_may_have_lines(
    name: str, monkeypatch: pytest.MonkeyPatch, read_bytes: Callable[..., Read]
) -> None:
    """A hundred gaps may name ten million. A writer leaves the names out: then a gap may have hit any flow."""
    gap = GapRecord(at_ms=1.0, until_ms=2.0, reason="x", lost_count=1, lost_bytes=0, flows=("a", "b", "c"))
    whole = written([HEAD, gap, gap], name)
    monkeypatch.setattr(limits, "PACKED_LINES", 6)
    assert read_bytes(whole, name) == Read([HEAD, gap, gap])
    assert read_bytes(written([HEAD, gap, gap], name), name) == Read([HEAD, gap, replace(gap, flows=())])
    monkeypatch.setattr(limits, "PACKED_LINES", 4)
    monkeypatch.setattr(limits, "LINE_BYTES_PACKED", 1_000_000)

    assert read_bytes(whole, name).reasons == ["its gaps name more than 4 flows; the rest is not read"]


def test_a_segment_that_is_removed_meanwhile_is_read_on(kept: Path) -> None:
    """What is open has all its bytes."""
    kept.unlink()
    count = LineCount(kept)
    count.check(1_000_000)

    with pytest.raises(EnoughError):
        count.check(1_000_001)


def test_a_million_tiny_messages_go_into_many_segments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A writer is full long before a reader takes what it wrote for a bomb, however well the messages compress."""
    monkeypatch.setattr(limits, "PACKED_LINES", 100)
    messages = [end("a", 1.0) for _ in range(1000)]
    paths = []
    while messages:
        segment = create_segment(Files(), tmp_path / "s")
        segment.write(HEAD)
        while messages and not segment.is_full:
            for _ in range(10):
                segment.write(messages.pop())
            segment.flush()
        segment.close()
        paths.append(segment.path)

    read = [damages_of(path) for path in paths]

    assert [damages for _, damages in read] == [[]] * len(paths)
    assert sum(len(records) for records, _ in read) == 1000 + len(paths)
    assert len(paths) > 10


def test_what_references_name_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By bytes: an item of a megabyte, named a thousand times, is a gigabyte."""
    monkeypatch.setattr(shared_values, "RESOLVED_BYTES", 10_000)
    segment = create_segment(Files(), tmp_path / "s")
    for record in (HEAD, request("a", 1.0, 2), request("b", 2.0, 100), end("a", 3.0)):
        segment.write(record)
    segment.close()

    records, damages = damages_of(segment.path)

    assert records == [HEAD, request("a", 1.0, 2), end("a", 3.0)]
    assert "refers to more than 10,000 bytes of items" in damages[0]


def test_what_all_references_name_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A small request names a large item again and again; a long conversation does, too, and has more bytes itself."""
    segment = create_segment(Files(), tmp_path / "s")
    records = [HEAD, *(request(str(number), 1.0 + number, 50) for number in range(10))]
    for record in records:
        segment.write(record)
    segment.close()
    monkeypatch.setattr(limits, "RESOLVED_TOTAL_BYTES", 50_000)
    assert damages_of(segment.path) == (records, [])
    monkeypatch.setattr(limits, "RESOLVED_RATIO", 1)

    read, damages = damages_of(segment.path)

    assert 1 < len(read) < len(records)
    assert read == records[: len(read)]
    assert damages == [f"{segment.path.name}: its references name more than 50,000 bytes; the rest is not read"]


def test_a_writer_keeps_within_what_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In place of a line that is too long stands a gap of its flow."""
    monkeypatch.setattr(segment_module, "LINE_BYTES", 2000)
    segment = create_segment(Files(), tmp_path / "s")
    body = BodyRecord(at_ms=2.0, flow="a", payload=Payload(b"x" * 3000), cuts=((0, 2.0),))
    for record in (HEAD, request("a", 1.0), body, end("a", 3.0)):
        segment.write(record)
    segment.close()

    records, damages = damages_of(segment.path)

    assert damages == []
    assert [type(record).__name__ for record in records] == ["SegmentRecord", "RequestRecord", "GapRecord", "EndRecord"]
    assert isinstance(records[2], GapRecord)
    assert records[2].flows == ("a",)


def test_a_writer_says_when_it_is_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Long before a reader would take it for a bomb."""
    monkeypatch.setattr(limits, "SEGMENT_BYTES", 1_000_000)
    segment = create_segment(Files(), tmp_path / "s")
    segment.write(HEAD)
    assert not segment.is_full

    for number in range(6):
        segment.write(BodyRecord(at_ms=2.0, flow="a", payload=Payload(b"%d" % number + b"x" * 100_000), cuts=()))
    segment.flush()

    assert segment.is_full
    segment.close()


def test_a_writer_says_when_its_references_name_much(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A conversation is repeated by each of its requests."""
    monkeypatch.setattr(limits, "RESOLVED_TOTAL_BYTES", 50_000)
    monkeypatch.setattr(limits, "RESOLVED_RATIO", 1)
    segment = create_segment(Files(), tmp_path / "s")
    segment.write(HEAD)
    segment.write(request("a", 1.0, 2))
    assert not segment.is_full

    segment.write(request("b", 2.0, 100))

    assert segment.is_full
    segment.close()


def test_a_plain_segment_takes_no_more_lines_than_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What comes then goes to the next one, so nothing of it is written."""
    monkeypatch.setattr(segment_module, "SEGMENT_LINES", 3)
    segment = create_segment(Files(), tmp_path / "s", plain=True)
    for record in (HEAD, end("a", 1.0), end("b", 1.0)):
        segment.write(record)

    with pytest.raises(SegmentFullError, match="more than the 3 lines"):
        segment.write(end("c", 1.0))

    segment.close()
    assert len(segment.path.read_bytes().splitlines()) == 3


def test_an_item_and_what_refers_to_it_are_not_parted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reference holds in its own segment only."""
    monkeypatch.setattr(segment_module, "SEGMENT_LINES", 2)
    segment = create_segment(Files(), tmp_path / "s", plain=True)
    segment.write(HEAD)

    with pytest.raises(SegmentFullError):
        segment.write(request("a", 1.0, 100))

    segment.close()
    assert len(segment.path.read_bytes().splitlines()) == 1


def test_a_cassette_of_too_many_requests_is_not_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of so many as are read, each; its bytes count."""
    monkeypatch.setattr(limits, "PLAIN_REQUESTS", 1)
    segment = create_segment(Files(), tmp_path / "s", plain=True)
    for record in (HEAD, request("a", 1.0)):
        segment.write(record)

    with pytest.raises(ArchiveError, match="at most 1 requests"):
        segment.write(request("b", 1.0))

    segment.abandon()


def test_long_requests_that_say_the_same_are_parsed_once(read_bytes) -> None:
    """A writer other than a recorder repeats them in full; what comes between changes nothing."""
    bodies = [b'{"a":"%b"}' % (letter * LIGHT_BYTES) for letter in (b"x", b"x", b"y", b"x")]
    records = [replace(request(f"f{at}", at), payload=Payload(body)) for at, body in enumerate(bodies)]
    between = replace(records[0], flow="between", payload=Payload(b"{}"))
    records.insert(1, between)

    lines = (encode_line(one, seq, checksum=True) for seq, one in enumerate([HEAD, *records]))
    found = read_bytes(zstandard.compress(b"".join(lines)))

    assert found.records == [HEAD, *records]
    values = [id(one.payload.json) for one in found.records[1:]]
    assert [values[0] == values[2], len(set(values))] == [True, 4]
