"""What of an archive has changed, without a look into its traffic."""

import os
import shutil

import pytest

from pytest_codex_replay.archive.check import restore_manifest
from pytest_codex_replay.archive.files import Files
from pytest_codex_replay.archive.session import Session
from pytest_codex_replay.index.stamps import Stamp, changes, is_edited
from tests.rollout_lines import NAME, write

SEGMENT = "traffic-0001.jsonl.zst"


@pytest.fixture
def known(archive):
    """What the archive looks like, a while after it was written."""
    for path in archive.iterdir():
        os.utime(path, ns=(10**18, 10**18))
    return dict(changes(archive, {}).changed)


def test_nothing_has_changed(archive, known):
    """Three sessions are known."""
    assert sorted(known) == ["failed", "loop", "two"]
    assert not changes(archive, known)


def test_a_segment_that_grew_is_read_again(archive, known):
    """Its directory does not tell."""
    with (archive / "loop" / SEGMENT).open("ab") as file:
        file.write(b"more")

    assert list(changes(archive, known).changed) == ["loop"]


def test_a_new_segment_is_read(archive, known):
    """Another recorder run."""
    shutil.copy(archive / "loop" / SEGMENT, archive / "loop" / "traffic-0002.jsonl.zst")

    assert list(changes(archive, known).changed) == ["loop"]


def test_a_rollout_that_came_is_read(archive, known):
    """A recorder copies it once the session is quiet; its name has not to change when it goes on."""
    write(archive, folder="loop")
    (now,) = changes(archive, known).changed.values()
    assert not changes(archive, {**known, "loop": (archive.joinpath("loop").stat().st_mtime_ns, *now[1:])})

    Files().replace(archive / "loop" / NAME, b"more")

    assert list(changes(archive, {**known, "loop": now}).changed) == ["loop"]


@pytest.mark.parametrize(
    ("was_live", "segments", "edited"),
    [
        (True, "a:9:2:7", False),
        (True, "a:9:2:7|b:1:2:8#rollout-1:3:4:5", False),
        (True, "a:4:2:7", True),
        (True, "a:9:2:8", True),
        (True, "b:9:2:7", True),
        (False, "a:9:2:7", True),
    ],
)
def test_what_a_recorder_adds_is_no_edit(was_live, segments, edited):
    """It writes on where it was; another program writes a new file, or a shorter one, or one that had ended."""
    assert is_edited((1, "a:5:1:7", was_live), Stamp(1, segments, is_live=True)) is edited


def test_a_segment_that_was_replaced_is_read_again(archive, known):
    """A repair may give it the same size."""
    path = archive / "loop" / SEGMENT
    times = path.stat()
    Files().replace(path, path.read_bytes()[::-1])
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))

    assert list(changes(archive, known).changed) == ["loop"]


@pytest.mark.parametrize("change", ["truncated", "same size", "redacted"])
def test_a_segment_that_was_changed_in_place_is_read_again(archive, known, change):
    """Its directory does not tell, and it has ended: `truncate`, `cp` over it, an editor."""
    path = archive / "loop" / SEGMENT
    data = path.read_bytes()
    with path.open("r+b") as file:
        if change == "truncated":
            file.truncate(len(data) - 1)
        else:
            file.write(data[::-1] if change == "same size" else data.replace(b"o", b"0"))
    os.utime(archive / "loop", ns=(10**18, 10**18))

    assert list(changes(archive, known).changed) == ["loop"]


def test_a_segment_that_others_may_read_now_is_read_again(archive, known):
    """What kept it from being read was not in its bytes."""
    (archive / "loop" / SEGMENT).chmod(0o640)

    assert list(changes(archive, known).changed) == ["loop"]


def test_directories_that_are_no_sessions_are_named(archive, known):
    """What lies below them may be: a caller looks there, and not into all others again."""
    (archive / "suite" / "deeper").mkdir(parents=True)

    found = changes(archive, known)

    assert (found.others, found.changed, found.gone) == (["suite"], {}, [])


def test_another_file_beside_it_is_not_read(archive, known):
    """A rollout, or notes."""
    (archive / "loop" / "notes.txt").write_text("mine")
    found = changes(archive, known)

    assert (list(found.touched), found.changed) == (["loop"], {})


def test_what_is_gone_is_forgotten(archive, known):
    """Also a session whose segments alone are gone."""
    shutil.rmtree(archive / "loop")
    (archive / "two" / SEGMENT).unlink()

    assert sorted(changes(archive, known).gone) == ["loop", "two"]


def test_a_session_json_that_changed_is_looked_at(archive, known):
    """It says which segments there were; also once none of them is left."""
    restore_manifest(Session(archive / "loop"))
    (now,) = changes(archive, known).changed.values()
    (archive / "loop" / SEGMENT).unlink()
    emptied = changes(archive, {**known, "loop": now})
    os.utime(archive / "loop", ns=(10**18, 10**18))
    still = changes(archive, {**known, "loop": Stamp(10**18, *emptied.changed["loop"][1:])})
    (archive / "loop" / "session.json").unlink()

    assert (list(emptied.changed), emptied.gone) == (["loop"], [])
    assert not still
    assert changes(archive, {**known, **emptied.changed}).gone == ["loop"]


def test_a_directory_that_changed_just_now_is_looked_at_again(archive):
    """Two changes within a tick of the clock have one time."""
    (archive / "loop" / "notes.txt").write_text("mine")
    stamp = changes(archive, {}, ["loop"]).changed["loop"]

    assert stamp.directory_ns == 0 or stamp.directory_ns == (archive / "loop").stat().st_mtime_ns


@pytest.mark.parametrize("set_ns", [1, 4 * 10**18])
def test_a_clock_that_was_set_changes_nothing(archive, known, set_ns):
    """Times are compared, and not put in order."""
    os.utime(archive / "loop" / SEGMENT, ns=(set_ns, set_ns))
    os.utime(archive / "loop", ns=(set_ns, set_ns))
    found = changes(archive, known)

    assert list(found.changed) == ["loop"]
    assert not changes(archive, known | found.changed)


def test_what_a_recorder_writes_is_looked_at_until_it_ends(archive):
    """It ends without another byte when it is killed."""
    descriptor = os.open(archive / "loop" / SEGMENT, os.O_RDONLY)
    assert Files().claim(descriptor)
    live = changes(archive, {}, ["loop"]).changed
    still = changes(archive, live, ["loop"])
    os.close(descriptor)

    assert live["loop"].is_live
    assert not still.changed
    assert not changes(archive, live, ["loop"]).changed["loop"].is_live


def test_what_may_not_be_looked_into_is_a_session(archive, monkeypatch):
    """Reading it says why. (The system is made to refuse: it would not refuse root.)"""

    def listdir(path):
        raise PermissionError

    monkeypatch.setattr(os, "listdir", listdir)

    assert changes(archive, {}, ["loop"]).changed == {"loop": Stamp(0, "", is_live=False)}


def test_a_name_that_is_not_utf8_hides_no_other(archive, known):
    """It is reported and not indexed: SQLite has no text for it."""
    odd = os.fsdecode(b"caf\xe9")
    shutil.copytree(archive / "loop", archive / odd)

    found = changes(archive, known)

    assert (found.unnameable, found.changed, found.gone) == ([odd], {}, [])
