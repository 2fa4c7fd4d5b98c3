"""A session that is followed: what changes in it, by what is new, by texts that grow, and as its recording ends."""

from collections.abc import Callable, Iterator
from pathlib import Path

from pytest_codex_replay.archive.check import is_recording
from pytest_codex_replay.archive.segment_bytes import Damage
from pytest_codex_replay.archive.session import Session
from pytest_codex_replay.archive.tail import SessionTail
from pytest_codex_replay.cli.targets import asked_of
from pytest_codex_replay.index.kept import LARGE_BYTES
from pytest_codex_replay.index.told import Telling, Told, keeping, kept_told, read_state
from pytest_codex_replay.projection.mutations import Mutation
from pytest_codex_replay.projection.reducer import Reducer


class FollowedSession:
    """Reads on whenever it is asked what has changed."""

    def __init__(self, path: Path, tell: Callable[[str], None], *, wants_all: bool = True) -> None:
        """`tell`: takes a line about what cannot be read.

        Not `wants_all`: of what was recorded before, what happened is enough, and items as they came out.
        """
        self.is_over = False
        """Whether it is not being recorded, and all of it is told."""
        self._path, self._tell = path, tell
        self._is_shut = self._has_lost = False
        self._wants_all, self._may_be_kept = wants_all, True
        self._told: Told | None = None
        """What was taken from an index in place of its records."""
        self._told_at: list[tuple[str, int]] = []
        """The segments that it is about, with their sizes."""
        self._count = 0
        """How many records were read."""
        self._tail = SessionTail(path, keep_runs=True)
        self._reducer = Reducer()
        self._at_ms = 0.0
        """When what was read last happened."""

    def mutations(self) -> Iterator[Mutation]:
        """Yield what has changed since the last time; of a session that cannot be read, nothing more."""
        if self._is_shut:
            return
        try:
            may_be_kept, self._may_be_kept = self._may_be_kept, False
            yield from self._known() if may_be_kept and self._is_large_and_ended() else self._new()
        except OSError as error:  # it is shut, or was removed: others are followed all the same
            self._is_shut = self.is_over = True
            self._tell(f"{error.filename or self._path}: cannot be read ({error.strerror}); it is followed no further")

    def _known(self) -> Iterator[Mutation]:
        """Yield what an index knows; or what is read, for the next time."""
        self._told_at = self._sizes()
        self._told = asked_of(self._path, lambda database, name: kept_told(database, name, is_whole=self._wants_all))
        if self._told is not None:
            self.is_over = True
            yield from self._told.mutations
            return
        state, telling = asked_of(self._path, read_state), Telling()
        for one in self._new():
            telling.add(one)
            yield one
        if state and self.is_over and not self._has_lost:
            titles = {turn.key: self.title(turn.key) for turn in self._reducer.fold.turns}
            asked_of(self._path, keeping(state, self._count, titles, telling))

    def _new(self) -> Iterator[Mutation]:
        if self._told is not None and self._told_at == self._sizes():
            return
        told_count = 0 if self._told is None else self._told.records
        was_over = self.is_over
        is_ended = was_over or not is_live(self._path)  # asked first: what comes until then is read below
        has_grown = False
        for record in self._tail.records(self._damaged):
            self._count += 1
            has_grown, self._at_ms = self._count > told_count, record.at_ms
            mutations = self._reducer.feed(record)
            yield from mutations if has_grown else ()
            if self._count == told_count:
                self._reducer.finish(record.at_ms)
        if has_grown:
            self.is_over = False
            yield from self._reducer.grown(self._at_ms)
        if is_ended and not was_over:
            self.is_over = True
            yield from self._reducer.finish(self._at_ms)

    def _sizes(self) -> list[tuple[str, int]]:
        return list(Session(self._path).sizes().items())

    def _is_large_and_ended(self) -> bool:
        return sum(size for _, size in self._sizes()) >= LARGE_BYTES and not is_live(self._path)

    def _damaged(self, damage: Damage) -> None:
        self._has_lost = True
        self._tell(f"{damage.path.parent.name}/{damage}; it is followed no further")

    def title(self, turn: str) -> str:
        """Return who works in a turn, and what was asked for."""
        if self._told is not None and turn in self._told.titles:
            return self._told.titles[turn]
        told, turns = self._reducer.turns, self._reducer.fold.turns
        found = next((told[number][0] for number in reversed(range(len(told))) if turns[number].key == turn), None)
        if found is None:
            return ""
        name = found["agent_path"] or ""
        return f"{name} {' '.join((found['prompt'] or '').split())[:60]}".strip()

    def close(self) -> None:
        """Close its segments."""
        self._tail.close()


def is_live(path: Path) -> bool:
    """Return whether a session is being recorded."""
    try:
        return is_recording(Session(path))
    except OSError:  # it is shut, or gone
        return False
