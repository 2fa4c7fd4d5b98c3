"""A record as one line of JSON, and back. The written spec is docs/format.md.

A payload stands in a line verbatim wherever it is JSON on one line, so its exact bytes can be cut out again.
"""

import json
import zlib
from base64 import b64decode, b64encode
from collections.abc import Callable
from typing import Any

import orjson

from pytest_codex_replay.archive.record import (
    FORMAT,
    BodyRecord,
    Cuts,
    EndRecord,
    EventRecord,
    FlowEnd,
    GapRecord,
    Headers,
    MessageRecord,
    Record,
    RequestRecord,
    ResponseRecord,
    RunRecord,
    SegmentRecord,
    SharedValueRecord,
)
from pytest_codex_replay.errors import ArchiveError
from pytest_codex_replay.wire.payload import Payload
from pytest_codex_replay.wire.sse import join_event, split_event


class NewerFormatError(ArchiveError):
    """A segment is of a newer format: it is not damaged, and nobody may repair it."""


_SUM_END = len('{"sum":"00000000",')


def encode_line(record: Record, seq: int, *, checksum: bool, refs: Any = None) -> bytes:
    """Write a record as one line, newline included.

    Args:
        record: the record.
        seq: its number in the segment, from 0.
        checksum: put a CRC-32 of the rest of the line in front.
        refs: the payload's value with large values replaced by references (`items.py`); None: the payload verbatim.
    """
    kind, fields = _FIELDS[type(record)](record)
    head = {"seq": seq, "at_ms": round(record.at_ms, 3), "kind": kind, **fields}
    line = _head(head)[1:-1] + _payload_of(record, refs) + b"}"
    if checksum:
        return _sum_of(line) + line + b"\n"
    return b"{" + line + b"\n"


def decode_line(line: bytes, resolve: Callable[[Any], Any], *, checksum: bool = False) -> tuple[int, Record]:
    """Read a line: its number in the segment, and the record.

    Args:
        line: one line, without its newline.
        resolve: puts large values back in place of references (`items.py`).
        checksum: the line must begin with its checksum; without, one that is there must fit.

    Raises:
        NewerFormatError: it begins a segment of a newer format, whose other members may be any.
        ArchiveError: the line is damaged, or not of this format.
    """
    if (checksum or line.startswith(b'{"sum":"')) and line[:_SUM_END] != _sum_of(line[_SUM_END:]):
        raise ArchiveError("checksum does not fit")
    try:
        value = orjson.loads(line)
        kind = value["kind"]
        if kind == "segment" and value["format"] > FORMAT:
            raise NewerFormatError(f"format {value['format']} is newer than this program reads ({FORMAT})")
        seq = int(value["seq"])
        value["at_ms"] = float(value["at_ms"])
        if value.get("refs"):
            payload: Payload | None = Payload.of(resolve(value["json"]))
        else:
            payload = _payload_in(line, value)
        return seq, _READERS[kind](value, payload)
    except orjson.JSONDecodeError as error:
        raise ArchiveError(f"not JSON: {error}") from error
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise ArchiveError(f"not a record of format {FORMAT}: {type(error).__name__} {error}") from error


def _sum_of(rest: bytes) -> bytes:
    return b'{"sum":"%08x",' % zlib.crc32(rest)


def _head(fields: dict[str, Any]) -> bytes:
    try:
        return orjson.dumps(fields)
    except TypeError:  # a lone surrogate: how Python spells a header byte that is not UTF-8
        return json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode(errors="replace")


def _embeddable(raw: bytes) -> bool:
    if b"\n" in raw or b"\r" in raw:
        return False
    try:
        return len(orjson.loads(b"[" + raw + b"]")) == 1  # one level down, as in the line: nesting has a limit
    except orjson.JSONDecodeError:
        return False


def _payload_of(record: Record, refs: Any) -> bytes:
    if isinstance(record, EventRecord):
        return _event_payload(record, refs)
    if isinstance(record, RunRecord):
        return b',"json":' + record.text
    payload: Payload | None = getattr(record, "payload", None)
    if payload is None:
        return b""
    if refs is not None:
        return b',"refs":true,"json":' + orjson.dumps(refs)
    return b',"json":' + payload.raw if _embeddable(payload.raw) else _verbatim(payload.raw)


def _event_payload(record: EventRecord, refs: Any) -> bytes:
    name, data = split_event(record.raw)
    if data is None or join_event(name, data) != record.raw:
        return _verbatim(record.raw)
    name_field = b"" if name is None else b',"name":' + orjson.dumps(name)
    if refs is not None:
        return name_field + b',"refs":true,"json":' + orjson.dumps(refs)
    return name_field + b',"json":' + data if _embeddable(data) else _verbatim(record.raw)


def _verbatim(raw: bytes) -> bytes:
    try:
        return b',"text":' + orjson.dumps(raw.decode())
    except UnicodeDecodeError:
        return b',"base64":"' + b64encode(raw) + b'"'


def _payload_in(line: bytes, value: dict[str, Any]) -> Payload | None:
    if "json" in value:
        if next(reversed(value)) != "json":
            raise ValueError("json is not the last member")
        start = line.index(b',"json":') + len(b',"json":')
        return Payload(line[start : line.rindex(b"}")])
    if "text" in value:
        return Payload(value["text"].encode())
    if "base64" in value:
        return Payload(b64decode(value["base64"], validate=True))
    return None


def _cut_fields(cuts: Cuts, at_ms: float) -> dict[str, Any]:
    return {} if cuts == ((0, at_ms),) else {"cuts": [[offset, round(at, 3)] for offset, at in cuts]}


