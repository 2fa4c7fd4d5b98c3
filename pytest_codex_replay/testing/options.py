"""What a test asked for: command line, cassette and marker, resolved in one place."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.testing.names import check_name, default_name

if TYPE_CHECKING:
    from pytest_codex_replay.replay.faults import Fault

MARKER = "codex_replay"
_KEYWORDS = ("mode", "match", "speed", "faults", "allow")
_MATCHES = ("strict", "normal", "loose")


class Unused(StrEnum):
    """What becomes of a test that did not use all interactions of its cassette."""

    FAIL = "fail"
    WARN = "warn"
    IGNORE = "ignore"


class Mode(StrEnum):
    """When to replay, and when to record: vcrpy's words."""

    NONE = "none"
    ONCE = "once"
    NEW_EPISODES = "new_episodes"
    ALL = "all"
    REWRITE = "rewrite"


MODE_MEANINGS: Mapping[Mode, str] = MappingProxyType(
    {
        Mode.NONE: "replay, record nothing",
        Mode.ONCE: "replay; record a cassette that is not there (never in CI)",
        Mode.NEW_EPISODES: "replay; a test that asks for something new is run again and recorded, beside what is there",
        Mode.ALL: "record always, beside what is there; a session that begins with the same prompt is replaced",
        Mode.REWRITE: "record always; the new recording takes the place of the whole cassette",
    }
)
"""Each mode in one line."""
_ASKS_TO_RECORD = frozenset({Mode.NEW_EPISODES, Mode.ALL, Mode.REWRITE})


class Action(StrEnum):
    """What a mode comes to for one test."""

    REPLAY = "replay"
    RECORD = "record"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayOptions:
    """How a test is replayed, or recorded."""

    mode: Mode = Mode.NONE
    match: str = "normal"
    speed: str = "instant"
    faults: "tuple[str | Fault, ...]" = ()
    allow: tuple[str, ...] = ()
    """What the scan may find in the cassette, `kind` or `kind:number`."""
    recut_seed: int | None = None
    """By which to cut streams into other chunks; None: into those that were recorded."""
    unused: Unused = Unused.WARN
    name: str = ""
    """Name of the cassette below the cassette directory."""
    may_record_in_ci: bool = False
    """The command line asks to record in so many words."""


def resolve_options(
    command_line: ReplayOptions,
    nodeid: str,
    args: tuple[Any, ...],
    kwargs: Mapping[str, Any],
    settings: Mapping[str, str] = MappingProxyType({}),
    *,
    is_in_process: bool = False,
) -> ReplayOptions:
    """Lay the cassette's own settings over the command line, and a marker over both.

    Args:
        command_line: what holds for all tests.
        nodeid: of the test, from rootdir; names the cassette when the marker does not.
        args: of the closest marker: the cassette's name, or nothing.
        kwargs: of the closest marker.
        settings: `match` and `speed` as the cassette has them, if it does.
        is_in_process: clients in the test's own process are answered, without a connection.

    Raises:
        UsageError: the marker is wrong.
    """
    try:
        said = _said(args, kwargs)
        options = replace(command_line, **{"name": default_name(nodeid), **settings, **said})
        check_values(options, is_in_process=is_in_process)
    except UsageError as error:
        raise UsageError(f"@pytest.mark.{MARKER}: {error}") from error
    return replace(options, may_record_in_ci=command_line.mode in _ASKS_TO_RECORD)


def check_values(options: ReplayOptions, *, is_in_process: bool = False) -> None:
    """Check what was given as text.

    Args:
        options: of a test, or of all.
        is_in_process: clients in the test's own process are answered, without a connection.

    Raises:
        UsageError: an option has no such value, or cannot be had there.
    """
    if options.match not in _MATCHES:
        raise UsageError(f"match: {options.match!r} is none of {', '.join(_MATCHES)}")
    if options.speed != "instant":
        from pytest_codex_replay.replay.reply import Speed  # noqa: PLC0415  the plugin stays light

        Speed.parse(options.speed)
    if options.faults:
        from pytest_codex_replay.replay.faults import check_in_process  # noqa: PLC0415  the plugin stays light

        faults = parsed_faults(options)
        check_in_process(faults if is_in_process else ())


def parsed_faults(options: ReplayOptions) -> "tuple[Fault, ...]":
    """Return what is to go wrong, as values.

    Raises:
        UsageError: one is none.
    """
    from pytest_codex_replay.replay.faults import Fault  # noqa: PLC0415  the plugin stays light

    faults = [Fault.parse(one) if isinstance(one, str) else one for one in options.faults]
    if wrong := [one for one in faults if not isinstance(one, Fault)]:
        raise UsageError(f"faults: {wrong[0]!r} is none; write e.g. faults=['429']")
    return tuple(faults)


def action_for(options: ReplayOptions, *, is_recorded: bool, is_ci: bool) -> Action:
    """Return what to do with a test.

    Args:
        options: of the test.
        is_recorded: its cassette is there.
        is_ci: nobody is looking; nothing is recorded that was not asked for.

    Raises:
        UsageError: it would have to be recorded, but not here.
    """
    always = options.mode in {Mode.ALL, Mode.REWRITE}
    if options.mode is Mode.NONE or options.faults or (is_recorded and not always):
        return Action.REPLAY  # faults are laid over what is recorded; a live upstream has none
    if is_ci and not options.may_record_in_ci:
        why = "is always recorded" if always else "is not there"
        raise UsageError(
            f"the cassette {options.name!r} {why} in mode {options.mode}, and in CI (CI is set) nothing is recorded "
            "unless the command line says so. Record it elsewhere and commit it, or use --codex-replay-mode=rewrite."
        )
    return Action.RECORD


def may_record_again(options: ReplayOptions, *, is_ci: bool) -> bool:
    """Whether a test whose replay missed is run again, and recorded."""
    is_new_episodes = options.mode is Mode.NEW_EPISODES and not options.faults
    return is_new_episodes and (options.may_record_in_ci or not is_ci)


def _said(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a marker says, as fields of the options."""
    unknown = [key for key in kwargs if key not in _KEYWORDS]
    if unknown:
        raise UsageError(f"unknown keyword {unknown[0]!r}; there are {', '.join(_KEYWORDS)}")
    if len(args) > 1 or not all(isinstance(arg, str) and arg for arg in args):
        raise UsageError(f"takes one name, e.g. @pytest.mark.{MARKER}('fix_bug'); got {args!r}")
    said = {key: str(kwargs[key]) for key in ("match", "speed") if key in kwargs}
    name = {"name": check_name(args[0])} if args else {}
    mode = {"mode": _mode(kwargs["mode"])} if "mode" in kwargs else {}
    faults = {"faults": _faults(kwargs["faults"])} if "faults" in kwargs else {}
    allow = {"allow": _allowed(kwargs["allow"])} if "allow" in kwargs else {}
    return {**said, **name, **mode, **faults, **allow}


def _mode(value: Any) -> Mode:
    if value not in list(Mode):
        raise UsageError(f"mode: {value!r} is none of {', '.join(Mode)}")
    return Mode(value)


def _faults(value: Any) -> tuple[Any, ...]:
    if not isinstance(value, list | tuple):
        raise UsageError(f"faults: {value!r} is no list; write e.g. faults=['429']")
    return tuple(value)


def _allowed(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or not all(isinstance(one, str) and one for one in value):
        raise UsageError(f"allow: {value!r} is no list of findings; write e.g. allow=['openai_key:1']")
    return tuple(value)
