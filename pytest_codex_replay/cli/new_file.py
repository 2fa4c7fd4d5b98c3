"""A new file that a verb writes: none that is there is replaced, and half of one does not stay."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pytest_codex_replay.archive.files import Files
from pytest_codex_replay.errors import UsageError


@contextmanager
def new_file(out: Path) -> Iterator[int]:
    """Create a private file for writing and give its descriptor; it is removed when writing it fails.

    Raises:
        UsageError: it is there already, or cannot be written.
    """
    try:
        descriptor = Files().open_new(out)
    except FileExistsError as error:
        raise UsageError(f"{out}: is there already. Name a new file, or remove it.") from error
    except OSError as error:
        raise UsageError(f"{out}: cannot be written ({error.strerror}).") from error
    try:
        yield descriptor
    except BaseException:
        out.unlink(missing_ok=True)
        raise
