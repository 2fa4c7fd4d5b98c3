"""Every file operation of the archive, in one place: so that it can be private, injected and made to fail."""

import errno
import fcntl
import io
import os
import re
import stat
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

IMPORTING = ".import-"
"""How the name begins of the directory in which `import` writes sessions; readers see them once they are whole."""
LEFT = re.compile(rf"\.(?P<name>.+)\.(?P<pid>[0-9]+)\.(?P<what>new|old)|{re.escape(IMPORTING)}.*")
"""What a command writes beside what it replaces or adds, and leaves when killed: no session, whatever is in it."""

_LEFT_FILE = ".*.*.tmp"
_LINK = "is a link, which is not written through"
_LEFT_S = 60
"""A file that is about to take another's place was written to a moment ago."""


def left_files(directory: Path) -> list[Path]:
    """Return what programs that were killed have left of files that they were replacing."""
    found = []
    for path in sorted(directory.glob(_LEFT_FILE)):
        with suppress(OSError):  # it has taken its place, or may not be looked at
            about = path.lstat()
            if stat.S_ISREG(about.st_mode) and time.time() - about.st_mtime > _LEFT_S:
                found.append(path)
    return found


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Let an error say which file it is about: that of a write does not, as on a disk that is full."""
    try:
        yield
    except OSError as error:
        error.filename = error.filename or str(path)
        raise


_PIECE_BYTES = 1024 * 1024
"""Of a file that is copied, held at once."""


class Files:
    """The file system. Directories are made 0700 and files 0600, whatever the umask; existing modes are left alone."""

    def make_directory(self, path: Path) -> None:
        """Make a directory and its parents; parents that are there keep their mode."""
        if path.is_dir():
            return
        self.make_directory(path.parent)
        try:
            os.mkdir(path, 0o700)  # noqa: PTH102  one system call, one place to fail
        except FileExistsError:
            if not path.is_dir():
                raise NotADirectoryError(20, "is a file, not a directory", str(path)) from None
            return
        os.chmod(path, 0o700)  # noqa: PTH101

    def check_own(self, path: Path) -> None:
        """Check that a directory is not a link, and is ours: else what is written goes where another wants it.

        Raises:
            OSError: it is not.
        """
        about = os.lstat(path)
        if stat.S_ISLNK(about.st_mode):
            raise OSError(errno.ELOOP, _LINK, str(path))
        if about.st_uid != os.geteuid():
            raise OSError(errno.EPERM, "belongs to another user", str(path))

    def open_new(self, path: Path) -> int:
        """Create a file that was not there, for writing; return its descriptor.

        Raises:
            FileExistsError: it is there already.
        """
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_APPEND, 0o600)
        try:
            os.fchmod(descriptor, 0o600)
        except OSError:
            os.close(descriptor)
            raise
        return descriptor

    def open_append(self, path: Path) -> int:
        """Open a file for appending, creating it when it is not there."""
        try:
            return self.open_new(path)
        except FileExistsError:
            return os.open(path, os.O_WRONLY | os.O_CLOEXEC | os.O_APPEND | os.O_NOFOLLOW)

    def append(self, path: Path, data: bytes) -> None:
        """Write `data` behind what a file holds, creating it when it is not there."""
        self._write_and_close(self.open_append(path), path, [data])

    def _write_and_close(self, descriptor: int, path: Path, pieces: Iterable[bytes]) -> None:
        try:
            with naming(path):
                for piece in pieces:
                    self.write(descriptor, piece)
        finally:
            self.close(descriptor)

    def claim(self, descriptor: int) -> bool:
        """Let others see that a file is being written, until it is closed or the process is gone (flock(2)).

        Returns:
            False where that is not so: it is looked at in this very moment, or the file system has no locks. Then
            a session counts as open while its files change.
        """
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True

    def disclaim(self, descriptor: int) -> None:
        """Take the claim back; the file stays open."""
        with suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_UN)

    def write(self, descriptor: int, data: bytes) -> None:
        """Write all of `data`."""
        view = memoryview(data)
        while view:
            view = view[os.write(descriptor, view) :]

    def close(self, descriptor: int) -> None:
        """Close a descriptor."""
        os.close(descriptor)

    def replace(self, path: Path, data: bytes | Iterable[bytes]) -> None:
        """Put `data`, or its pieces one behind the other, at `path` in one step: a reader sees the old file or the new.

        What the pieces raise leaves the old file as it was.
        """
        pieces = [data] if isinstance(data, bytes) else data
        temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
        try:
            temporary.unlink(missing_ok=True)
            self._write_and_close(self.open_new(temporary), path, pieces)
            os.replace(temporary, path)  # noqa: PTH105
        except BaseException as error:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)
            if not isinstance(error, OSError):
                raise
            raise OSError(error.errno, error.strerror, os.fspath(path)) from error  # the name that is known outside

    @contextmanager
    def replacing(self, path: Path) -> Iterator[BinaryIO]:
        """Give a file to write into; it takes the place of `path` in one step when the block ends without an error."""
        temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
        try:
            temporary.unlink(missing_ok=True)
            with naming(path), open(self.open_new(temporary), "wb") as file:  # noqa: PTH123  a descriptor
                yield file
            os.replace(temporary, path)  # noqa: PTH105
        except BaseException as error:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)
            if isinstance(error, OSError) and error.filename == str(temporary):
                error.filename = str(path)  # the name that is known outside
            raise

    def copy(self, source: Path, target: Path) -> None:
        """Write a copy of a file under a name that was free, piece by piece.

        Raises:
            FileExistsError: the name was not free.
            OSError: it cannot be read or written; nothing is left of the copy.
        """
        with open_regular(source) as file:
            descriptor = self.open_new(target)
            try:
                with naming(target):
                    for piece in iter(lambda: file.read(_PIECE_BYTES), b""):
                        self.write(descriptor, piece)
            except OSError:
                target.unlink(missing_ok=True)
                raise
            finally:
                self.close(descriptor)

    def move(self, source: Path, target: Path) -> None:
        """Give a file another name in one step, in place of what had that name."""
        os.replace(source, target)  # noqa: PTH105

    def set_time(self, path: Path, changed_ns: int) -> None:
        """Set when a file was last changed (Unix time in nanoseconds)."""
        os.utime(path, ns=(changed_ns, changed_ns))

    def link(self, source: Path, target: Path) -> None:
        """Make `target` a second name of `source`."""
        os.link(source, target)

    def remove(self, path: Path) -> None:
        """Remove a file."""
        os.unlink(path)  # noqa: PTH108

    def remove_directory(self, path: Path) -> None:
        """Remove a directory that is empty."""
        os.rmdir(path)  # noqa: PTH106

    def names(self, directory: Path) -> Iterable[str]:
        """List the names in a directory; nothing when it is not there."""
        try:
            return sorted(os.listdir(directory))  # noqa: PTH208
        except FileNotFoundError:
            return []


def size_of(path: Path | str) -> int:
    """Return how long a file is; of a link that leads to none, its own length: reading it says so.

    A text is enough: to make paths of a hundred thousand files takes longer than to look at them.

    Raises:
        OSError: it does not exist, or may not be looked at.
    """
    try:
        return os.stat(path).st_size  # noqa: PTH116  a path may be a text
    except OSError:
        return os.lstat(path).st_size


def open_regular(path: Path) -> io.BufferedReader:
    """Open a file to read it. It never waits, as for a writer of a pipe that has the name of a file.

    Raises:
        OSError: it cannot be read, or is not a regular file.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    except FileNotFoundError as error:
        if path.is_symlink():
            error.strerror = "is a link to a file that does not exist"
        raise
    try:
        check_regular(os.fstat(descriptor), path)
    except OSError:
        os.close(descriptor)
        raise
    return os.fdopen(descriptor, "rb")


def read_regular(path: Path, most_bytes: int) -> bytes:
    """Return the bytes of a file; see `open_regular`.

    Raises:
        OSError: likewise, or it is longer than `most_bytes`.
    """
    with open_regular(path) as file:
        size = os.fstat(file.fileno()).st_size  # else memory is asked for as for the largest
        raw = file.read(min(size, most_bytes) + 1)
    if len(raw) > most_bytes:
        raise OSError(errno.EFBIG, f"is longer than {most_bytes:,} bytes", str(path))
    return raw


def check_regular(about: os.stat_result, path: Path) -> None:
    """Check that something is a regular file.

    Raises:
        OSError: it is a directory, a link, a pipe, a socket or a device.
    """
    if stat.S_ISDIR(about.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if stat.S_ISLNK(about.st_mode):
        raise OSError(errno.ELOOP, _LINK, str(path))
    if not stat.S_ISREG(about.st_mode):
        raise OSError(errno.EINVAL, "is not a regular file", str(path))


def is_claimed(path: Path) -> bool:
    """Return whether a file or a directory is being written; False where that cannot be told."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)  # a pipe would wait for its writer
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)  # those who look do not get in each other's way
    except BlockingIOError:
        return True
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return False
