"""The members of a line, each taken with the type that it must have. No I/O."""

from base64 import b64decode
from typing import Any

from pytest_codex_replay.wire.payload import Payload

END_OF_TIME_MS = 253_402_128_000_000
"""30 December 9999: later, some time zone has no date for it."""
_SIDES = {"client": True, "server": False}


class Members:
    """The members of one JSON object. What is missing, or of another type, is a ValueError that names it."""

    __slots__ = ("_line", "_resolved", "_values", "at_ms", "has_cuts", "is_json", "seq")

    def __init__(self, line: bytes, values: dict[str, Any], resolved: Payload | None = None) -> None:
        """Take `seq` and `at_ms`, which every line has.

        Args:
            line: the line, in which a payload may stand verbatim.
            values: its members.
            resolved: its payload, where that was put together from references.
        """
        self._line = line
        self._values = values
        self._resolved = resolved
        self.is_json, self.has_cuts = "json" in values, "cuts" in values
        at_ms, seq = values.get("at_ms"), values.get("seq")  # checked here: a call each would cost every line
        self.at_ms = at_ms if type(at_ms) is float and 0 <= at_ms < END_OF_TIME_MS else self.time_ms("at_ms")
        self.seq: int = seq if type(seq) is int and seq >= 0 else self.number("seq")

    def text(self, name: str) -> str:
        """Return a text."""
        found = self._values.get(name)
        if type(found) is not str:
            raise self._wrong(name, "a text")
        return found

    def text_or_none(self, name: str) -> str | None:
        """Return a text that may be missing."""
        found = self._values.get(name)
        return found if found is None or type(found) is str else self.text(name)

    def number(self, name: str, *, least: int = 0, most: int = 2**63) -> int:
        """Return a whole number within these bounds."""
        found = self._values.get(name)
        if type(found) is not int or not least <= found <= most:
            raise self._wrong(name, f"a whole number from {least} to {most}")
        return found

    def number_or_none(self, name: str, *, most: int = 2**63) -> int | None:
        """Return a whole number that may be missing."""
        return None if self._values.get(name) is None else self.number(name, most=most)

    def flag(self, name: str) -> bool:
        """Return whether something is so; it is not where the member is missing."""
        found = self._values.get(name, False)
        if type(found) is not bool:
            raise self._wrong(name, "true or false")
        return found

    def is_client(self, name: str) -> bool:
        """Return whether a side is the client, and not the server."""
        if (found := _SIDES.get(self.text(name))) is None:
            raise self._wrong(name, "client or server")
        return found

    def time_ms(self, name: str) -> float:
        """Return a moment: Unix time in milliseconds, which a calendar has."""
        return self._time_ms(self._values.get(name), name)

    def headers(self) -> tuple[tuple[str, str], ...]:
        """Return names and values of headers."""
        pairs = self.list("headers")
        if not all(isinstance(pair, list) and len(pair) == 2 and set(map(type, pair)) == {str} for pair in pairs):  # noqa: PLR2004
            raise self._wrong("headers", "a list of names and values")
        return tuple((name, value) for name, value in pairs)

    def texts(self, name: str) -> tuple[str, ...]:
        """Return a list of texts."""
        found = self.list(name)
        if not all(type(one) is str for one in found):
            raise self._wrong(name, "a list of texts")
        return tuple(found)

    def cuts(self) -> tuple[tuple[int, float], ...]:
        """Return where chunks began; without the member, one began at byte 0."""
        if not self.has_cuts:
            return ((0, self.at_ms),)
        found = self.list("cuts")
        if not all(isinstance(cut, list) and len(cut) == 2 and type(cut[0]) is int and cut[0] >= 0 for cut in found):  # noqa: PLR2004
            raise self._wrong("cuts", "a list of offsets and times")
        return tuple((offset, self._time_ms(at_ms, "cuts")) for offset, at_ms in found)

    def times_ms(self) -> tuple[float, ...]:
        """Return the moments of a run."""
        after_ms, at_ms = self.list("after_ms"), self.at_ms
        if not {float, int}.issuperset(map(type, after_ms)):
            raise self._wrong("after_ms", "a list of times")
        times_ms = tuple([round(at_ms + each, 3) for each in after_ms])
        if times_ms and not 0 <= min(times_ms) <= max(times_ms) < END_OF_TIME_MS:
            raise self._wrong("after_ms", "a list of times")
        return times_ms

    def payload(self) -> Payload | None:
        """Return the payload; None when the line carries none."""
        if self._resolved is not None:
            return self._resolved
        raw = self._raw()
        return None if raw is None else Payload(raw)

    def needed(self) -> Payload:
        """Return the payload of a record that must have one."""
        return self._resolved or Payload(self.raw())

    def raw(self) -> bytes:
        """Return the bytes of the payload of a record that must have one."""
        raw = self._raw() if self._resolved is None else self._resolved.raw
        if raw is None:
            raise ValueError("its payload is missing")
        return raw

    def _raw(self) -> bytes | None:
        """Return the bytes of the payload that the line carries verbatim; None when it carries none."""
        values = self._values
        if self.is_json:
            if next(reversed(values)) != "json":
                raise ValueError("json is not the last member")
            line = self._line
            return line[line.index(b',"json":') + 8 : line.rindex(b"}")]
        for name, decode in (("text", str.encode), ("base64", _from_base64)):
            if name in values:
                return decode(self.text(name))
        return None

    def _time_ms(self, found: Any, name: str) -> float:
        if type(found) in {float, int} and 0 <= found < END_OF_TIME_MS:
            return float(found)
        raise self._wrong(name, "a time in milliseconds")

    def list(self, name: str) -> list[Any]:
        """Return a list of anything."""
        found = self._values.get(name)
        if not isinstance(found, list):
            raise self._wrong(name, "a list")
        return found

    def _wrong(self, name: str, what: str) -> ValueError:
        if name not in self._values:
            return ValueError(f"{name} is missing")
        return ValueError(f"{name} is not {what}")


def _from_base64(text: str) -> bytes:
    return b64decode(text, validate=True)
