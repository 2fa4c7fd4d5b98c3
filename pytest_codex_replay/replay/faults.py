"""Faults: what is to go wrong while a recording is replayed, as text and as values. No I/O.

429                 the first model call is answered 429, its retry from the recording
500x2@3             so are the first two attempts at interaction 3, with 500
cut:5@3             the connection drops after five events of interaction 3
close:1012+4@3      so does the WebSocket, with a close frame
stall:30s+4         30 s of silence after four events
"""

import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Self

from pytest_codex_replay.archive.record import Headers
from pytest_codex_replay.errors import UsageError

LAST = -1
"""Stands for the last event."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """An HTTP error in place of the answer; over WebSocket an `error` frame that says the same."""

    status: int
    code: str | None = None
    """Of the error object, e.g. `usage_limit_reached`; None: what usually comes with the status."""
    headers: Headers = ()
    """In place of those that usually come with it."""

    def __str__(self) -> str:
        words = [self.code] if self.code else []
        words += [f"{name}={value}" for name, value in self.headers]
        return str(self.status) + (f":{','.join(words)}" if words else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Refuse:
    """The connection drops before any answer."""

    def __str__(self) -> str:
        return "refuse"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """The connection drops in the middle of the answer: no last chunk, no close frame."""

    after: int = 1
    is_bytes: bool = False
    """`after` counts bytes of the body, not events; over WebSocket only whole frames go out."""

    def __str__(self) -> str:
        return f"cut:{self.after}{'b' if self.is_bytes else ''}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Close:
    """The WebSocket closes with a close frame; over HTTP the connection drops."""

    code: int = 1012
    """RFC 6455 §7.4; 1012 is a service that restarts."""
    after: int = 0
    """Events that come first."""

    def __str__(self) -> str:
        return f"close:{self.code}{_plus(self.after, 0)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stall:
    """Silence in the middle of the answer. The rest comes after it, if the client is still there."""

    silence_ms: float = math.inf
    """Infinite: the rest never comes."""
    after: int = 1
    """Events that come first."""

    def __str__(self) -> str:
        name = "stall" if math.isinf(self.silence_ms) else f"stall:{_duration(self.silence_ms)}"
        return name + _plus(self.after, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Slow:
    """The first byte comes late."""

    wait_ms: float

    def __str__(self) -> str:
        return f"slow:{_duration(self.wait_ms)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Malformed:
    """An event whose JSON ends in the middle."""

    event: int = 1
    """From 1; LAST is the last one."""

    def __str__(self) -> str:
        return f"malformed:{_event(self.event)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Duplicate:
    """An event that comes twice."""

    event: int = 1
    """From 1; LAST is the last one."""

    def __str__(self) -> str:
        return f"duplicate:{_event(self.event)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """The response ends in `response.failed`."""

    code: str = "server_error"
    after: int = 1
    """Events that come first."""

    def __str__(self) -> str:
        return f"failed:{self.code}{_plus(self.after, 1)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Incomplete:
    """The response ends in `response.incomplete`."""

    reason: str = "max_output_tokens"
    after: int = 1
    """Events that come first."""

    def __str__(self) -> str:
        return f"incomplete:{self.reason}{_plus(self.after, 1)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgotten:
    """The upstream does not know the `previous_response_id`. Meets only requests that have one."""

    def __str__(self) -> str:
        return "previous_response_not_found"


Effect = Status | Refuse | Cut | Close | Stall | Slow | Malformed | Duplicate | Failed | Incomplete | Forgotten


class Place(StrEnum):
    """Where a fault goes that names no interaction."""

    FIRST = ""
    """The first model call that it can meet."""
    EACH = "*"
    """Each model call."""
    UPGRADE = "upgrade"
    """The WebSocket upgrade."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What goes wrong, where, and how often."""

    effect: Effect
    at: int | Place = Place.FIRST
    """Index of an interaction, or a place."""
    times: int | None = 1
    """Attempts that it spoils, at each interaction; None: all of them."""

    def __post_init__(self) -> None:
        if self.at is Place.UPGRADE and not isinstance(self.effect, Status | Refuse):
            raise UsageError(f"fault {self}: an upgrade can only be answered with a status, or refused")

    @property
    def needs_connection(self) -> bool:
        """Whether it is about when and how far an answer comes, or about WebSockets: not about what the answer is."""
        is_half = isinstance(self.effect, Cut) and self.effect.after > 0
        return is_half or self.at is Place.UPGRADE or isinstance(self.effect, Close | Slow | Stall)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a fault as marker, fixture and command line write it.

        Raises:
            UsageError: the fault is unknown; the message names those that are known.
        """
        found = _FAULT.fullmatch(text.strip())
        name = found["name"] if found else ""
        if found is None or not (name.isdigit() or name in _READERS):
            raise UsageError(f"unknown fault: {text!r}. Known faults: {_FORMS} (codex-replay serve --help)")
        try:
            effect = _after(_effect(name, found["argument"]), name, found["after"])
        except ValueError as error:
            raise UsageError(f"fault {text!r}: {error}") from error
        times = {None: 1, "*": None}.get(found["times"]) if found["times"] in {None, "*"} else int(found["times"])
        return cls(effect=effect, at=_place(found["at"], effect), times=times)

    def __str__(self) -> str:
        times = "" if self.times == 1 else f"x{self.times or '*'}"
        at = "" if self.at == _place(None, self.effect) else f"@{self.at}"
        return f"{self.effect}{times}{at}"


def parse_faults(faults: object) -> tuple[Fault, ...]:
    """Read the faults that a program lists, as text or as values.

    Raises:
        UsageError: it is not a list of them, or one is unknown.
    """
    listed = tuple(faults) if isinstance(faults, Iterable) and not isinstance(faults, str | Mapping) else (None,)
    if not all(isinstance(one, str | Fault) for one in listed):
        raise UsageError(f"faults: {faults!r} is not a list of faults; write e.g. faults=['429']")
    return tuple(Fault.parse(one) if isinstance(one, str) else one for one in listed if one is not None)


def check_in_process(faults: Iterable[Fault]) -> None:
    """Refuse what clients in this process, which get whole answers and at once, would never notice.

    Raises:
        UsageError: there is such a fault; the message says what to use.
    """
    for fault in faults:
        if fault.needs_connection:
            raise UsageError(
                f"fault {fault}: codex_vcr cannot show it: it answers at once, in one piece, over HTTP. Use the "
                "codex_replay fixture and its base_url; to lose the connection at all, refuse does"
            )


_FAULT = re.compile(
    r"(?P<name>[a-z_]+|\d{3})(?::(?P<argument>[^@]+?))?(?:\+(?P<after>\d+))?(?:x(?P<times>[1-9]\d*|\*))?"
    r"(?:@(?P<at>[1-9]\d*|\*|upgrade))?"
)
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m)")
_UNITS = MappingProxyType({"ms": 1.0, "s": 1_000.0, "m": 60_000.0})
_UPGRADE_REQUIRED = 426
_CLOSE_CODES = range(1000, 5000)
_ERRORS = range(400, 600)

FAULT_FORMS: tuple[tuple[str, str], ...] = (
    ("STATUS", "an HTTP error, 400 to 599: 429, 401, 500"),
    ("STATUS:CODE,NAME=VALUE", "the same with an error code and headers: 429:usage_limit_reached,retry-after=1"),
    ("426", "the WebSocket upgrade is declined; it is short for 426@upgrade"),
    ("refuse", "the connection drops before any answer"),
    ("cut:N, cut:Nb", "it drops after N events, or N bytes"),
    ("close:CODE+N", "the WebSocket closes after N events (default 0): close:1012"),
    ("stall:DURATION+N", "silence after N events (default 1): stall:30s; for ever: stall"),
    ("slow:DURATION", "the first byte comes late: slow:500ms"),
    ("malformed:N", "the JSON of event N is broken; N may be last"),
    ("duplicate:N", "event N comes twice; N may be last"),
    ("failed:CODE+N", "response.failed after N events (default 1): failed:rate_limit_exceeded"),
    ("incomplete:REASON+N", "response.incomplete after N events (default 1): incomplete:max_output_tokens"),
    ("previous_response_not_found", "the upstream does not know what the request continues"),
    ("…xTIMES", "at TIMES attempts, x* at all of them (default: one)"),
    ("…@N, …@*, …@upgrade", "at interaction N, at each model call, at the upgrade (default: at the first model call)"),
)
"""Each form that a fault may have, and what it means."""
_FORMS = "; ".join(form for form, _ in FAULT_FORMS)


def _effect(name: str, argument: str | None) -> Effect:
    return _status(int(name), argument) if name.isdigit() else _READERS[name](argument)


def _after(effect: Effect, name: str, after: str | None) -> Effect:
    if after is None:
        return effect
    if isinstance(effect, Close | Stall | Failed | Incomplete):
        return replace(effect, after=int(after))
    raise ValueError(f"{name} takes no +{after}")


def _status(status: int, argument: str | None) -> Effect:
    if status not in _ERRORS:
        raise ValueError(f"{status} is not an error status; those are 400 to 599")
    pieces = [piece.strip() for piece in argument.split(",")] if argument else []
    codes = [piece for piece in pieces if "=" not in piece]
    if len(codes) > 1:
        raise ValueError(f"one error code is enough, {' and '.join(codes)} are too many")
    pairs = (piece.partition("=") for piece in pieces if "=" in piece)
    headers = tuple((name.strip(), value.strip()) for name, _, value in pairs)
    return Status(status=status, code=codes[0] if codes else None, headers=headers)


def _cut(argument: str | None) -> Effect:
    text = argument or "1"
    if not text.removesuffix("b").isdecimal():
        raise ValueError(f"{text!r} counts neither events (5) nor bytes (200b)")
    return Cut(after=int(text.removesuffix("b")), is_bytes=text.endswith("b"))


def _close(argument: str | None) -> Effect:
    text = argument or "1012"
    if not text.isdecimal() or int(text) not in _CLOSE_CODES:
        raise ValueError(f"{text!r} is not a close code; those are 1000 to 4999")
    return Close(code=int(text))


def _milliseconds(argument: str | None) -> float:
    found = _DURATION.fullmatch(argument or "")
    if found is None:
        raise ValueError("say how long, e.g. 500ms, 30s, 2m")
    return float(found[1]) * _UNITS[found[2]]


def _position(argument: str | None) -> int:
    text = argument or "1"
    if text == "last":
        return LAST
    if not text.isdecimal() or text == "0":
        raise ValueError(f"{text!r} is not an event: use 1, 2, …, or last")
    return int(text)


def _bare(effect: Effect, argument: str | None) -> Effect:
    if argument is not None:
        raise ValueError(f"{effect} takes no argument")
    return effect


_READERS: Mapping[str, Callable[[str | None], Effect]] = MappingProxyType(
    {
        "refuse": lambda argument: _bare(Refuse(), argument),
        "cut": _cut,
        "close": _close,
        "stall": lambda argument: Stall() if argument is None else Stall(silence_ms=_milliseconds(argument)),
        "slow": lambda argument: Slow(wait_ms=_milliseconds(argument)),
        "malformed": lambda argument: Malformed(event=_position(argument)),
        "duplicate": lambda argument: Duplicate(event=_position(argument)),
        "failed": lambda argument: Failed(code=argument) if argument else Failed(),
        "incomplete": lambda argument: Incomplete(reason=argument) if argument else Incomplete(),
        "previous_response_not_found": lambda argument: _bare(Forgotten(), argument),
    }
)


def _place(text: str | None, effect: Effect) -> int | Place:
    if text is None:
        is_upgrade = isinstance(effect, Status) and effect.status == _UPGRADE_REQUIRED
        return Place.UPGRADE if is_upgrade else Place.FIRST
    return int(text) if text.isdecimal() else Place(text)


def _plus(after: int, default: int) -> str:
    return "" if after == default else f"+{after}"


def _duration(length_ms: float) -> str:
    return f"{length_ms / 1000:g}s" if length_ms >= _UNITS["s"] else f"{length_ms:g}ms"


def _event(position: int) -> str:
    return "last" if position == LAST else str(position)
