"""What sessions are behind a URL, by fsspec: their files, with what tells one that has changed."""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import accumulate
from pathlib import Path
from typing import Any, BinaryIO

from pytest_codex_replay.archive.codex_facts import CODEX_FACTS, CODEX_LOG
from pytest_codex_replay.archive.manifest import MANIFEST
from pytest_codex_replay.archive.names import SETTINGS, is_segment, nearest_names
from pytest_codex_replay.archive.value_files import VALUES
from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.interop.extras import of_extra
from pytest_codex_replay.limits import MANIFEST_BYTES, MIB
from pytest_codex_replay.remote.address import parent_of, told_of

SUMS = "SHA256SUMS"
"""The file of a pushed session that has the digests of its others. It is written last."""
_BESIDE = frozenset({MANIFEST, SETTINGS, SUMS, CODEX_FACTS, CODEX_LOG, "recorder.log"})
"""What may stand beside the traffic (docs/format.md), but rollouts."""
_VALUE = re.compile(r"[0-9a-f]{32}\.json")
_ROLLOUT = re.compile(r"rollout-[^/\\\x00-\x1f]{1,200}\.jsonl(?:\.zst)?")
_DEPTH = 2
_TAGS = ("ETag", "etag", "md5Hash", "content_md5", "LastModified", "last_modified", "mtime", "updated", "created")
"""Members of a listing of which one tells a file that has changed; each store has its own."""
_AT_ONCE = 256
"""Files that are asked for at the same time."""
_TOGETHER_BYTES = 64 * MIB
"""Of manifests that are held at the same time."""


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file behind a URL."""

    size: int
    tag: str
    """It is another one when the file has changed."""


@dataclass(frozen=True, slots=True)
class RemoteSession:
    """A session behind a URL; or the values that cassettes share, as if they were one."""

    name: str
    files: Mapping[str, RemoteFile] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """Bytes of its files."""
        return sum(one.size for one in self.files.values())


class Store:
    """An archive behind a URL, or one session of it."""

    def __init__(self, url: str) -> None:
        """Find out how to get there; nothing is read yet.

        Raises:
            UsageError: the protocol is unknown, or its library is not installed.
        """
        self.url = url.rstrip("/")
        if (name := parent_of(self.url)[1]) in {"", ".", ".."} or name.endswith(":"):
            raise UsageError(f"{url}: names no archive. Write it in full: s3://bucket/archive")
        fsspec = of_extra("fsspec", "remote")
        with told_of(self.url):
            self._system, root = fsspec.url_to_fs(self.url)
        self._root = str(root).rstrip("/")

    def sessions(self) -> tuple["Store", dict[str, RemoteSession]]:
        """List the sessions; return the store of their archive, and they by name.

        Raises:
            UsageError: it cannot be read, or holds no session.
        """
        with told_of(self.url):
            self._system.invalidate_cache()
            found = self._system.find(self._root, detail=True)
        files = {path[len(self._root) + 1 :]: about for path, about in found.items()}
        above, name = parent_of(self.url)
        if any(map(is_segment, files)):
            archive = Store(above)
            return archive, {name: _session(name, files.items()), **archive.values()}
        sessions = _sessions(files)
        if any(one != VALUES for one in sessions):
            return self, sessions
        if not files and above and (whole := self._shortened(above, name)) is not None:
            archive, sessions = whole.sessions()
            if archive.url == above:  # else it is not a session that begins so
                return archive, sessions
        raise UsageError(f"{self.url}: no session in it (a session holds traffic.jsonl or traffic-*.jsonl.zst).")

    def read(self, session: str, name: str) -> bytes | None:
        """Return a small file of a session; None where it does not exist.

        Raises:
            UsageError: it cannot be read, or is longer than any.
        """
        with self._opened(session, name) as file:
            found = b"" if file is None else bytes(file.read(MANIFEST_BYTES + 1))
        if len(found) > MANIFEST_BYTES:
            raise UsageError(f"{self.url}/{session}/{name}: longer than the {MANIFEST_BYTES:,} bytes that are read.")
        return None if file is None else found

    def digest(self, session: str, name: str) -> str | None:
        """Return the SHA-256 of a file of a session, in hex; None where it does not exist.

        Raises:
            UsageError: it cannot be read.
        """
        digest = sha256()
        with self._opened(session, name) as file:
            for piece in () if file is None else iter(lambda: file.read(MIB), b""):
                digest.update(piece)
        return None if file is None else digest.hexdigest()

    @contextmanager
    def _opened(self, session: str, name: str) -> Iterator[BinaryIO | None]:
        """Give a file to be read; None where it does not exist."""
        with told_of(f"{self.url}/{session}/{name}"), ExitStack() as stack:
            try:
                file = stack.enter_context(self._system.open(self._place(session, name), "rb"))
            except FileNotFoundError:
                file = None
            yield file

    def manifests(self, sessions: Mapping[str, RemoteSession]) -> Iterator[tuple[str, bytes]]:
        """Yield the manifests of these sessions that have one, some at a time; one is not longer than any.

        Raises:
            UsageError: the store cannot be read.
        """
        sizes = {name: one.files[MANIFEST].size for name, one in sessions.items() if MANIFEST in one.files}
        names = [name for name, size in sizes.items() if size <= MANIFEST_BYTES]
        while names:
            together = bisect_right([*accumulate(map(sizes.__getitem__, names[:_AT_ONCE]))], _TOGETHER_BYTES) or 1
            places = {self._place(name, MANIFEST): name for name in names[:together]}
            with told_of(self.url):
                found = self._system.cat_ranges([*places], 0, MANIFEST_BYTES, on_error="return")
            yield from ((name, raw) for name, raw in zip(places.values(), found, strict=True) if isinstance(raw, bytes))
            del names[:together]

    def fetch(self, wanted: Mapping[tuple[str, str], Path]) -> None:
        """Copy files of sessions to paths here.

        Raises:
            UsageError: one cannot be read.
        """
        pairs = [(self._place(*one), str(path)) for one, path in wanted.items()]
        for start in range(0, len(pairs), _AT_ONCE):
            remote, here = map(list, zip(*pairs[start : start + _AT_ONCE], strict=True))
            with told_of(self.url):
                self._system.get(remote, here)

    def send(self, session: str, files: Mapping[str, Path]) -> None:
        """Copy files here into a session, in place of those of the same name.

        Raises:
            UsageError: one cannot be written.
        """
        with told_of(self.url, "written"):
            self._system.makedirs(self._place(session, "").rstrip("/"), exist_ok=True)
            for name, path in files.items():
                self._system.put_file(str(path), self._place(session, name))

    def write(self, session: str, name: str, data: bytes) -> None:
        """Write a file of a session.

        Raises:
            UsageError: it cannot be written.
        """
        with told_of(self.url, "written"):
            self._system.pipe_file(self._place(session, name), data)

    def values(self) -> dict[str, RemoteSession]:
        """List the values that the sessions share, as a session of that name; nothing where they share none."""
        with told_of(self.url):
            found = self._system.find(f"{self._root}/{VALUES}", detail=True)
        return _sessions({path[len(self._root) + 1 :]: about for path, about in found.items()})

    def existing(self) -> dict[str, RemoteSession]:
        """List the sessions that are there, which may be none.

        Raises:
            UsageError: it cannot be read.
        """
        with told_of(self.url):
            self._system.invalidate_cache()
            found = self._system.find(self._root, detail=True)
        return _sessions({path[len(self._root) + 1 :]: about for path, about in found.items()})

    def _place(self, session: str, name: str) -> str:
        return f"{self._root}/{session}/{name}"

    def _shortened(self, above: str, beginning: str) -> "Store | None":
        """Return the only directory whose name begins so."""
        store = Store(above)
        with told_of(self.url):
            entries = store._system.ls(store._root, detail=False)
        names = [str(one).rstrip("/").rpartition("/")[2] for one in entries]
        found = [one for one in names if beginning and one.startswith(beginning)]
        if len(found) > 1:
            raise UsageError(f"{self.url}: several sessions begin so: {nearest_names(beginning, found)}")
        return Store(f"{above}/{found[0]}") if found and found[0] != beginning else None


def is_session_file(name: str) -> bool:
    """Return whether a file is part of a session: nothing else is fetched, whatever the store holds."""
    return is_segment(name) or name in _BESIDE or _ROLLOUT.fullmatch(name) is not None


def _sessions(files: Mapping[str, Mapping[str, Any]]) -> dict[str, RemoteSession]:
    """Return the directories that hold segments, by name, and that of shared values."""
    found: dict[str, list[tuple[str, Mapping[str, Any]]]] = {}
    for path, about in sorted(files.items()):
        parts = path.split("/")
        if len(parts) == _DEPTH and parts[0] not in {"", ".", ".."}:
            found.setdefault(parts[0], []).append((parts[1], about))
    sessions = {name: _session(name, own) for name, own in found.items()}
    return {name: one for name, one in sessions.items() if any(map(is_segment, one.files)) or name == VALUES}


def _session(name: str, files: Iterable[tuple[str, Mapping[str, Any]]]) -> RemoteSession:
    is_ours = _VALUE.fullmatch if name == VALUES else is_session_file
    return RemoteSession(name, {one: _file(about) for one, about in files if is_ours(one)})


def _file(about: Mapping[str, Any]) -> RemoteFile:
    tag = next((str(about[name]) for name in _TAGS if about.get(name)), "")
    return RemoteFile(int(about.get("size") or 0), tag.strip('"'))
