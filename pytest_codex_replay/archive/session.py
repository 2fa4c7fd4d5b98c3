"""Session directories, read: find them, read their records in order of time, say what is damaged."""

import heapq
import os
from collections.abc import Callable, Collection, Generator, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain, islice
from os import PathLike
from pathlib import Path
from typing import Any

import orjson

from pytest_codex_replay.archive.files import LEFT, read_regular, size_of
from pytest_codex_replay.archive.line import Passes
from pytest_codex_replay.archive.manifest import (
    MANIFEST,
    Summary,
    digests_in,
    is_altered,
    is_manifest,
    is_stale,
    manifest_of,
    segment_entry,
    sizes_in,
)
from pytest_codex_replay.archive.names import is_plain, is_segment, nearest_names, segments_in
from pytest_codex_replay.archive.record import GapRecord, Record, SegmentRecord
from pytest_codex_replay.archive.segment_bytes import Damage, ExpansionCount, SessionCount
from pytest_codex_replay.archive.segment_reader import read_segment
from pytest_codex_replay.archive.shared_values import AlikeLists, HeldValues
from pytest_codex_replay.counting import count_text
from pytest_codex_replay.errors import ArchiveError, UsageError
from pytest_codex_replay.limits import MANIFEST_BYTES, is_light, segments_of

_LEVELS = 4
"""How far below the directory of a suite its cassettes are looked for."""


