"""Values that several cassettes repeat: one file a value, beside the cassettes, named by the digest of the value.

A directory of cassettes has them as soon as it holds a directory `shared-values`. The written spec is docs/format.md.
"""

import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

from pytest_codex_replay.archive.files import Files, open_regular
from pytest_codex_replay.archive.shared_values import MAX_PART_BYTES, digest_of
from pytest_codex_replay.errors import ArchiveError
from pytest_codex_replay.wire.json_values import compact_json, indented_json

VALUES = "shared-values"
"""Name of the directory."""
MAX_FILE_BYTES = 2 * MAX_PART_BYTES
"""A longer file is not read; indented JSON may be as much longer than compact JSON."""
_DIGEST = re.compile(r"[0-9a-f]{32}")
_NAME = re.compile(r"([0-9a-f]{32})\.json")
_WANTED = re.compile(rb'"\$shared"\s{0,100}:\s{0,100}"([0-9a-f]{32})"')
_MENTION_BYTES = 9 + 100 + 1 + 100 + 34
"""Of the longest text that `_WANTED` finds."""
_PIECE_BYTES = 1024 * 1024
_LINES, _JSON = "lines", "json"
"""Members of a file: the lines of a text, or any other value."""
_ABOUT = "README.md"
_ABOUT_TEXT = b"""\
What the cassettes of the directory above have in common, each value in a file that is named by its digest. Commit them
with the cassettes. `codex-replay dedupe` finds those that are no longer used, and `--prune` removes them.
"""
"""Git keeps no empty directory, and without one the next cassette would share nothing."""


class SharedValueError(ArchiveError):
    """A cassette wants a value that does not exist, or was altered. No repair helps: the value has to come back."""


