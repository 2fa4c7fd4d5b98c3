"""Whether a cassette replays as its archive did."""

from dataclasses import replace

import orjson
import pytest

from pytest_codex_replay.archive.record import EventRecord, MessageRecord, RequestRecord
from pytest_codex_replay.limits import REHEARSED_ITEMS
from pytest_codex_replay.redaction.redactor import Redactor
from pytest_codex_replay.sharing import proof
from pytest_codex_replay.sharing.proof import Deviation, NotProvenError, check_length, check_proven, deviations_of
from pytest_codex_replay.sharing.records import redact_records
from pytest_codex_replay.upstream.scenarios import tool_loop
from pytest_codex_replay.wire.payload import Payload
from tests.growth import calls
from tests.replay.recording import Recording, answer_events, body_of, call, output
from tests.sessions import Talk, user


def edited(records, old, new):
    """Replace bytes in what a client sent."""
    return [
        replace(record, payload=Payload(record.payload.raw.replace(old, new)))
        if isinstance(record, RequestRecord) and record.payload is not None
        else record
        for record in records
    ]


def chained(count, *prompts, behind=lambda number: number - 1):
    """A conversation over one WebSocket; each request continues the one `behind` it."""
    recording = Recording()
    exchanges = []
    for number in range(count):
        at = behind(number)
        own = [user(one) for one in prompts] if number == 0 else [output(f"c{at}", f"done {at}"), user(f"and {number}")]
        more = {} if number == 0 else {"previous_response_id": f"r{at}"}
        exchanges.append((body_of(*own, **more), answer_events(f"r{number}", call(f"c{number}"))))
    recording.websocket(exchanges)
    return recording.records


def redacted(records):
    redactor = Redactor()
    redact_records(records, redactor)
    redactor.again()
    return redact_records(records, redactor)


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

    found = deviations_of("s", recorded, shared)

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


def test_what_requests_bring_is_replayed_up_to_a_limit(records, monkeypatch):
    """Over HTTP each repeats what was said: what they bring grows with the square of them. It is not put together."""
    monkeypatch.setattr(proof, "Rehearsal", None)
    monkeypatch.setattr(proof, "_MANY", 2)

    (one,) = deviations_of("s", records, records, most_items=10)

    assert one.is_recorded
    with pytest.raises(NotProvenError, match=r"more than 10 items.* --no-verify"):
        check_length("s", records, 10, option="--no-verify")
    monkeypatch.setattr(proof, "_MANY", 20)
    check_length("s", records, 10, option="--no-verify")
    assert "more than 10 items" in one.what


CWD = "<environment_context><cwd>/srv/ada/work</cwd></environment_context>"
SECRET = "run it as ada.meyer@acme-corp.com"


@pytest.mark.parametrize("prompts", [["run it"], [CWD], [CWD, SECRET]], ids=["plain", "elsewhere", "redacted"])
@pytest.mark.parametrize("behind", [lambda number: number - 1, lambda _: 0], ids=["chain", "fork"])
def test_what_continues_a_conversation_is_looked_at_once(prompts, behind):
    """Twice as many requests over a WebSocket cost twice as much, whatever they stand for, redacted or not."""
    made = {count: chained(count, *prompts, behind=behind) for count in (60, 120)}
    shared = {count: redacted(records) for count, records in made.items()}

    cost = {count: calls(lambda count=count: deviations_of("s", made[count], shared[count])) for count in made}

    assert deviations_of("s", made[60], shared[60]) == []
    assert (shared[60] == made[60]) == (prompts == ["run it"])
    assert cost[120] < 2.2 * cost[60]


def test_many_that_find_no_answer_are_told_up_to_a_number(monkeypatch):
    """Each is looked for among all that are left: a hostile recording would have no end."""
    monkeypatch.setattr(proof, "_ENOUGH", 3)
    records = chained(9, "run it", behind=lambda _: 0)
    shared = [
        replace(one, payload=Payload(one.payload.raw.replace(b"and ", b"or ")))
        if isinstance(one, MessageRecord) and one.from_client
        else one
        for one in records
    ]

    assert len(deviations_of("s", records, shared)) <= 3


def test_a_long_conversation_over_a_websocket_is_within_the_limit():
    """What a request continues was looked at before: 2,100 calls stand for six million items, and bring 4,200."""
    check_length("s", chained(2100, "run it"), REHEARSED_ITEMS, option="--no-verify")


@pytest.mark.parametrize(
    "item",
    [
        {"type": "agent_message", "author": "a", "recipient": "b", "content": []},
        user("<environment_context><cwd>/srv/ada/other</cwd></environment_context>"),
    ],
    ids=["agents", "directory"],
)
def test_what_has_to_be_looked_at_again_counts_again(item, monkeypatch):
    """All that is behind a message of an agent, or behind a directory that is new."""
    monkeypatch.setattr(proof, "_MANY", 2)
    plain = chained(20, CWD)
    last = next(one for one in reversed(plain) if isinstance(one, MessageRecord) and one.from_client)
    fields = last.payload.fields
    more = replace(last, payload=Payload.of({**fields, "input": [*fields["input"], item]}))
    hostile = [more if one is last else one for one in plain]

    check_length("s", plain, 60, option="--no-verify")
    with pytest.raises(NotProvenError, match="more than 60 items"):
        check_length("s", hostile, 60, option="--no-verify")


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


def repeating(count, *prompts, directory=None):
    """A conversation over HTTP: each request repeats the items of the one before, which a reader makes one object."""
    recording, said = Recording(), [user(one) for one in prompts]
    for number in range(count):
        recording.http(body_of(*said), answer_events(f"r{number}", call(f"c{number}")))
        said += [call(f"c{number}"), output(f"c{number}", f"done {number}")]
        if number == directory:
            said.append(user("<environment_context><cwd>/srv/ada/other</cwd></environment_context>"))
    reader, known = recording.records, {}

    def shared(item):
        return known.setdefault(orjson.dumps(item), item)

    def same(payload):
        fields = payload.fields
        return Payload.of({**fields, "input": [shared(item) for item in fields["input"]]})

    return [replace(one, payload=same(one.payload)) if isinstance(one, RequestRecord) else one for one in reader]


def test_a_long_conversation_over_http_is_within_the_limit():
    """What a request repeats was looked at before: 300 calls name 90,000 items, and bring 600."""
    check_length("s", repeating(300, "run it"), 700, option="--no-verify")


def test_what_is_repeated_counts_again_behind_a_new_directory(monkeypatch):
    """All texts are read anew in it."""
    monkeypatch.setattr(proof, "_MANY", 2)

    check_length("s", repeating(20, CWD), 60, option="--no-verify")
    with pytest.raises(NotProvenError, match="more than 60 items"):
        check_length("s", repeating(20, CWD, directory=18), 60, option="--no-verify")


@pytest.mark.parametrize("prompts", [["run it"], [CWD], [CWD, SECRET]], ids=["plain", "elsewhere", "redacted"])
def test_what_repeats_a_conversation_is_looked_at_once(prompts):
    """Twice as many requests over HTTP cost twice as much, redacted or not."""
    made = {count: repeating(count, *prompts) for count in (60, 120)}
    shared = {count: redacted(records) for count, records in made.items()}

    cost = {count: calls(lambda count=count: deviations_of("s", made[count], shared[count])) for count in made}

    assert deviations_of("s", made[60], shared[60]) == []
    assert (shared[60] == made[60]) == (prompts == ["run it"])
    assert cost[120] < 2.2 * cost[60]
