"""What compressed traffic expands to: a recorder's a few times its bytes, a hostile one without end."""

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

import zstandard

from pytest_codex_replay.archive.files import open_regular
from pytest_codex_replay.archive.names import is_segment
from pytest_codex_replay.archive.record import EventRecord, Headers, Record
from pytest_codex_replay.archive.segment_bytes import Damage, EnoughError, segment_bytes
from pytest_codex_replay.archive.session import Session
from pytest_codex_replay.errors import ArchiveError
from pytest_codex_replay.limits import (
    EXPANDED_TOTAL_BYTES,
    REPEATED_RATIO,
    SAID_RATIO,
    SCANNED_BYTES,
    SCANNED_RATIO,
    SHARED_BYTES,
    SHARED_RECORDS,
    WINDOW_BYTES,
)
from pytest_codex_replay.sharing.held_records import asked_by
from pytest_codex_replay.wire.json_values import exact_json
from pytest_codex_replay.wire.payload import Payload

_PIECE_BYTES = 128 * 1024
_RECORDS = ("requests", "responses", "events", "messages", "ends", "gaps")
"""What a manifest counts of them."""
_LARGE_BYTES = SHARED_BYTES // 4
"""A session that expands to less is not read once more to count its records: it hardly has too many."""
_MANY = 1000
"""Segments of a session; nearly all have one or two."""

Read = Callable[[Callable[[Damage], None]], Iterable[Record]]
"""Reads records, and tells of damage."""


def _check_counts(session: Session, manifest: Mapping[str, Any]) -> None:
    check_records(session, sum(manifest["counts"][name] for name in _RECORDS))


def check_records(session: Session, count: int) -> None:
    """Check that a session has no more records than are held.

    Raises:
        ArchiveError: it has.
    """
    if count > SHARED_RECORDS:
        raise _too_large(session, f"{SHARED_RECORDS:,} records")


def _too_large(session: Session, most: str) -> ArchiveError:
    return ArchiveError(
        f"{session.path}: holds more than {most}, too much to redact at once. Nothing was written. Redact parts of "
        "it: copy segments that follow each other (traffic-*) into a directory of their own."
    )


def too_dense(session: Session, what: str) -> str:
    """Return what is to be said of a session that says more than a session of its bytes that is shared."""
    segments = session.segments()
    is_packed = any(one.suffix == ".zst" for one in segments)
    return (
        f"{what}: more than is shared of {stored_bytes(segments):,} bytes, as hardly a recorder writes it. Nothing was "
        f"changed. {_DECOMPRESS if is_packed else 'Share a shorter session.'}"
    )


_DECOMPRESS = (
    "If you recorded it, decompress it into a directory of its own (zstd -d traffic-0001.jsonl.zst -o "
    "DIR/traffic.jsonl, the next segment as traffic.0002.jsonl), and redact that."
)


class Room:
    """Measures to how many bytes files may expand that are looked through together."""

    def __init__(self, most: int) -> None:
        """Let all expand to `most` bytes beyond what recorders write."""
        self._left = most

    def most_of(self, stored: int) -> int:
        """Return to how many bytes the next one of so many `stored` bytes may expand."""
        return SCANNED_RATIO * stored + min(SCANNED_BYTES, self._left)

    def take(self, stored: int, expanded: int) -> None:
        """Count one that was read."""
        self._left -= max(0, expanded - SCANNED_RATIO * stored)


class _Measured(NamedTuple):
    """Bytes of segments."""

    plain: int
    """Of those that are not compressed."""
    stored: int
    expanded: int
    most: int
    """To how many they may expand."""


