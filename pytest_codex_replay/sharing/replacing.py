"""A directory that appears at once and whole, or not at all."""

import glob
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pytest_codex_replay.archive.files import Files, is_claimed
from pytest_codex_replay.errors import UsageError

_NEW, _OLD = "new", "old"


@contextmanager
def replacing(target: Path, *, force: bool) -> Iterator[Path]:
    """Give a directory to write into, which takes the place of `target` when all went well.

    Where `target` is a link, what it leads to is replaced.

    Raises:
        UsageError: nothing can be written there.
    """
    given, target = target, target.resolve()
    beside, old = (target.with_name(f".{target.name}.{os.getpid()}.{what}") for what in (_NEW, _OLD))
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        put_back(target)
        beside.mkdir()
    except OSError as error:
        raise UsageError(f"{given}: cannot be written there: {error.strerror}.") from error
    claim = os.open(beside, os.O_RDONLY | os.O_CLOEXEC)
    try:
        Files().claim(claim)
        yield beside
        if force and target.exists():
            target.rename(old)
        beside.rename(target)
    except BaseException:
        if old.exists() and not target.exists():
            old.rename(target)
        raise
    finally:
        os.close(claim)
        shutil.rmtree(beside, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)


def put_back(target: Path) -> None:
    """Put back what a program was about to replace when it was killed, and remove what it had not finished."""
    target = target.resolve()
    for left in sorted(target.parent.glob(f".{glob.escape(target.name)}.*.*")):
        _, pid, what = left.name.rsplit(".", 2)
        if not pid.isdigit() or what not in {_NEW, _OLD} or is_claimed(left):
            continue
        if what == _OLD and not target.exists():
            left.rename(target)
        else:
            shutil.rmtree(left, ignore_errors=True)
