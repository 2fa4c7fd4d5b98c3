"""A flow that is under way: what its hooks bring is recorded once, in order, and what is missing is counted."""

from collections.abc import Callable

import pytest

from pytest_codex_replay.archive.record import FlowEnd
from pytest_codex_replay.recorder import open_flow
from pytest_codex_replay.recorder.open_flow import OpenFlow, tee
from pytest_codex_replay.recorder.signals import Chunk, Ended, Lost, Requested, Responded, Signal

HEADERS = (("a", "b"),)
RESPONDED = Responded("f", 3.0, 200, "HTTP/1.1", HEADERS)
REST = [Chunk("f", 4.0, b"tea"), Ended("f", 5.0, FlowEnd.FINISHED)]


class Taker:
    """A recorder that keeps what it is given."""

    def __init__(self) -> None:
        self.signals: list[Signal] = []

    def record(self, signal: Signal) -> None:
        self.signals.append(signal)

    def stream(self, flow: str) -> Callable[[bytes], None]:
        return lambda data: self.record(Chunk(flow, 0.0, data))


@pytest.fixture
def taker() -> Taker:
    return Taker()


@pytest.fixture
def flow(taker: Taker) -> OpenFlow:
    return OpenFlow("f", "https://x/v1/responses", taker)


def never(error: Exception) -> None:
    raise AssertionError(error)


def request(flow: OpenFlow, body: bytes | None) -> None:
    flow.request(requested(body))


def requested(body: bytes | None) -> Requested:
    return Requested("f", 1.0, "POST", "https://x/v1/responses", "HTTP/1.1", HEADERS, body, is_upgrade=False)


def test_a_whole_exchange(flow: OpenFlow, taker: Taker) -> None:
    """As it is seen, in order."""
    request(flow, b"{}")
    flow.finish_request(2.0, b"{}")
    flow.respond(RESPONDED)
    for signal in REST:
        flow.record(signal)

    assert taker.signals == [requested(b"{}"), RESPONDED, *REST]
    assert (flow.is_requested, flow.is_answered) == (True, True)


def test_without_a_recorder_nothing_is_recorded() -> None:
    """Every step goes by, and streams pass."""
    flow = OpenFlow("f", "https://x/", None)
    streams = [flow.tee_request(True, never), flow.tee_response(False, never)]
    request(flow, None)
    flow.finish_request(2.0, None)
    flow.respond(RESPONDED)
    for signal in REST:
        flow.record(signal)

    assert [stream(b"x") for stream in streams] == [b"x", b"x"]


def test_a_streamed_request_is_recorded_whole(flow: OpenFlow, taker: Taker) -> None:
    """Its pieces together; the proxy itself has none of it."""
    stream = flow.tee_request(True, never)
    passed = [stream(piece) for piece in (b"{", b"}", b"")]
    request(flow, None)
    flow.finish_request(2.0, None)

    assert passed == [b"{", b"}", b""]
    assert taker.signals == [requested(b"{}")]


def test_what_comes_behind_an_early_answer_is_counted(flow: OpenFlow, taker: Taker) -> None:
    """The request was recorded with what there was."""
    stream = flow.tee_request(True, never)
    stream(b"{")
    request(flow, None)
    stream(b"12")
    stream(b"}")
    flow.finish_request(2.0, None)

    assert taker.signals == [
        requested(b"{"),
        Lost("f", 2.0, 2.0, "the request was streamed past the recorder", 1, 3),
    ]


def test_what_is_too_much_is_counted(flow: OpenFlow, taker: Taker, monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory is bounded: a piece that would go beyond it is not kept."""
    monkeypatch.setattr(open_flow, "BODY_BYTES", 4)
    stream = flow.tee_request(True, never)
    stream(b"1234")
    stream(b"5")
    request(flow, None)
    flow.finish_request(2.0, None)

    assert [type(signal) for signal in taker.signals] == [Requested, Lost]
    assert taker.signals[1].lost_bytes == 1


def test_a_request_that_nobody_saw_is_a_loss(flow: OpenFlow, taker: Taker) -> None:
    """The proxy began to stream it when it had grown large, without a tee."""
    request(flow, None)
    flow.finish_request(2.0, None)

    assert taker.signals == [requested(None), Lost("f", 2.0, 2.0, "the request was streamed past the recorder", 1, 0)]


def test_an_answer_is_recorded_chunk_by_chunk(flow: OpenFlow, taker: Taker) -> None:
    """Each is passed on as it is; the empty one, which ends a stream, is not data."""
    stream = flow.tee_response(True, never)
    passed = [stream(chunk) for chunk in (b"a", b"b", b"")]

    assert passed == [b"a", b"b", b""]
    assert taker.signals == [Chunk("f", 0.0, b"a"), Chunk("f", 0.0, b"b")]


def test_an_answer_is_streamed_once_its_stream_has_ended(flow: OpenFlow) -> None:
    """The request's stream is another one; without an end the body may have come in some other way."""
    flow.tee_request(True, never)(b"")
    stream = flow.tee_response(True, never)
    states = [(stream(chunk), flow.is_streamed)[1] for chunk in (b"a", b"b", b"")]

    assert states == [False, False, True]


def test_the_stream_function_of_another_addon_still_works() -> None:
    """It gets each chunk next, the empty one too; what is recorded is what came."""
    seen: list[bytes] = []
    stream = tee(seen.append, lambda data: [data.upper(), b"!"], never)

    assert [stream(b"a"), stream(b"")] == [[b"A", b"!"], [b"", b"!"]]
    assert seen == [b"a"]


@pytest.mark.parametrize("following", [True, False, bytes.upper])
def test_a_failure_is_told_and_the_chunk_passes(following: object) -> None:
    """Recording may fail; traffic may not."""
    failures: list[Exception] = []

    def fail(_: bytes) -> None:
        raise KeyError("k")

    passed = tee(fail, following, failures.append)(b"a")

    assert passed == (b"A" if callable(following) else b"a")
    assert [type(error) for error in failures] == [KeyError]
