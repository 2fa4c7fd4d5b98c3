"""Copies of remote sessions, in the user's cache: by URL, and of each file by size and tag. All readers read these."""

import shutil
from collections.abc import Callable, Iterable, Mapping
from hashlib import sha256
from pathlib import Path

import orjson

from pytest_codex_replay.archive.files import Files
from pytest_codex_replay.archive.value_files import VALUES
from pytest_codex_replay.remote.address import parent_of
from pytest_codex_replay.remote.store import RemoteFile, RemoteSession, Store
from pytest_codex_replay.sharing.replacing import beside
from pytest_codex_replay.user_cache import user_cache
from pytest_codex_replay.wire.json_values import compact_json

_STATE = ".remote.json"
"""In each copy: size and tag of its files."""
_TOGETHER = 64
"""Sessions that are fetched together."""
Tell = Callable[[int, int], None]
"""Takes how many sessions and how many bytes are to be fetched."""


def local_copy(url: str, tell: Tell | None = None) -> Path:
    """Return the path here of an archive or a session behind a URL; what is new or has changed is fetched first.

    What the archive has no more is removed from the copy.

    Raises:
        UsageError: it cannot be read, or holds no session.
    """
    store, sessions = Store(url).sessions()
    place = place_of(store.url)
    is_one = store.url != url.rstrip("/")
    if not is_one:
        _forget_others(place, sessions)
    fetch_sessions(store, sessions.values(), tell)
    return place / next(iter(sessions)) if is_one else place


def place_of(url: str) -> Path:
    """Return where the copy of an archive is."""
    key = sha256(url.encode()).hexdigest()[:16]
    return user_cache() / "remote" / key / parent_of(url)[1]


def fetch_sessions(store: Store, sessions: Iterable[RemoteSession], tell: Tell | None = None) -> dict[str, Path]:
    """Bring the copies of these sessions up to date; return where each is.

    Raises:
        UsageError: one cannot be read.
    """
    place = place_of(store.url)
    found = list(sessions)
    missing = [(one, wanted) for one in found if (wanted := _missing(place / one.name, one.files))]
    if missing and tell is not None:
        tell(
            sum(one.name != VALUES for one, _ in missing),
            sum(one.size for _, wanted in missing for one in wanted.values()),
        )
    Files().make_directory(place)
    for start in range(0, len(missing), _TOGETHER):
        _fetch(store, place, missing[start : start + _TOGETHER])
    return {one.name: place / one.name for one in found}


def _missing(copy: Path, files: Mapping[str, RemoteFile]) -> dict[str, RemoteFile]:
    """Return the files that are not copied yet, or have changed since. What was removed there is removed here."""
    try:
        kept = orjson.loads((copy / _STATE).read_bytes())
        there = {one.name: one.stat().st_size for one in copy.iterdir()}
    except (OSError, ValueError):
        return dict(files)
    for name in there.keys() - files.keys() - {_STATE}:
        (copy / name).unlink(missing_ok=True)
    known = {name: RemoteFile(*about) for name, about in kept.items()}
    return {name: one for name, one in files.items() if known.get(name) != one or there.get(name) != one.size}


def _fetch(store: Store, place: Path, missing: list[tuple[RemoteSession, dict[str, RemoteFile]]]) -> None:
    files = Files()
    with beside(place / "fetched") as new:
        wanted = {(one.name, name): new / one.name / name for one, names in missing for name in names}
        for one, _ in missing:
            files.make_directory(new / one.name)
        store.fetch(wanted)
        for (session, name), path in wanted.items():
            files.make_directory(place / session)
            path.chmod(0o600)
            files.move(path, place / session / name)
    for one, _ in missing:
        state = {name: (about.size, about.tag) for name, about in one.files.items()}
        files.replace(place / one.name / _STATE, compact_json(state))


def _forget_others(place: Path, sessions: Mapping[str, RemoteSession]) -> None:
    for child in place.iterdir() if place.is_dir() else ():
        if child.is_dir() and child.name not in sessions and (child / _STATE).is_file():
            shutil.rmtree(child, ignore_errors=True)
