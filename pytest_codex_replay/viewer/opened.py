"""A session that is shown: its traffic is read once, a piece at a time, and then only what is added.

What has been read can be looked at at any moment. So a long session is on the screen before all of it is read, and one
that is being recorded is never read again.
"""

import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from pytest_codex_replay.archive.check import is_recording
from pytest_codex_replay.archive.manifest import Summary
from pytest_codex_replay.archive.record import Record, UnknownRecord
from pytest_codex_replay.archive.segment_bytes import Damage
from pytest_codex_replay.archive.session import Session
from pytest_codex_replay.archive.tail import SessionTail
from pytest_codex_replay.errors import ArchiveError
from pytest_codex_replay.projection.interaction_builder import InteractionBuilder
from pytest_codex_replay.projection.interactions import Interaction
from pytest_codex_replay.projection.turn_fold import TurnFold
from pytest_codex_replay.projection.turns import Turn, fold_of, turns_in
from pytest_codex_replay.reading import RecordedSession


@dataclass(frozen=True)
class SessionSoFar(RecordedSession):
    """A session as far as it has been read."""

    read: tuple[tuple[Interaction, ...], tuple[Damage, ...], tuple[UnknownRecord, ...]] = field(repr=False)
    manifest: dict[str, Any] = field(repr=False)
    is_growing: bool
    """Whether more is to come: it is being recorded, or is not read to its end."""

    @cached_property
    def awaited(self) -> frozenset[str]:
        """The ids of the tool calls whose output is still to come."""
        return frozenset(self._fold.awaited() if self.is_growing else ())

    @cached_property
    def _is_live(self) -> bool:
        return self.is_growing

    @cached_property
    def _read(self) -> tuple[tuple[Interaction, ...], tuple[Damage, ...], tuple[UnknownRecord, ...]]:
        return self.read

    @cached_property
    def _fold(self) -> TurnFold:
        return fold_of(self.interactions)

    @cached_property
    def _turns(self) -> tuple[Turn, ...]:
        return turns_in(self._fold, dict(enumerate(self.interactions)))


class OpenedSession:
    """Reads a session as far as it goes."""

    def __init__(self, path: Path) -> None:
        """Read the session directory at `path`."""
        self.path = path
        self.version = ""
        """Of what has been read: it changes with it."""
        self.is_whole = False
        """Whether all is read that was there at the last look."""
        self.record_count = 0
        """How much has been read, since it was last begun."""
        self._begin()

    def has_changed(self) -> bool:
        """Return whether there is more to read, or other traffic in its place."""
        return not self.is_whole or _version(self.path) != self._seen

    def read_on(self, most_s: float) -> None:
        """Read on, for about so long.

        Raises:
            ArchiveError: nothing of it can be read.
        """
        if self.is_whole:
            self._look_again()
        ends = time.monotonic() + most_s
        try:
            for record in self._coming:
                self._add(record)
                if time.monotonic() > ends:
                    break
            else:
                self.is_whole = True
        except ArchiveError:
            self._begin()
            raise
        except OSError as error:
            self._begin()
            raise ArchiveError(f"{self.path}: cannot be read ({error.strerror})") from error
        if self._tail is not None and self._damages:
            self._begin(is_tailed=False)  # a tail reads no further there, and knows of no gap
            self.read_on(most_s)
        self.version = f"{self._seen}{'' if self.is_whole else ' …'}"

    def session(self) -> SessionSoFar:
        """Return what has been read."""
        is_live = self._tail is not None and is_recording(Session(self.path))
        is_growing = is_live or not self.is_whole
        damages = [one for one in self._damages if not (one.cut and is_live)]
        return SessionSoFar(
            path=self.path,
            read=(self._builder.interactions(is_live=is_growing), tuple(damages), tuple(self._unknown)),
            manifest=self._summary.as_json(),
            is_growing=is_growing,
        )

    def close(self) -> None:
        """Close its files."""
        if self._tail is not None:
            self._tail.close()

    def _begin(self, *, is_tailed: bool = True) -> None:
        self.record_count = 0
        self._seen = _version(self.path)
        self._builder, self._summary = InteractionBuilder(packs=True), Summary()
        self._damages: list[Damage] = []
        self._unknown: list[UnknownRecord] = []
        self._tail: SessionTail | None = None
        with suppress(OSError):  # reading it says why
            if is_tailed and is_recording(Session(self.path)):
                self._tail = SessionTail(self.path, keep_runs=True)
        self._coming = self._records()
        self.is_whole = False

    def _look_again(self) -> None:
        if self._tail is None:
            self._begin()
            return
        self._seen, self.is_whole = _version(self.path), False
        self._coming = self._records()

    def _records(self) -> Iterator[Record]:
        if self._tail is not None:
            return self._tail.records(self._damages.append)
        return Session(self.path).records(self._damages.append, keep_runs=True)

    def _add(self, record: Record) -> None:
        self.record_count += 1
        if isinstance(record, UnknownRecord):
            self._unknown.append(record)
        self._builder.add(record)
        self._summary.add(record)


def _version(path: Path) -> str:
    """Return what changes whenever the traffic of a session does."""
    try:
        stats = sorted((child.name, child.stat()) for child in path.iterdir() if child.name.startswith("traffic"))
    except OSError:
        return ""
    return " ".join(f"{name}:{stat.st_size}:{stat.st_mtime_ns}" for name, stat in stats)
