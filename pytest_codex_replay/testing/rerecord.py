"""Records what one test exchanges with the live upstream, and makes its cassette of it: whole, or not at all."""

import math
import shutil
import signal
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Any, Final, NoReturn, Self

from pytest_codex_replay.archive.manifest import MANIFEST
from pytest_codex_replay.archive.segment import Damage, is_segment
from pytest_codex_replay.archive.session import Session, open_sessions
from pytest_codex_replay.errors import CodexReplayError, UsageError
from pytest_codex_replay.launch.recorder_process import RecorderProcess, RecordingSetup, find_mitmdump
from pytest_codex_replay.matching.match import MatchLevel
from pytest_codex_replay.matching.request_view import items_of
from pytest_codex_replay.projection.interactions import Interaction, Role, Transport, interactions_of
from pytest_codex_replay.projection.turns import turns_of
from pytest_codex_replay.replay.calls import ModelCalls, Selection
from pytest_codex_replay.replay.cassette import cassette_names, merged
from pytest_codex_replay.sharing.cassette import has_own_name
from pytest_codex_replay.sharing.config import load_user_rules
from pytest_codex_replay.sharing.external_scanner import find_external_scanner
from pytest_codex_replay.sharing.redact import redact_archive
from pytest_codex_replay.sharing.replacing import put_back, replacing
from pytest_codex_replay.testing.options import Mode
from pytest_codex_replay.testing.run_summary import nothing_replayed
from pytest_codex_replay.wire.responses import Outcome

_CUT_SHORT: Final = frozenset({Outcome.UNKNOWN, Outcome.SHUTDOWN})
_GONE: Final = frozenset({Outcome.CLIENT_GONE, Outcome.UPSTREAM_GONE})
_SETTLE_S: Final = 10.0
_POLL_S: Final = 0.05
"""The recorder writes every 0.2 s."""


class NotRecordedError(CodexReplayError):
    """The cassette stays as it was: what was recorded is not whole, or not clean."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingPlan:
    """What to record, and what becomes of it."""

    name: str
    """Of the cassette, below `directory`."""
    directory: Path
    mode: Mode
    private: Path
    """A directory of this test's own, for what nobody else may see."""
    upstream: str
    program: str | None = None
    """mitmdump, or a `codex-replay` that has it beside it; None finds one."""
    project: Path
    """Where the user's redaction rules are looked for."""
    allow: tuple[str, ...] = ()
    """What the scan may find."""

    @property
    def target(self) -> Path:
        """The cassette."""
        return self.directory / self.name

    @property
    def title(self) -> str:
        """What to call it."""
        return f"{self.directory.name}/{self.name}"


