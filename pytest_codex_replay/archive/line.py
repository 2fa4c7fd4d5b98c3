"""A record as one line of JSON, and back. The written spec is docs/format.md.

A payload stands in a line verbatim wherever it is JSON on one line, so its exact bytes can be cut out again.
"""

import re
import zlib
from base64 import b64decode, b64encode
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

import orjson

from pytest_codex_replay.archive.members import END_OF_TIME_MS, PAYLOAD, member, number, text, time_ms
from pytest_codex_replay.archive.record import (
    FORMAT,
    READERS,
    WITHOUT_PAYLOAD,
    EventRecord,
    MessageRecord,
    Record,
    RequestRecord,
    RunRecord,
    SharedValueRecord,
    UnknownRecord,
)
from pytest_codex_replay.errors import ArchiveError
from pytest_codex_replay.limits import HEADERS, JSON_VALUES, LIGHT_BYTES, is_light
from pytest_codex_replay.wire.json_values import compact_json, exact_json
from pytest_codex_replay.wire.payload import Payload
from pytest_codex_replay.wire.sse import join_event, split_event, usual_event


class NewerFormatError(ArchiveError):
    """A segment is of a newer format: it is not damaged, and must not be repaired."""


class _Resolved(Payload):
    """A payload that shares its large values with others: its text is much longer, and is not kept."""

    __slots__ = ()

    @property
    def raw(self) -> bytes:
        return exact_json(self.json)


Passes = Callable[[bytes, bytes, float], bool]
"""Whether a line of this kind, flow and time is passed over by a reader."""
TOO_LONG = b"\n"
"""Stands for a line that is longer than a line may be."""
_SUM_END = len('{"sum":"00000000",')
_HEAD = re.compile(rb'\{(?:"sum":"[0-9a-f]{8}",)?"seq":[0-9]+,"at_ms":[0-9.]+,"kind":"([^"\\\\]+)",?')
_LONG_BYTES = 64 * 1024
"""Of a line that is looked at before it is parsed."""
_SHARED = frozenset({b"item", b"shared"})
_OF_FLOW = re.compile(
    rb'\{"sum":"[0-9a-f]{8}","seq":([0-9]+),"at_ms":([0-9]+(?:\.[0-9]+)?),"kind":"([^"\\]+)","flow":"([^"\\]+)"'
)
_VALUE = re.compile(
    rb'\{"sum":"[0-9a-f]{8}","seq":([0-9]{1,15}),"at_ms":([0-9]{1,13}\.[0-9]+),"kind":"item","digest":"([0-9a-f]+)"'
    rb',"json":'
)
_TEXT_OR_BRACKET = re.compile(rb'"(?:[^"\\]|\\.)*+"|([\[\]{}])', re.DOTALL)
ITEM, ITEM_END = b'"kind":"item"', 96
"""What stands near the beginning of the line of a value."""
_JSON = b',"json":'
_PARSED = frozenset({"item", "message", "request"})
"""Kinds whose payload is looked at as JSON by nearly all who read them."""
_COMMON = frozenset({"sum", "seq", "at_ms", "kind"})
"""Members that every line may have."""


def encode_line(record: Record, seq: int, *, checksum: bool, refs: Any = None) -> bytes:
    """Write a record as one line, newline included.

    Args:
        record: what is written.
        seq: its number in the segment, from 0.
        checksum: put a CRC-32 of the rest of the line in front.
        refs: the payload's value with large values replaced by references; None: the payload verbatim.
    """
    if refs is None and not checksum and (line := _usual_line(record, seq)) is not None:
        return line
    head = {"seq": seq, "at_ms": round(record.at_ms, 3), **record.members()}
    line = compact_json(head)[1:-1] + _payload_of(record, refs) + b"}"
    if checksum:
        return _sum_of(line) + line + b"\n"
    return b"{" + line + b"\n"


def _usual_line(record: Record, seq: int) -> bytes | None:
    """Return the line of an event as nearly all of a cassette are: it came as a whole, and its data are JSON."""
    if not isinstance(record, EventRecord) or type(record.at_ms) is not int or record.cuts != ((0, record.at_ms),):
        return None
    usual = usual_event(record.raw)
    if usual is None or not usual[0].isascii() or not _embeddable(usual[1]):
        return None
    return b'{"seq":%d,"at_ms":%d%b%b}\n' % (seq, record.at_ms, _usual_head(record.flow, usual[0]), usual[1])


