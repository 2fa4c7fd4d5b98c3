"""An index brought up to date with its archive: only what has changed is read, and each step is whole by itself."""

import gc
import os
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import closing, contextmanager
from importlib import import_module
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_codex_replay.counting import count_text
from pytest_codex_replay.index.rows import known_growth, known_stamps, lacking_texts, purge, put, remove, touch
from pytest_codex_replay.index.schema import remove_set_aside, transaction
from pytest_codex_replay.index.stamps import Stamp, changes, is_edited

if TYPE_CHECKING:  # what makes entries is heavy, and most often not needed
    from pytest_codex_replay.index.entry import Entry

_STEP = 256
"""Sessions in one transaction: another process waits no longer than that takes."""
_CACHE_KIB = 64 * 1024
"""Of the index that is held while much is put in: SQLite's own 2 MiB are too few for its tables of names."""
_WORTH_TELLING = 1000
"""Sessions that are read for the first time, from which on a user is told why it takes time."""


def update(
    database: sqlite3.Connection, archive: Path, tell: Callable[[str], None], only: Sequence[str] | None = None
) -> list[str]:
    """Bring an index up to date; of the sessions of these names `only`, where that is enough.

    Two processes may do so at once: what one has put in, the other leaves as it is. Return the names of the directories
    beside the sessions that are none.

    Raises:
        OSError: the archive cannot be read.
        sqlite3.Error: the index cannot be read or written.
    """
    known = known_stamps(database, only)
    found = changes(archive, known, only)
    edited = {name for name, now in found.changed.items() if name in known and is_edited(known[name], now)}
    for name in found.unnameable:
        shown = os.fsencode(name).decode(errors="backslashreplace")
        tell(f"{archive}: the name of {shown} is not UTF-8: it is left out. Give the directory another name.")
    if len(found.changed) >= _WORTH_TELLING:
        tell(f"Indexing {count_text(len(found.changed), 'session')} of {archive}, once.")
    if found.gone or edited:
        database.execute("PRAGMA secure_delete = ON")  # what a user removed is not to stay in unused pages
    if found.touched or found.gone:
        with transaction(database):
            touch(database, found.touched)
            remove(database, found.gone)
    has_purged = False
    if found.changed:
        has_purged = _read_in(database, archive, found.changed, edited)
    if found.gone or has_purged:
        remove_set_aside(archive, tell)
    return found.others


def _read_in(
    database: sqlite3.Connection, archive: Path, changed: Mapping[str, Stamp], edited: AbstractSet[str]
) -> bool:
    """Put sessions in that changed; return whether words that an edited one had were purged."""
    has_purged = False
    reading = import_module("pytest_codex_replay.index.reading")  # it interprets traffic: most often not needed
    growth = known_growth(database, list(changed))
    entries = reading.entries(archive, changed, growth)
    with _in_bulk(database), closing(entries):  # its processes end, whatever happens here
        while some := list(islice(entries, _STEP)):
            with transaction(database):
                known = known_stamps(database, [entry.name for entry in some])
                new = [one for one in some if known.get(one.name) != one.stamp and _is_there(archive, one)]
                lacking = lacking_texts(database, new)
                new = [reading.whole(archive, one) if one.name in lacking else one for one in new]
                if put(database, new) and any(one.name in edited for one in new):
                    purge(database)
                    has_purged = True
    return has_purged


def _is_there(archive: Path, entry: "Entry") -> bool:
    """Return whether a session was not removed since it was read: another process may have forgotten it already."""
    first = entry.stamp.segments.partition("#")[0].partition(":")[0]
    return os.path.lexists(f"{archive}/{entry.name}/{first}")  # also a link to nowhere, of which the entry says why


@contextmanager
def _in_bulk(database: sqlite3.Connection) -> Iterator[None]:
    """Let the block put much in: in more memory, and without the search for cycles, of which entries have none."""
    is_enabled = gc.isenabled()
    gc.disable()
    database.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
    try:
        yield
    finally:
        if is_enabled:
            gc.enable()
