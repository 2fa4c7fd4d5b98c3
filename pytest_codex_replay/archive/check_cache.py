"""What reading a long session has shown, kept by the SHA-256 of all its bytes: to check it again costs their digest.

It is kept outside the archive: one that comes from a stranger could bring a forged result with it.
"""

import hashlib
from collections.abc import Iterable, Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from pytest_codex_replay.archive.files import Files
from pytest_codex_replay.archive.manifest import segment_entry
from pytest_codex_replay.archive.names import is_plain
from pytest_codex_replay.archive.segment_bytes import Damage
from pytest_codex_replay.archive.session import Session

_LONG = 20_000
"""Records: what has fewer is read again in a tenth of a second."""
_MOST = 1_000
"""Results that are kept; the oldest go first."""


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

    def read(self, session: Session) -> Reading:
        """Return what is kept of the very bytes of a session; what is not is read.

        Raises:
            ArchiveError: a segment is of a newer format, or cannot be read.
        """
        key = None if self._place is None else _key(session)
        if self._place is None or key is None:
            return _read(session)
        path = self._place / f"{key}.json"
        if (kept := _kept(path, session.path)) is not None:
            return kept
        reading = _read(session)
        is_long = sum(reading.manifest["counts"].values()) >= _LONG
        if is_long and _key(session) == key:  # else it has changed meanwhile
            self._keep(path, reading)
        return reading

    def _keep(self, path: Path, reading: Reading) -> None:
        damages = [{**_fields(one), "path": one.path.name} for one in reading.damages]
        told = {name: reading.manifest[name] for name in ("counts", "incomplete")}
        with suppress(OSError):  # a cache that cannot be written saves no time, and does no harm
            self._files.make_directory(path.parent)
            self._files.replace(path, orjson.dumps({"damages": damages, "manifest": told}))
            for old in _oldest(path.parent.glob("*.json")):
                old.unlink(missing_ok=True)


def _read(session: Session) -> Reading:
    damages: list[Damage] = []
    manifest = session.rebuild_manifest(damages.append)
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


def _kept(path: Path, directory: Path) -> Reading | None:
    try:
        kept = orjson.loads(path.read_bytes())
        damages = [
            Damage(**{**one, "path": directory / one["path"], "flows": tuple(one["flows"])}) for one in kept["damages"]
        ]
        manifest = kept["manifest"]
        return Reading(damages, {"counts": manifest["counts"], "incomplete": manifest["incomplete"]})
    except (OSError, ValueError, TypeError, KeyError):  # nothing is kept, or it is damaged
        return None


def _fields(damage: Damage) -> dict[str, Any]:
    return {name: getattr(damage, name) for name in ("line", "reason", "flows", "cut", "is_unread")}


def _oldest(paths: Iterable[Path]) -> list[Path]:
    """Return those beyond the newest that are kept."""
    ages = []
    for path in paths:
        with suppress(FileNotFoundError):  # another process removed it
            ages.append((path.stat().st_mtime_ns, path))
    return [path for _, path in sorted(ages, reverse=True)[_MOST:]]


_PARTS = ("archive", "codex", "wire")
"""Of this package: what reading a session runs through, beside `limits.py`."""
