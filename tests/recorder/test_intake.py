"""What waits for the writer: in order, counted, bounded; nothing of it lost between two threads."""

import threading

import pytest

from pytest_codex_replay.archive.record import FlowEnd
from pytest_codex_replay.recorder.intake import Intake
from pytest_codex_replay.recorder.signals import (
    Chunk,
    Chunks,
    Ended,
    Lost,
    Message,
    Requested,
    Responded,
    Signal,
    Texts,
)

ROOM = 1 << 20


def requested(flow: str = "f") -> Requested:
    return Requested(flow, 1.0, "POST", "u", "HTTP/1.1", (), b"{}", is_upgrade=False)


def responded(flow: str = "f") -> Responded:
    return Responded(flow, 2.0, 200, "HTTP/1.1", ())


def ended(flow: str = "f") -> Ended:
    return Ended(flow, 9.0, FlowEnd.FINISHED)


@pytest.fixture
def intake() -> Intake:
    """At 3 ms past the epoch, all the time."""
    return Intake(ROOM, clock=lambda: 0.003)


def taken(intake: Intake) -> dict[str, list[Signal]]:
    return dict(intake.take())


class TestOrder:
    def test_a_flow_comes_as_it_went_in(self, intake: Intake) -> None:
        """Chunks in a row are one signal, whichever way they came in."""
        intake.put(requested())
        intake.put(responded())
        put_chunk = intake.stream("f")
        put_chunk(b"a")
        intake.put(Chunk("f", 4.0, b"b"))
        message = Message("f", 5.0, False, b"m", False)
        intake.put(message)
        put_chunk(b"c")
        intake.put(ended())

        chunks = Chunks("f", [(3.0, b"a"), (4.0, b"b")])
        assert taken(intake) == {"f": [requested(), responded(), chunks, message, Chunks("f", [(3.0, b"c")]), ended()]}

    def test_texts_of_a_server_are_one_signal_too(self, intake: Intake) -> None:
        """With their own times; a message of the client stands where it came."""
        intake.put(requested())
        put_text, asked = intake.stream("f", is_texts=True), Message("f", 6.0, True, b"q", False)
        put_text(b"a", 4.0)
        put_text(b"b", 5.0)
        intake.put(asked)
        put_text(b"c", 7.0)

        assert taken(intake) == {
            "f": [requested(), Texts("f", [(4.0, b"a"), (5.0, b"b")]), asked, Texts("f", [(7.0, b"c")])]
        }
        assert intake.waiting_bytes == 0

    def test_flows_are_kept_apart(self, intake: Intake) -> None:
        """Each has a queue of its own, in the order in which they began."""
        for flow in ("g", "f"):
            intake.put(requested(flow))
        intake.stream("f")(b"x")
        intake.put(ended("g"))

        assert list(intake.take()) == [
            ("g", [requested("g"), ended("g")]),
            ("f", [requested("f"), Chunks("f", [(3.0, b"x")])]),
        ]

    def test_what_was_taken_is_gone(self, intake: Intake) -> None:
        """And the flow goes on."""
        intake.put(requested())
        first = taken(intake)
        intake.put(ended())

        assert (first, taken(intake), taken(intake)) == ({"f": [requested()]}, {"f": [ended()]}, {})


class TestFlowsThatAreNotOpen:
    def test_without_its_request_a_flow_is_ignored(self, intake: Intake) -> None:
        """It came before the recorder: nobody could say what it belongs to."""
        for signal in (responded(), Chunk("f", 1.0, b"x"), ended()):
            intake.put(signal)
        intake.stream("f")(b"x")

        assert (taken(intake), intake.waiting_bytes) == ({}, 0)

    def test_chunks_behind_the_end_take_no_room(self, intake: Intake) -> None:
        """A proxy may flush late; that must not fill the queue for good."""
        intake.put(requested())
        put_chunk = intake.stream("f")
        intake.put(ended())
        put_chunk(b"late")

        assert (taken(intake), intake.waiting_bytes) == ({"f": [requested(), ended()]}, 0)

    def test_a_closed_intake_takes_nothing(self, intake: Intake) -> None:
        """Neither signals nor chunks; what was in it can still be taken."""
        intake.put(requested())
        put_chunk = intake.stream("f")
        intake.close()
        put_chunk(b"x")
        intake.put(ended())

        assert taken(intake) == {"f": [requested()]}