def lines_alike(first: EventRecord, others: Sequence[EventRecord], seq: int, max_bytes: int) -> list[bytes] | None:
    """Return the lines of events that differ in a piece of text alone from the `first` one, which is in a line already.

    None where they are to be written one by one: not each came as a whole, or is shorter than `max_bytes`.
    """
    usual = usual_event(first.raw)
    if usual is None or _usual_line(first, seq) is None:
        return None
    head, start = _usual_head(first.flow, usual[0]), first.raw.index(b"\n") + len(b"\ndata: ")
    lines = []
    for at, event in enumerate(others, seq):
        raw, at_ms = event.raw, event.at_ms
        if type(at_ms) is not int or event.cuts != ((0, at_ms),) or len(raw) >= max_bytes:
            return None
        lines.append(b'{"seq":%d,"at_ms":%d%b%b}\n' % (at, at_ms, head, raw[start:-2]))
    return lines


@lru_cache(maxsize=64)  # thousands of events of an answer have the same name
def _usual_head(flow: str, name: bytes) -> bytes:
    members = {"kind": "event", "flow": flow, "name": name.decode(errors="replace")}
    return b"," + compact_json(members)[1:-1] + _JSON


def decode_line(line: bytes, resolve: Callable[[Any], Any], *, checksum: bool = False) -> tuple[int, Record]:
    """Read a line: its number in the segment, and the record.

    Args:
        line: one line, without its newline.
        resolve: puts large values back in place of references (`shared_values.py`).
        checksum: the line must begin with its checksum; without, one that is there must match.

    Raises:
        NewerFormatError: it begins a segment of a newer format, whose other members may be any.
        ArchiveError: the line is damaged, or not of this format.
    """
    rest = line if len(line) <= _LONG_BYTES else _light(line)
    if (checksum or line.startswith(b'{"sum":"')) and line[:_SUM_END] != _sum_of(rest[_SUM_END:]):
        raise ArchiveError("the checksum does not match")
    try:
        values = orjson.loads(line)
        kind = values.get("kind") if type(values) is dict else None
        read = READERS.get(kind) if type(kind) is str else None
        if read is None or kind == "segment":
            _check(kind, values)
        seq, at_ms = values.get("seq"), values.get("at_ms")  # checked here: a call each would cost every line
        if type(seq) is not int or seq < 0:
            seq = member(values, "seq", number().read)
        if type(at_ms) is not float or not 0 <= at_ms < END_OF_TIME_MS:
            values["at_ms"] = member(values, "at_ms", time_ms)
        resolved = _Resolved.of(resolve(values.get("json"))) if values.get("refs") else None
        if read is None:
            return seq, UnknownRecord(at_ms=values["at_ms"], kind=str(kind), payload=_others(line, values, resolved))
        if resolved is None and "json" in values and next(reversed(values)) == "json":  # nearly all
            found = line[_start_of_json(line) : line.rindex(b"}")]
            values[PAYLOAD] = Payload.parsed(found, values["json"]) if kind in _PARSED else found
        elif kind not in WITHOUT_PAYLOAD:
            values[PAYLOAD] = resolved or _payload_in(values)
        return seq, read(values)
    except orjson.JSONDecodeError as error:
        raise ArchiveError(f"not JSON: {error}") from error
    except (ValueError, RecursionError) as error:
        raise ArchiveError(f"not a record of format {FORMAT}: {error}") from error


def passed_over(line: bytes, passes: Passes) -> tuple[int, Record] | None:
    """Return the number and the time of a line that need not be decoded; None: decode it.

    Its checksum is right, so it is what its writer wrote; a line without one is not passed over.
    """
    if len(line) > LIGHT_BYTES or (head := _OF_FLOW.match(line)) is None:
        return None
    if not passes(head[3], head[4], at_ms := float(head[2])):
        return None
    if line[:_SUM_END] != _sum_of(memoryview(line)[_SUM_END:]):
        return None
    return int(head[1]), Record(at_ms=at_ms)


def held_value(line: bytes, get: Callable[[str], Payload | None]) -> tuple[int, Record] | None:
    """Return the number and the record of a line with a value that `get` has by its digest; None: decode it."""
    head = _VALUE.match(line)
    held = None if head is None else get(head[3].decode())
    if head is None or held is None or not line.startswith(held.raw, head.end()):
        return None
    if len(line) != head.end() + len(held.raw) + 1 or line[:_SUM_END] != _sum_of(memoryview(line)[_SUM_END:]):
        return None
    return int(head[1]), SharedValueRecord(at_ms=float(head[2]), digest=head[3].decode(), payload=held)


