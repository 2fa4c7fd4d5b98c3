"""Replaces a directory atomically: the new one appears whole, or not at all."""

import ctypes
import fcntl
import glob
import os
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from pytest_codex_replay.archive.files import LEFT, check_regular, is_claimed
from pytest_codex_replay.archive.value_files import VALUES
from pytest_codex_replay.errors import UsageError

_NEW, _OLD = "new", "old"
_HERE, _EXCHANGE = -100, 2
"""Of renameat2(2): AT_FDCWD, RENAME_EXCHANGE."""


@contextmanager
def replacing(target: Path, *, force: bool) -> Iterator[Path]:
    """Give a directory to write into; it replaces `target` when the block ends without an error.

    Where `target` is a link, the directory behind the link is replaced.

    Raises:
        UsageError: the directory cannot be written.
    """
    given, target = target, target.resolve()
    new, old = _beside(target, _NEW), _beside(target, _OLD)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        put_back(target)
        claim = _made(new)
    except OSError as error:
        raise UsageError(f"{given}: cannot be written ({error.strerror}).") from error
    try:
        yield new
        is_there = force and target.exists()
        if not (is_there and _exchanged(new, target)):
            if is_there:
                target.rename(old)
            _put(new, target, given)
    except BaseException:
        if old.exists() and not target.exists():
            old.rename(target)
        raise
    finally:
        os.close(claim)
        shutil.rmtree(new, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)


def copy_tree(source: Path, target: Path, left_out: Callable[[Path], bool] = lambda _: False) -> None:
    """Copy a directory into one that may be there. A link stays a link: what it leads to may be private.

    Raises:
        OSError: something in it cannot be read, or is a pipe, a socket or a device.
    """
    target.mkdir(exist_ok=True)
    for path in sorted(source.iterdir()):
        if left_out(path):
            continue
        copy = target / path.name
        if path.is_symlink():
            copy.symlink_to(path.readlink())
        elif path.is_dir():
            copy_tree(path, copy, left_out)
        else:
            copy_regular(path, copy)
    shutil.copystat(source, target)


def copy_regular(path: Path, copy: Path) -> None:
    """Copy a file, or the one that a link leads to.

    Raises:
        OSError: it cannot be read, or is not a regular file.
    """
    check_regular(path.stat(), path)
    shutil.copy2(path, copy)


def _exchanged(one: Path, other: Path) -> bool:
    """Let two directories change places in one step, where the system and the file system can (Linux: renameat2)."""
    try:
        call = ctypes.CDLL(None, use_errno=True).renameat2
    except (AttributeError, TypeError, OSError):
        return False
    return bool(call(_HERE, os.fsencode(one), _HERE, os.fsencode(other), _EXCHANGE) == 0)


def _put(new: Path, target: Path, given: Path) -> None:
    try:
        new.rename(target)
    except OSError as error:
        if not target.exists():
            raise
        raise UsageError(
            f"{given}: exists already: another program wrote it meanwhile. Choose another target."
        ) from error


def _made(place: Path, mode: int = 0o777) -> int:
    """Make a directory, and return the descriptor that claims it; another program may remove it before the claim."""
    while True:
        place.mkdir(mode)
        with suppress(UsageError):
            if (claim := _locked(place)) is not None:
                return claim


@contextmanager
def beside(target: Path) -> Iterator[Path]:
    """Give a private directory to write into what `target` lacks; it is gone when the block ends.

    What killed programs left of theirs is removed first.
    """
    put_back(target)
    place = _beside(target, _NEW)
    claim = _made(place, 0o700)
    try:
        yield place
    finally:
        os.close(claim)
        shutil.rmtree(place, ignore_errors=True)


def _beside(target: Path, what: str) -> Path:
    """Return a name that no other thread of this machine gives."""
    return target.with_name(f".{target.name}.{threading.get_native_id()}.{what}")


@contextmanager
def locked(target: Path) -> Iterator[None]:
    """Let one process at a time decide what replaces a directory; each sees what the one before it has made of it.

    Where the file system has no locks, nobody waits.

    Raises:
        UsageError: the directory cannot be opened.
    """
    while (descriptor := _locked(target)) is None:
        pass
    try:
        yield
    finally:
        os.close(descriptor)


def _locked(target: Path) -> int | None:
    """Wait for the lock on a directory, and return its descriptor; None where it was replaced meanwhile."""
    try:
        descriptor = os.open(target, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise UsageError(f"{target}: cannot be opened ({error.strerror}).") from error
    with suppress(OSError):
        fcntl.flock(descriptor, fcntl.LOCK_EX)
    with suppress(FileNotFoundError):
        if os.path.samestat(os.fstat(descriptor), target.stat()):
            return descriptor
    os.close(descriptor)
    return None


def check_name(target: Path) -> None:
    """Check that a cassette does not go where the values are that cassettes share.

    Raises:
        UsageError: it would.
    """
    if VALUES in target.parts:
        raise UsageError(f"{target}: the name {VALUES} is taken by what cassettes share; choose another.")


def check_writable(directory: Path, advice: str) -> None:
    """Check that a directory can be written, or made, before a command costs anything; `advice` ends the error.

    Raises:
        UsageError: it cannot.
    """
    try:
        nearest = next(place for place in (directory, *directory.parents) if place.exists())
        with tempfile.TemporaryFile(dir=nearest) as file:  # a disk that is full is reported now
            file.write(b"0")
    except NotADirectoryError as error:
        raise UsageError(f"{nearest}: is a file, not a directory. {advice}") from error
    except OSError as error:
        why = error.strerror
        raise UsageError(f"{directory}: cannot be written ({why}). {advice}") from error


def put_back(target: Path) -> None:
    """Repair after a killed program: restore the directory that it was replacing, remove its unfinished one.

    What a living program works on stays: it holds a claim on its new directory, and needs the old one until that is
    in place.
    """
    target = target.resolve()
    for left in sorted(target.parent.glob(f".{glob.escape(target.name)}.*.*")):
        found = LEFT.fullmatch(left.name)
        if found is None or found["name"] != target.name or is_claimed(left.with_name(f"{left.stem}.{_NEW}")):
            continue
        with suppress(UsageError), locked(left):
            if found["what"] == _OLD and not target.exists():
                left.rename(target)
            else:
                shutil.rmtree(left, ignore_errors=True)
