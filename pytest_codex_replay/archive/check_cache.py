"""What reading a long session has shown, kept by the SHA-256 of all its bytes: to check it again costs their digest.

It is kept outside the archive: one that comes from a stranger could bring a forged result with it. For the same reason
a result counts only if it, and the directories it is in, are the user's own.
"""

import hashlib
import os
import re
import stat
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from pytest_codex_replay.archive.files import Files
from pytest_codex_replay.archive.manifest import COUNTS, segment_entry
from pytest_codex_replay.archive.names import is_plain
from pytest_codex_replay.archive.segment_bytes import Damage, ExpansionCount
from pytest_codex_replay.archive.session import Session

_LONG = 20_000
"""Records: what has fewer is read again in a tenth of a second."""
_MOST = 1_000
"""Results that are kept; the oldest go first."""
_MOST_BYTES = 4 * 1024 * 1024
"""Of one result: a session may have a thousand damaged places."""
_NAME = re.compile(r"[0-9a-f]{64}\.json")
_PARTS = ("archive", "codex", "wire")
"""Of this package: what reading a session runs through, beside `limits.py`."""


class Reading(NamedTuple):
    """What a session is found to be when all of it is read."""

    damages: list[Damage]
    manifest: Mapping[str, Any]
    """`counts` and `incomplete` of it, at least."""


class CheckCache:
    """Results of earlier readings. Nothing is lost when it cannot be read or written: sessions are read, then."""

    def __init__(self, place: Path | None, files: Files | None = None) -> None:
        """`place`: a directory of the user's own; None: nothing is kept."""
        self._place = place
        self._files = files or Files()

    def read(self, session: Session, expansion: ExpansionCount | None = None) -> Reading:
        """Return what is kept of the very bytes of a session; what is not is read.

        `expansion` counts what is read together with other sessions.

        Raises:
            ArchiveError: a segment is of a newer format, or cannot be read.
        """
        place = self._place
        key = None if place is None or not _is_private(place) else _key(session)
        if place is None or key is None:
            return _read(session, expansion)
        if (kept := _kept(place / f"{key}.json", session.path)) is not None:
            return kept
        reading = _read(session, expansion)
        is_long = sum(reading.manifest["counts"].values()) >= _LONG
        is_alone = expansion is None or not expansion.is_over
        if is_long and is_alone and _key(session) == key:  # else it has changed meanwhile
            self._keep(place / f"{key}.json", reading)
        return reading

    def _keep(self, path: Path, reading: Reading) -> None:
        damages = [{**_fields(one), "path": one.path.name} for one in reading.damages]
        told = {name: reading.manifest[name] for name in ("counts", "incomplete")}
        text = orjson.dumps({"damages": damages, "manifest": told})
        if len(text) > _MOST_BYTES:
            return
        with suppress(OSError):  # a cache that cannot be written saves no time, and does no harm
            self._files.make_directory(path.parent)
            self._files.replace(path, text)
            for old in _oldest(path.parent):
                old.unlink(missing_ok=True)


def _read(session: Session, expansion: ExpansionCount | None) -> Reading:
    damages: list[Damage] = []
    manifest = session.rebuild_manifest(damages.append, expansion)
    return Reading(damages, manifest)


def _key(session: Session) -> str | None:
    """Return the name of a result: a digest of the bytes that were read, and of the code that reads them.

    None: a cassette, whose shared values stand elsewhere; or what cannot be read.
    """
    paths = session.segments()
    if any(is_plain(path.name) for path in paths):
        return None
    try:
        entries = [segment_entry(path) for path in paths]
    except OSError:
        return None
    return hashlib.sha256(orjson.dumps([_code(), entries])).hexdigest()


@cache
def _code() -> str:
    package = Path(__file__).parents[1]
    sources = [package / "limits.py", *(path for part in _PARTS for path in sorted((package / part).rglob("*.py")))]
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in sources)).hexdigest()


def _is_private(place: Path) -> bool:
    """Return whether the user alone can have put something there; a missing directory will be made so."""
    for directory in (place.parent, place):
        try:
            about = directory.lstat()
        except FileNotFoundError:
            continue
        except OSError:
            return False
        if not stat.S_ISDIR(about.st_mode) or about.st_uid != os.geteuid() or about.st_mode & 0o022:
            return False
    return True


def _kept(path: Path, directory: Path) -> Reading | None:
    try:
        kept = orjson.loads(_own_text(path))
        return Reading([_damage(one, directory) for one in kept["damages"]], _manifest(kept["manifest"]))
    except (OSError, ValueError, TypeError, KeyError):  # nothing is kept, or it is damaged
        return None


def _own_text(path: Path) -> bytes:
    """Return the text of a file that is the user's own.

    Raises:
        OSError: it is not there.
        ValueError: it is another's, not a file, or larger than any result.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        about = os.fstat(descriptor)
        if not stat.S_ISREG(about.st_mode) or about.st_uid != os.geteuid() or about.st_size > _MOST_BYTES:
            raise ValueError(f"{path}: no result")
        return file.read()


def _damage(kept: Any, directory: Path) -> Damage:
    line, reason, flows = kept["line"], kept["reason"], kept["flows"]
    name, cut, is_unread = kept["path"], kept["cut"], kept["is_unread"]
    _check(type(line) is int and type(cut) is bool and type(is_unread) is bool)
    _check(all(isinstance(one, str) for one in (reason, name, *flows)))
    return Damage(path=directory / name, line=line, reason=reason, flows=tuple(flows), cut=cut, is_unread=is_unread)


def _manifest(kept: Any) -> dict[str, Any]:
    counts, incomplete = kept["counts"], kept["incomplete"]
    _check(counts.keys() == set(COUNTS) and all(type(count) is int for count in counts.values()))
    _check(all(isinstance(one["flow"], str) and isinstance(one["why"], str) for one in incomplete))
    return {"counts": counts, "incomplete": incomplete}


def _check(is_so: bool) -> None:  # noqa: FBT001  as of `assert`, which may be switched off
    if not is_so:
        raise ValueError("no result")


def _fields(damage: Damage) -> dict[str, Any]:
    return {name: getattr(damage, name) for name in ("line", "reason", "flows", "cut", "is_unread")}


def _oldest(place: Path) -> list[Path]:
    """Return the results beyond the newest that are kept."""
    ages = []
    for path in place.iterdir():
        with suppress(FileNotFoundError):  # another process removed it
            ages += [(path.lstat().st_mtime_ns, path)] if _NAME.fullmatch(path.name) else []
    return [path for _, path in sorted(ages, reverse=True)[_MOST:]]
