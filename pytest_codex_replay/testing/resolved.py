"""A test, resolved once at collection: what it replays or records, and how. Everything after that reads it here."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Self

from pytest_codex_replay.archive.session import has_sessions
from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.matching.match import MatchLevel
from pytest_codex_replay.replay.explain import rerecord_advice
from pytest_codex_replay.replay.faults import Fault
from pytest_codex_replay.replay.reply import Speed
from pytest_codex_replay.replay.settings import CassetteSettings, read_settings
from pytest_codex_replay.testing.config import Mode, RunOptions
from pytest_codex_replay.testing.marker import MarkerOptions

_REPLAYS = frozenset({Mode.NONE, Mode.ADOPT})
"""Modes that need no upstream."""
_ALWAYS_RECORDS = frozenset({Mode.ALL, Mode.REWRITE})
_ASKS_TO_RECORD = _ALWAYS_RECORDS | {Mode.NEW_EPISODES}
"""Modes of the command line that record in CI, too."""


class Action(StrEnum):
    """What the fixtures do with a test."""

    LIVE = "live"
    """Point clients at the live upstream."""
    REPLAY = "replay"
    RECORD = "record"
    REFUSE = "refuse"
    """Fail it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CassetteState:
    """The cassette of a test, as it was found at collection."""

    directory: Path
    """Where cassettes are."""
    name: str
    """Path of this one below `directory`."""
    is_recorded: bool = False
    """Whether it holds a session. Its settings may exist before."""
    settings: CassetteSettings = field(default_factory=CassetteSettings)
    settings_error: str = ""
    """Why its settings cannot be read."""

    @property
    def path(self) -> Path:
        """The directory of the cassette."""
        return self.directory / self.name

    @property
    def title(self) -> str:
        """What messages call it, e.g. `cassettes/fix_bug`."""
        return f"{self.directory.name}/{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolvedTest:
    """All that is decided about a test before any test runs."""

    cassette: CassetteState
    nodeid: str = ""
    action: Action = Action.REPLAY
    refusal: str = ""
    """With Action.REFUSE: the text with which the test fails."""
    mode: Mode = Mode.NONE
    match: MatchLevel = MatchLevel.NORMAL
    speed: Speed = field(default_factory=Speed)
    faults: tuple[Fault, ...] = ()
    allow: tuple[str, ...] = ()
    """What the scan may find in the cassette, `kind` or `kind:number`."""
    may_be_unasked: bool = False
    """Whether it may pass though no request reached its cassette."""
    recut_seed: int | None = None
    """Seed by which streams are split into other chunks; None: into the recorded ones."""
    may_record: bool = False
    """Whether recording is allowed here: in CI only when the command line asks for it."""
    command: str = ""
    """The command that records its cassette, and no other test's."""
    adopts_instructions: bool = False
    """With mode adopt: instructions that may be the user's own are adopted, too."""
    advice: str | None = None
    """Last line of a miss; None: how to record by hand."""

    @property
    def writes_cassette(self) -> bool:
        """Whether its mode can write the cassette. A test with faults only replays: they change recorded answers."""
        is_done = self.mode is Mode.ONCE and self.cassette.is_recorded
        return self.mode not in _REPLAYS and not self.faults and not is_done

    @property
    def can_record(self) -> bool:
        """Whether this run may record it."""
        return self.writes_cassette and self.may_record and self.action is not Action.LIVE

    @property
    def records_misses(self) -> bool:
        """Whether it is run again and recorded when its replay missed."""
        return self.mode is Mode.NEW_EPISODES and self.can_record

    @property
    def adopts(self) -> bool:
        """Whether its cassette takes over what its client sends now. Faults make a client send other requests."""
        return self.mode is Mode.ADOPT and self.action is Action.REPLAY and not self.faults

    def as_recording(self) -> Self:
        """Return the same test, to be recorded."""
        return replace(self, action=Action.RECORD)


def read_cassette_state(directory: Path, name: str) -> CassetteState:
    """Look at a cassette, which may not exist."""
    path = directory / name
    is_recorded = path.is_dir() and has_sessions(path)
    try:
        return CassetteState(directory=directory, name=name, is_recorded=is_recorded, settings=read_settings(path))
    except UsageError as error:
        return CassetteState(directory=directory, name=name, is_recorded=is_recorded, settings_error=str(error))


def resolve(
    run: RunOptions,
    marker: MarkerOptions,
    cassette: CassetteState,
    *,
    nodeid: str,
    fixtures: Collection[str],
    is_ci: bool,
    command: Callable[[Mode], str],
) -> ResolvedTest:
    """Resolve a test: its cassette's settings override the command line, its marker overrides both.

    `fixtures` are the names of those that it uses; `command` gives the command that records it alone in a mode.
    """
    mode = _mode(run, marker) or Mode.NONE
    match = marker.match or cassette.settings.match or MatchLevel(run.match)
    may_record = not is_ci or run.mode in _ASKS_TO_RECORD
    action, refusal = _action(run, marker, cassette, may_record=may_record)
    by_hand = marker.mode is not None or marker.faults  # the marker overrides the mode of a command
    return ResolvedTest(
        cassette=cassette,
        nodeid=nodeid,
        action=action,
        refusal=refusal,
        mode=mode,
        match=MatchLevel.LOOSE if mode is Mode.ADOPT else match,
        speed=marker.speed or cassette.settings.speed or run.speed or Speed(),
        faults=marker.faults,
        allow=marker.allow,
        may_be_unasked=marker.may_be_unasked,
        recut_seed=run.recut_seed if "codex_replay" in fixtures else None,  # codex_vcr answers in one piece
        may_record=may_record,
        adopts_instructions=match is MatchLevel.LOOSE,
        command=command(mode),
        advice=rerecord_advice(cassette.title, command=None if by_hand else command(Mode.REWRITE)),
    )


def _mode(run: RunOptions, marker: MarkerOptions) -> Mode | None:
    """Return the marker's mode, or the run's. In a run that adopts, nothing else writes: it has no upstream."""
    is_adopted = run.mode is Mode.ADOPT and marker.mode is not Mode.NONE
    return run.mode if is_adopted else marker.mode or run.mode


def _action(run: RunOptions, marker: MarkerOptions, cassette: CassetteState, *, may_record: bool) -> tuple[Action, str]:
    """Return what to do with a test, and why it is refused."""
    mode = _mode(run, marker)
    if run.mode is None:
        return Action.LIVE, ""
    is_always = mode in _ALWAYS_RECORDS
    if mode in _REPLAYS or marker.faults or (cassette.is_recorded and not is_always):
        return (Action.REFUSE, cassette.settings_error) if cassette.settings_error else (Action.REPLAY, "")
    if may_record:
        return Action.RECORD, ""
    why = "is always recorded" if is_always else "does not exist"
    return Action.REFUSE, (
        f"the cassette {cassette.name!r} {why} in mode {mode}, and in CI (CI is set) that records nothing. Record "
        "it elsewhere and commit it; or name new_episodes, all or rewrite with --codex-replay-mode on the command line."
    )
