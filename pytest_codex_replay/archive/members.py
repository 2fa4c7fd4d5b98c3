"""How the fields of a record stand in a line: each by its type, which reading checks. No I/O."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields
from functools import lru_cache
from itertools import chain
from typing import Any, get_args

from pytest_codex_replay.limits import HEADERS
from pytest_codex_replay.wire.payload import Payload

PAYLOAD = "payload"
"""Where the payload of a line stands among its members, once they are read."""
END_OF_TIME_MS = 253_402_128_000_000
"""30 December 9999: later, some time zone has no date for it."""
put_field = object.__setattr__
"""Sets a field of a frozen record that is being read."""
_SIDES = {"client": True, "server": False}


class WrongTypeError(ValueError):
    """A member is not what it must be; the text says what that is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """How a field stands in a line."""

    read: Callable[[Any], Any]
    """Returns the field's value. Raises WrongTypeError."""
    write: Callable[[Any], Any] | None = None
    """Returns the member's value; None: it is the field's."""
    name: str = ""
    """Name of the member; empty: it is called like the field."""
    is_text: bool = False
    """Whether it is prose, or a name, in which anything may stand."""


class Layout:
    """How the records of a kind stand in a line: those of their fields whose type has a form, in their order."""

    def __init__(self, kind: Any, name: str, forms: Mapping[str, Form]) -> None:
        """Lay a kind out; `forms` has the fields whose form is not that of their type."""
        named = [(one, forms.get(one.name) or _form_of(one.type)) for one in fields(kind) if one.name != "at_ms"]
        found = [(one, form) for one, form in named if form is not None]
        self.texts = tuple(one.name for one, form in found if form.is_text)
        """Names of the fields that are texts, or lists of texts."""
        self._kind, self._name = kind, name
        self._read = [
            (getattr(kind, one.name).__set__, form.name or one.name, one.default, form.read, form.read is text and str)
            for one, form in found
        ]
        self._written = [
            (one.name, form.name or one.name, one.default, form.write) for one, form in found if form.name != PAYLOAD
        ]

    def read(self, values: dict[str, Any]) -> Any:
        """Return the record that has these members. What has no form is still to be set.

        Raises:
            ValueError: a member is missing, or is not what it must be; the text names it.
        """
        record = object.__new__(self._kind)
        put_field(record, "at_ms", values["at_ms"])
        for put, name, default, read, plain in self._read:  # as the class itself would, in half the time
            found = values.get(name, default)
            if type(found) is not plain and (found is MISSING or found is not default):
                try:
                    found = read(found)
                except WrongTypeError as error:
                    raise _named(name, values, error) from error
            put(record, found)
        return record

    def written(self, record: object) -> dict[str, Any]:
        """Return the members of a line, from `kind` on, without the payload; what has its default is left out."""
        members = {"kind": self._name}
        for field, name, default, write in self._written:
            value = getattr(record, field)
            if value is not default:
                members[name] = value if write is None else write(value)
        return members


def member(values: dict[str, Any], name: str, read: Callable[[Any], Any]) -> Any:
    """Return a member of a line.

    Raises:
        ValueError: it is missing, or is not what it must be; the text names it.
    """
    try:
        return read(values.get(name, MISSING))
    except WrongTypeError as error:
        raise _named(name, values, error) from error


def text(found: Any) -> str:
    """Check a text."""
    if type(found) is not str:
        raise WrongTypeError("a text")
    return found


_ANY = 2**63
_SHORT_CHARS = 256
"""Of a header that is kept for the next request."""


def number(least: int = 0, most: int = _ANY) -> Form:
    """Return the form of a whole number within these bounds."""

    def read(found: Any) -> int:
        if type(found) is not int or not least <= found <= most:
            raise WrongTypeError(f"a whole number from {least} " + (f"to {most}" if most < _ANY else "on"))
        return found

    return Form(read=read)


def side(name: str) -> Form:
    """Return the form of whether a side is the client, and not the server."""

    def read(found: Any) -> bool:
        if type(found) is not str or found not in _SIDES:
            raise WrongTypeError("a text" if type(found) is not str else "client or server")
        return _SIDES[found]

    return Form(read=read, write=("server", "client").__getitem__, name=name)


def time_ms(found: Any) -> float:
    """Check a moment: Unix time in milliseconds, which a calendar has."""
    if type(found) in {float, int} and 0 <= found < END_OF_TIME_MS:
        return float(found)
    raise WrongTypeError("a time in milliseconds")


def a_list(found: Any) -> list[Any]:
    """Check a list of anything."""
    if type(found) is not list:
        raise WrongTypeError("a list")
    return found


