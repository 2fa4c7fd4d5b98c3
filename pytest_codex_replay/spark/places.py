"""Where sessions are, for Spark: a directory or a URL; what is there, how it looks, and each session's path here."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import blake2b
from pathlib import Path
from typing import Any, Protocol

import orjson

from pytest_codex_replay.archive.record import CASSETTE_RUN, FORMAT
from pytest_codex_replay.archive.segment import is_segment
from pytest_codex_replay.archive.session import Session
from pytest_codex_replay.archive.value_files import VALUES
from pytest_codex_replay.index.stamps import changes
from pytest_codex_replay.index.store import place_of
from pytest_codex_replay.limits import is_light
from pytest_codex_replay.remote.address import is_url
from pytest_codex_replay.remote.copies import fetch_sessions
from pytest_codex_replay.remote.store import RemoteSession, Store


@dataclass(frozen=True, slots=True)
class Found:
    """A session, as far as one sees without reading it."""

    name: str
    sizes: Mapping[str, int]
    """Of its segments."""
    stamp: str
    """Another one when the session has changed."""
    is_live: bool = False
    """A recorder writes to it."""


@dataclass(frozen=True, slots=True)
class Glance:
    """What the manifest of a session says."""

    began: datetime | None
    """None where redaction made the times up."""
    models: tuple[str, ...]


class Place(Protocol):
    """An archive, a cassette directory, or one session."""

    def sessions(self) -> list[Found]:
        """List the sessions, by name."""

    def glances(self, sessions: Collection[Found]) -> dict[str, Glance]:
        """Return what the manifests say that are up to date, by session."""

    def paths(self, names: Collection[str]) -> Iterator[Path]:
        """Yield where sessions are here."""


def place_at(path: str) -> Place:
    """Return the place that a path or a URL means."""
    return _Remote(path) if is_url(path) else _Directory(Path(path).expanduser())


class _Directory:
    def __init__(self, path: Path) -> None:
        self._place = place_of(path)

    def sessions(self) -> list[Found]:
        found = changes(self._place.archive, {}, self._place.only).changed
        return [
            Found(name, _sizes(one.segments), _digest(one.segments), one.is_live) for name, one in sorted(found.items())
        ]

    def glances(self, sessions: Collection[Found]) -> dict[str, Glance]:
        manifests = ((one, Session(self._place.archive / one.name).written_manifest()) for one in sessions)
        glances = ((one.name, _glance(manifest, one.sizes)) for one, manifest in manifests)
        return {name: glance for name, glance in glances if glance is not None}

    def paths(self, names: Collection[str]) -> Iterator[Path]:
        return (self._place.archive / name for name in names)


class _Remote:
    def __init__(self, url: str) -> None:
        self._store = Store(url)
        self._listed: dict[str, RemoteSession] | None = None

    def sessions(self) -> list[Found]:
        return [
            Found(name, _segments(one), _digest(repr(sorted(one.files.items()))))
            for name, one in sorted(self._list().items())
            if name != VALUES
        ]

    def glances(self, sessions: Collection[Found]) -> dict[str, Glance]:
        listed = self._list()
        sizes = {one.name: one.sizes for one in sessions}
        manifests = self._store.manifests({name: listed[name] for name in sizes if name in listed})
        glances = ((name, _glance(_json(raw), sizes[name])) for name, raw in manifests)
        return {name: glance for name, glance in glances if glance is not None}

    def paths(self, names: Collection[str]) -> Iterator[Path]:
        listed = self._list()
        wanted = [listed[name] for name in (*names, VALUES) if name in listed]
        copies = fetch_sessions(self._store, wanted)
        return (copies[name] for name in names if name in copies)

    def _list(self) -> dict[str, RemoteSession]:
        if self._listed is None:
            self._store, self._listed = self._store.sessions()
        return self._listed


def _sizes(segments: str) -> dict[str, int]:
    """Return the sizes that a stamp has of the segments."""
    parts = (one.rsplit(":", 3) for one in segments.partition("#")[0].split("|") if one)
    return {name: int(size) for name, size, *_ in parts}


def _segments(session: RemoteSession) -> dict[str, int]:
    return {name: one.size for name, one in session.files.items() if is_segment(name)}


def _digest(text: str) -> str:
    return blake2b(text.encode(errors="replace"), digest_size=6).hexdigest()


def _json(raw: bytes) -> Any:
    try:
        return orjson.loads(raw) if is_light(raw) else None
    except orjson.JSONDecodeError:
        return None


def _glance(manifest: Any, sizes: Mapping[str, int]) -> Glance | None:
    """Return what a manifest says; None where it is not one, or not of what is there now."""
    try:
        if {one["name"]: one["bytes"] for one in manifest["segments"]} != sizes or manifest["format"] != FORMAT:
            return None
        began = None if CASSETTE_RUN in manifest["runs"] else _moment(manifest["started_at"])
        return Glance(began, tuple(manifest["models"]))
    except (TypeError, KeyError, ValueError, AttributeError):
        return None


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)
