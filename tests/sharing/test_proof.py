"""Whether a cassette replays as its archive did."""

from dataclasses import replace

import orjson
import pytest

from pytest_codex_replay.archive.record import EventRecord, RequestRecord
from pytest_codex_replay.sharing import proof
from pytest_codex_replay.sharing.proof import Deviation, NotProvenError, check_proven, deviations_of
from pytest_codex_replay.sharing.records import Streams
from pytest_codex_replay.upstream.scenarios import tool_loop
from pytest_codex_replay.wire.payload import Payload
from tests.sessions import Talk, user


def edited(records, old, new):
    """Replace bytes in what a client sent."""
    return [
        replace(record, payload=Payload(record.payload.raw.replace(old, new)))
        if isinstance(record, RequestRecord) and record.payload is not None
        else record
        for record in records
    ]


@pytest.fixture
def records():
    talk = Talk(tool_loop(3))
    talk.turn("run it")
    return talk.records


def test_what_did_not_change_replays(records):
    """The proof of a recording against itself."""
    assert deviations_of("s", records, records) == []


def test_two_that_change_places_replay_all_the_same():
    """At one tick of a cassette's clock the order of two agents is open."""
    talk = Talk(script=None)
    for text in ("one", "two"):
        said = {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": text}]}
        talk.sdk([user(text)], said, status=200, object="response")
    records = talk.records
    first = next(record.flow for record in records if isinstance(record, RequestRecord))
    later = [
        replace(record, at_ms=record.at_ms + 60_000 * (getattr(record, "flow", "") == first)) for record in records
    ]

    assert deviations_of("s", records, later) == []


def test_a_difference_is_told_once(records):
    """Though each later request repeats it; the place is named, the value is not."""
    found = deviations_of("s", records, edited(records, b"run it", b"walk it"))

    assert list(map(str, found)) == ["s: interaction 1: input[2].content[0].text differs"]
    assert not found[0].is_recorded


def test_a_short_event_is_a_part_of_the_proof():
    """One that says the whole of a call is not taken for a piece of it."""
    call = {"type": "function_call", "name": "shell", "call_id": "c", "arguments": "{}"}
    said = (
        {"type": "response.output_item.done", "item": call},
        {"type": "response.completed", "response": {"id": "r"}},
    )
    talk = Talk(script=None)
    talk.sdk([user("run it")], status=200)
    request, response, *_ = talk.records
    events = [
        EventRecord(flow=request.flow, at_ms=response.at_ms, raw=b"data: " + orjson.dumps(one) + b"\n\n", cuts=())
        for one in said
    ]
    recorded = [request, replace(response, headers=(("content-type", "text/event-stream"),)), *events]
    shared = [*recorded[:2], replace(events[0], raw=events[0].raw.replace(b'"{}"', b'"{"')), events[1]]

    found = deviations_of("s", recorded, shared, Streams(shared))

    assert list(map(str, found)) == ["s: interaction 1: output[0].arguments is not JSON any more"]


def test_what_does_not_replay_before_redaction_either_is_told_apart(records, monkeypatch):
    """It is no fault of redaction."""

    class Broken:
        def __init__(self, *_):
            pass

        def deviations(self):
            return [(2, "its answer was found by an earlier request")]

    monkeypatch.setattr(proof, "Rehearsal", Broken)

    (one,) = deviations_of("s", records, records)

    assert one.is_recorded


def test_what_requests_stand_for_is_replayed_up_to_a_limit(records, monkeypatch):
    """Each continues the one before it: what they stand for grows with the square of them. It is not put together."""
    monkeypatch.setattr(proof, "Rehearsal", None)

    (one,) = deviations_of("s", records, records, most_items=10)

    assert one.is_recorded
    assert "more than 10 items" in one.what


@pytest.mark.parametrize(
    ("is_recorded", "exit_code", "says"),
    [(False, 1, "redaction would change the replay"), (True, 2, "does not replay before redaction, either")],
)
def test_an_error_says_whose_fault_it_is(is_recorded, exit_code, says):
    """And how to write the cassette all the same."""
    one = Deviation(session="s", request=3, what="output[0].arguments is not JSON any more", is_recorded=is_recorded)

    with pytest.raises(NotProvenError, match=f"{says}: s: interaction 3: .* --no-verify writes") as error:
        check_proven([one], option="--no-verify")

    assert (error.value.exit_code, error.value.deviations) == (exit_code, (one,))


def test_a_fault_of_redaction_is_told_first():
    """What it broke can be repaired; and nothing is no error."""
    own, broken = (Deviation(session="s", request=n, what="…", is_recorded=n == 1) for n in (1, 2))

    check_proven([], option="")
    with pytest.raises(NotProvenError, match="s: interaction 2: …") as error:
        check_proven([own, broken], option="")

    assert error.value.deviations == (broken,)
