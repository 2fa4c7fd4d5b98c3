"""A directory that appears at once."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.sharing import replacing as module
from pytest_codex_replay.sharing.replacing import check_name, copy_regular, copy_tree, locked, put_back, replacing


def test_it_appears_when_all_went_well(tmp_path):
    """Not before."""
    target = tmp_path / "deep" / "new"

    with replacing(target, force=False) as beside:
        (beside / "file").touch()
        assert not target.exists()

    assert [path.name for path in target.parent.iterdir()] == ["new"]
    assert (target / "file").exists()


def test_what_was_there_stays_when_something_went_wrong(tmp_path):
    """Whole, and with nothing beside it."""
    target = tmp_path / "old"
    target.mkdir()
    (target / "file").touch()

    def fail():
        with replacing(target, force=True) as beside:
            (beside / "other").touch()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()

    assert [path.relative_to(tmp_path).as_posix() for path in sorted(tmp_path.rglob("*"))] == ["old", "old/file"]


@pytest.mark.skipif(sys.platform != "linux", reason="no other system exchanges two directories in one step")
def test_there_is_no_moment_without_the_directory(tmp_path, monkeypatch):
    """A program that is killed leaves the old one, or the new one, in its place: nothing is moved away first."""
    (tmp_path / "it").mkdir()
    monkeypatch.delattr(Path, "rename")

    with replacing(tmp_path / "it", force=True) as beside:
        (beside / "file").touch()

    assert [path.relative_to(tmp_path).as_posix() for path in sorted(tmp_path.rglob("*"))] == ["it", "it/file"]


def test_where_two_steps_are_needed(tmp_path, monkeypatch):
    """The old one is put aside first."""
    (tmp_path / "it" / "old").mkdir(parents=True)
    monkeypatch.setattr(module, "_exchanged", lambda *_: False)

    with replacing(tmp_path / "it", force=True) as beside:
        (beside / "file").touch()

    assert [path.relative_to(tmp_path).as_posix() for path in sorted(tmp_path.rglob("*"))] == ["it", "it/file"]


@pytest.fixture
def killed(tmp_path):
    """What a program leaves that was killed between its two steps: the old one is aside, the new one not there."""
    for what in ("old", "new"):
        directory = tmp_path / f".mine.4711.{what}"
        directory.mkdir()
        (directory / "file").write_text(what)
    return tmp_path / "mine"


def test_what_a_killed_program_put_aside_is_put_back(killed):
    """And what it had not finished is removed."""
    put_back(killed)

    assert [path.name for path in killed.parent.iterdir()] == ["mine"]
    assert (killed / "file").read_text() == "old"


def test_what_a_killed_program_left_is_cleaned_by_the_next(killed):
    """When it fails, too."""

    def fail():
        with replacing(killed, force=True):
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()

    assert [path.name for path in killed.parent.iterdir()] == ["mine"]
    assert (killed / "file").read_text() == "old"


def test_what_another_program_is_writing_is_left_alone(tmp_path):
    """It still lives."""
    with replacing(tmp_path / "mine", force=True) as beside:
        put_back(tmp_path / "mine")

        assert beside.exists()


def test_a_program_is_killed_at_any_time(tmp_path):
    """Whenever: the next one finds the old directory or the new one, whole."""
    target = tmp_path / "mine"
    (target / "deep").mkdir(parents=True)
    (target / "deep" / "file").write_text("old")
    code = f"""
import os, pathlib, sys
from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.sharing.replacing import check_name, locked, put_back, replacing
calls = 0
def hook(event, arguments):
    global calls
    if event in {{"os.rename", "os.mkdir", "shutil.rmtree", "open"}} and {str(tmp_path)!r} in str(arguments):
        calls += 1
        if calls == int(sys.argv[1]):
            os._exit(9)
sys.addaudithook(hook)
with replacing(pathlib.Path({str(target)!r}), force=True) as beside:
    (beside / "deep").mkdir()
    (beside / "deep" / "file").write_text("new")