class CassetteRecorder:
    """`with CassetteRecorder(plan) as recorder:` records; afterwards `keep()` makes the cassette of it."""

    def __init__(self, plan: RecordingPlan) -> None:
        """Prepare to record.

        Raises:
            UsageError: there is no recorder, the upstream is no URL, or other cassettes are in the way.
        """
        check_place(plan.directory, plan.name)
        self.plan = plan
        self._archive = plan.private / "archive"
        setup = RecordingSetup(archive=self._archive, upstream=plan.upstream, codex_home=plan.private / "no-home")
        self._process = RecorderProcess(setup, mitmdump=find_mitmdump(plan.program), leave=_interrupt)
        self._has_ended = False
        self._stopped_at_ms = math.inf

    @property
    def base_url(self) -> str:
        """Where to point a client."""
        return self._process.base_url

    def __enter__(self) -> Self:
        """Start.

        Raises:
            CodexReplayError: the recorder did not start.
        """
        self._process.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Stop the recorder; all that it saw is on disk then."""
        self._has_ended = self._process.has_ended
        self._stopped_at_ms = time.time() * 1000
        self._process.stop()

    def interactions(self) -> tuple[Interaction, ...]:
        """Return what is recorded so far, once the recorder has written the end of it."""
        deadline = time.monotonic() + _SETTLE_S
        while True:
            found = merged(interactions_of(session.records()) for session in _sessions_in(self._archive))
            if time.monotonic() > deadline or (found and not self._cut_short(found)):
                return found
            time.sleep(_POLL_S)  # another process writes, and tells nobody when

    def keep(self) -> None:
        """Put the recording, redacted, where the cassette is to be.

        Raises:
            NotRecordedError: it is not whole, or the scan finds a secret in it; the cassette stays as it was.
        """
        plan = self.plan
        try:
            self._check()
            redacted = plan.private / "redacted" / plan.name
            user = load_user_rules(plan.project)
            redact_archive(
                self._archive, redacted, allow=plan.allow, external_scanner=find_external_scanner(), user=user
            )
            check_place(plan.directory, plan.name)
        except CodexReplayError as error:
            raise NotRecordedError(self.left_as_it_is(str(error))) from error
        _put(open_sessions(redacted), plan.target, _REPLACES.get(plan.mode, _replaces_all))

    def left_as_it_is(self, why: str) -> str:
        """Return what to say when nothing becomes of the recording."""
        said = f"{self.plan.title} was not recorded, the cassette is as it was: {why}"
        return f"{said}\n  what came through: {self._archive}"

    def as_json(self, *, is_kept: bool) -> dict[str, Any]:
        """Return what there is to report, in the form of a replay's report."""
        return nothing_replayed(self.plan.title) | {"is_recorded": is_kept}

    def _check(self) -> None:
        if self._has_ended:
            raise CodexReplayError(f"the recorder ended by itself:\n{self._process.output}")
        if warnings := self._process.warnings:
            raise CodexReplayError("; ".join(warnings))
        try:
            sessions = open_sessions(self._archive)
        except UsageError as error:
            raise CodexReplayError("nothing came through the recorder; point the client at its base URL") from error
        damages: list[Damage] = []
        calls = [one for session in sessions for one in interactions_of(session.records(damages.append))]
        if damages:
            raise CodexReplayError("; ".join(map(str, damages)))
        if cut := self._cut_short(calls):
            raise CodexReplayError(f"{len(cut)} of {len(calls)} interactions have no end: {_listed(cut)}")
        if not any(one.is_model_call for one in calls):
            raise CodexReplayError("no model call came through the recorder")

    def _cut_short(self, interactions: Iterable[Interaction]) -> list[Interaction]:
        """Return those of which the recording stops before they do. A WebSocket that is merely open is none.

        What ends as mitmdump is stopped looks as if the client had hung up.
        """
        return [
            one
            for one in interactions
            if one.role is not Role.UPGRADE
            if one.outcome in _CUT_SHORT
            or (one.outcome in _GONE and one.end is not None and one.end.at_ms >= self._stopped_at_ms)
        ]


def _interrupt(number: int) -> NoReturn:
    """End the whole run: SystemExit would be one test's failure."""
    raise KeyboardInterrupt(signal.Signals(number).name)


@dataclass(frozen=True, slots=True)
class _Talk:
    """What was asked in a session."""

    prompts: tuple[str | None, ...]
    calls: tuple[Interaction, ...]

    @classmethod
    def of(cls, session: Session) -> Self:
        interactions = interactions_of(session.records())
        prompts = tuple(turn.prompt for turn in turns_of(interactions))
        return cls(prompts, tuple(one for one in interactions if one.is_model_call))


def _replaces_all(_new: _Talk, _old: _Talk) -> bool:
    return True


def _begins_the_same(new: _Talk, old: _Talk) -> bool:
    """By its first prompt a recording of the same test is known again."""
    return new.prompts[:1] == old.prompts[:1]


def _prolongs(new: _Talk, old: _Talk) -> bool:
    """Whether the new one begins with the same request and asks all that the old one did: nobody misses it."""
    if new.prompts[: len(old.prompts)] != old.prompts:
        return False
    return not old.calls or (bool(new.calls) and _fits(new.calls[0], old.calls[0]))


