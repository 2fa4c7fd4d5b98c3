"""What `@pytest.mark.codex_replay` says, checked and typed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.matching.match import MatchLevel
from pytest_codex_replay.replay.faults import Fault, check_in_process
from pytest_codex_replay.replay.reply import Speed
from pytest_codex_replay.replay.settings import parse_match
from pytest_codex_replay.testing.names import check_name
from pytest_codex_replay.testing.options import MARKER, Mode

_KEYWORDS = ("mode", "match", "speed", "faults", "allow")


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkerOptions:
    """The options of a marker; None where it does not say anything."""

    name: str | None = None
    """Of the cassette, below the cassette directory."""
    mode: Mode | None = None
    match: MatchLevel | None = None
    speed: Speed | None = None
    faults: tuple[Fault, ...] = ()
    allow: tuple[str, ...] = ()
    """What the scan may find in the cassette, `kind` or `kind:number`."""


def read_marker(
    args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None, *, is_in_process: bool = False
) -> MarkerOptions:
    """Read the arguments of a marker.

    Args:
        args: the cassette's name, or nothing.
        kwargs: the options, as texts or as values.
        is_in_process: whether clients in the test's own process are answered, without a connection.

    Raises:
        UsageError: an argument is unknown, has a wrong value, or cannot be had in this process.
    """
    try:
        options = _read(args, kwargs or {})
        check_in_process(options.faults if is_in_process else ())
    except UsageError as error:
        raise UsageError(f"@pytest.mark.{MARKER}: {error}") from error
    return options


def _read(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> MarkerOptions:
    unknown = [key for key in kwargs if key not in _KEYWORDS]
    if unknown:
        raise UsageError(f"unknown keyword {unknown[0]!r}; there are {', '.join(_KEYWORDS)}")
    if len(args) > 1 or not all(isinstance(arg, str) and arg for arg in args):
        raise UsageError(f"takes one name, e.g. @pytest.mark.{MARKER}('fix_bug'); got {args!r}")
    return MarkerOptions(
        name=check_name(args[0]) if args else None,
        mode=_mode(kwargs["mode"]) if "mode" in kwargs else None,
        match=parse_match(kwargs["match"]) if "match" in kwargs else None,
        speed=Speed.parse(str(kwargs["speed"])) if "speed" in kwargs else None,
        faults=_faults(kwargs.get("faults", ())),
        allow=_allowed(kwargs.get("allow", ())),
    )


def _mode(value: Any) -> Mode:
    if value not in list(Mode):
        raise UsageError(f"unknown mode {value!r}: use none, once, new_episodes, all or rewrite")
    return Mode(value)


def _faults(value: Any) -> tuple[Fault, ...]:
    if not isinstance(value, list | tuple):
        raise UsageError(f"faults: {value!r} is not a list; write e.g. faults=['429']")
    return tuple(map(_fault, value))


def _fault(value: Any) -> Fault:
    if isinstance(value, Fault):
        return value
    if not isinstance(value, str):
        raise UsageError(f"faults: {value!r} is not a fault; write e.g. faults=['429']")
    return Fault.parse(value)


def _allowed(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or not all(isinstance(one, str) and one for one in value):
        raise UsageError(f"allow: {value!r} is not a list of findings; write e.g. allow=['openai_key:1']")
    return tuple(value)
