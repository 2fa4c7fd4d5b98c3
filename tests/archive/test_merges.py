"""Merges and edits of a plain segment: told for what they are, and two recordings never make one answer."""

import re
import weakref
from collections.abc import Callable
from pathlib import Path

import orjson
import pytest

from pytest_codex_replay.archive.files import Files
from pytest_codex_replay.archive.merges import MergedFlows
from pytest_codex_replay.archive.record import (
    BodyRecord,
    EndRecord,
    FlowEnd,
    Record,
    RequestRecord,
    ResponseRecord,
    SegmentRecord,
)
from pytest_codex_replay.archive.segment import PLAIN_SEGMENT, create_segment
from pytest_codex_replay.archive.segment_bytes import Damage
from pytest_codex_replay.archive.segment_reader import read_segment
from pytest_codex_replay.errors import ArchiveError
from pytest_codex_replay.wire.payload import Payload

HEAD = SegmentRecord(at_ms=0.0, format=1, session="s", run="r", recorder="test 1", ruleset=1)
Read = tuple[list[Record], list[Damage]]


def recorded(flow: str, text: str, at_ms: float) -> list[Record]:
    """One exchange, whole."""
    asked = Payload.of({"input": "hi"})
    return [
        RequestRecord(
            at_ms=at_ms, flow=flow, method="POST", url="/v1/responses", http_version="1", headers=(), payload=asked
        ),
        ResponseRecord(at_ms=at_ms + 1, flow=flow, status=200, http_version="HTTP/1.1", headers=()),
        BodyRecord(at_ms=at_ms + 2, flow=flow, payload=Payload.of({"text": text}), cuts=()),
        EndRecord(at_ms=at_ms + 3, flow=flow, how=FlowEnd.FINISHED),
    ]


RECORDS = [HEAD, *recorded("a", "x", 1.0), *recorded("b", "y", 10.0)]


@pytest.fixture
def written(tmp_path: Path) -> Callable[[list[Record]], bytes]:
    """Return the bytes of a plain segment of records."""

    def write(records: list[Record]) -> bytes:
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        writer = create_segment(Files(), folder, plain=True)
        for record in records:
            writer.write(record)
        writer.close()
        return writer.path.read_bytes()

    return write


@pytest.fixture
def read_lines(tmp_path: Path) -> Callable[[bytes], Read]:
    """Read a plain segment that holds these bytes."""

    def read(data: bytes) -> Read:
        path, damages = tmp_path / PLAIN_SEGMENT, []
        path.write_bytes(data)
        return list(read_segment(path, damages.append)), damages

    return read


@pytest.mark.parametrize("marker", [b"<<<<<<< HEAD", b"=======", b">>>>>>> theirs", b"||||||| base"])
def test_a_conflict_is_an_error_that_says_where_and_what_to_do(marker: bytes, written, read_lines) -> None:
    lines = written(RECORDS).splitlines(keepends=True)

    with pytest.raises(ArchiveError, match=r"traffic\.jsonl:3: a merge conflict\. Take one side"):
        read_lines(b"".join([*lines[:2], marker + b"\n", *lines[2:]]))


@pytest.mark.parametrize("is_interleaved", [True, False])
def test_halves_of_one_flow_are_never_one_answer(written, read_lines, *, is_interleaved: bool) -> None:
    """As `merge=union` leaves them: the second request or answer is damage, and the flow is not whole."""
    ours, theirs = recorded("a", "ours", 1.0), recorded("a", "theirs", 10.0)
    both = [one for pair in zip(ours, theirs, strict=True) for one in pair] if is_interleaved else [*ours, *theirs]

    records, damages = read_lines(written([HEAD, *both]))

    (damage,) = damages
    assert re.search("request of flow a: two recordings were merged", damage.reason)
    assert damage.flows == ("a",)
    assert not any(isinstance(one, BodyRecord) and b"theirs" in one.payload.raw for one in records)


def test_a_second_answer_is_damage_too(written, read_lines) -> None:
    ours, theirs = recorded("a", "ours", 1.0), recorded("a", "theirs", 10.0)

    _, damages = read_lines(written([HEAD, *ours[:2], *theirs[1:]]))

    assert [damage.reason.partition(":")[0] for damage in damages] == ["a second answer of flow a"]


def test_halves_that_begin_alike_are_told_apart_by_their_numbers(written, read_lines) -> None:
    """Two recordings of one test: head and request are the same, the answers are not."""
    ours, theirs = (written([HEAD, *recorded("a", text, 1.0)]).splitlines(keepends=True) for text in ("ours", "theirs"))

    _, damages = read_lines(b"".join([*ours[:-1], theirs[-2], ours[-1]]))

    assert [damage.flows for damage in damages] == [("a",)]
    assert "another record" in damages[0].reason


def test_a_body_is_not_kept_to_be_compared() -> None:
    """A segment may hold many large ones. One that differs in nothing else is told from the first."""

    class Body(Payload):
        """One that can be watched."""

    def asked(text: bytes) -> RequestRecord:
        return RequestRecord(
            at_ms=1.0, flow="a", method="POST", url="/", http_version="1", headers=(), payload=Body(text)
        )

    merged = MergedFlows(lambda: (), lambda *_: None)
    first = asked(b"{}")
    body = weakref.ref(first.payload)
    is_first_dropped = merged.drops(first, 1, 1, b"", is_again=False)
    del first

    assert body() is None
    assert not is_first_dropped
    assert not merged.drops(asked(b"{}"), 2, 2, b"", is_again=False)
    assert merged.drops(asked(b"[]"), 3, 3, b"", is_again=False)


def test_blank_lines_and_a_bom_are_skipped(written, read_lines) -> None:
    """Editors leave them, and line ends of Windows."""
    lines = written(RECORDS).splitlines()

    found = read_lines(b"\xef\xbb\xbf" + b"\r\n\n  \n".join(lines) + b"\n\n")

    assert found == read_lines(written(RECORDS))


@pytest.mark.parametrize("is_list", [True, False])
def test_a_formatter_is_called_that(written, read_lines, *, is_list: bool) -> None:
    """One record over several lines is none, and nor are hundreds of damages a help."""
    values = [orjson.loads(line) for line in written(RECORDS).splitlines()]
    written_anew = values if is_list else values[0]

    with pytest.raises(ArchiveError, match=r"traffic\.jsonl:1: a formatter rewrote this file"):
        read_lines(orjson.dumps(written_anew, option=orjson.OPT_INDENT_2) + b"\n")
