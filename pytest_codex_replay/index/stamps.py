"""What of an archive has changed since it was indexed: a pass over its directories that reads no traffic."""

import os
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from pytest_codex_replay.archive.files import LEFT, is_claimed
from pytest_codex_replay.archive.names import MANIFEST, is_segment

_TICK_NS = 50_000_000
"""A directory that changed so recently may change again without another time of change."""
_NEVER = 0


class Stamp(NamedTuple):
    """What a session directory looked like."""

    directory_ns: int
    """When a name in it changed last; 0 where that has to be looked at again."""
    segments: str
    """Its segments: name, size, time of change, file number with who may read it; behind `#` its rollouts.

    Empty: it is shut.
    """
    is_live: bool
    """A recorder was writing to it."""
    manifest: str = ""
    """Its `session.json`, which names the segments that were there; empty: it has none."""

    @property
    def bytes(self) -> int:
        """Size of its segments."""
        return sum(int(one.split(":")[1]) for one in self.segments.partition("#")[0].split("|") if one)

    @property
    def has_rollouts(self) -> bool:
        """Whether rollouts lie beside the traffic."""
        return "#" in self.segments


Known = tuple[int, str, int, str]
"""A stamp that is known, without the names of its members."""


@dataclass(slots=True)
class Changes:
    """What a pass found."""

    changed: dict[str, Stamp] = field(default_factory=dict)
    """Sessions that are new, or whose traffic is not what it was."""
    touched: dict[str, Stamp] = field(default_factory=dict)
    """Those of which only other files changed."""
    gone: list[str] = field(default_factory=list)
    unnameable: list[str] = field(default_factory=list)
    """Directories whose names are not UTF-8: no text of an index can name them."""
    others: list[str] = field(default_factory=list)
    """Directories that hold no segments."""

    def __bool__(self) -> bool:
        return bool(self.changed or self.touched or self.gone)


def changes(archive: Path, known: Mapping[str, Known], only: Iterable[str] | None = None) -> Changes:
    """Compare the session directories of an archive with what is `known`; `only` those of these names.

    Raises:
        OSError: the archive cannot be read.
    """
    found, root = Changes(), os.fspath(archive)
    names = _in_utf8(_directories(root) if only is None else list(only), found.unnameable)
    there = 0
    for name in names:
        before, path = known.get(name), f"{root}/{name}"
        if before is not None and _is_same(path, before):
            there += 1
            continue
        now = _stamp(path, before)
        if now is None:
            found.others.append(name)
        elif before is None:
            found.changed[name] = now
        else:
            there += 1
            is_shut = not (now.segments or now.manifest)
            (found.changed if is_shut or now[1:] != before[1:] else found.touched)[name] = now
    expected = known if only is None else set(names).intersection(known)
    if there < len(expected):
        found.gone = [name for name in expected if _stamp(f"{root}/{name}", None) is None]
    return found


def is_edited(before: Known, now: Stamp) -> bool:
    """Return whether a session changed otherwise than by a recorder that went on with it."""
    if not before[2]:
        return True
    sizes = _sizes(now.segments)
    return any(sizes.get(one, -1) < size for one, size in _sizes(before[1]).items())


def _sizes(segments: str) -> dict[tuple[str, str], int]:
    """Return the size of each segment, by its name and file number."""
    fields = (one.split(":") for one in segments.partition("#")[0].split("|") if one)
    return {(name, file): int(size) for name, size, _, file in fields}


def _directories(root: str) -> list[str]:
    with os.scandir(root) as entries:
        there = [entry.name for entry in entries if entry.is_dir() or entry.is_symlink()]
    return [name for name in there if not LEFT.fullmatch(name)]


def _in_utf8(names: list[str], others: list[str]) -> list[str]:
    """Return the names that are UTF-8; the `others` are added there."""
    try:
        "".join(names).encode()
    except UnicodeEncodeError:  # seldom: all of them are looked at only then
        others += [name for name in names if name != os.fsencode(name).decode(errors="replace")]
        return [name for name in names if name not in others]
    return names


def _is_same(path: str, before: Known) -> bool:
    """Return whether a directory looks as it did. Of ten thousand sessions, nearly all do."""
    directory_ns, segments, is_live, _ = before  # session.json is never written to: another one takes its place
    try:
        if is_live or os.stat(path).st_mtime_ns != directory_ns:  # noqa: PTH116
            return False
        if "#" in segments:  # a rollout never changes without its directory
            segments = segments.partition("#")[0]
        for one in segments.split("|") if segments else ():
            if _file(path, one[: one.index(":")]) != one:
                return False
    except (OSError, ValueError):
        return False
    return True


def _stamp(path: str, before: Known | None) -> Stamp | None:
    """Return what a directory looks like now; None when it holds no segments, and never did."""
    try:
        directory_ns = os.stat(path).st_mtime_ns  # noqa: PTH116
        there = sorted(os.listdir(path))  # noqa: PTH208
        names = list(filter(is_segment, there))
        rollouts = [_file(path, name) for name in there if name.startswith("rollout-")]
        segments = "|".join([_file(path, name) for name in names]) + ("#" + "|".join(rollouts) if rollouts else "")
        manifest = _file(path, MANIFEST).partition(":")[2] if MANIFEST in there else ""
    except PermissionError:
        return Stamp(_NEVER, "", is_live=False)
    except OSError:  # it has just gone, or is a file
        return None
    if not names and not (manifest and _is_emptied(path)):
        return None
    if 0 <= time.time_ns() - directory_ns < _TICK_NS:
        directory_ns = _NEVER
    may_be_live = before is None or segments != before[1] or bool(before[2])
    is_live = may_be_live and any(is_claimed(Path(path, name)) for name in names)
    return Stamp(directory_ns, segments, is_live, manifest)


def _is_emptied(path: str) -> bool:
    """Return whether a directory had segments, as its session.json says."""
    from pytest_codex_replay.archive.session import Session  # noqa: PLC0415  heavy, and seldom needed

    return Session(Path(path)).emptied() is not None


def _file(path: str, name: str) -> str:
    try:
        found = os.stat(f"{path}/{name}")  # noqa: PTH116
    except OSError:  # a link to nowhere: reading it says so
        found = os.lstat(f"{path}/{name}")
    return f"{name}:{found.st_size}:{found.st_mtime_ns}:{found.st_ino}-{found.st_mode:o}-{found.st_uid}"
