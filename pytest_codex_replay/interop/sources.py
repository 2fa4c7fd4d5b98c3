"""Files of other tools, each read by what it is. A format is one line in the table."""

import os
import stat
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import BinaryIO, NamedTuple

from pytest_codex_replay.codex.rollouts import META, rollout_name
from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.interop import codex_lb, har, mitm, vcr_files
from pytest_codex_replay.interop.exchange import Exchange, Lost
from pytest_codex_replay.interop.har_file import HarFile
from pytest_codex_replay.interop.importing import Importer
from pytest_codex_replay.interop.notes import Notes
from pytest_codex_replay.limits import scanned_of

_HEAD_BYTES = 4096
_BROKEN = "whose body is not the JSON that it claims to be: cut off, or damaged"
_Taken = Iterator[Exchange | Lost | Path]
"""What a file tells; a path is that of a rollout."""


class NothingFoundError(UsageError):
    """A file holds no request of Codex or of the Responses API: another program wrote it."""


class _Format(NamedTuple):
    is_meant: Callable[[Path, bytes], bool]
    """By the path of a file, and its first bytes."""
    read: Callable[[Sequence[Path], Notes], _Taken]
    """Raises UsageError where a file is not whole, and OSError."""
    are_joined: bool = False
    """Whether several files are parts of one."""


def _vcr(paths: Sequence[Path], notes: Notes) -> _Taken:
    (path,) = paths
    with path.open("rb") as file:
        about = os.fstat(file.fileno())
        found, at_ms = vcr_files.interactions_in(file, about.st_size, str(path)), about.st_mtime * 1000
        yield from vcr_files.exchanges_in(found, str(path), notes, at_ms, most=scanned_of(about.st_size))


def _har(paths: Sequence[Path], notes: Notes) -> _Taken:
    (path,) = paths
    with path.open("rb") as file:
        log = HarFile(file.read, str(path))
        yield from har.exchanges_in(log.entries(), str(path), notes)
    yield from (Lost(gap, session) for session, gap in har.gaps_in(log.ours, str(path)))


def _mitm(paths: Sequence[Path], notes: Notes) -> _Taken:
    (path,) = paths
    mitm.check_is_here(str(path))
    with path.open("rb") as file:
        yield from mitm.exchanges_in(file, str(path), notes)


def _codex_lb(paths: Sequence[Path], notes: Notes) -> _Taken:
    yield from codex_lb.exchanges_in(_opened(paths), notes)


def _opened(paths: Sequence[Path]) -> Iterator[BinaryIO]:
    for path in paths:
        with path.open("rb") as file:
            yield file


def _rollout(paths: Sequence[Path], notes: Notes) -> _Taken:
    for path in paths:
        if rollout_name(path.name) is None:
            raise UsageError(f"{path}: looks like a rollout. Name it as Codex does: rollout-TIME-THREAD.jsonl[.zst].")
        yield path
    notes.others["rollout", "alone: turns, texts, tools and tokens are known; no request and no event"] += len(paths)


def _unknown(paths: Sequence[Path], notes: Notes) -> _Taken:  # noqa: ARG001  like the others
    kinds = "HAR, flows of mitmproxy, cassettes of vcrpy (.yaml, .json), archives of codex-lb, rollouts of Codex"
    raise UsageError(f"{paths[0]}: of an unknown format. `import` reads {kinds}.")


_FORMATS = (
    _Format(
        lambda path, head: rollout_name(path.name) is not None or b'"%b"' % META.encode() in head,
        _rollout,
        are_joined=True,
    ),
    _Format(lambda _, head: codex_lb.are_records(head), _codex_lb, are_joined=True),
    _Format(lambda _, head: mitm.are_flows(head), _mitm),
    _Format(lambda path, head: vcr_files.serializer_for(path.name) is not None and b'"log"' not in head[:200], _vcr),
    _Format(lambda _, head: head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"), _har),
    _Format(lambda _path, _head: True, _unknown),
)
"""The first whose file it is reads it."""


def read_sources(paths: Iterable[Path], importer: Importer, *, session: str | None = None) -> list[str]:
    """Give all that files hold to the importer; return what a user should know about each.

    `session`: the one to which all of it goes; None: those that the requests name, else one named by the file.

    Raises:
        UsageError: a file cannot be read, or is not whole.
        NothingFoundError: none of them holds anything of ours; a single one is noted, and skipped.
    """
    lines, skipped = list[str](), list[NothingFoundError]()
    parts = list(_parts(paths))
    for files, read in parts:
        try:
            lines += _read(files, read, importer, session)
        except NothingFoundError as error:
            skipped.append(error)
    if len(skipped) == len(parts):
        raise skipped[0]
    return [*lines, *(f"{error} Skipped." for error in skipped)]


def _parts(paths: Iterable[Path]) -> Iterator[tuple[list[Path], Callable[[Sequence[Path], Notes], _Taken]]]:
    """Yield the files that belong together, with what reads them."""
    joined: dict[int, list[Path]] = {}
    for path in paths:
        number = _format_of(path)
        if _FORMATS[number].are_joined:
            joined.setdefault(number, []).append(path)
        else:
            yield [path], _FORMATS[number].read
    yield from ((sorted(files, key=lambda path: path.name), _FORMATS[number].read) for number, files in joined.items())


def _read(
    paths: Sequence[Path], read: Callable[[Sequence[Path], Notes], _Taken], importer: Importer, session: str | None
) -> list[str]:
    notes, names, losses = Notes(), set[str](), list[Lost]()
    name = ", ".join(map(str, paths[:2])) + (", …" if len(paths) > 2 else "")  # noqa: PLR2004  names for a line
    take = partial(importer.add, unnamed=f"imported-{paths[0].stem}")
    try:
        for taken in read(paths, notes):
            if isinstance(taken, Exchange):
                taken.session = session or taken.session
                notes.others["answer", _BROKEN] += taken.is_broken
                names.add(take(taken))
            elif isinstance(taken, Lost):
                losses.append(taken)
            else:
                names.add(importer.add_rollout(taken))
    except OSError as error:
        raise UsageError(f"{error.filename or name}: cannot be read ({error.strerror}).") from error
    except (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError) as error:
        what = f"{type(error).__name__}: {error}"
        raise UsageError(f"{name}: not as the tool writes it ({what}). Nothing was imported.") from error
    if not names:
        there = notes.hosts or "nothing else"
        raise NothingFoundError(f"{name}: no request of Codex or of the Responses API in it; there is {there}.")
    for lost in losses:
        own = session or lost.session
        for one in [own] if own else sorted(names):
            importer.add_gap(one, lost.gap)
    return [f"{name}: {line}" for line in notes.lines()]


def _format_of(path: Path) -> int:
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise UsageError(f"{path}: is a directory. Name its files; a suite of vcrpy: import --vcr {path}")
        if not stat.S_ISREG(mode):
            raise UsageError(f"{path}: is no file, and what is to be imported is read twice. Write it to a file first.")
        with path.open("rb") as file:
            head = file.read(_HEAD_BYTES)
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror}).") from error
    if not head.strip():
        raise UsageError(f"{path}: is empty. Leave it out, or record it again.")
    return next(number for number, one in enumerate(_FORMATS) if one.is_meant(path, head))
