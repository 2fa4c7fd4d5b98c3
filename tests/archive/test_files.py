"""Files: private, and written whole or not at all."""

import errno
import fcntl
import os
import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from pytest_codex_replay.archive.files import Files, is_claimed, open_regular, read_regular, size_of
from pytest_codex_replay.errors import ArchiveError

FILES = Files()


def mode_of(path: Path) -> int:
    return path.stat().st_mode & 0o777


def names_in(directory: Path) -> list[str]:
    return [path.name for path in directory.iterdir()]


@pytest.fixture(params=[0o000, 0o022, 0o077, 0o777], ids=oct)
def umask(request) -> Iterator[int]:
    """A umask, and the old one afterwards."""
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


class Short(Files):
    """A disk that takes some bytes and is then full."""

    def write(self, descriptor: int, data: bytes) -> None:
        super().write(descriptor, data[:2])
        raise OSError(28, "No space left on device")


@pytest.mark.usefixtures("umask")
def test_directories_are_private(tmp_path: Path) -> None:
    """Each that is made, whatever the umask."""
    FILES.make_directory(tmp_path / "a" / "b" / "c")

    assert [mode_of(tmp_path / part) for part in ("a", "a/b", "a/b/c")] == [0o700] * 3


@pytest.mark.usefixtures("umask")
def test_files_are_private(tmp_path: Path) -> None:
    """However they come to be, whatever the umask."""
    FILES.close(FILES.open_new(tmp_path / "new"))
    FILES.close(FILES.open_append(tmp_path / "log"))
    FILES.replace(tmp_path / "manifest", b"{}")

    assert [mode_of(tmp_path / name) for name in ("new", "log", "manifest")] == [0o600] * 3


def test_a_directory_that_is_there_keeps_its_mode(tmp_path: Path) -> None:
    """It is the user's, and so are its parents."""
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared").chmod(0o755)

    FILES.make_directory(tmp_path / "shared")
    FILES.make_directory(tmp_path / "shared" / "mine")

    assert mode_of(tmp_path / "shared") == 0o755


def test_a_file_that_is_there_keeps_its_mode_and_content(tmp_path: Path) -> None:
    """Appending adds to it."""
    log = tmp_path / "log"
    log.write_bytes(b"one\n")
    log.chmod(0o644)

    descriptor = FILES.open_append(log)
    FILES.write(descriptor, b"two\n")
    FILES.close(descriptor)

    assert (mode_of(log), log.read_bytes()) == (0o644, b"one\ntwo\n")


@pytest.mark.parametrize("below", [".", "a", "a/b"])
def test_a_path_that_is_a_file_is_no_directory(tmp_path: Path, below: str) -> None:
    """The error names the file that stands in the way."""
    (tmp_path / "file").write_bytes(b"")

    with pytest.raises(NotADirectoryError) as caught:
        FILES.make_directory(tmp_path / "file" / below)

    assert caught.value.filename == str(tmp_path / "file")


def test_a_directory_that_another_makes_meanwhile_is_fine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two recorders may begin the same session."""
    make = os.mkdir

    def late(path: Path, mode: int) -> None:
        make(path, 0o750)
        make(path, mode)

    monkeypatch.setattr(os, "mkdir", late)

    FILES.make_directory(tmp_path / "session")

    assert mode_of(tmp_path / "session") == 0o750


def test_a_new_file_is_never_one_that_was_there(tmp_path: Path) -> None:
    """Nobody's records are written over."""
    (tmp_path / "taken").write_bytes(b"another's")

    with pytest.raises(FileExistsError):
        FILES.open_new(tmp_path / "taken")

    assert (tmp_path / "taken").read_bytes() == b"another's"


