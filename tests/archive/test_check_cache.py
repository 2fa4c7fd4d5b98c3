"""A long session that was read before is not read again while its bytes are the same; any other one is."""

import os
from pathlib import Path

import orjson
import pytest

from pytest_codex_replay.archive.check import check_session
from pytest_codex_replay.archive.check_cache import CheckCache, Reading
from pytest_codex_replay.archive.files import Files
from pytest_codex_replay.archive.record import EndRecord, FlowEnd, RunRecord, SegmentRecord
from pytest_codex_replay.archive.segment import create_segment
from pytest_codex_replay.archive.session import Session
from tests.bytewise import flipped

HEAD = SegmentRecord(at_ms=0.0, format=1, session="s", run="r", recorder="x", ruleset=1)
LONG = 25_000


def write(directory: Path, events: int = LONG, plain: int = 0) -> Session:
    """Write a session with one run of deltas; what it is of was never begun, and its end is there."""
    segment = create_segment(Files(), directory, plain=plain)
    segment.write(HEAD)
    deltas = [{"type": "response.output_text.delta", "delta": "x"}] * events
    segment.write(
        RunRecord(flow="a", at_ms=1.0, text=orjson.dumps(deltas), times_ms=(1.0,) * events, is_messages=False)
    )
    segment.write(EndRecord(at_ms=2.0, flow="a", how=FlowEnd.FINISHED))
    segment.close()
    return Session(directory)


class Counted(Session):
    """Counts how often it is read whole."""

    times = 0

    def rebuild_manifest(self, on_damage=None, expansion=None):
        object.__setattr__(self, "times", self.times + 1)
        return super().rebuild_manifest(on_damage, expansion)


@pytest.fixture
def session(tmp_path):
    return Counted(write(tmp_path / "s").path)


@pytest.fixture
def kept(tmp_path):
    return CheckCache(tmp_path / "cache")


def told(reading: Reading) -> tuple[object, ...]:
    return reading.damages, reading.manifest["counts"], reading.manifest["incomplete"]


def test_the_same_bytes_are_read_once(session, kept):
    """What is told is the same."""
    first, second = kept.read(session), kept.read(session)

    assert told(first) == told(second)
    assert first.manifest["counts"]["events"] == LONG
    assert session.times == 1


def test_another_byte_is_read_and_damage_is_found(session, kept):
    """Whatever is kept of the bytes before; and it is told again when these are checked again."""
    assert check_session(session, kept) == []
    (path,) = session.segments()
    path.write_bytes(flipped(path.read_bytes(), path.stat().st_size // 2))
    cut = path.read_bytes()[:-3]

    damaged = check_session(session, kept)
    assert damaged
    path.write_bytes(cut)
    assert check_session(session, kept)
    assert check_session(session, kept) == check_session(session)


def test_damage_is_kept_as_it_was_found(tmp_path, kept):
    """With the place, and with the path where the session is now: it may have moved."""
    session = write(tmp_path / "s")
    with session.segments()[0].open("ab") as file:
        file.write(b"no frame")
    first = kept.read(session)
    moved = Counted(session.path.rename(tmp_path / "moved"))

    (damage,) = kept.read(moved).damages
    assert moved.times == 0
    assert damage.path.parent == moved.path
    assert [str(damage)] == [str(one) for one in first.damages]
    assert check_session(moved, kept) == check_session(moved)


@pytest.mark.parametrize(
    "session", [lambda path: write(path, events=10), lambda path: write(path, plain=1)], ids=["short", "plain"]
)
def test_of_others_nothing_is_kept(tmp_path, kept, session):
    """A short one is read fast; a plain one may refer to values that stand elsewhere."""
    kept.read(session(tmp_path / "s"))

    assert not (tmp_path / "cache").exists()


def test_what_is_kept_is_private(session, kept, tmp_path):
    """Only its owner may read it."""
    kept.read(session)

    (path,) = (tmp_path / "cache").iterdir()
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"[]",
        b"{}",
        b"\xff",
        b'{"damages":[{}],"manifest":{}}',
        b'{"damages":[],"manifest":{"counts":{},"incomplete":[]}}',
        b'{"damages":[],"manifest":{"counts":{"lost":"x"},"incomplete":[{}]}}',
    ],
)
def test_a_damaged_result_is_made_anew(session, kept, tmp_path, text):
    """It is a cache: all of it can be had again."""
    first = kept.read(session)
    (path,) = (tmp_path / "cache").iterdir()
    path.write_bytes(text)

    assert told(kept.read(session)) == told(first)
    assert session.times == 2
    assert path.read_bytes() != text


def test_where_nothing_can_be_kept_sessions_are_read(session, tmp_path):
    """As where the cache's place is a file."""
    (tmp_path / "cache").write_text("a file")
    kept = CheckCache(tmp_path / "cache")

    assert told(kept.read(session)) == told(kept.read(session))
    assert session.times == 2


def test_the_oldest_results_go(session, kept, tmp_path):
    """A thousand are kept."""
    (tmp_path / "cache").mkdir(0o700)
    (tmp_path / "cache" / "notes.json").write_text("not a result")
    for number in range(1000):
        path = tmp_path / "cache" / f"{number:064}.json"
        path.write_text("{}")
        os.utime(path, (number, number))
    kept.read(session)

    names = {path.name for path in (tmp_path / "cache").iterdir()}
    assert len(names) == 1001
    assert f"{0:064}.json" not in names
    assert {f"{1:064}.json", "notes.json"} < names


@pytest.mark.parametrize("mode", [0o1777, 0o770])
@pytest.mark.parametrize("above", [True, False])
def test_where_others_may_write_nothing_is_taken(session, tmp_path, mode, above):
    """They could say that a damaged session is whole."""
    place = tmp_path / "codex-replay" / "checked"
    CheckCache(place).read(session)
    (place.parent if above else place).chmod(mode)

    CheckCache(place).read(session)
    assert session.times == 2


def test_a_link_is_not_followed(session, tmp_path):
    """Neither that of a directory, in which files of the user may be, nor that of a result."""
    kept = CheckCache(tmp_path / "cache")
    kept.read(session)
    (path,) = (tmp_path / "cache").iterdir()
    other = path.rename(tmp_path / "other.json")
    path.symlink_to(other)
    kept.read(session)
    (tmp_path / "linked").symlink_to(tmp_path / "cache")
    CheckCache(tmp_path / "linked").read(session)

    assert session.times == 3


def test_what_is_no_file_is_not_waited_for(session, kept, tmp_path):
    """A named pipe, say."""
    kept.read(session)
    (path,) = (tmp_path / "cache").iterdir()
    path.unlink()
    os.mkfifo(path)

    kept.read(session)
    assert session.times == 2
    assert path.is_file()