@dataclass(frozen=True, slots=True)
class Session:
    """One session directory. Nothing is read before it is asked for."""

    path: Path

    @property
    def name(self) -> str:
        """The session id, or the name that a cassette was given."""
        return self.path.name

    def segments(self) -> list[Path]:
        """Return the files that hold records, as far as these are read."""
        return self._segments()[0]

    def _segments(self) -> tuple[list[Path], list[Path]]:
        """Return the files that hold records, and the first that is not read: a session has too many."""
        names = segments_in(os.listdir(self.path))  # noqa: PTH208  thousands: a path of each takes long
        most = len(names) if len(names) <= segments_of(0) else self._most(names)
        return [self.path / name for name in names[:most]], [self.path / name for name in names[most : most + 1]]

    def _most(self, names: list[str]) -> int:
        """Return how many of these segments are read."""
        length = 0
        for number, name in enumerate(names):
            if number == segments_of(length):
                return number
            length += size_of(f"{self.path}/{name}")
        return len(names)

    def sizes(self) -> dict[str, int]:
        """Return how long each segment is, by its name, as far as they are read."""
        return {path.name: size_of(path) for path in self.segments()}

    def rollouts(self) -> list[Path]:
        """Return Codex's own transcripts beside the traffic; of a plain and a compressed one the plain."""
        named = (self.path / name for name in os.listdir(self.path) if name.startswith("rollout-"))  # noqa: PTH208
        found = {path.name: path for path in named if path.is_file()}
        return [found[name] for name in sorted(found) if name.removesuffix(".zst") == name or name[:-4] not in found]

    def records(
        self,
        on_damage: Callable[[Damage], None] | None = None,
        *,
        keep_runs: bool = False,
        passes: Passes | None = None,
        held: HeldValues | None = None,
        expansion: ExpansionCount | None = None,
    ) -> Iterator[Record]:
        """Yield the readable records of all segments, oldest first.

        Segments of one recorder run follow each other as they were written, whatever its clock did; runs are merged by
        time. Where records are lost a `GapRecord` stands, so that no half interaction is taken for a whole one.
        `keep_runs`: a run of deltas is one record. `passes`: what of compressed segments need not be decoded. `held`:
        values that were parsed before. `expansion`: counts what it expands to together with other sessions.

        Raises:
            ArchiveError: a segment is of a newer format, or something may not be read.
        """
        try:
            segments, unread = self._segments()
        except OSError as error:
            raise ArchiveError(f"{error.filename or self.path}: may not be read ({error.strerror})") from error
        if not segments and (why := self.emptied()):
            raise ArchiveError(why)
        is_kept, count = len(segments) <= _OPEN_SEGMENTS, SessionCount(expansion)
        read = partial(records_with_gaps, keep_runs=keep_runs, passes=passes, held=held)
        if len(segments) == 1:
            yield from read(segments[0], on_damage, session=count)
            return
        runs: dict[str, list[_Opened]] = {}
        opened = [_Opened(partial(read, path), path.name, on_damage, count, is_kept) for path in segments]
        for segment in opened:
            runs.setdefault(segment.run, []).append(segment)
        at_ms = 0.0
        for record in heapq.merge(*map(_one_after_the_other, runs.values()), key=lambda record: record.at_ms):
            at_ms = record.at_ms
            yield record
        reason = f"more than {count_text(len(segments), 'segment')}; this one and those behind it are not read"
        more = [Damage(path=one, line=0, reason=reason, is_unread=True) for one in unread]
        yield from _gaps(more, on_damage, at_ms)

    def held_records(self, on_damage: Callable[[Damage], None]) -> Iterator[Record]:
        """Yield the records, which are all to be held: what requests say in full, and again, is there once."""
        alike = AlikeLists()
        for record in self.records(on_damage):
            alike.share(record)
            yield record

    def manifest(self) -> dict[str, Any]:
        """Return the manifest; rebuilt from the traffic when `session.json` is missing, damaged or stale."""
        return self.fresh_manifest() or self.rebuild_manifest()

    def fresh_manifest(self) -> dict[str, Any] | None:
        """Return `session.json`; None when it is missing, damaged or stale."""
        written = self.written_manifest()
        return None if written is None or is_stale(written, self.path) else written

    def manifest_or_summary(self) -> tuple[dict[str, Any] | None, Summary | None]:
        """Return `session.json`; or, where it is not of use, what takes records for the manifest."""
        fresh = self.fresh_manifest()
        return fresh, None if fresh else Summary()

    def rebuild_manifest(
        self, on_damage: Callable[[Damage], None] | None = None, expansion: ExpansionCount | None = None
    ) -> dict[str, Any]:
        """Return the manifest as the traffic has it; the arguments are those of `records`."""
        summary = Summary()
        for record in self.records(on_damage, keep_runs=True, expansion=expansion):
            summary.add(record)
            del record  # likewise
        return self.manifest_of(summary)

    def manifest_of(self, summary: Summary) -> dict[str, Any]:
        """Return the manifest of the records that `summary` has."""
        rebuilt: dict[str, Any] = orjson.loads(manifest_of(summary, map(segment_entry, self.segments())))
        return rebuilt

    def written_manifest(self) -> dict[str, Any] | None:
        """Return `session.json` as it is; None when it is missing, not a manifest, or larger than any."""
        try:
            raw = read_regular(self.path / MANIFEST, MANIFEST_BYTES)
            written = orjson.loads(raw) if is_light(raw) else None
        except (OSError, orjson.JSONDecodeError):
            return None  # derived data: all that it said is in the traffic
        return written if isinstance(written, dict) else None

    def altered(self) -> list[Damage]:
        """Return which segments are not what the manifest says they were when they were closed.

        All that is left in them may be readable: the last lines were taken out of a cassette, say.
        """
        digests = digests_in(self.written_manifest())
        return [
            Damage(path=path, line=0, reason=_ALTERED)
            for path in self.segments()
            if path.name in digests and is_altered(path, digests[path.name])
        ]

    def missing(self) -> list[dict[str, Any]]:
        """Return what the manifest says of segments that are not there."""
        there = sizes_in(self.path)
        return [entry for entry in _named_in(self.written_manifest()) if entry["name"] not in there]

    def lost_segments(self) -> tuple[list[str], list[str]]:
        """Return which segments are not there, and which are shorter than when they were closed, by the manifest.

        Where the manifest is fresh, there are none. A cassette may be edited, so that its plain segments may be
        shorter: see `altered`.
        """
        sizes = sizes_in(self.path)
        named = _named_in(self.written_manifest())
        closed = ((one["name"], one["bytes"]) for one in named if "sha256" in one and not is_plain(one["name"]))
        shorter = [name for name, size in closed if sizes.get(name, size) < size]
        return [one["name"] for one in named if one["name"] not in sizes], shorter

    def emptied(self) -> str | None:
        """Return what is missing of a session of which only the manifest is left; None: it has traffic, or is none."""
        try:
            gone = [] if self.segments() else self.missing()
        except OSError:  # a file, or shut
            return None
        names = nearest_names("", [entry["name"] for entry in gone])
        return f"{self.path}: its traffic is missing; {MANIFEST} names {names}. Put it back." if gone else None