def cuts_in(values: dict[str, Any]) -> tuple[tuple[int, float], ...]:
    """Return where chunks began; without the member, one began at byte 0."""
    return member(values, "cuts", _cuts) if "cuts" in values else ((0, values["at_ms"]),)


def raw_in(values: dict[str, Any]) -> bytes:
    """Return the bytes of the payload of a record that must have one."""
    found = values[PAYLOAD]
    return found if type(found) is bytes else payload(found).raw


class Moments(Sequence[float]):
    """The moments of a run, as they stand in its line; each is made when it is asked for. Equals a tuple of them."""

    __slots__ = ("_after_ms", "_at_ms")

    def __init__(self, at_ms: float, after_ms: list[float]) -> None:
        self._at_ms, self._after_ms = at_ms, after_ms

    def __len__(self) -> int:
        return len(self._after_ms)

    def __getitem__(self, place: Any) -> Any:
        if isinstance(place, slice):
            return tuple(Moments(self._at_ms, self._after_ms[place]))
        return round(self._at_ms + self._after_ms[place], 3)

    def __iter__(self) -> Iterator[float]:
        return iter([round(self._at_ms + each, 3) for each in self._after_ms])

    def __eq__(self, other: object) -> bool:
        return isinstance(other, tuple | Moments) and tuple(self) == tuple(other)

    def __hash__(self) -> int:
        return hash(tuple(self))

    def __repr__(self) -> str:
        return repr(tuple(self))


def times_in(values: dict[str, Any]) -> Moments:
    """Return the moments of a run."""
    after_ms, at_ms = member(values, "after_ms", a_list), values["at_ms"]
    if {float, int}.issuperset(map(type, after_ms)):
        first, last = (at_ms + each for each in (min(after_ms), max(after_ms))) if after_ms else (0, 0)
        if round(first, 3) >= 0 and round(last, 3) < END_OF_TIME_MS:
            return Moments(at_ms, after_ms)
    raise ValueError("after_ms is not a list of times")


def _named(name: str, values: dict[str, Any], error: WrongTypeError) -> ValueError:
    return ValueError(f"{name} is not {error}" if name in values else f"{name} is missing")


def _form_of(hint: Any) -> Form | None:
    return _FORMS.get(get_args(hint)[0] if type(None) in get_args(hint) else hint)  # what is optional has a default


def payload(found: bytes | Payload | None) -> Payload:
    """Return the payload of a record that must have one."""
    if found is None:
        raise ValueError("its payload is missing")
    return found if isinstance(found, Payload) else Payload(found)


def _flag(found: Any) -> bool:
    if type(found) is not bool:
        raise WrongTypeError("true or false")
    return found


def _texts(found: Any) -> tuple[str, ...]:
    if not all(type(one) is str for one in a_list(found)):
        raise WrongTypeError("a list of texts")
    return tuple(found)


def _headers(found: Any) -> tuple[tuple[str, str], ...]:
    if len(a_list(found)) > HEADERS:
        raise WrongTypeError(f"a list of at most {HEADERS:,} headers")
    if not {list}.issuperset(map(type, found)) or not {2}.issuperset(map(len, found)):
        raise WrongTypeError("a list of names and values")
    if not {str}.issuperset(map(type, chain.from_iterable(found))):
        raise WrongTypeError("a list of names and values")
    return tuple(
        [_header(name, value) if len(name) + len(value) <= _SHORT_CHARS else (name, value) for name, value in found]
    )


@lru_cache(maxsize=512)
def _header(name: str, value: str) -> tuple[str, str]:
    """Return a header; the same object for equal ones: each request of a session has nearly all that others have."""
    return name, value


def _cuts(found: Any) -> tuple[tuple[int, float], ...]:
    if not all(type(cut) is list and len(cut) == 2 and type(cut[0]) is int and cut[0] >= 0 for cut in a_list(found)):  # noqa: PLR2004
        raise WrongTypeError("a list of offsets and times")
    return tuple((offset, time_ms(at_ms)) for offset, at_ms in found)


_FORMS = {
    str: Form(read=text, is_text=True),
    int: number(),
    bool: Form(read=_flag),
    float: Form(read=time_ms, write=lambda at_ms: round(at_ms, 3)),
    tuple[str, ...]: Form(read=_texts, is_text=True),
    tuple[tuple[str, str], ...]: Form(read=_headers),
    Payload: Form(read=payload, name=PAYLOAD),
}
"""The forms of types. A field whose type has none is read and written by its kind itself."""
