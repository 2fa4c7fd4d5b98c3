"""A body, SSE data or WebSocket message: bytes are the truth, JSON is a view of them."""

import json
import math
import re
from itertools import accumulate
from typing import Any

import orjson

from pytest_codex_replay.limits import LIGHT_BYTES, is_light
from pytest_codex_replay.wire.json_values import OddNumber, all_members, exact_json


class Payload:
    """Bytes as they were on the wire (after content decoding), with their JSON value on demand."""

    __slots__ = ("_is_given", "_parsed", "_raw", "_value")

    def __init__(self, raw: bytes) -> None:
        self._raw: bytes | None = raw
        self._value: Any = None
        self._parsed = False
        self._is_given = True
        """Whether it was made of bytes, which may say more than the value."""

    @classmethod
    def of(cls, value: Any) -> "Payload":
        """Make the payload whose compact JSON text is `value`; key order is kept."""
        payload = cls(b"")
        payload._raw, payload._value, payload._parsed, payload._is_given = None, value, True, False
        return payload

    @classmethod
    def parsed(cls, raw: bytes, value: Any) -> "Payload":
        """Make the payload of bytes that were parsed already."""
        payload = cls(raw)
        payload._value, payload._parsed = value, True
        return payload

    @property
    def is_of_value(self) -> bool:
        """Whether its bytes are made of its value."""
        return not self._is_given

    @property
    def raw(self) -> bytes:
        """The bytes."""
        if self._raw is None:
            self._raw = exact_json(self._value)
        return self._raw

    @property
    def passing(self) -> bytes:
        """The bytes, to be looked at and let go: those that are made of its value are not kept in it."""
        return exact_json(self._value) if self._raw is None else self._raw

    @property
    def json(self) -> Any:
        """The JSON value; None when the bytes are not JSON (or are `null`)."""
        if not self._parsed:
            self._value = _value_of(self._raw or b"")
            self._parsed = True
        return self._value

    @property
    def all_json(self) -> Any:
        """The JSON value with all that is written: `json` has the last of several members of one name, and no other.

        The names of the others are `RepeatedName`. Where `json` says all, it is the same object. None where it is
        nested too deeply to be parsed again.
        """
        value = self.json
        if not self._is_given or not isinstance(value, dict | list) or _says_all(self.raw, value):
            return value
        try:
            return _parsed(self.raw.removeprefix(_BOM), object_pairs_hook=all_members)
        except (ValueError, RecursionError):
            return None

    @property
    def fields(self) -> dict[str, Any]:
        """The members of the JSON object; empty when the payload is anything else."""
        value = self._value if self._parsed else self.json
        return value if isinstance(value, dict) else {}

    @property
    def text(self) -> str | None:
        """The bytes as UTF-8 text; None when they are not."""
        try:
            return self.raw.decode()
        except UnicodeDecodeError:
            return None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Payload) and self.raw == other.raw

    def __hash__(self) -> int:
        return hash(self.raw)

    def __repr__(self) -> str:
        return f"Payload({self.raw[:80]!r}{'…' if len(self.raw) > 80 else ''})"  # noqa: PLR2004  a glance, no more


_MAX_UNUSUAL_BYTES = 16 * 1024 * 1024
"""What is longer, and not what the quick parser takes, is no JSON: the other one takes ten times as long."""

_BOM = b"\xef\xbb\xbf"
"""Servers must not write one, and some do (RFC 8259 §8.1)."""
_MAX_DIGITS = 4000
"""Of an integer; Python refuses longer ones, since they take long."""
_MAX_UNUSUAL_DEPTH = 300
"""The other parser needs the stack of its caller: how much of that is left must not decide what is JSON."""
_BLANKS = b" \t\r\n"
_TEXT = re.compile(rb'"(?:[^"\\]|\\.)*+"', re.DOTALL)
_NO_BRACKET = re.compile(rb"[^\[\]{}]+")


def _value_of(raw: bytes) -> Any:
    """Return the JSON value of bytes; None when they have none, are nested too deeply, or hold too many values.

    Servers write what the quick parser refuses: lone surrogates, NaN and Infinity, numbers beyond its range.
    """
    if len(raw) > LIGHT_BYTES and not is_light(raw):
        return None
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError:
        raw = raw.removeprefix(_BOM)
        if raw.lstrip()[:1] not in {b"{", b"["} or len(raw) > _MAX_UNUSUAL_BYTES or _depth(raw) > _MAX_UNUSUAL_DEPTH:
            return None
    try:
        return _parsed(raw)
    except (ValueError, RecursionError):
        return None


def _parsed(raw: bytes, **more: Any) -> Any:
    return json.loads(raw, parse_int=_integer, parse_float=_float, parse_constant=OddNumber.of, **more)


def _says_all(raw: bytes, value: Any) -> bool:
    """Return whether a value is all that its text says, as far as one sees without parsing it again."""
    try:
        written = orjson.dumps(value)
    except orjson.JSONEncodeError:
        return False
    return written == raw or written.translate(None, _BLANKS) == raw.translate(None, _BLANKS)


def _depth(raw: bytes) -> int:
    brackets = _NO_BRACKET.sub(b"", _TEXT.sub(b"", raw))
    return max(accumulate(1 if bracket in b"[{" else -1 for bracket in brackets), default=0)


def _integer(text: str) -> int | float:
    return int(text) if len(text) <= _MAX_DIGITS else OddNumber.of(text)


def _float(text: str) -> float:
    number = float(text)
    return OddNumber.of(text) if math.isinf(number) else number