def _named_in(manifest: dict[str, Any] | None) -> list[dict[str, Any]]:
    return manifest["segments"] if manifest and is_manifest(manifest) else []


_ALTERED = (
    "is not what session.json says it was (SHA-256): damaged, or edited; if that was meant, remove session.json, "
    "then check --repair"
)


def open_sessions(path: Path) -> list[Session]:
    """Return the sessions of an archive, a cassette directory, or of one session directory; by name.

    A directory in it that may not be looked into counts as one, and so does one of whose traffic only `session.json` is
    left: reading it says so.

    Raises:
        UsageError: the directory does not exist, or holds no session.
    """
    if not path.exists():
        raise UsageError(f"{path}: no such directory.{_siblings(path)}")
    if not path.is_dir():
        raise UsageError(f"{path}: is a file; an archive is a directory (of a packed one, make it by `unpack`).")
    if _is_session(path):
        return [Session(path)]
    try:
        children = sorted(child for child in path.iterdir() if not LEFT.fullmatch(child.name))
        found = [Session(child) for child in children if _is_session(child, if_shut=True) or Session(child).emptied()]
    except PermissionError as error:
        raise UsageError(f"{path}: may not be read ({error.strerror}).") from error
    if not found:
        nothing = f"{path}: no session in it (a session directory holds traffic.jsonl or traffic-*.jsonl.zst)."
        raise UsageError(Session(path).emptied() or nothing)
    return found


def sessions_below(path: Path) -> list[Session]:
    """Return the sessions in the directories of a suite, whose cassettes are named by module and test; by path.

    Raises:
        UsageError: the directory does not exist, or holds no session, nor do those so few levels below it.
    """
    deeper = [Session(one) for one in deeper_sessions(path)] if path.is_dir() else []
    try:
        return sorted([*open_sessions(path), *deeper], key=lambda session: session.path)
    except UsageError:
        if not deeper:
            raise
        return deeper


def deeper_sessions(path: Path, others: Collection[str] | None = None) -> list[Path]:
    """Return the session directories that are further down than `open_sessions` looks; by path.

    `others`: the directories in it that are no sessions, where they are known.
    """
    if others is None:
        below = () if _is_session(path) else _below(path, _LEVELS)
    else:
        links = (path / name for name in others)
        below = chain.from_iterable(_below(one, _LEVELS - 1) for one in links if not one.is_symlink())
    return sorted(one for one in below if one.parent != path and (_is_session(one) or Session(one).emptied()))


def path_given(path: object, caller: str) -> Path:
    """Return the path that a program gave to `caller`; `~` is expanded.

    Raises:
        UsageError: it is none.
    """
    if not isinstance(path, str | PathLike):
        raise UsageError(f"{caller}: {path!r} is not a path; give one as text or as a Path.")
    return Path(path).expanduser()


def has_sessions(path: Path) -> bool:
    """Return whether `open_sessions` finds any."""
    try:
        return bool(open_sessions(path))
    except UsageError:
        return False


def find_session(path: Path, name: str, sessions: Sequence[Session] | None = None) -> Session:
    """Return the session at `path` whose name is `name` or begins with it; `sessions` where they are listed already.

    Raises:
        UsageError: none does, or more than one.
    """
    sessions = open_sessions(path) if sessions is None else sessions
    exact = [session for session in sessions if session.name == name]
    found = exact or [session for session in sessions if session.name.startswith(name)]
    if len(found) == 1:
        return found[0]
    names = nearest_names(name, [session.name for session in found or sessions])
    what = (
        f"several sessions begin with {name!r}. Give more of it"
        if found
        else f"no session begins with {name!r}. There are"
    )
    raise UsageError(f"{path}: {what}: {names}")


def _is_session(path: Path, *, if_shut: bool = False) -> bool:
    """Return whether it holds segments; `if_shut` where we may not look into it."""
    try:
        return any(map(is_segment, os.listdir(path)))  # noqa: PTH208  likewise; anything else than a file is damage
    except PermissionError:
        return if_shut
    except OSError:
        return False  # a file, for instance


