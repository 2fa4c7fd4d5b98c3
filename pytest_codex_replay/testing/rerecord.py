"""Records what one test exchanges with the live upstream, and makes a cassette of it: all of it, or none."""

import math
import os
import signal
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, NoReturn, Self

from pytest_codex_replay.archive.segment import Damage
from pytest_codex_replay.archive.session import open_sessions
from pytest_codex_replay.errors import CodexReplayError, UsageError
from pytest_codex_replay.launch.recorder_process import RecorderProcess, RecordingSetup, default_upstream, find_mitmdump
from pytest_codex_replay.projection.interactions import Interaction, Role, interactions_of
from pytest_codex_replay.replay.cassette import merged
from pytest_codex_replay.sharing.config import load_user_rules
from pytest_codex_replay.sharing.external_scanner import find_external_scanner
from pytest_codex_replay.sharing.redact import redact_archive
from pytest_codex_replay.testing.placement import check_place, place, sessions_in
from pytest_codex_replay.testing.resolved import ResolvedTest
from pytest_codex_replay.wire.responses import Outcome

_CUT_SHORT: Final = frozenset({Outcome.UNKNOWN, Outcome.SHUTDOWN})
_GONE: Final = frozenset({Outcome.CLIENT_GONE, Outcome.UPSTREAM_GONE})
_POLLS: Final = 200
_POLL_S: Final = 0.05
"""The recorder writes every 0.2 s."""


class NotRecordedError(CodexReplayError):
    """The cassette is unchanged: the recording is incomplete, or holds a secret."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingPlan:
    """What to record, and where from."""

    test: ResolvedTest
    private: Path
    """A directory of this test's own, which only the user can read."""
    upstream: str
    """Base URL."""
    program: str | None = None
    """mitmdump, or a `codex-replay` installed next to it; None: searched."""
    project: Path
    """Where the user's redaction rules are looked for."""


class CassetteRecorder:
    """`with CassetteRecorder(plan) as recorder:` records; afterwards `keep()` makes the cassette of it."""

    def __init__(self, plan: RecordingPlan) -> None:
        """Prepare to record.

        Raises:
            UsageError: no recorder is found, the upstream is not a URL, or another cassette would be replaced.
        """
        check_place(plan.test.cassette)
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
        self._stopped_at_ms = self._now_ms()
        self._process.stop()

    def interactions(self) -> tuple[Interaction, ...]:
        """Return what is recorded so far, once the recorder has written the end of it."""
        never = threading.Event()
        for _ in range(_POLLS):
            found = merged(interactions_of(session.records()) for session in sessions_in(self._archive))
            if found and not self._cut_short(found):
                break
            never.wait(_POLL_S)  # another process writes, and does not report when
        return found

    def keep(self) -> None:
        """Put the recording, redacted, into the cassette.

        Raises:
            NotRecordedError: it is incomplete, or the scan finds a secret in it; the cassette is unchanged.
        """
        plan, cassette = self.plan, self.plan.test.cassette
        try:
            self._check()
            redacted = plan.private / "redacted" / cassette.name
            user = load_user_rules(plan.project)
            redact_archive(
                self._archive, redacted, allow=plan.test.allow, external_scanner=find_external_scanner(), user=user
            )
            check_place(cassette)
        except CodexReplayError as error:
            raise NotRecordedError(self.left_as_it_is(str(error))) from error
        place(open_sessions(redacted), cassette.path, plan.test.mode)

    def left_as_it_is(self, why: str) -> str:
        """Return the message for a recording that is not kept."""
        title = self.plan.test.cassette.title
        return f"{title} was not recorded, the cassette is unchanged: {why}\n  what was recorded: {self._archive}"

    def _now_ms(self) -> float:
        """Return the time by the file system's clock: a test may have frozen that of `time`."""
        stamp = self.plan.private / "stopped"
        stamp.touch()
        return stamp.stat().st_mtime * 1000

    def _check(self) -> None:
        if self._has_ended:
            raise CodexReplayError(f"the recorder ended by itself:\n{self._process.output}")
        if warnings := self._process.warnings:
            raise CodexReplayError("; ".join(warnings))
        try:
            sessions = open_sessions(self._archive)
        except UsageError as error:
            raise CodexReplayError("no request reached the recorder; point the client at its base URL") from error
        damages: list[Damage] = []
        calls = [one for session in sessions for one in interactions_of(session.records(damages.append))]
        if damages:
            raise CodexReplayError("; ".join(map(str, damages)))
        if cut := self._cut_short(calls):
            raise CodexReplayError(f"{len(cut)} of {len(calls)} interactions have no end: {_listed(cut)}")
        if not any(one.is_model_call for one in calls):
            raise CodexReplayError("no model call reached the recorder")

    def _cut_short(self, interactions: Iterable[Interaction]) -> list[Interaction]:
        """Return the interactions that the recording does not hold to their end. An open WebSocket is not one.

        An interaction that ends while mitmdump is stopped looks as if the client had hung up.
        """
        return [
            one
            for one in interactions
            if one.role is not Role.UPGRADE
            if one.outcome in _CUT_SHORT
            or (one.outcome in _GONE and one.end is not None and one.end.at_ms >= self._stopped_at_ms)
        ]


def _interrupt(number: int) -> NoReturn:
    """End the whole run: SystemExit would only fail one test."""
    raise KeyboardInterrupt(signal.Signals(number).name)


def upstream_of(configured: str | None) -> str:
    """Return where to record from: `configured`, else `$OPENAI_BASE_URL`, else where the user's Codex goes."""
    home = Path(os.environ.get("CODEX_HOME") or "~/.codex").expanduser()
    return configured or os.environ.get("OPENAI_BASE_URL") or default_upstream(home)


def _listed(interactions: list[Interaction]) -> str:
    return ", ".join(f"{one.index} ({one.method} {one.url}: {one.outcome})" for one in interactions)