def repeated_payload(line: bytes, before: Payload) -> tuple[int, Record] | None:
    """Return the number and the record of a line whose payload is that of a line before; None: decode it."""
    start = len(line) - len(before.raw) - 1
    if not (line.endswith(before.raw, 0, -1) and line.endswith(_JSON, 0, start)):
        return None
    if line[:_SUM_END] != _sum_of(memoryview(line)[_SUM_END:]):
        return None
    seq, record = decode_line(b"{" + line[_SUM_END:start] + b"{}}", lambda value: value)
    if not isinstance(record, MessageRecord | RequestRecord) or record.payload is None or record.payload.is_of_value:
        return None
    return seq, replace(record, payload=before)


def is_shared_value(line: bytes) -> bool:
    """Return whether a line is a value that others refer to, as far as its beginning says."""
    return (head := _HEAD.match(line)) is not None and head[1] in _SHARED


def _light(line: bytes) -> memoryview:
    """Return a long line, to be cut without a copy, if it may be parsed."""
    head = _HEAD.match(line)
    if head is not None and head[1] == b"response" and line.count(b'["') > 3 * HEADERS:  # a header has at most three
        raise ArchiveError(f"more than {HEADERS:,} headers")
    if not is_light(line):
        raise ArchiveError(f"more than {JSON_VALUES:,} values")
    return memoryview(line)


def _start_of_json(line: bytes) -> int:
    """Return where the value of the line's last member `json` begins.

    Members of a later version may stand before it, and hold a `json` of their own: what is before the right one is an
    object by itself, once it is closed.
    """
    start = line.find(_JSON)
    if start >= 0 and b"{" in line[1:start] and not _is_object(line[:start] + b"}"):
        start = _json_at_top(line)
    if start < 0:
        raise ValueError("blanks between its members: a formatter rewrote the file; restore it as it was")
    return start + len(_JSON)


def _json_at_top(line: bytes) -> int:
    """Return where the first member `json` of the line itself begins, by what is open there; -1 without one."""
    depth = 0
    for found in _TEXT_OR_BRACKET.finditer(line):
        if found[1]:
            depth += 1 if found[1] in b"[{" else -1
        elif depth == 1 and line.startswith(_JSON, found.start() - 1):
            return found.start() - 1
    return -1


def _is_object(text: bytes) -> bool:
    try:
        orjson.loads(text)
    except orjson.JSONDecodeError:
        return False
    return True


def _check(kind: Any, values: Any) -> None:
    if kind == "segment" and type(found := values.get("format")) is int and found > FORMAT:
        raise NewerFormatError(f"format {found} is newer than this program reads ({FORMAT})")
    if type(kind) is not str or not kind:
        raise ValueError("kind is missing, or is not a text")


def _payload_in(values: dict[str, Any]) -> bytes | None:
    """Return the bytes of a payload that is not embedded; None without one."""
    if "json" in values:
        raise ValueError("json is not the last member")
    if "text" in values:
        return str(member(values, "text", text)).encode()
    return b64decode(member(values, "base64", text), validate=True) if "base64" in values else None


def _others(line: bytes, values: dict[str, Any], resolved: Payload | None) -> Payload:
    """Return the members that are not common to all kinds, verbatim where the line is written as usual."""
    if resolved is not None:
        values = {**values, "json": resolved.json}
    elif (head := _HEAD.match(line)) is not None:
        verbatim = Payload(b"{" + line[head.end() : line.rindex(b"}") + 1])
        if _COMMON.isdisjoint(verbatim.fields):
            return verbatim
    return Payload.of({name: value for name, value in values.items() if name not in {*_COMMON, "refs"}})


def _sum_of(rest: bytes | memoryview) -> bytes:
    return b'{"sum":"%08x",' % zlib.crc32(rest)


def _embeddable(raw: bytes) -> bool:
    if b"\n" in raw or b"\r" in raw or not is_light(raw):
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
    if isinstance(record, UnknownRecord):
        return b"," + record.payload.raw[1:-1] if record.payload.fields else b""
    payload: Payload | None = getattr(record, "payload", None)
    if payload is None:
        return b""
    if refs is not None:
        return b',"refs":true,"json":' + compact_json(refs)
    return b',"json":' + payload.raw if _embeddable(payload.raw) else _verbatim(payload.raw)


def _event_payload(record: EventRecord, refs: Any) -> bytes:
    name, data = split_event(record.raw)
    if data is None or join_event(name, data) != record.raw:
        return _verbatim(record.raw)
    name_field = b"" if name is None else b',"name":' + orjson.dumps(name)
    if refs is not None:
        return name_field + b',"refs":true,"json":' + compact_json(refs)
    return name_field + b',"json":' + data if _embeddable(data) else _verbatim(record.raw)


def _verbatim(raw: bytes) -> bytes:
    try:
        return b',"text":' + orjson.dumps(raw.decode())
    except UnicodeDecodeError:
        return b',"base64":"' + b64encode(raw) + b'"'
