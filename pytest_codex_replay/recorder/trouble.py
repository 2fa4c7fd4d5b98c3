"""The counters of a recorder run, and what goes wrong in it: counted, each reason logged once in a while."""

import errno
import logging
from collections.abc import Callable
from dataclasses import asdict, dataclass

from pytest_codex_replay.counting import count_text
from pytest_codex_replay.errors import CodexReplayError

logger = logging.getLogger(__name__)

_PRESSURE = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


@dataclass(slots=True)
class Status:
    """What a recorder run has done so far; written into the manifests of its sessions."""

    recorded: int = 0
    """Records that reached a file; those of a run are counted one by one."""
    dropped: int = 0
    """Signals and records that were lost."""
    gaps: int = 0
    """Gap records that report it."""
    bytes_seen: int = 0
    queue_high_water_bytes: int = 0
    sessions: int = 0
    errors: int = 0
    """Failures that were caught."""

    def __str__(self) -> str:
        """Return all counters as one line."""
        return ", ".join(f"{name} {value}" for name, value in asdict(self).items())


class TroubleLog:
    """Logs trouble for a person who watches the proxy: the same reason once in `every_ms`."""

    def __init__(
        self, status: Status, clock: Callable[[], float], every_ms: float, log: logging.Logger = logger
    ) -> None:
        self._log = log
        self._status = status
        self._clock = clock
        self._every_ms = every_ms
        self._logged_ms: dict[str, float] = {}

    def bug(self, error: Exception) -> None:
        """Report what should not happen, with its traceback."""
        if is_disk_pressure(error):
            self.failure("recording", error)
            return
        self._status.errors += 1
        if self._is_due(f"{type(error).__name__} {error}"):
            self._log.warning("codex recorder: records were lost; traffic is not affected", exc_info=error)

    def failure(self, what: str, error: Exception) -> None:
        """Report what the disk or a damaged archive refused, without a traceback; anything else is a bug."""
        is_full = is_disk_pressure(error)
        if not (is_full or isinstance(error, OSError | CodexReplayError)):
            self.bug(error)
            return
        self._status.errors += 1
        reason = "the disk is full" if is_full else getattr(error, "strerror", None) or str(error)
        if self._is_due(reason):
            self._log.warning("codex recorder: %s: %s. Traffic goes on; what is lost is counted.", what, reason)

    def dropped(self, reason: str) -> None:
        """Report signals that did not reach the writer; they are counted where they are missing."""
        if self._is_due(reason):
            self._log.warning("codex recorder: %s, records are dropped; traffic is not affected", reason)

    def ended(self) -> None:
        """Report how much a run lost, now that it is over; nothing, where it lost nothing."""
        if self._status.dropped:
            self._log.warning("codex recorder: %s lost in this run", count_text(self._status.dropped, "record"))

    def _is_due(self, reason: str) -> bool:
        now_ms = self._clock() * 1000
        if now_ms - self._logged_ms.get(reason, float("-inf")) < self._every_ms:
            return False
        self._logged_ms[reason] = now_ms
        return True


def is_disk_pressure(error: BaseException) -> bool:
    """Return whether a full disk or quota is behind `error`, also when it is wrapped in others."""
    seen: set[int] = set()
    pending: list[BaseException | None] = [error]
    while pending:
        one = pending.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        if isinstance(one, OSError) and one.errno in _PRESSURE:
            return True
        pending += [one.__cause__, one.__context__, *(one.exceptions if isinstance(one, BaseExceptionGroup) else ())]
    return False