def _fits(asked: Interaction, recorded: Interaction) -> bool:
    fields = asked.request.fields if asked.request else {}
    items = items_of(fields, asked.before if asked.is_chain_known else None)
    body = {key: value for key, value in fields.items() if key != "previous_response_id"} | {"input": list(items)}
    is_stream = asked.transport is Transport.WEBSOCKET or fields.get("stream") is True
    calls = ModelCalls([recorded], MatchLevel.NORMAL)
    return isinstance(calls.ask(body, endpoint=asked.endpoint, is_stream=is_stream), Selection)


_REPLACES: Final = MappingProxyType({Mode.ALL: _begins_the_same, Mode.NEW_EPISODES: _prolongs})
"""Which new session takes the place of an old one; in other modes each does."""


def check_place(directory: Path, name: str) -> None:
    """Look whether a cassette may be recorded: it takes the place of all that lies in it, so none may lie in another.

    Raises:
        UsageError: a file or other cassettes are there, or it lies in another one.
    """
    target = directory / name
    if target.exists() and not target.is_dir():
        raise UsageError(f"{target}: is a file, where the cassette is to be.")
    for outer in target.parents[: name.count("/")]:
        if _own_sessions(outer):
            raise UsageError(f"{target}: lies in another cassette, {outer}; give it a name beside that.")
    inside = {target / name for name in cassette_names(target)} - {session.path for session in _own_sessions(target)}
    if inside:
        others = ", ".join(sorted(path.relative_to(directory).as_posix() for path in inside))
        raise UsageError(f"{target}: holds other cassettes, which would be lost ({others}); give it a name of its own.")


def _own_sessions(cassette: Path) -> list[Session]:
    """Return the sessions of a cassette: itself, or those that were put into it."""
    return [one for one in _sessions_in(cassette) if one.path == cassette or has_own_name(one)]


def _put(new: list[Session], target: Path, replaces: Callable[[_Talk, _Talk], bool]) -> None:
    """Replace a cassette at once; what is no recording in it (its settings, a README) stays."""
    put_back(target)
    recorded = [_Talk.of(session) for session in new]
    old = [(session, _Talk.of(session)) for session in _sessions_in(target)]
    kept = [session for session, talk in old if not any(replaces(one, talk) for one in recorded)]
    with replacing(target, force=True) as beside:
        _keep_the_rest(target, beside)
        sessions = [*new, *kept]
        for session in sessions:
            place = beside if len(sessions) == 1 else _free_place(beside, _name_of(session, target))
            shutil.copytree(session.path, place, dirs_exist_ok=True, ignore=_not_traffic)


def _name_of(session: Session, cassette: Path) -> str:
    """Return what to call a session's directory: one that was the cassette itself has the cassette's name."""
    return str(session.manifest()["session"] or session.name) if session.path == cassette else session.name


def _free_place(directory: Path, name: str) -> Path:
    number, place = 2, directory / name
    while place.exists():
        number, place = number + 1, directory / f"{name}-{number}"
    return place


def _keep_the_rest(cassette: Path, beside: Path) -> None:
    """Copy what is no recording."""
    if cassette.is_dir():
        recordings = {str(session.path) for session in _own_sessions(cassette)}

        def left_out(directory: str, names: list[str]) -> list[str]:
            return [name for name in names if _is_traffic(name) or f"{directory}/{name}" in recordings]

        shutil.copytree(cassette, beside, dirs_exist_ok=True, ignore=left_out)


def _not_traffic(_directory: str, names: list[str]) -> list[str]:
    return [name for name in names if not _is_traffic(name)]


def _is_traffic(name: str) -> bool:
    return is_segment(name) or name == MANIFEST


def _sessions_in(directory: Path) -> list[Session]:
    try:
        return open_sessions(directory)
    except UsageError:
        return []  # not yet


def _listed(interactions: list[Interaction]) -> str:
    return ", ".join(f"{one.index} ({one.method} {one.url}: {one.outcome})" for one in interactions)