def _read_cuts(value: dict[str, Any]) -> Cuts:
    if "cuts" not in value:
        return ((0, value["at_ms"]),)
    return tuple((int(offset), float(at)) for offset, at in value["cuts"])


def _some(**fields: Any) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}


_FIELDS: dict[type[Record], Callable[[Any], tuple[str, dict[str, Any]]]] = {
    SegmentRecord: lambda r: (
        "segment",
        {"format": r.format, "session": r.session, "run": r.run, "recorder": r.recorder, "ruleset": r.ruleset},
    ),
    SharedValueRecord: lambda r: ("item", {"digest": r.digest}),
    RequestRecord: lambda r: (
        "request",
        {"flow": r.flow, "method": r.method, "url": r.url, "http_version": r.http_version, "headers": r.headers}
        | ({"body_bytes": r.body_bytes} if r.body_bytes else {})
        | _some(body_sha256=r.body_sha256),
    ),
    ResponseRecord: lambda r: (
        "response",
        {"flow": r.flow, "status": r.status, "http_version": r.http_version, "headers": r.headers},
    ),
    EventRecord: lambda r: ("event", {"flow": r.flow, **_cut_fields(r.cuts, r.at_ms)}),
    BodyRecord: lambda r: ("body", {"flow": r.flow, **_cut_fields(r.cuts, r.at_ms)}),
    MessageRecord: lambda r: (
        "message",
        {"flow": r.flow, "from": "client" if r.from_client else "server"} | ({"binary": True} if r.binary else {}),
    ),
    EndRecord: lambda r: (
        "end",
        {"flow": r.flow, "how": r.how}
        | _some(error=r.error, close_code=r.close_code, close_reason=r.close_reason)
        | ({} if r.closed_by_client is None else {"closed_by": "client" if r.closed_by_client else "server"}),
    ),
    RunRecord: lambda r: (
        "messages" if r.is_messages else "events",
        {"flow": r.flow, "after_ms": [int((at - r.at_ms) * 1000 + 0.5) / 1000 for at in r.times_ms]},
    ),
    GapRecord: lambda r: (
        "gap",
        {"until_ms": round(r.until_ms, 3), "reason": r.reason}
        | {"lost_count": r.lost_count, "lost_bytes": r.lost_bytes, "flows": r.flows},
    ),
}


def _headers(value: dict[str, Any]) -> Headers:
    return tuple((str(name), str(text)) for name, text in value["headers"])


def _event(value: dict[str, Any], payload: Payload | None) -> EventRecord:
    if payload is None:
        raise KeyError("payload")
    raw = join_event(value.get("name"), payload.raw) if "json" in value else payload.raw
    return EventRecord(at_ms=value["at_ms"], flow=value["flow"], raw=raw, cuts=_read_cuts(value))


def _needed(payload: Payload | None) -> Payload:
    if payload is None:
        raise KeyError("payload")
    return payload


def _run(value: dict[str, Any], payload: Payload | None, *, is_messages: bool) -> RunRecord:
    text, at_ms = _needed(payload).raw, value["at_ms"]
    times_ms = tuple(round(at_ms + float(after), 3) for after in value["after_ms"])
    if len(times_ms) != len(value["json"]):
        raise ValueError("after_ms does not fit json")
    return RunRecord(flow=value["flow"], at_ms=at_ms, text=text, times_ms=times_ms, is_messages=is_messages)


_READERS: dict[str, Callable[[dict[str, Any], Payload | None], Record]] = {
    "segment": lambda v, _: SegmentRecord(
        at_ms=v["at_ms"],
        format=v["format"],
        session=v["session"],
        run=v["run"],
        recorder=v["recorder"],
        ruleset=v["ruleset"],
    ),
    "item": lambda v, p: SharedValueRecord(at_ms=v["at_ms"], digest=v["digest"], payload=_needed(p)),
    "request": lambda v, p: RequestRecord(
        at_ms=v["at_ms"],
        flow=v["flow"],
        method=v["method"],
        url=v["url"],
        http_version=v["http_version"],
        headers=_headers(v),
        payload=p,
        body_bytes=v.get("body_bytes", 0),
        body_sha256=v.get("body_sha256"),
    ),
    "response": lambda v, _: ResponseRecord(
        at_ms=v["at_ms"], flow=v["flow"], status=v["status"], http_version=v["http_version"], headers=_headers(v)
    ),
    "event": _event,
    "events": lambda v, p: _run(v, p, is_messages=False),
    "messages": lambda v, p: _run(v, p, is_messages=True),
    "body": lambda v, p: BodyRecord(at_ms=v["at_ms"], flow=v["flow"], payload=_needed(p), cuts=_read_cuts(v)),
    "message": lambda v, p: MessageRecord(
        at_ms=v["at_ms"],
        flow=v["flow"],
        from_client={"client": True, "server": False}[v["from"]],
        payload=_needed(p),
        binary=v.get("binary", False),
    ),
    "end": lambda v, _: EndRecord(
        at_ms=v["at_ms"],
        flow=v["flow"],
        how=FlowEnd(v["how"]),
        error=v.get("error"),
        close_code=v.get("close_code"),
        close_reason=v.get("close_reason"),
        closed_by_client={"client": True, "server": False, None: None}[v.get("closed_by")],
    ),
    "gap": lambda v, _: GapRecord(
        at_ms=v["at_ms"],
        until_ms=v["until_ms"],
        reason=v["reason"],
        lost_count=v["lost_count"],
        lost_bytes=v["lost_bytes"],
        flows=tuple(v["flows"]),
    ),
}
