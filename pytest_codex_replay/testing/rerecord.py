"""Records what one test exchanges with the live upstream, and makes a cassette of it: all of it, or none."""

import math
import os
import signal
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final, NoReturn, Self

from pytest_codex_replay.archive.session import open_sessions
from pytest_codex_replay.errors import CodexReplayError, UsageError
from pytest_codex_replay.launch.embedded_recorder import EmbeddedRecorder, recorder_for
from pytest_codex_replay.projection.interaction_builder import interactions_of, merged
from pytest_codex_replay.projection.interactions import Interaction, Role, Transport
from pytest_codex_replay.replay.report import SeenRequest
from pytest_codex_replay.sharing.config import load_user_rules
from pytest_codex_replay.sharing.redact import redact_archive
from pytest_codex_replay.sharing.scan.external_scanner import find_external_scanner
from pytest_codex_replay.testing.placement import check_place, make_place, place, sessions_in
from pytest_codex_replay.testing.resolved import ResolvedTest
from pytest_codex_replay.wire.responses import Outcome

_CUT_SHORT: Final = frozenset({Outcome.UNKNOWN, Outcome.SHUTDOWN})
_GONE: Final = frozenset({Outcome.CLIENT_GONE, Outcome.UPSTREAM_GONE})
_POLLS: Final = 20
_STILL_S: Final = 0.5
"""The recorder writes every 0.2 s: what came before it has written nothing for so long is on disk."""


class NotRecordedError(CodexReplayError):
    """The cassette is unchanged: the recording is incomplete, or holds a secret."""


