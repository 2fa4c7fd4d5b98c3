"""Numbers of shell sessions."""

import orjson
import pytest

from pytest_codex_replay.archive.record import EventRecord, MessageRecord, RequestRecord
from pytest_codex_replay.sharing.shells import canonical_shells
from pytest_codex_replay.wire.payload import Payload
from pytest_codex_replay.wire.sse import join_event

IN_WORDS = "Chunk ID: 0a1b2c\nProcess running with session ID {}\nOutput:\n"
IN_JSON = '{{"chunk_id":"0a1b2c","wall_time_seconds":0.2,"session_id":{},"output":""}}'
SPACED = IN_JSON.replace('":', '" : ')
URL = "https://h/v1/responses"


def request(*outputs):
    items = [{"type": "function_call_output", "call_id": "c", "output": output} for output in outputs]
    payload = Payload.of({"input": items})
    return RequestRecord(at_ms=0, flow="a", method="POST", url=URL, http_version="", headers=(), payload=payload)


def event(kind, **fields):
    value = {"type": kind, "item_id": "fc", **fields}
    return EventRecord(at_ms=0, flow="a", raw=join_event(kind, Payload.of(value).raw), cuts=((0, 0),))


def call(number, width):
    """A call of `write_stdin`, its arguments in pieces."""
    kind, arguments = "response.function_call_arguments", orjson.dumps({"session_id": number, "chars": "x"}).decode()
    for at in range(0, len(arguments), width):
        yield event(f"{kind}.delta", delta=arguments[at : at + width])
    yield event(f"{kind}.done", arguments=arguments)


@pytest.mark.parametrize("said", [IN_WORDS, IN_JSON, SPACED], ids=["in words", "in JSON", "in JSON with blanks"])
@pytest.mark.parametrize("width", [1, 3, 100])
def test_a_shell_is_numbered_by_its_first_appearance(said, width):
    """In what Codex says and in what the model gives back, also where it comes bit by bit."""
    first, *deltas, done, second = canonical_shells(
        [request(said.format(92412)), *call(92412, width), request(said.format(92412), said.format(7))]
    )

    assert [item["output"] for item in first.payload.json["input"]] == [said.format(1000)]
    assert [item["output"] for item in second.payload.json["input"]] == [said.format(1000), said.format(1001)]
    assert done.payload.fields["arguments"] == '{"session_id":1000,"chars":"x"}'
    assert "".join(one.payload.fields["delta"] for one in deltas) == done.payload.fields["arguments"]


def test_another_number_is_none_of_a_shell():
    """Nor is the same number elsewhere."""
    records = [request(IN_WORDS.format(92412) + "92412 lines, session_id: 92413")]

    (clean,) = canonical_shells(records)

    assert clean.payload.json["input"][0]["output"] == IN_WORDS.format(1000) + "92412 lines, session_id: 92413"


def test_frames_are_as_requests_and_events():
    """Over WebSocket, too."""
    records = [
        MessageRecord(at_ms=0, flow="a", from_client=True, payload=request(IN_JSON.format(92412)).payload),
        *(MessageRecord(at_ms=0, flow="a", from_client=False, payload=one.payload) for one in call(92412, 4)),
    ]

    said, *deltas, done = canonical_shells(records)

    assert said.payload.json["input"][0]["output"] == IN_JSON.format(1000)
    assert "".join(one.payload.fields["delta"] for one in deltas) == done.payload.fields["arguments"]


def test_canonical_numbers_stay():
    """A second redaction changes nothing, and what has no shells is not touched."""
    records = [request(IN_WORDS.format(92412), IN_WORDS.format(7)), *call(7, 2)]
    once = canonical_shells(records)

    assert canonical_shells(once) is once
    assert list(canonical_shells(records[1:])) == records[1:]