def _below(path: Path, levels: int) -> Iterator[Path]:
    """Yield the directories in a directory, and in those, so many levels down."""
    if not levels:
        return
    try:
        with os.scandir(path) as found:
            there = [one for one in found if not LEFT.fullmatch(one.name)]
            children = [Path(one.path) for one in there if one.is_dir(follow_symlinks=False)]
    except OSError:  # shut, or gone meanwhile
        return
    for child in children:
        yield child
        yield from _below(child, levels - 1)


def _siblings(path: Path) -> str:
    try:
        there = sorted(child.name for child in path.parent.iterdir() if _is_session(child))
    except OSError:
        return ""
    return f" There are: {nearest_names(path.name, there)}" if there else ""


_OPEN_SEGMENTS = 64
"""Of a session of more, a segment is closed once its first record is read, and opened again when it has its turn."""


class _Opened:
    """A segment of which the first record is read."""

    def __init__(
        self,
        read: Callable[..., Generator[Record, None, None]],
        name: str,
        on_damage: Callable[[Damage], None] | None,
        count: SessionCount,
        is_kept: bool,  # noqa: FBT001  whether it stays open
    ) -> None:
        self.is_cut = False
        self.is_plain = is_plain(name)
        self._on_damage = on_damage
        self._read = partial(read, self._note, session=count)
        rest = self._read() if is_kept else read(lambda _: None, session=SessionCount(count.expansion))
        first = next(rest, None)
        self.run = first.run if isinstance(first, SegmentRecord) else name
        self._kept = chain(() if first is None else (first,), rest) if is_kept else None
        if not is_kept:
            rest.close()

    def records(self) -> Iterator[Record]:
        return self._read() if self._kept is None else self._kept

    def _note(self, damage: Damage) -> None:
        self.is_cut |= damage.cut
        if self._on_damage is not None:
            self._on_damage(damage)


def _one_after_the_other(segments: list[_Opened]) -> Iterator[Record]:
    """Yield the records of one run. Where a segment just stops, but the run goes on, something may be missing."""
    at_ms, is_cut = 0.0, False
    for segment in segments:
        records = segment.records()
        if is_cut:
            head = list(islice(records, 2))
            if not (head and isinstance(head[-1], GapRecord)):  # the run itself may say what is missing before it
                yield GapRecord(at_ms=at_ms, until_ms=at_ms, reason="cut short", lost_count=0, lost_bytes=0, flows=())
            records = chain(head, records)
        goes_on = segment.is_plain and segment is not segments[0]
        for record in _without_head(records) if goes_on else records:
            at_ms = record.at_ms
            yield record
        is_cut = segment.is_cut


def _without_head(records: Iterator[Record]) -> Iterator[Record]:
    """Yield the records of a segment in which a cassette goes on: it begins as the first one does."""
    head = next(records, None)
    yield from records if head is None or isinstance(head, SegmentRecord) else chain([head], records)


def records_with_gaps(
    path: Path,
    on_damage: Callable[[Damage], None] | None = None,
    *,
    keep_runs: bool = False,
    keep_all_runs: bool = False,
    passes: Passes | None = None,
    held: HeldValues | None = None,
    session: SessionCount | None = None,
) -> Generator[Record, None, None]:
    """Yield the records of one segment, with a `GapRecord` where records are lost; other arguments: `read_segment`.

    Raises:
        ArchiveError: it is of a newer format, or cannot be read.
    """
    damages: list[Damage] = []
    at_ms = 0.0
    try:
        for record in read_segment(
            path,
            damages.append,
            keep_runs=keep_runs,
            keep_all_runs=keep_all_runs,
            passes=passes,
            held=held,
            session=session,
        ):
            if damages:
                yield from _gaps(damages, on_damage, at_ms or record.at_ms)
            at_ms = record.at_ms
            yield record
            del record  # it may be large, and the next is read first
    except OSError as error:
        raise ArchiveError(f"{path}: cannot be read ({error.strerror})") from error
    yield from _gaps(damages, on_damage, at_ms)


def _gaps(damages: list[Damage], on_damage: Callable[[Damage], None] | None, at_ms: float) -> Iterator[GapRecord]:
    for damage in damages:
        if on_damage is not None:
            on_damage(damage)
        if not damage.cut:
            yield GapRecord(
                at_ms=at_ms, until_ms=at_ms, reason="damage", lost_count=1, lost_bytes=0, flows=damage.flows
            )
    damages.clear()
