"""A flow that goes on, as JSON: its records as the lines of a segment. No I/O."""

from dataclasses import fields
from typing import Any, cast

from pytest_codex_replay.archive.line import decode_line, encode_line
from pytest_codex_replay.archive.record import EndRecord, MessageRecord, Record, RequestRecord, ResponseRecord
from pytest_codex_replay.projection.answer import Answer
from pytest_codex_replay.projection.flows import Flow, OpenCall, ResponsePart
from pytest_codex_replay.projection.packed import PackedParts
from pytest_codex_replay.wire.responses import Outcome

Json = dict[str, Any]


def flow_json(flow: Flow) -> Json:
    """Return all that is known of a flow."""
    return {
        "request": _line(flow.request),
        "response": _line(flow.response),
        "end": _line(flow.end),
        "calls": [_call_json(call) for call in flow.calls],
    }


def flow_of(value: Json) -> Flow:
    """Return the flow of which `flow_json` told all."""
    request = cast("RequestRecord", _record(value["request"]))
    return Flow(
        request,
        response=cast("ResponseRecord | None", _record(value["response"])),
        end=cast("EndRecord | None", _record(value["end"])),
        calls=[_call_of(request, one) for one in value["calls"]],
    )


def _call_json(call: OpenCall) -> Json:
    packed = call.packed
    body = packed.unpacked() if packed is not None and packed.is_body else ()
    counts = packed and not body and [packed.length, packed.first_at_ms, packed.last_at_ms, dict(packed.types)]
    return {
        "number": call.number,
        "frame": _line(call.frame),
        "parts": [_line(part) for part in call.parts],
        "body": [_line(part) for part in body],
        "packed": counts or None,
        "answer": {one.name: getattr(call.answer, one.name) for one in fields(Answer)},
        "client": [[after, _line(message)] for after, message in call.client_messages],
        "has_gap": call.has_gap,
    }


def _call_of(request: RequestRecord, value: Json) -> OpenCall:
    answer = Answer(**value["answer"])
    answer.ended = None if answer.ended is None else Outcome(answer.ended)
    call = OpenCall(value["number"], request, answer=answer, has_gap=value["has_gap"])
    call.frame = cast("MessageRecord | None", _record(value["frame"]))
    call.parts = cast("list[ResponsePart]", list(map(_record, value["parts"])))
    call.client_messages = [(after, cast("MessageRecord", _record(line))) for after, line in value["client"]]
    for piece in value.get("body", ()):
        call.packed = call.packed or PackedParts(is_body=True)
        call.packed.add(cast("ResponsePart", _record(piece)))
    if value["packed"] is not None:
        call.packed = PackedParts(keeps=False)
        call.packed.length, call.packed.first_at_ms, call.packed.last_at_ms, types = value["packed"]
        call.packed.types.update(types)
    return call


def _line(record: Record | None) -> str | None:
    return None if record is None else encode_line(record, 0, checksum=False).decode()


def _record(line: str | None) -> Record | None:
    return None if line is None else decode_line(line.encode().rstrip(b"\n"), lambda value: value)[1]
