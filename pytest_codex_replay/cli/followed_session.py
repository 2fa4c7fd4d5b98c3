"""A session that is followed: what changes in it, by what is new, by texts that grow, and as its recording ends."""

from collections.abc import Callable, Iterator
from pathlib import Path

from pytest_codex_replay.archive.check import is_recording
from pytest_codex_replay.archive.segment_bytes import Damage
from pytest_codex_replay.archive.session import Session
from pytest_codex_replay.archive.tail import SessionTail
from pytest_codex_replay.projection.mutations import Mutation
from pytest_codex_replay.projection.reducer import Reducer


class FollowedSession:
    """Reads on whenever it is asked what has changed."""

    def __init__(self, path: Path, tell: Callable[[str], None]) -> None:
        """`tell`: takes a line about what cannot be read."""
        self.is_over = False
        """Whether it is not being recorded, and all of it is told."""
        self._path, self._tell = path, tell
        self._is_shut = False
        self._tail = SessionTail(path, keep_runs=True)
        self._reducer = Reducer()
        self._at_ms = 0.0
        """When what was read last happened."""

    def mutations(self) -> Iterator[Mutation]:
        """Yield what has changed since the last time; of a session that cannot be read, nothing more."""
        if self._is_shut:
            return
        try:
            yield from self._new()
        except OSError as error:  # it is shut, or was removed: others are followed all the same
            self._is_shut = self.is_over = True
            self._tell(f"{error.filename or self._path}: cannot be read ({error.strerror}); it is followed no further")

    def _new(self) -> Iterator[Mutation]:
        was_over = self.is_over
        is_ended = was_over or not is_live(self._path)  # asked first: what comes until then is read below
        has_grown = False
        for record in self._tail.records(self._damaged):
            has_grown, self._at_ms = True, record.at_ms
            yield from self._reducer.feed(record)
        if has_grown:
            self.is_over = False
            yield from self._reducer.grown(self._at_ms)
        if is_ended and not was_over:
            self.is_over = True
            yield from self._reducer.finish(self._at_ms)

    def _damaged(self, damage: Damage) -> None:
        self._tell(f"{damage.path.parent.name}/{damage}; it is followed no further")

    def title(self, turn: str) -> str:
        """Return who works in a turn, and what was asked for."""
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
