"""SSE: chunk borders carry no meaning, and every byte comes out again."""

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pytest_codex_replay.wire.sse import SseDecoder, SseEvent, edited_event, is_whole, join_event, split_event
from tests.bytewise import splits

STREAMS = {
    "LF": b'event: a\ndata: {"x":1}\n\nevent: b\ndata: 2\n\n',
    "CRLF": b'event: a\r\ndata: {"x":1}\r\n\r\nevent: b\r\ndata: 2\r\n\r\n',
    "CR": b"event: a\rdata: 1\r\revent: b\rdata: 2\r\r",
    "mixed line ends": b"data: 1\n\r\ndata: 2\r\n\ndata: 3\r\rdata: 4\r\n\rdata: 5\n\rdata: 6\n\n",
    "BOM": b"\xef\xbb\xbfdata: 1\n\ndata: 2\n\n",
    "comments": b": hello\n\ndata: 1\n: within\n\n:\n\n",
    "multi-line data": b"data: one\ndata: two\ndata\n\n",
    "UTF-8": "event: ä\ndata: 漢字 🦀 é\n\ndata: ü\n\n".encode(),
    "keep-alives": b":\n\n:\n\ndata: 1\n\n: ping\n\n",
    "extra blank lines": b"\n\n\ndata: 1\n\n\n\ndata: 2\n\n\n\n\n",
    "trailing data": b"data: 1\n\ndata: 2",
    "unterminated line": b"data: 1\n\ndata: 2\n",
    "not UTF-8": b"data: \xff\xfe\n\ndata: \x80\n\n",
    "no field at all": b"\n\n",
    "one byte": b"x",
    "only a CR": b"\r",
}
WIRE = st.lists(
    st.sampled_from(
        [b"\n", b"\r", b"\r\n", b"data: ", b"event: ", b":", b"x", b"\xc3\xa9", b"\xef\xbb\xbf", b" ", b"\0"]
    )
).map(b"".join)


def decoded(chunks: list[bytes]) -> list[SseEvent]:
    """Feed chunks that come one millisecond after the other."""
    decoder = SseDecoder()
    events = [event for at_ms, chunk in enumerate(chunks) for event in decoder.feed(chunk, at_ms=float(at_ms))]
    return events + decoder.flush()


def shape(events: list[SseEvent]) -> list[tuple[bytes, bool]]:
    """What must not depend on the chunks."""
    return [(event.raw, event.complete) for event in events]


def chunks_of(events: list[SseEvent]) -> list[tuple[bytes, float]]:
    """Put the chunks together again, from the events alone."""
    stream = b"".join(event.raw for event in events)
    starts: list[tuple[int, float]] = []
    before = 0
    for event in events:
        starts += [(before + offset, at_ms) for offset, at_ms in event.cuts]
        before += len(event.raw)
    ends = [*[offset for offset, _ in starts], len(stream)][1:]
    return [(stream[start:end], at_ms) for (start, at_ms), end in zip(starts, ends, strict=True)]


def pieces(stream: bytes, sizes: list[int]) -> list[bytes]:
    """Cut a stream into chunks of these sizes, then the rest."""
    chunks = []
    for size in sizes:
        chunks.append(stream[:size])
        stream = stream[size:]
    return [*chunks, stream]


@pytest.mark.parametrize("stream", STREAMS.values(), ids=STREAMS)
def test_a_stream_split_anywhere_decodes_like_a_whole_one(stream: bytes) -> None:
    """Chunk borders carry no meaning, even inside a letter or a line end."""
    whole = shape(decoded([stream]))

    split = [shape(decoded([first, rest])) for first, rest in splits(stream)]

    assert split == [whole] * (len(stream) + 1)


@pytest.mark.parametrize("stream", STREAMS.values(), ids=STREAMS)
def test_a_stream_byte_by_byte_decodes_like_a_whole_one(stream: bytes) -> None:
    """A chunk of one byte is a chunk like any other."""
    events = decoded([bytes([byte]) for byte in stream])

    assert shape(events) == shape(decoded([stream]))


@pytest.mark.parametrize("stream", STREAMS.values(), ids=STREAMS)
def test_every_byte_comes_out_once(stream: bytes) -> None:
    """The events' raw bytes are the stream."""
    events = decoded([stream])

    assert b"".join(event.raw for event in events) == stream


