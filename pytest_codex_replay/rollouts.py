"""A rollout, opened to be looked at: its thread, its turns, its lines. Changes nothing."""

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from pytest_codex_replay.archive.codex_facts import (
    codex_log_entries,
    lost_rollouts,
    threads_without_rollout,
)
from pytest_codex_replay.archive.session import Session, path_given
from pytest_codex_replay.codex.rollout_meta import RolloutMeta
from pytest_codex_replay.codex.rollouts import COMPRESSED, PLAIN, RolloutLine, rollout_name
from pytest_codex_replay.codex_home.rollout_files import open_rollout_file, read_meta
from pytest_codex_replay.errors import ArchiveError, CodexReplayError, UsageError
from pytest_codex_replay.projection.rollout import RolloutDecoder
from pytest_codex_replay.projection.rollout_join import Fact, JoinedTurn, join_turns, turns_by_thread
from pytest_codex_replay.projection.rollout_turns import RolloutReducer, RolloutTurn
from pytest_codex_replay.projection.run_facts import run_facts

if TYPE_CHECKING:
    from pytest_codex_replay.projection.interactions import Interaction
    from pytest_codex_replay.projection.turns import Turn

_PIECE_BYTES = 256 * 1024
_GLANCE_PIECES = 8
"""How many of them are read for the first prompt."""
_ENDING_BYTES = 64 * 1024
"""Of a plain file, read for how it ends."""
_PACKED_ENDING_BYTES = 8 * 1024 * 1024
"""Of a compressed one, all of which must be read for that: of a larger one it is not looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    turns: tuple[RolloutTurn, ...]
    meta: RolloutMeta
    line_count: int
    is_cut: bool
    damaged: tuple[int, ...]
    unknown: dict[str, int]


@dataclass(frozen=True)
class RecordedRollout:
    """Codex's own transcript of one thread.

    Nothing is read before it is asked for; turns are kept then, lines are not. Where it cannot be opened, or its
    history mode is unknown, `meta`, `prompt`, `turns`, `lines`, `damaged`, `is_cut`, `unknown` and `line_count` raise
    UsageError or ArchiveError; `unreadable` says so without.
    """

    path: Path
    """The file; compressed or not."""

    def __str__(self) -> str:
        return self.path.name

    @property
    def name(self) -> str:
        """The name of the file."""
        return self.path.name

    @property
    def thread_id(self) -> str | None:
        """Id of the thread: as the name of the file has it, else as its first line has it."""
        named = rollout_name(self.path.name)
        return self.meta.thread_id if named is None else named.thread_id

    @cached_property
    def meta(self) -> RolloutMeta:
        """What the thread says about itself; empty where its first line is lost."""
        with _naming(self.path):
            return read_meta(self.path) or RolloutMeta()

    @property
    def prompt(self) -> str | None:
        """What the user, or the agent that spawned it, asked for first; None where its first lines do not say."""
        return self._glance[0]

    @property
    def damage_at_a_glance(self) -> str | None:
        """What `state` says, but of the first lines and of the end only; None where nothing is wrong there."""
        return self._glance[1]

    @cached_property
    def _glance(self) -> tuple[str | None, str | None]:
        decoder, reducer = RolloutDecoder(), RolloutReducer()
        count, prompt = 0, None
        with _naming(self.path), open_rollout_file(self.path) as file:
            for _ in range(_GLANCE_PIECES):
                piece = file.read(_PIECE_BYTES)
                for line in decoder.feed(piece) if piece else decoder.end():
                    reducer.add(line)
                    count += 1
                prompt = next((turn.prompt for turn in reducer.turns() if turn.prompt is not None), None)
                if prompt is not None or not piece:
                    break
            if not piece or _skip_to_end(file, decoder):
                count += sum(1 for _ in decoder.end()) if piece else 0
                return prompt, _damage(len(decoder.damaged), is_cut=decoder.is_cut, is_empty=not count)
        return prompt, _damage(len(decoder.damaged), is_cut=False, is_empty=False)

    @property
    def unreadable(self) -> str | None:
        """Why nothing of it can be read; None when it can."""
        try:
            self._read  # noqa: B018  kept from now on
        except CodexReplayError as error:
            return " ".join(str(error).split())
        return None

    @property
    def is_readable(self) -> bool:
        """Whether it can be read, as far as it is not damaged."""
        return self.unreadable is None

    @property
    def turns(self) -> tuple[RolloutTurn, ...]:
        """What Codex did for one input each, in order."""
        return self._read.turns

    @property
    def lines(self) -> Iterator[RolloutLine]:
        """All lines, one after the other; read anew each time."""
        return rollout_lines(self.path, RolloutDecoder())

    @property
    def line_count(self) -> int:
        """How many lines could be read."""
        return self._read.line_count

    @property
    def is_cut(self) -> bool:
        """Whether the file just stops: Codex was killed, or is still writing."""
        return self._read.is_cut

    @property
    def damaged(self) -> tuple[int, ...]:
        """Numbers of the lines that could not be read."""
        return self._read.damaged

    @property
    def unknown(self) -> dict[str, int]:
        """Kinds of lines, events and items that are not known here, with how many there are of each."""
        return self._read.unknown

    @property
    def state(self) -> str:
        """Whether all of it is there, in a few words: `complete`, `3 damaged lines`, `cut short`."""
        if (why := self.unreadable) is not None:
            return f"unreadable: {why}"
        return _damage(len(self.damaged), is_cut=self.is_cut, is_empty=not self.line_count) or "complete"

    def as_json(self) -> dict[str, Any]:
        """Return all of it as JSON, but for the lines."""
        return {
            "path": str(self.path),
            "thread_id": self.thread_id,
            "meta": self.meta.as_json(),
            "state": self.state,
            "line_count": self.line_count,
            "damaged": list(self.damaged),
            "unknown": self.unknown,
            "turns": [turn.as_json() for turn in self.turns],
        }

    @cached_property
    def _read(self) -> _Read:
        decoder, reducer = RolloutDecoder(), RolloutReducer()
        count = 0
        for line in rollout_lines(self.path, decoder):
            reducer.add(line)
            count += 1
        return _Read(
            turns=reducer.turns(),
            meta=decoder.meta,
            line_count=count,
            is_cut=decoder.is_cut,
            damaged=tuple(decoder.damaged),
            unknown=dict(sorted(decoder.unknown.items())),
        )


class BesideTraffic:
    """What Codex itself wrote of a session, copied beside its traffic by the recorder."""

    if TYPE_CHECKING:  # what a session has
        path: Path

        @property
        def turns(self) -> tuple[Turn, ...]: ...

        @property
        def interactions(self) -> tuple[Interaction, ...]: ...

    @cached_property
    def rollouts(self) -> tuple[RecordedRollout, ...]:
        """Codex's own transcripts beside the traffic, one of each thread; none is read yet."""
        try:
            return tuple(map(RecordedRollout, Session(self.path).rollouts()))
        except OSError as error:
            raise ArchiveError(f"{self.path}: cannot be read ({error.strerror})") from error

    @property
    def lost_rollouts(self) -> tuple[str, ...]:
        """Names of the rollouts that the recorder put beside the traffic, and that are not there."""
        try:
            return lost_rollouts(self.path)
        except OSError as error:
            raise ArchiveError(f"{self.path}: cannot be read ({error.strerror})") from error

    @property
    def threads_without_rollout(self) -> tuple[str, ...]:
        """Ids of the threads of which the recorder looked for a rollout, and found none."""
        return threads_without_rollout(self.path)

    @cached_property
    def joined_turns(self) -> tuple[JoinedTurn, ...]:
        """The turns, each beside what the rollout of its thread says of it; those that only a rollout has come last.

        A rollout that cannot be read is left out; its `unreadable` says why.
        """
        return joined_with(self.turns, self.rollouts)

    @property
    def run_facts(self) -> tuple[Fact, ...]:
        """What is known of the run, and where it is from: version, originator, git commit, approvals, cancellations."""
        return run_facts_with(self.interactions, self.rollouts, self.joined_turns)

    @property
    def codex_log(self) -> Iterator[dict[str, Any]]:
        """What Codex itself logged in the session, by time, as far as it was copied: `at_ms`, `text`, `from`."""
        return codex_log_entries(self.path)