"""
    found = []
    for call in range(1, 40):
        code_of = subprocess.run([sys.executable, "-c", code, str(call)], check=False, timeout=60).returncode
        put_back(target)
        assert [path.name for path in tmp_path.iterdir()] == ["mine"]
        found.append((target / "deep" / "file").read_text())
        if code_of == 0:
            break
        (target / "deep" / "file").write_text("old")

    assert code_of == 0
    assert set(found) == {"old", "new"}


def test_no_cassette_has_their_name() -> None:
    """It would lie among them."""
    check_name(Path("cassettes/fix"))
    with pytest.raises(UsageError, match="the name shared-values is taken"):
        check_name(Path("cassettes/shared-values/fix"))


def test_who_waits_for_a_lock_sees_what_came_meanwhile(tmp_path):
    """Also where the directory that it waited for is not there any more: each adds one to what the one before left."""
    target = tmp_path / "cassette"
    target.mkdir()
    (target / "count").write_text("0")

    def add_one(_):
        with locked(target):
            count = int((target / "count").read_text())
            beside = tmp_path / f"new-{count}"
            beside.mkdir()
            (beside / "count").write_text(str(count + 1))
            target.rename(tmp_path / f"old-{count}")
            beside.rename(target)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(add_one, range(2)))

    assert (target / "count").read_text() == "2"


def test_a_lock_on_nothing_is_an_error(tmp_path):
    """In one line."""
    with pytest.raises(UsageError, match="none: cannot be opened"), locked(tmp_path / "none"):
        pass


def test_what_another_program_has_just_begun_is_begun_again(tmp_path, monkeypatch):
    """It looks like something left until it is claimed: to remove it then breaks nothing."""
    target, make = tmp_path / "mine", Path.mkdir
    made = []

    def mkdir(path, *arguments, **more):
        make(path, *arguments, **more)
        made.append(path)
        if len(made) == 2:  # after that of the parent
            put_back(target)

    monkeypatch.setattr(Path, "mkdir", mkdir)
    with replacing(target, force=False) as beside:
        assert beside.exists()

    assert made == [tmp_path, beside, beside]
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_what_a_living_program_is_replacing_is_not_put_back(tmp_path):
    """Between its two steps: its new directory is claimed."""
    target = tmp_path / "mine"
    target.mkdir()
    with replacing(target, force=True) as beside:
        aside = beside.with_suffix(".old")
        target.rename(aside)
        put_back(target)

        assert (aside.exists(), target.exists()) == (True, False)


def test_what_another_program_wrote_meanwhile_stays(tmp_path):
    """The later one is refused in one line."""
    target = tmp_path / "mine"

    def write():
        with replacing(target, force=False):
            target.mkdir()
            (target / "file").write_text("theirs")

    with pytest.raises(UsageError, match="mine: exists already: another program wrote it meanwhile"):
        write()

    assert [path.name for path in tmp_path.rglob("*")] == ["mine", "file"]


def test_what_is_not_a_file_is_not_copied(tmp_path: Path) -> None:
    """A pipe waits, and a device may have no end: the error names it, wherever it is in a directory."""
    (tmp_path / "from" / "below").mkdir(parents=True)
    os.mkfifo(tmp_path / "from" / "below" / "x")

    with pytest.raises(OSError, match=r"not a regular file.*below/x"):
        copy_tree(tmp_path / "from", tmp_path / "to")


def test_a_device_behind_a_link_is_not_copied(tmp_path: Path) -> None:
    """It has no end."""
    (tmp_path / "x").symlink_to("/dev/zero")

    with pytest.raises(OSError, match="not a regular file"):
        copy_regular(tmp_path / "x", tmp_path / "copy")


def test_a_copied_link_is_a_link(tmp_path: Path) -> None:
    """What it leads to may be private, or missing; a directory may be there already, and something may be left out."""
    for name in ("from/below", "to", "private"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "private" / "key").write_text("secret")
    (tmp_path / "from" / "below" / "file").write_text("here")
    (tmp_path / "from" / "left out").write_text("here")
    for name, goal in {"directory": "../private", "file": "../private/key", "nowhere": "x"}.items():
        (tmp_path / "from" / name).symlink_to(goal)

    copy_tree(tmp_path / "from", tmp_path / "to", lambda path: path.name == "left out")

    assert sorted(path.name for path in (tmp_path / "to").iterdir()) == ["below", "directory", "file", "nowhere"]
    assert (tmp_path / "to" / "below" / "file").read_text() == "here"
    assert {path.name for path in (tmp_path / "to").iterdir() if path.is_symlink()} == {"directory", "file", "nowhere"}