class ValueFiles:
    """The values in one directory. A value is what its digest says, or it is refused."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def path(self, digest: str) -> Path:
        """Return where a value is."""
        return self.directory / f"{digest}.json"

    def digests(self) -> list[str]:
        """Return the digests of all values that are there."""
        return [found[1] for name in Files().names(self.directory) if (found := _NAME.fullmatch(name))]

    def read(self, digest: str) -> Any:
        """Return a value.

        Args:
            digest: 32 hex digits: what a cassette says is checked by `ValueReader`.

        Raises:
            SharedValueError: it does not exist, cannot be read, or is not the one of this digest.
        """
        path = self.path(digest)
        try:
            value = _value_in(_regular_bytes(path))
        except FileNotFoundError:
            why = "does not exist"
        except OSError as error:
            why = f"cannot be read ({error.strerror})"
        else:
            if digest_of(compact_json(value)) == digest:
                return value
            why = "was altered: its digest does not match"
        raise SharedValueError(f"the shared value {path}, which {why}. {_RESTORE}")

    def write(self, value: Any, raw: bytes) -> str:
        """Keep a value, whose compact JSON is `raw`; return its digest. One that was altered is put right.

        Raises:
            OSError: it cannot be written.
        """
        digest = digest_of(raw)
        try:
            self.read(digest)
        except SharedValueError:
            Files().replace(self.path(digest), file_text(value))
            self.path(digest).chmod(0o644)  # as the cassettes
        return digest

    def is_foreign(self) -> bool:
        """Return whether there is anything else in the directory."""
        return any(name != _ABOUT and _NAME.fullmatch(name) is None for name in Files().names(self.directory))


_RESTORE = "Restore it (git checkout), or record the cassette anew."


def values_above(cassette: Path) -> ValueFiles | None:
    """Return the values that a cassette shares with others: those of the closest directory around it that has some.

    The search ends where the repository does. A link does not count.
    """
    for place in Path(os.path.abspath(cassette)).parents:  # noqa: PTH100  `..` must not name another parent
        if (found := place / VALUES).is_dir() and not found.is_symlink():
            return ValueFiles(found if cassette.is_absolute() else Path(os.path.relpath(found)))  # as it was given
        if (place / ".git").exists():
            break
    return None


class ValueReader:
    """Reads the values that one cassette wants, each once."""

    def __init__(self, cassette: Path) -> None:
        """Look for values above the directory of a cassette once the first is wanted."""
        self._cassette = cassette
        self._values: ValueFiles | None = None
        self._read: dict[str, Any] = {}

    def read(self, digest: Any) -> Any:
        """Return a value; `digest` is anything that a cassette may say.

        Raises:
            SharedValueError: there is none, it cannot be read, or it is not the one of this digest.
        """
        if not isinstance(digest, str) or _DIGEST.fullmatch(digest) is None:
            raise SharedValueError(f"a shared value by {str(digest)[:40]!r}, which is not a digest. {_RESTORE}")
        if digest not in self._read:
            self._values = self._values or values_above(self._cassette)
            if self._values is None:
                raise SharedValueError(
                    f"the shared value {digest}, and no directory above it holds {VALUES}: it was copied without them. "
                    "Copy all of its directory, or pack it there (codex-replay pack)."
                )
            self._read[digest] = self._values.read(digest)
        return self._read[digest]


def begin_sharing(directory: Path) -> ValueFiles:
    """Let the cassettes in a directory share values.

    Raises:
        OSError: it cannot be written.
    """
    place = directory / VALUES
    place.mkdir(parents=True, exist_ok=True)
    if not (place / _ABOUT).exists():
        Files().replace(place / _ABOUT, _ABOUT_TEXT)
        (place / _ABOUT).chmod(0o644)
    return ValueFiles(place)


def is_value_file(path: Path) -> bool:
    """Return whether a path is that of a shared value."""
    return path.parent.name == VALUES and _NAME.fullmatch(path.name) is not None


def wanted_in(segment: Path) -> set[str]:
    """Return the digests of the shared values that traffic mentions; rather too many than too few.

    Raises:
        OSError: it cannot be read, or is not a regular file.
    """
    found, rest = set[bytes](), b""
    with open_regular(segment) as file:
        while piece := file.read(_PIECE_BYTES):
            text = rest + piece
            found.update(_WANTED.findall(text))
            rest = text[-_MENTION_BYTES:]  # one may begin here
    return {digest.decode() for digest in found}


def unused_values(directory: Path) -> list[Path]:
    """Return the shared values in a directory that no cassette below it mentions."""
    values = ValueFiles(directory / VALUES)
    there = values.digests()
    wanted = {digest for path in _traffic_below(directory) for digest in wanted_in(path)} if there else ()
    return [values.path(digest) for digest in there if digest not in wanted]


def _traffic_below(directory: Path) -> Iterator[Path]:
    """Yield all traffic, also that of cassettes which are links: they find the values above the link."""
    seen = set()
    for place, below, names in os.walk(directory, followlinks=True):
        if (real := os.path.realpath(place)) in seen:  # a link to a place above it
            below.clear()
            continue
        seen.add(real)
        yield from (path for name in names if name.startswith("traffic") and (path := Path(place, name)).is_file())


def file_text(value: Any) -> bytes:
    """Return the content of a value's file: a text line by line, so that a diff shows which of them changed."""
    return indented_json({_LINES: value.split("\n")} if isinstance(value, str) else {_JSON: value}) + b"\n"


def _value_in(raw: bytes) -> Any:
    """Return the value in a file; None where there is none."""
    try:
        found = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(found, dict) or len(found) != 1:
        return None
    lines = found.get(_LINES)
    if isinstance(lines, list) and all(isinstance(line, str) for line in lines):
        return "\n".join(lines)
    return found.get(_JSON)


def _regular_bytes(path: Path) -> bytes:
    """Return the bytes of a regular file of a bounded size, which is not a link."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with open(descriptor, "rb") as file:  # noqa: PTH123  a descriptor
        about = os.fstat(descriptor)
        if not stat.S_ISREG(about.st_mode):
            raise OSError(0, "not a regular file", str(path))
        if about.st_size > MAX_FILE_BYTES:
            raise OSError(0, f"larger than {MAX_FILE_BYTES:,} bytes", str(path))
        return file.read(MAX_FILE_BYTES)