def joined_with(turns: Sequence["Turn"], rollouts: Iterable[RecordedRollout]) -> tuple[JoinedTurn, ...]:
    """Return turns, each beside what the rollout of its thread says of it; those that only a rollout has come last."""
    readable = [(one.thread_id or one.name, one.turns) for one in rollouts if one.is_readable]
    return join_turns(turns, turns_by_thread(readable))


def run_facts_with(
    interactions: Sequence["Interaction"], rollouts: Iterable[RecordedRollout], joined: Sequence[JoinedTurn]
) -> tuple[Fact, ...]:
    """Return what is known of a run, and where it is from."""
    metas = [(one.name, one.meta) for one in rollouts if one.is_readable]
    return run_facts(interactions, metas, joined)


def open_rollout(path: str | PathLike[str]) -> RecordedRollout:
    """Open a rollout by its path, to look at what Codex itself wrote about a thread.

    Where both forms of it are there, the plain one is opened, as Codex does.

    Raises:
        UsageError: it does not exist, is not a file, or may not be read; or `path` is not a path.
    """
    place = path_given(path, "open_rollout")
    plain = place.with_name(place.name.removesuffix(COMPRESSED) + PLAIN) if place.name.endswith(COMPRESSED) else place
    chosen = plain if plain.is_file() or not place.exists() else place
    if not chosen.exists() and (packed := chosen.with_name(f"{chosen.name}.zst")).exists():
        chosen = packed
    open_rollout_file(chosen).close()
    return RecordedRollout(chosen)


def rollout_lines(path: Path, decoder: RolloutDecoder) -> Iterator[RolloutLine]:
    """Yield the lines of a rollout as they are read; the decoder knows what is lost.

    Raises:
        UsageError: it cannot be read.
        ArchiveError: its history mode is unknown.
    """
    with _naming(path), open_rollout_file(path) as file:
        while piece := file.read(_PIECE_BYTES):
            yield from decoder.feed(piece)
        yield from decoder.end()


def _damage(lost: int, *, is_cut: bool, is_empty: bool) -> str | None:
    parts = [f"{lost} damaged line{'s' if lost > 1 else ''}"] if lost else []
    parts += ["cut short"] if is_cut else []
    return ", ".join(parts) or ("empty" if is_empty else None)


def _skip_to_end(file: BinaryIO, decoder: RolloutDecoder) -> bool:
    """Pass over the rest of a rollout; return whether its end was looked at."""
    at, size = file.tell(), os.fstat(file.fileno()).st_size
    if not decoder.is_compressed:
        file.seek(max(at, size - _ENDING_BYTES))
    elif size > _PACKED_ENDING_BYTES:
        return False
    while piece := file.read(_PIECE_BYTES):
        decoder.skip(piece)
    return True


@contextmanager
def _naming(path: Path) -> Iterator[None]:
    """Put the path in front of an error that does not name it."""
    try:
        yield
    except ArchiveError as error:
        raise ArchiveError(f"{path}: {error}") from error
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror}).") from error