@given(stream=WIRE, sizes=st.lists(st.integers(0, 9)))
@settings(max_examples=400, deadline=None)
@example(stream=b"\r\n\n", sizes=[1])
@example(stream=b"a\n\n\nb\n\n", sizes=[4])
def test_any_chunks_of_any_stream_give_the_same_events(stream: bytes, sizes: list[int]) -> None:
    """The events depend on the bytes only; their raw bytes and cuts give back the very chunks."""
    chunks = pieces(stream, sizes)

    events = decoded(chunks)

    assert shape(events) == shape(decoded([stream]))
    assert b"".join(event.raw for event in events) == stream
    assert chunks_of(events) == [(chunk, float(at_ms)) for at_ms, chunk in enumerate(chunks) if chunk]


@given(stream=WIRE, sizes=st.lists(st.integers(1, 9)))
@settings(max_examples=200, deadline=None)
def test_an_event_is_as_old_as_its_first_byte(stream: bytes, sizes: list[int]) -> None:
    """`at_ms` is the arrival of the chunk that holds the event's first byte."""
    chunks = pieces(stream, sizes)
    arrival = [float(at_ms) for at_ms, chunk in enumerate(chunks) for _ in chunk]

    events = decoded(chunks)

    firsts = [sum(len(event.raw) for event in events[:index]) for index in range(len(events))]
    assert [event.at_ms for event in events] == [arrival[first] for first in firsts]


def test_an_event_is_handed_out_with_the_byte_that_completes_it() -> None:
    """A live reader waits for nothing but the blank line."""
    decoder = SseDecoder()

    taken = [len(decoder.feed(bytes([byte]), at_ms=0.0)) for byte in b"data: 1\n\ndata: 2\r\n\r\n"]

    assert taken == [0] * 8 + [1] + [0] * 10 + [1]


def test_a_blank_line_that_ends_in_cr_waits_for_its_lf() -> None:
    """An LF after CR belongs to the same line end, also in the next chunk."""
    decoder = SseDecoder()

    first = decoder.feed(b"data: 1\r\n\r", at_ms=0.0)
    then = decoder.feed(b"\n", at_ms=5.0)

    assert first == []
    assert then == [SseEvent(raw=b"data: 1\r\n\r\n", at_ms=0.0, cuts=((0, 0.0), (10, 5.0)))]


def test_a_last_cr_at_the_end_of_the_stream_completes_its_event() -> None:
    """The LF that was waited for never came."""
    events = decoded([b"data: 1\r\r"])

    assert shape(events) == [(b"data: 1\r\r", True)]


def test_what_is_left_at_the_end_is_not_complete() -> None:
    """Half an event is never taken for a whole one."""
    events = decoded([b"data: 1\n\ndata: 2\n"])

    assert shape(events) == [(b"data: 1\n\n", True), (b"data: 2\n", False)]


def test_a_flushed_decoder_has_nothing_left() -> None:
    """What was handed out is not handed out again."""
    decoder = SseDecoder()
    decoder.feed(b"data: 1", at_ms=0.0)
    decoder.flush()

    again = decoder.flush()

    assert again == []


def test_several_events_of_one_chunk_share_its_arrival() -> None:
    """Only the first one begins a chunk; the others came with it."""
    first, second = decoded([b"data: 1\n\ndata: 2\n\n"])

    assert (first.at_ms, first.cuts) == (0.0, ((0, 0.0),))
    assert (second.at_ms, second.cuts) == (0.0, ())


@pytest.mark.parametrize("size", [1, 3, 7, 100])
def test_an_endless_event_comes_in_pieces_of_bounded_size(size: int) -> None:
    """Memory is bounded whatever the peer sends; the pieces are marked and nothing is lost."""
    decoder = SseDecoder(max_event_bytes=10)
    stream = b"x" * 95

    events = [e for at in range(0, len(stream), size) for e in decoder.feed(stream[at : at + size], at_ms=0.0)]
    events += decoder.flush()

    assert b"".join(event.raw for event in events) == stream
    assert not any(event.complete for event in events)
    assert max(len(event.raw) for event in events) <= 10 + size