class CassetteRecorder:
    """`with CassetteRecorder(test, …) as recorder:` records; afterwards `keep()` makes the cassette of it."""

    drift: Final = ()
    """None: what is recorded is what is sent."""
    unused: Final = ()
    """None: what is recorded was asked for."""

    def __init__(
        self,
        test: ResolvedTest,
        *,
        private: Path,
        upstream: str,
        project: Path,
        program: str | None = None,
        environment: Mapping[str, str] = os.environ,
    ) -> None:
        """Prepare to record.

        Args:
            test: what to record.
            private: a directory of this test's own, which only the user can read.
            upstream: base URL; empty: where the user's Codex goes.
            project: where the user's redaction rules are looked for.
            program: mitmdump, or a `codex-replay` installed next to it; None: the embedded recorder, in this process.
            environment: the user's own, which says where Codex goes.

        Raises:
            UsageError: no recorder is found, the upstream is not a URL, or the cassette cannot be written.
        """
        check_place(test.cassette)
        self._test, self._private, self._project = test, private, project
        self._archive = private / "archive"
        self.given = upstream or None
        """Base URL that replaces that of the provider in use; None: the user's configuration decides."""
        self._recorder = recorder_for(
            self._archive,
            upstream,
            codex_home=private / "no-home",
            program=program,
            leave=_interrupt,
            environment=environment,
        )
        self._has_ended = False
        self._stopped_at_ms = math.inf

    @property
    def base_url(self) -> str:
        """Where to point a client."""
        return self._recorder.base_url

    @property
    def leads_anywhere(self) -> bool:
        """Whether a provider of the user's is recorded, too: mitmdump has one upstream."""
        return self.given is not None or isinstance(self._recorder, EmbeddedRecorder)

    def route(self, url: str) -> str | None:
        """Return where to point a client that asks this base URL; None: the recorder cannot lead there."""
        return self.base_url if url == self._recorder.setup.upstream else self._recorder.route(url)

    def __enter__(self) -> Self:
        """Start.

        Raises:
            CodexReplayError: the recorder did not start.
        """
        self._recorder.__enter__()
        return self

    def __exit__(self, *_error: object) -> None:
        """Stop the recorder; all that it saw is on disk then."""
        self._has_ended = self._recorder.has_ended
        self._stopped_at_ms = self._now_ms()
        self._recorder.stop()

    @property
    def interactions(self) -> tuple[Interaction, ...]:
        """What is recorded so far, once the recorder has written the end of it."""
        never = threading.Event()
        for _ in range(_POLLS):  # no deadline: a test may have frozen the clock
            before = self._written_bytes()
            found = merged(interactions_of(session.records()) for session in sessions_in(self._archive))
            if self._stopped_at_ms < math.inf:
                break
            never.wait(_STILL_S)  # another process writes, and does not report when
            if found and not self._cut_short(found) and self._written_bytes() == before:
                break
        return found

    def _written_bytes(self) -> int:
        return sum(path.stat().st_size for path in self._archive.rglob("*") if path.is_file())

    @property
    def requests(self) -> tuple[SeenRequest, ...]:
        """What clients sent so far."""
        return tuple(
            SeenRequest(
                number=number,
                method="FRAME" if one.transport is Transport.WEBSOCKET else one.method,
                url=one.url,
                headers=one.request_headers,
                payload=one.request,
                transport=one.transport,
            )
            for number, one in enumerate(self.interactions, start=1)
        )

    def keep(self) -> None:
        """Put the recording, redacted, into the cassette; where the test may send nothing, and has, it is left.

        Raises:
            NotRecordedError: it is incomplete, or the scan finds a secret in it; the cassette is unchanged.
        """
        test, scanner = self._test, find_external_scanner()
        if test.may_be_unasked and not sessions_in(self._archive):
            return
        redacted = self._private / "redacted" / test.cassette.name
        try:
            self._check()
            user = load_user_rules(self._project)
            redact_archive(
                self._archive,
                redacted,
                allow=test.allow,
                external_scanner=scanner,
                user=user,
                verify_option="codex-replay redact --no-verify",
                decisions=test.cassette.path,
            )
            check_place(test.cassette)
            make_place(test.cassette)
            place(open_sessions(redacted), test.cassette.path, test.mode)
        except CodexReplayError as error:
            raise NotRecordedError(self.left_as_it_is(str(error))) from error

    def left_as_it_is(self, why: str) -> str:
        """Return the message for a recording that is not kept."""
        title = self._test.cassette.title
        return f"{title} was not recorded, the cassette is unchanged: {why}\n  what was recorded: {self._archive}"

    def _now_ms(self) -> float:
        """Return the time by the file system's clock: a test may have frozen that of `time`."""
        stamp = self._private / "stopped"
        stamp.touch()
        return stamp.stat().st_mtime * 1000

    def _check(self) -> None:
        if self._has_ended:
            raise CodexReplayError(f"the recorder ended by itself:\n{self._recorder.output}")
        if warnings := self._recorder.warnings:
            raise CodexReplayError("; ".join(warnings))
        try:
            sessions = open_sessions(self._archive)
        except UsageError as error:
            raise CodexReplayError("no request reached the recorder; point the client at its base URL") from error
        damages: list[object] = []
        calls = [one for session in sessions for one in interactions_of(session.records(damages.append))]
        if damages:
            raise CodexReplayError("; ".join(map(str, damages)))
        if cut := self._cut_short(calls):
            which = ", ".join(f"{one.index} ({one.method} {one.url}: {one.outcome})" for one in cut)
            raise CodexReplayError(f"{len(cut)} of {len(calls)} interactions have no end: {which}")
        if not any(one.is_model_call or _is_of_another_client(one) for one in calls):
            raise CodexReplayError(
                "no model call reached the recorder; let the client ask for a response at its base URL"
            )

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


def _is_of_another_client(one: Interaction) -> bool:
    """Whether a client other than Codex, whose requests say who they are, posted something: a chat completion, say."""
    return one.method == "POST" and not (one.identity.originator or one.identity.session_id)


def _interrupt(number: int) -> NoReturn:
    """End the whole run: SystemExit would only fail one test."""
    raise KeyboardInterrupt(signal.Signals(number).name)
