"""What was told of a large session that has ended, change by change: kept when it was asked for."""

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

import zstandard

from pytest_codex_replay.index.kept import kept_value
from pytest_codex_replay.index.kept_json import KeptError, expanded, is_light_for, packed
from pytest_codex_replay.limits import MIB
from pytest_codex_replay.projection.checkpoint import state_in
from pytest_codex_replay.projection.mutations import Lifecycle, Mutation, Tombstone, Upsert, members_of
from pytest_codex_replay.wire.json_values import exact_json

_KIND, _SOME, _ALL = "told", "told-some", "told-all"
_AT_ONCE = 256
"""Mutations that are packed together."""
_MOST_BYTES = 8 * MIB
"""Of all mutations of a session, as they are kept: texts that grew by many small pieces may take any length."""


class Told(NamedTuple):
    """What the records of a session came to, in order."""

    records: int
    """How many records there were."""
    titles: Mapping[str, str]
    """By key of a turn: who works in it, and what was asked for."""
    frames: tuple[bytes, ...]
    """All mutations; or what happened, and items as they came out."""

    @property
    def mutations(self) -> Iterator[Mutation]:
        """Yield them, a few at a time: all at once would take much memory."""
        for frame in self.frames:
            for one in state_in(zstandard.ZstdDecompressor().decompress(frame))["kept"]:
                yield Lifecycle(**one) if "type" in one else Upsert(**one) if "value" in one else Tombstone(**one)


class Telling:
    """Takes the mutations of a session as they come, and packs them: some by themselves, as most of them ask for these.

    Of all of them, no more than `most_bytes` are kept.
    """

    def __init__(self, most_bytes: int = _MOST_BYTES) -> None:
        self._some, self._all = _Pack(), _Pack()
        self._most_bytes = most_bytes

    def add(self, one: Mutation) -> None:
        """Take the next one."""
        if is_kept(one):
            self._some.add(one)
        if self._all.bytes_count <= self._most_bytes:
            self._all.add(one)

    def rows(self) -> Iterator[tuple[str, bytearray]]:
        """Yield what is kept, by kind."""
        yield _SOME, self._some.end()
        if self._all.bytes_count <= self._most_bytes:
            yield _ALL, self._all.end()


class _Pack:
    def __init__(self) -> None:
        self._waiting: list[Mutation] = []
        self._compressor = zstandard.ZstdCompressor(level=1, write_checksum=True)
        self._body = bytearray()  # one piece: small ones between large ones would leave holes in the memory

    @property
    def bytes_count(self) -> int:
        return len(self._body)

    def add(self, one: Mutation) -> None:
        self._waiting.append(one)
        if len(self._waiting) == _AT_ONCE:
            self.end()

    def end(self) -> bytearray:
        if self._waiting:
            json_text = exact_json({"kept": [members_of(one) for one in self._waiting]})
            self._body += self._compressor.compress(json_text)
            self._waiting = []
        return self._body


def is_kept(one: Mutation) -> bool:
    """Return whether a mutation is one of the some that are kept: turns, and texts that still grew, are not."""
    return isinstance(one, Lifecycle) or (isinstance(one, Upsert) and one.kind == "item" and not _grows(one))


def kept_told(database: sqlite3.Connection, name: str, *, is_whole: bool = False) -> Told | None:
    """Return what was told of a session; with all mutations, if `is_whole`. None: read it.

    Raises:
        sqlite3.DatabaseError: it is damaged.
    """
    found = kept_value(database, name, _KIND)
    query = "SELECT body FROM kept JOIN session ON session.id = kept.session WHERE name = ? AND kind = ?"
    row = database.execute(query, (name, _ALL if is_whole else _SOME)).fetchone()
    frames = None if found is None or row is None else _frames(row[0])
    return None if frames is None else Told(found["records"], found["titles"], frames)


def _frames(body: bytes) -> tuple[bytes, ...] | None:
    """Return the frames of a body; None where one has more values than are read."""
    frames = list[bytes]()
    while body:
        try:
            json_text, length = expanded(body)  # damage is told now, while the index can be made anew
        except KeptError as error:
            raise sqlite3.DatabaseError(f"what is kept of a session cannot be read: {error}") from error
        if not is_light_for(length, json_text):
            return None
        frames.append(body[:length])
        body = body[length:]
    return tuple(frames)


def read_state(database: sqlite3.Connection, name: str) -> str:
    """Return which state of a session the index knows; `keeping` wants it from before the session was read."""
    row = database.execute("SELECT segments FROM session WHERE name = ?", (name,)).fetchone()
    return str(row[0]) if row else ""


def keeping(
    state: str, records: int, titles: Mapping[str, str], telling: Telling
) -> Callable[[sqlite3.Connection, str], None]:
    """Return what keeps what was told of a session, unless it is in another state by now."""

    def keep(database: sqlite3.Connection, name: str) -> None:
        query = "INSERT OR REPLACE INTO kept SELECT id, ?, ? FROM session WHERE (name, segments) = (?, ?)"
        head = _KIND, packed({"records": records, "titles": dict(titles)})
        database.executemany(query, ((kind, body, name, state) for kind, body in (*telling.rows(), head)))

    return keep


def _grows(one: Upsert) -> bool:
    return one.is_open and one.value.get("kind") == "assistant"