@pytest.mark.parametrize(
    ("raw", "name", "data"),
    [
        (b"event: a\ndata: 1\n\n", "a", b"1"),
        (b"data: 1\n\n", None, b"1"),
        (b"event: a\n\n", "a", None),
        (b": ping\n\n", None, None),
        (b"\n\n", None, None),
        (b"", None, None),
        (b"data:1\n\n", None, b"1"),
        (b"data:  1\n\n", None, b" 1"),
        (b"data\n\n", None, b""),
        (b"data: 1\ndata: 2\n\n", None, b"1\n2"),
        (b"event: a\ndata: 1\ndata: 2\n\n", "a", b"1\n2"),
        (b"data: 1\revent: a\r\r", "a", b"1"),
        (b"event: a\rdata: 0\ndata: 1\n\n", "a", b"0\n1"),
        (b"event: a\ndata: 1\rdata: 2\n\n", "a", b"1\n2"),
        (b"event: a\r\ndata: 1\r\n\r\n", "a", b"1"),
        (b"event: a\nevent: b\ndata: 1\n\n", "b", b"1"),
        (b"\xef\xbb\xbfdata: 1\n\n", None, b"1"),
        (b"id: 7\nretry: 1\ndata: 1\n\n", None, b"1"),
        (b"event: a\ndata: 1\nx", "a", b"1"),
        ("event: ä\ndata: ö\n\n".encode(), "ä", "ö".encode()),
        (b"event: \xff\ndata: 1\n\n", "\ufffd", b"1"),
    ],
)
def test_an_event_splits_into_name_and_data(raw: bytes, name: str | None, data: bytes | None) -> None:
    """Fields are read as the standard says, whatever the line ends."""
    assert split_event(raw) == (name, data)


@given(raw=WIRE)
@settings(max_examples=300, deadline=None)
@example(raw=b"event: a\ndata: 1\rdata: 2\n\n")
def test_line_ends_are_alike(raw: bytes) -> None:
    """CR, LF and CRLF mean the same: the short way through `split_event` reads what the long way reads."""
    plain = re.sub(rb"\r\n|\r", b"\n", raw)

    assert split_event(raw) == split_event(plain.replace(b"\n", b"\r\n"))


@given(name=st.none() | st.text(st.characters(exclude_characters="\r\n", codec="utf-8")), data=st.binary())
@settings(max_examples=200, deadline=None)
def test_a_joined_event_splits_into_what_was_joined(name: str | None, data: bytes) -> None:
    """Data on one line survives, and the decoder sees one event."""
    data = data.replace(b"\n", b"").replace(b"\r", b"")
    raw = join_event(name, data)

    assert split_event(raw) == (name, data)
    assert shape(decoded([raw])) == [(raw, True)]


@given(raw=WIRE)
@settings(max_examples=300, deadline=None)
def test_an_event_in_which_nothing_is_edited_stays(raw: bytes) -> None:
    """Byte for byte, whatever its spelling."""
    assert edited_event(raw, None, edit=lambda line: line) == raw


@pytest.mark.parametrize(
    ("raw", "edited"),
    [
        (b"event: a\r\ndata:1\r\n\r\n", b"EVENT: A\r\ndata: x\r\n\r\n"),
        (b": c\ndata: 1\ndata: 2\nid: y\n\n", b": C\ndata: x\nID: Y\n\n"),
        (b"\xef\xbb\xbfdata\n\n", b"data: x\n\n"),
        (b"retry: 1\n\n", b"RETRY: 1\n\n"),
    ],
)
def test_an_edited_event_keeps_its_shape(raw: bytes, edited: bytes) -> None:
    """New data stands on one line, where the first of the old ones stood."""
    assert edited_event(raw, b"x", edit=bytes.upper) == edited


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        *(
            (b"data: 1" + end, True)
            for end in (b"\n\n", b"\r\r", b"\r\n\r\n", b"\n\r\n", b"\n\r", b"\r\n\n", b"\r\n\r")
        ),
        *((b"data: 1" + end, False) for end in (b"", b"\n", b"\r", b"\r\n", b"\n ")),
    ],
)
def test_a_blank_line_makes_an_event_whole(raw: bytes, *, expected: bool) -> None:
    """However its lines end."""
    assert is_whole(raw) is expected


@pytest.mark.parametrize("end", [b"\n", b"\r", b"\r\n"])
def test_data_of_several_lines_is_written_in_several(end: bytes) -> None:
    """JSON for people, say, which a WebSocket carries as it is."""
    raw = join_event("a", b"{" + end + b'"b": 1}')

    assert split_event(raw) == ("a", b'{\n"b": 1}')
    assert len(decoded([raw])) == 1
