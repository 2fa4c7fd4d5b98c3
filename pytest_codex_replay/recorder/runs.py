"""The recorder run of now, the flows that are open, and earlier runs that end with their last flow. Knows no proxy.

All of it is called on the proxy's thread. A run is ended on a thread of its own: that takes as long as the disk does.
"""

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable

from pytest_codex_replay.archive.record import FlowEnd
from pytest_codex_replay.recorder.open_flow import OpenFlow
from pytest_codex_replay.recorder.options import RecorderSettings
from pytest_codex_replay.recorder.recorder import Recorder, RecorderOptions
from pytest_codex_replay.recorder.signals import ABNORMAL_CLOSURE, Ended

logger = logging.getLogger(__name__)


class Runs:
    """Starts and ends recorders as settings and flows come and go."""

    def __init__(
        self,
        announce: Callable[[str], None],
        program: str,
        clock: Callable[[], float] = time.time,
        log: logging.Logger = logger,
    ) -> None:
        """Begin without a run.

        Args:
            announce: shows a line that is not a warning.
            program: name and version of what records.
            clock: Unix time in seconds.
            log: takes the warnings of these runs; one of its own tells them from those of others in this process.
        """
        self.clock = clock
        self.recorder: Recorder | None = None
        """The one that new flows go to."""
        self.open: dict[str, OpenFlow] = {}
        """Flows that are under way, by id. A flow stays with the recorder that it began with."""
        self.unreached: Counter[str] = Counter()
        """Requests that never reached the upstream: why, and how many."""
        self.withheld: Counter[str] = Counter()
        """What could not be passed on, and how often."""
        self._announce = announce
        self._log = log
        self._program = program
        self._failed: set[str] = set()

    def start(self, settings: RecorderSettings) -> None:
        """Begin a run. One that cannot begin is reported, and nothing is recorded."""
        if not settings.persist:
            self._announce("codex recorder: off (codex_persist=false); nothing is written")
            return
        options = RecorderOptions(
            codex_home=settings.home,
            secrets=settings.secrets,
            recorder=self._program,
            limits=settings.limits,
            log=self._log,
        )
        recorder = Recorder(settings.archive, options, clock=self.clock)
        try:
            recorder.start()
        except OSError as error:
            self._log.warning("codex recorder: off, cannot write to %s (%s). Traffic goes on.", settings.archive, error)
            return
        self.recorder = recorder
        flows = f"flows that match {settings.flows!r}" if settings.flows else "Codex's traffic"
        self._announce(f"codex recorder: recording {flows} to {settings.archive} (run {recorder.run})")

    def change(self, before: RecorderSettings, after: RecorderSettings) -> None:
        """Do what is asked for now: go on, or begin another run and let this one end with its last flow."""
        if not after.needs_new_run(before):
            if self.recorder is not None:
                self.recorder.limits = after.limits
            return
        if after.persist:
            recorder, self.recorder = self.recorder, None
            self._finish_if_idle(recorder)
        else:
            for recorder in self._let_go():
                self._finish_later(recorder)
        self.start(after)

    def begin(self, flow: str, url: str, client: str = "") -> None:
        """Open a flow of a client, also when nothing is recorded."""
        self.open[flow] = OpenFlow(flow, url, self.recorder, client)

    def end(self, signal: Ended) -> None:
        """End a flow that is open."""
        state = self.open.pop(signal.flow)
        state.record(signal)
        self._finish_if_idle(state.recorder)

    def end_of_client(self, client: str) -> None:
        """End what is open of a client that went some time ago: the proxy has lost the end of these flows."""
        for flow in [flow for flow, state in self.open.items() if state.client == client]:
            close_code = ABNORMAL_CLOSURE if self.open[flow].is_upgraded else None
            self.end(Ended(flow, self.clock() * 1000, FlowEnd.CLIENT_GONE, None, close_code))

    def stop(self) -> None:
        """End all runs and the flows that are open; return when all is written. Later flows find no recorder."""
        for recorder in self._let_go():
            self._finish(recorder)

    def count_failure(self, what: str, error: Exception) -> None:
        """Count what failed on the proxy's side; log it the first time, with its traceback."""
        if self.recorder is not None:
            self.recorder.status.errors += 1
        if what not in self._failed:
            self._failed.add(what)
            self._log.warning("codex recorder: %s failed, traffic goes on without a record", what, exc_info=error)

    def status(self) -> str:
        """Return what the run has recorded so far, as one line."""
        return f"codex recorder: {self.recorder.summary}" if self.recorder else "codex recorder: off"

    def _let_go(self) -> set[Recorder]:
        """Record nothing any more, of open flows either; return the recorders that are still to be ended."""
        recorders = {self.recorder, *(state.recorder for state in self.open.values())}
        self.recorder = None
        for state in self.open.values():
            state.recorder = None
        return {recorder for recorder in recorders if recorder is not None}

    def _finish_if_idle(self, recorder: Recorder | None) -> None:
        """End a run of the past that has no flow any more."""
        if recorder is None or recorder is self.recorder:
            return
        if all(state.recorder is not recorder for state in self.open.values()):
            self._finish_later(recorder)

    def _finish_later(self, recorder: Recorder) -> None:
        threading.Thread(target=self._finish, args=(recorder,), name="codex-recorder-end").start()

    def _finish(self, recorder: Recorder) -> None:
        """Write what is left, and report what was recorded."""
        is_written = recorder.close()
        self._announce(f"codex recorder: {recorder.summary}")
        if not is_written:
            lost = recorder.waiting_bytes
            self._log.warning("codex recorder: %d bytes could not be written in time; they are lost", lost)