class TestRoom:
    def test_what_has_no_room_is_counted_where_it_would_have_been(self) -> None:
        """In the flow that lost it, with how much and from when to when."""
        intake = Intake(2000, clock=lambda: 0.003)
        intake.put(requested())
        put_chunk = intake.stream("f")
        put_chunk(b"x" * 900)
        for at_ms in (4.0, 5.0):
            intake.put(Chunk("f", at_ms, b"y" * 700))
        put_chunk(b"z" * 600)
        before = taken(intake)
        put_chunk(b"again")

        assert before == {
            "f": [requested(), Chunks("f", [(3.0, b"x" * 900)]), Lost("f", 4.0, 3.0, "queue full", 3, 2000)]
        }
        assert taken(intake) == {"f": [Chunks("f", [(3.0, b"again")])]}

    def test_all_that_was_put_in_is_taken_out_of_the_account(self) -> None:
        """Chunks, losses, requests without their bodies: the queue is empty when it is empty."""
        intake = Intake(3000)
        for number in range(20):
            intake.put(requested(str(number)))
            intake.put(Message(str(number), 1.0, False, b"x" * 100, False))
            intake.stream(str(number))(b"y" * 100)
            intake.put(ended(str(number)))
        before = intake.waiting_bytes
        signals = [signal for _, found in intake.take() for signal in found]

        assert before > 3000
        assert intake.waiting_bytes == 0
        assert intake.high_water_bytes == before
        assert sum(isinstance(signal, Ended) for signal in signals) == 20

    def test_a_hole_is_where_it_is(self) -> None:
        """Two holes with something between them are two, also while the first is on its way to the writer."""
        intake = Intake(2500, clock=lambda: 0.003)
        intake.put(requested("a"))
        intake.put(requested("b"))
        intake.put(Chunk("a", 3.0, b"x" * 300))
        for at_ms in (4.0, 5.0):
            intake.put(Chunk("b", at_ms, b"y" * 900))
        rounds = intake.take()
        first = next(rounds)  # now there is room again, but flow b has not been looked at yet
        intake.put(Chunk("b", 6.0, b"z"))
        intake.put(Chunk("b", 7.0, b"y" * 2000))
        rest = dict(rounds)

        assert first[0] == "a"
        kinds = [(type(signal), signal.at_ms) for signal in rest["b"]]
        assert kinds == [(Requested, 1.0), (Lost, 4.0), (Chunks, 6.0), (Lost, 7.0)]
        assert intake.waiting_bytes == 0

    def test_one_that_is_larger_than_the_queue_passes_alone(self) -> None:
        """Else it never could."""
        intake = Intake(1000)
        intake.put(requested())
        taken(intake)
        intake.stream("f")(b"x" * 5000)

        assert [type(signal) for signal in taken(intake)["f"]] == [Chunks]


def test_nothing_is_lost_between_two_threads() -> None:
    """One puts, the other takes all the time: every chunk arrives, once and in order."""
    intake = Intake(1 << 30)
    count, seen, is_over = 20_000, [], threading.Event()

    def take() -> None:
        while not is_over.is_set() or intake.waiting_bytes:
            intake.wait(0.01)
            for _, signals in intake.take():
                for signal in signals:
                    if isinstance(signal, Chunks):
                        seen.extend(int(data) for _, data in signal.chunks)

    thread = threading.Thread(target=take)
    thread.start()
    intake.put(requested())
    put_chunk = intake.stream("f")
    for number in range(count):
        put_chunk(b"%d" % number)
    intake.put(ended())
    is_over.set()
    thread.join(60)

    assert seen == list(range(count))
    assert intake.waiting_bytes == 0