class Expansion:
    """Measures what is shared, or looked through, together."""

    def __init__(self) -> None:
        self._traffic = Room(EXPANDED_TOTAL_BYTES)
        self.files = Room(SCANNED_BYTES)
        """Of files other than traffic, which do not repeat what came before."""

    def check(self, session: Session) -> None:
        """Look at how large a session is, and how much it expands, before any of it is held.

        Raises:
            ArchiveError: it is too large to be held as a whole; or it expands to more than is read of one that is
                shared; or it may not be read.
        """
        try:
            segments, manifest = session.segments(), session.fresh_manifest()
            if manifest is not None:
                _check_counts(session, manifest)
            measured = self._measured(segments, SHARED_BYTES)
            if measured.plain + measured.expanded > SHARED_BYTES:
                raise _too_large(session, f"{SHARED_BYTES:,} bytes of traffic")
            if manifest is None and measured.plain + measured.expanded > _LARGE_BYTES:
                _check_counts(session, session.rebuild_manifest())
            too_far = self._too_far(measured, session.records)
        except OSError as error:
            raise ArchiveError(f"{error.filename or session.path}: cannot be read ({error.strerror})") from error
        if too_far is not None:
            raise ArchiveError(
                f"{session.path}: its traffic expands to more than {too_far:,} bytes, {SCANNED_RATIO} times what its "
                f"files take, as hardly a recorder writes it: it is not shared. {_DECOMPRESS}"
            )

    def too_far(self, segments: Iterable[Path], read: Read) -> int | None:
        """Return to how many bytes segments may expand that expand to more; None where they do not.

        Nor where requests repeat what was said before, as those of a conversation of many calls: `read` reads them.
        """
        return self._too_far(self._measured(segments), read)

    def _measured(self, segments: Iterable[Path], at_most: int = sys.maxsize) -> _Measured:
        """Measure segments; what expands to more than `at_most` is not looked at further."""
        plain, compressed = list[Path](), list[Path]()
        for one in segments:
            (compressed if one.suffix == ".zst" else plain).append(one)
        stored = stored_bytes(compressed)
        most, repeated = self._traffic.most_of(stored), REPEATED_RATIO * stored
        expanded = expanded_bytes(compressed, min(at_most, max(most, repeated)))
        return _Measured(stored_bytes(plain), stored, expanded, most)

    def _too_far(self, measured: _Measured, read: Read) -> int | None:
        _, stored, expanded, most = measured
        if expanded <= most:
            self._traffic.take(stored, expanded)
            return None
        if expanded <= REPEATED_RATIO * stored and _says_at_most(read(lambda _: None), SAID_RATIO * stored):
            return None
        self._traffic.take(stored, most)
        return most


def _says_at_most(records: Iterable[Record], most: int) -> bool:
    """Return whether records say no more than so many bytes; what requests repeat counts once, and so do headers."""
    known: dict[int, Any] = {}
    headers: set[tuple[str, str]] = set()
    for record in records:
        new = [one for one in _headers_of(record) if one not in headers]
        headers.update(new)
        most -= _said(record) + _length(new)
        payload = asked_by(record)
        if payload is not None and payload.is_of_value:
            most -= sum(len(exact_json(one)) for one in _new(payload.fields.values(), known))
        if most < 0:
            return False
    return True


def _new(members: Iterable[Any], known: dict[int, Any]) -> Iterator[Any]:
    """Yield the values of members, and the elements of lists, that did not come before as the same objects."""
    for one in chain.from_iterable(member if isinstance(member, list) else (member,) for member in members):
        if id(one) not in known:
            known[id(one)] = one
            yield one


def _headers_of(record: Record) -> Headers:
    headers: Headers = getattr(record, "headers", ())
    return headers


def _length(headers: Iterable[tuple[str, str]]) -> int:
    return sum(len(name) + len(value) for name, value in headers)


def _said(record: Record) -> int:
    """Return how many bytes a record says by itself; of a value, the reader limits the length."""
    payload: Payload | None = getattr(record, "payload", None)
    if isinstance(record, EventRecord):
        return len(record.raw)
    return len(payload.raw) if payload is not None and not payload.is_of_value else 0


def beginning(records: Iterable[Record], most: int) -> Iterator[Record]:
    """Yield the first records of a segment that expands too far, up to what is looked through of a file.

    Where it could expand to `most`, which is less, others like it were looked at before: it is not read.
    """
    if most < SCANNED_BYTES:
        return
    most = SCANNED_BYTES
    for record in records:
        most -= _said(record) + _length(_headers_of(record))
        if most < 0:
            return
        yield record


def stored_bytes(segments: Iterable[Path]) -> int:
    """Return how many bytes segments take."""
    return sum(one.stat().st_size for one in segments)


def expanded_bytes(segments: Iterable[Path], most: int) -> int:
    """Return how many bytes segments expand to; somewhat above `most`, it is not looked further."""
    count = 0
    for segment in segments:
        try:
            count += _counted(_expanded(segment), most - count)
        except zstandard.ZstdError:  # a reader finds what is behind the damage
            count += _counted(_readable(segment), most - count)
        if count > most:
            break
    return count


def _expanded(segment: Path) -> Iterator[bytes]:
    with open_regular(segment) as file:
        if segment.suffix != ".zst":
            yield from iter(lambda: file.read(_PIECE_BYTES), b"")
            return
        opener = zstandard.ZstdDecompressor(max_window_size=WINDOW_BYTES)
        reader = opener.stream_reader(file, read_across_frames=True)
        yield from iter(lambda: reader.read(_PIECE_BYTES), b"")


def _readable(segment: Path) -> Iterator[bytes]:
    """Yield what a damaged segment expands to, as far as it is read."""
    with suppress(EnoughError):
        yield from segment_bytes(segment, lambda _: None)


def _counted(pieces: Iterable[bytes], most: int) -> int:
    count = 0
    for piece in pieces:
        count += len(piece)
        if count > most:
            break
    return count


def left_out(directory: Path, names: Iterable[str]) -> set[str]:
    """Return the segments among the files of a directory that no reader reads: a session has too many."""
    segments = set(filter(is_segment, names))
    return segments.difference(one.name for one in Session(directory).segments()) if len(segments) > _MANY else set()
