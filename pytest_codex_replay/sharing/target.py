"""Where a cassette is written: a new directory, or in place of another cassette."""

import errno
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from pytest_codex_replay.archive.segment import is_segment
from pytest_codex_replay.archive.session import open_sessions
from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.sharing.cassette import keep_settings, why_not_replaced
from pytest_codex_replay.sharing.replacing import check_name, put_back, replacing


def check_target(source: Path, target: Path, *, force: bool, force_option: str) -> None:
    """Check that a cassette of `source` may be written to `target`; `force_option` is how errors spell `force`.

    Raises:
        UsageError: it may not.
    """
    check_name(target)
    _check_link(target)
    inner, outer = source.resolve(), target.resolve()
    put_back(target)
    if inner.is_relative_to(outer) or outer.is_relative_to(inner):
        raise UsageError(f"{target}: is inside {source}, or holds it. Choose a target elsewhere.")
    if not target.exists():
        return
    if not force:
        raise UsageError(f"{target}: exists already; {force_option} replaces it.")
    names = [session.name for session in open_sessions(source)]
    check_replaced(target, names, by_one=is_single(source), force_option=force_option)


def check_replaced(target: Path, names: Collection[str], *, by_one: bool, force_option: str) -> None:
    """Check that nothing is lost where sessions of these `names` replace `target`, or one replaces it (`by_one`).

    Raises:
        UsageError: something would be.
    """
    if target.exists() and (why := why_not_replaced(target, by_one=by_one, names=names)) is not None:
        raise UsageError(f"{target}: {why}; {force_option} replaces a cassette and nothing else.")


@contextmanager
def written_to(target: Path, *, force: bool) -> Iterator[Path]:
    """Give a directory to write into; it replaces `target`, whose settings stay, if the block ends without an error.

    Raises:
        UsageError: the directory cannot be written.
    """
    with replacing(target, force=force) as beside:
        keep_settings(target, beside)
        yield beside


def is_single(source: Path) -> bool:
    """Return whether `source` is one session, which becomes the target itself."""
    return any(is_segment(child.name) for child in source.iterdir())


def _check_link(target: Path) -> None:
    try:
        target.stat()
    except OSError as error:
        if error.errno == errno.ELOOP:  # all else is told where it is written
            raise UsageError(f"{target}: cannot be written (it is a link to itself).") from error
