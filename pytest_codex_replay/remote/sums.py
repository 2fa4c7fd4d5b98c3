"""Digests of a session's files, as `sha256sum` writes and checks them."""

import hashlib
import re
from collections.abc import Mapping
from pathlib import Path

from pytest_codex_replay.archive.files import open_regular
from pytest_codex_replay.archive.segment import is_segment
from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.remote.store import SUMS, is_session_file

Sums = Mapping[str, str]
"""By name of the file, its SHA-256 in hex."""
_LINE = re.compile(r"([0-9a-f]{64}) [ *]([^/\x00-\x1f]+)")


def sums_of(directory: Path) -> dict[str, str]:
    """Return the digests of the files of a session here.

    Raises:
        OSError: one cannot be read.
        UsageError: one is a link; what it leads to may be no part of the session, and private.
    """
    paths = sorted(one for one in directory.iterdir() if is_session_file(one.name) and one.name != SUMS)
    if (link := next((path for path in paths if path.is_symlink()), None)) is not None:
        raise UsageError(f"{link}: is a link, which is not followed. Put a copy in its place.")
    return {path.name: _digest(path) for path in paths}


def written(sums: Sums) -> bytes:
    """Return the file that has them."""
    return "".join(f"{digest}  {name}\n" for name, digest in sorted(sums.items())).encode()


def read(raw: bytes | None) -> dict[str, str] | None:
    """Return the digests that a file has; None where it has none."""
    lines = (raw or b"").decode(errors="replace").splitlines()
    found = {match[2]: match[1] for line in lines if (match := _LINE.fullmatch(line))}
    return found or None


def continues(new: Sums, old: Sums) -> bool:
    """Return whether a session is an older one that went on: segments are added, and never change."""
    return all(new.get(name) == digest for name, digest in old.items() if is_segment(name))


def _digest(path: Path) -> str:
    with open_regular(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
