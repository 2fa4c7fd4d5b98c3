"""The records of a session, redacted."""

from pytest_codex_replay.archive.record import EventRecord
from pytest_codex_replay.redaction.redactor import Redactor
from pytest_codex_replay.sharing.records import redact_records
from pytest_codex_replay.wire.payload import Payload
from pytest_codex_replay.wire.sse import join_event

HOME = "/home/" + "jane"


def event(kind, **fields):
    value = {"type": kind, "item_id": "msg_1", "output_index": 0, **fields}
    return EventRecord(at_ms=0, flow="a", raw=join_event(kind, Payload.of(value).raw), cuts=((0, 0),))


def test_what_is_split_over_deltas_is_found():
    """It stands in the first of them, and all together they still say what `.done` says."""
    text = f"see {HOME}/src"
    deltas = [event("response.output_text.delta", delta=letter) for letter in text]
    redactor = Redactor()

    *clean, done = redact_records([*deltas, event("response.output_text.done", text=text)], redactor)

    assert "".join(one.payload.fields["delta"] for one in clean) == done.payload.fields["text"] == "see /home/user/src"
