"""Recorded answers as bytes."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_codex_replay.archive.record import EndRecord, EventRecord, FlowEnd, Record, RequestRecord, ResponseRecord
from pytest_codex_replay.projection.interactions import Interaction, interactions_of
from pytest_codex_replay.replay.playback import http_reply
from pytest_codex_replay.replay.reply import Speed
from pytest_codex_replay.wire.sse import SseDecoder
from tests.replay.recording import SSE, URL


def recorded(chunks: list[bytes], step_ms: float = 10.0) -> Interaction:
    """An interaction whose answer arrived in `chunks`, one every `step_ms`, the first after as long."""
    decoder = SseDecoder()
    events = [event for at, chunk in enumerate(chunks, 1) for event in decoder.feed(chunk, at_ms=at * step_ms)]
    events += decoder.flush()
    end_ms = step_ms * (len(chunks) + 1)
    records: list[Record] = [
        RequestRecord(at_ms=0, flow="f", method="POST", url=URL, http_version="HTTP/1.1", headers=()),
        ResponseRecord(at_ms=0, flow="f", status=200, http_version="HTTP/1.1", headers=SSE),
        *(EventRecord(at_ms=event.at_ms, flow="f", raw=event.raw, cuts=event.cuts) for event in events),
        EndRecord(at_ms=end_ms, flow="f", how=FlowEnd.FINISHED),
    ]
    return interactions_of(records)[0]


WIRE = 'event: a\ndata: {}\n\n: ping\n\ndata: {"t":"ü"}\r\n\r\ndata: x\n\nrest'.encode()


@given(st.lists(st.integers(1, len(WIRE) - 1), unique=True).map(sorted))
def test_chunks_come_as_they_came(cuts: list[int]) -> None:
    """However the stream was cut into chunks, replay writes the same chunks at the same times."""
    bounds = [0, *cuts, len(WIRE)]
    chunks = [WIRE[start:end] for start, end in pairwise(bounds)]

    reply = http_reply(recorded(chunks), Speed.parse("recorded"))

    assert [part.data for part in reply.parts] == chunks
    assert [part.delay_ms for part in reply.parts] == [10.0] * len(chunks)


@pytest.mark.parametrize(("speed", "delay_ms"), [("instant", 0), ("recorded", 10), ("2", 5), ("0.5", 20)])
def test_the_speed_scales_the_waiting(speed: str, delay_ms: float) -> None:
    """A number says how many times faster than recorded."""
    reply = http_reply(recorded([b"data: 1\n\n", b"data: 2\n\n"]), Speed.parse(speed))

    assert [part.delay_ms for part in reply.parts] == [delay_ms, delay_ms]