def test_all_is_written_also_in_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A system call may take fewer bytes than it was given."""
    write = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: write(descriptor, data[:3]))
    descriptor = FILES.open_new(tmp_path / "file")

    FILES.write(descriptor, b"0123456789")
    FILES.close(descriptor)

    assert (tmp_path / "file").read_bytes() == b"0123456789"


def test_a_reader_sees_the_old_file_or_the_new_one(tmp_path: Path) -> None:
    """Who has the old file open goes on reading it."""
    path = tmp_path / "session.json"
    FILES.replace(path, b"old")

    with path.open("rb") as reader:
        FILES.replace(path, b"new")
        seen = reader.read()

    assert (seen, path.read_bytes()) == (b"old", b"new")
    assert names_in(tmp_path) == ["session.json"]


def test_a_failed_replace_leaves_the_old_file(tmp_path: Path) -> None:
    """And nothing beside it."""
    path = tmp_path / "session.json"
    path.write_bytes(b"old")

    with pytest.raises(OSError, match="No space left"):
        Short().replace(path, b"new and longer")

    assert path.read_bytes() == b"old"
    assert names_in(tmp_path) == ["session.json"]


def test_an_error_names_the_file_that_was_to_be_written() -> None:
    """Not the one that is moved to it."""
    with pytest.raises(OSError, match=r"'/proc/page\.html'$"):
        Files().replace(Path("/proc/page.html"), b"")


def test_a_directory_is_not_replaced(tmp_path: Path) -> None:
    """It is an error, and leaves nothing behind."""
    (tmp_path / "session.json").mkdir()

    with pytest.raises(OSError, match="directory"):
        FILES.replace(tmp_path / "session.json", b"new")

    assert names_in(tmp_path) == ["session.json"]


def test_what_a_killed_process_left_is_no_obstacle(tmp_path: Path) -> None:
    """A process id comes again."""
    (tmp_path / f".session.json.{os.getpid()}.tmp").write_bytes(b"half")

    FILES.replace(tmp_path / "session.json", b"new")

    assert names_in(tmp_path) == ["session.json"]


def test_a_link_is_a_second_name(tmp_path: Path) -> None:
    """What is appended later is there under both; one can go without the other."""
    (tmp_path / "a").write_bytes(b"1")
    FILES.link(tmp_path / "a", tmp_path / "b")
    (tmp_path / "a").write_bytes(b"12")

    FILES.remove(tmp_path / "a")

    assert (tmp_path / "b").read_bytes() == b"12"


@pytest.mark.parametrize("length", [0, 3, 3_000_000])
def test_a_copy_has_all_its_bytes(tmp_path: Path, length: int) -> None:
    """It takes no name that is not free, and where it cannot be written there is none."""
    (tmp_path / "a").write_bytes(b"x" * length)

    Files().copy(tmp_path / "a", tmp_path / "b")

    assert (tmp_path / "b").read_bytes() == b"x" * length
    assert (tmp_path / "b").stat().st_mode & 0o777 == 0o600
    with pytest.raises(FileExistsError):
        Files().copy(tmp_path / "a", tmp_path / "b")


def test_of_a_copy_that_cannot_be_written_nothing_is_left(tmp_path: Path) -> None:
    """The error names it."""
    (tmp_path / "a").write_bytes(b"x")

    with pytest.raises(OSError, match="No space left") as caught:
        Short().copy(tmp_path / "a", tmp_path / "b")

    assert caught.value.filename == str(tmp_path / "b")
    assert not (tmp_path / "b").exists()


@pytest.mark.parametrize("fails", [False, True])
def test_a_file_is_replaced_when_all_of_it_is_written(tmp_path: Path, fails: bool) -> None:  # noqa: FBT001
    """Else it stays as it was, and nothing is left beside it."""
    path = tmp_path / "a"
    path.write_bytes(b"old")

    with suppress(ValueError), Files().replacing(path) as file:
        file.write(b"new")
        if fails:
            raise ValueError

    assert path.read_bytes() == (b"old" if fails else b"new")
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """The error of a write does not say which: on a disk that is full."""
    path = tmp_path / "f"

    with pytest.raises(OSError, match="No space") as caught, FILES.replacing(path):
        raise OSError(errno.ENOSPC, "No space left on device")

    assert caught.value.filename == str(path)
    assert list(tmp_path.iterdir()) == []


def test_names_are_sorted_and_a_missing_directory_has_none(tmp_path: Path) -> None:
    """Nothing was recorded there yet."""
    for name in ("b", "a", ".c"):
        (tmp_path / name).touch()

    assert list(FILES.names(tmp_path)) == [".c", "a", "b"]
    assert list(FILES.names(tmp_path / "missing")) == []


def test_a_claim_is_seen_by_others_until_it_is_taken_back(tmp_path: Path) -> None:
    """Looking changes nothing, nor does it when several look."""
    path = tmp_path / "f"
    descriptor = FILES.open_new(path)
    seen: list[bool] = [is_claimed(path), FILES.claim(descriptor), is_claimed(path), is_claimed(path)]
    FILES.disclaim(descriptor)
    seen += [is_claimed(path), FILES.claim(descriptor), is_claimed(path)]
    FILES.close(descriptor)

    assert seen == [False, True, True, True, False, True, True]
    assert not is_claimed(path)
    assert not is_claimed(tmp_path / "missing")


def test_who_looks_at_this_moment_delays_a_claim(tmp_path: Path) -> None:
    """It is not there then, and says so: the next write claims again. Two who look see nobody but a writer."""
    path = tmp_path / "f"
    writer, looker = FILES.open_new(path), os.open(path, os.O_RDONLY)
    fcntl.flock(looker, fcntl.LOCK_SH)
    seen = [FILES.claim(writer), is_claimed(path)]
    os.close(looker)
    seen += [FILES.claim(writer), is_claimed(path)]
    FILES.close(writer)

    assert seen == [False, False, True, True]


def test_a_file_system_without_locks_is_no_obstacle(tmp_path: Path) -> None:
    """Nothing is claimed there, and nothing fails."""
    reader, writer = os.pipe()
    os.close(reader)
    os.close(writer)

    assert not FILES.claim(writer)
    FILES.disclaim(writer)


def pipe(path: Path) -> None:
    os.mkfifo(path)


def listener(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(os.path.relpath(path))  # a path of a socket is short


def device(path: Path) -> None:
    path.symlink_to("/dev/full")


def loop(path: Path) -> None:
    path.symlink_to(path.name)


@pytest.mark.parametrize("make", [pipe, listener, device, loop, Path.mkdir])
def test_what_is_not_a_file_is_refused_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make) -> None:
    """Nobody may write to a pipe, ever; and it is written by no one."""
    monkeypatch.chdir(tmp_path)
    make(tmp_path / "x")

    with pytest.raises(OSError, match="x"):
        open_regular(tmp_path / "x")
    assert not is_claimed(tmp_path / "x")


def test_a_link_to_a_file_is_read(tmp_path: Path) -> None:
    """A user may keep traffic elsewhere."""
    (tmp_path / "file").write_bytes(b"here")
    (tmp_path / "link").symlink_to("file")

    with open_regular(tmp_path / "link") as file:
        assert file.read() == b"here"


def test_a_link_to_nowhere_is_called_so(tmp_path: Path) -> None:
    """The file is there, as its directory says; it still has a size, so that the names beside it can be listed."""
    (link := tmp_path / "x").symlink_to("nowhere")

    with pytest.raises(FileNotFoundError, match="is a link to a file that does not exist"):
        open_regular(link)
    with pytest.raises(FileNotFoundError, match="No such file"):
        open_regular(tmp_path / "nowhere")
    assert size_of(link) == len("nowhere")
    (tmp_path / "nowhere").write_bytes(b"12345678901")
    assert size_of(link) == 11


def test_a_file_is_read_up_to_a_length(tmp_path: Path) -> None:
    """A sparse one takes no memory."""
    path = tmp_path / "a"
    path.write_bytes(b"abc")

    assert read_regular(path, 3) == b"abc"
    with path.open("r+b") as file:
        file.truncate(1 << 40)
    with pytest.raises(OSError, match="is longer than 3 bytes"):
        read_regular(path, 3)


def test_pieces_that_cannot_be_made_leave_the_old_file(tmp_path: Path) -> None:
    """What is read for a file may be damaged: no half file takes its place, and nothing is left beside it."""
    file = tmp_path / "page.html"
    file.write_bytes(b"old")

    def pieces() -> Iterator[bytes]:
        yield b"new"
        raise ArchiveError("damaged")

    with pytest.raises(ArchiveError, match="damaged"):
        Files().replace(file, pieces())

    assert file.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [file]
    Files().replace(file, iter([b"n", b"ew"]))
    assert file.read_bytes() == b"new"
