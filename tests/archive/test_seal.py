"""Sealing makes segments smaller, and loses nothing, whenever it is interrupted."""

import fcntl
import os
from pathlib import Path

import pytest

from pytest_codex_replay import limits
from pytest_codex_replay.archive import segment_bytes
from pytest_codex_replay.archive.check import check_session
from pytest_codex_replay.archive.files import Files
from pytest_codex_replay.archive.manifest import MANIFEST, as_text
from pytest_codex_replay.archive.record import RequestRecord
from pytest_codex_replay.archive.seal import Sealed, is_sealed, seal_session
from pytest_codex_replay.archive.session import Session
from pytest_codex_replay.errors import ArchiveError
from pytest_codex_replay.upstream.scenarios import tool_loop
from tests.bytewise import frames_in

OLD_S = 1_700_000_000


@pytest.fixture
def session(talk, tmp_path: Path) -> Session:
    client = talk(tool_loop(2))
    client.turn("run the steps")
    session = Session(client.write(tmp_path / "s"))
    (session.path / MANIFEST).write_bytes(as_text(session.rebuild_manifest()))
    for path in session.path.iterdir():
        os.utime(path, (OLD_S, OLD_S))
    return session


def test_what_a_killed_seal_left_is_removed(session: Session) -> None:
    """That of one at work stays."""
    left, at_work = (session.path / f".traffic-0001.jsonl.zst.{pid}.tmp" for pid in (1, 2))
    for path in (left, at_work):
        path.write_bytes(b"half")
    os.utime(left, (OLD_S, OLD_S))

    seal_session(session, Files())

    assert (left.exists(), at_work.exists()) == (False, True)


def test_a_sealed_session_reads_as_before(session: Session) -> None:
    """It is smaller, undamaged, as old as it was, and is not sealed again."""
    before, size = list(session.records()), session.segments()[0].stat().st_size

    sealed = seal_session(session, Files())

    assert sealed == Sealed(segments=1, bytes_before=size, bytes_after=session.segments()[0].stat().st_size)
    assert sealed.bytes_after < size
    assert list(session.records()) == before
    assert check_session(session) == []
    assert {path.stat().st_mtime for path in session.path.iterdir()} == {OLD_S}
    assert is_sealed(session.segments()[0])
    assert seal_session(session, Files()).segments == 0


def test_it_is_read_in_few_slices(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """As by any reader: the first are small, for what expands to much."""
    found: list[int] = []
    read = segment_bytes.FrameSource.slice
    monkeypatch.setattr(segment_bytes.FrameSource, "slice", lambda self: found.append(len(one := read(self))) or one)

    assert seal_session(session, Files()).segments == 1

    assert found[:3] == [8, 16, 32]
    assert max(found) == 1024


def test_a_segment_that_is_being_written_is_left_alone(session: Session) -> None:
    """So is one without a manifest's blessing: only what was compressed counts."""
    before = session.segments()[0].read_bytes()
    with session.segments()[0].open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert seal_session(session, Files()).segments == 0

    assert session.segments()[0].read_bytes() == before


def test_each_frame_stays_a_frame(session: Session) -> None:
    """A damaged byte costs what it cost before."""
    path = session.segments()[0]
    path.write_bytes(path.read_bytes() * 2)
    frames = len(frames_in(path.read_bytes()))

    seal_session(session, Files())

    assert len(frames_in(path.read_bytes())) == frames


@pytest.mark.parametrize("kept", range(1, 60, 7))
def test_a_segment_cut_short_stays_as_it_is(session: Session, kept: int) -> None:
    """Its recorder was killed: what it has of its last frame is all that there is."""
    path = session.segments()[0]
    path.write_bytes(path.read_bytes()[:-kept])
    before = path.read_bytes()

    sealed = seal_session(session, Files())

    assert (sealed.segments, path.read_bytes()) == (0, before)


def test_a_damaged_segment_stays_as_it_is(session: Session) -> None:
    """The error names it, and what to do."""
    path = session.segments()[0]
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 0xFF
    path.write_bytes(raw)

    with pytest.raises(ArchiveError, match=r"is damaged .* codex-replay check"):
        seal_session(session, Files())

    assert path.read_bytes() == bytes(raw)
    assert list(session.path.glob(".*")) == []


class Interrupted(Files):
    """Fails at one of its operations, as a kill would come between two of them."""

    def __init__(self, at: int) -> None:
        self.left = at

    def _step(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise KeyboardInterrupt

    def write(self, descriptor: int, data: bytes) -> None:
        self._step()
        super().write(descriptor, data)

    def move(self, source: Path, target: Path) -> None:
        self._step()
        super().move(source, target)

    def set_time(self, path: Path, changed_ns: int) -> None:
        self._step()
        super().set_time(path, changed_ns)


@pytest.mark.parametrize("at", range(6))
def test_it_may_be_interrupted_between_any_two_steps(session: Session, at: int) -> None:
    """Nothing is damaged, nothing is reported as altered, and the next time it comes to its end."""
    before = list(session.records())

    with pytest.raises(KeyboardInterrupt):
        seal_session(session, Interrupted(at))

    assert list(session.records()) == before
    assert check_session(session) == []
    seal_session(session, Files())
    assert is_sealed(session.segments()[0])
    assert list(session.records()) == before
    assert check_session(session) == []


@pytest.mark.parametrize(
    ("most", "bytes_for_one"), [("PACKED_LINES", "LINE_BYTES_PACKED"), ("REQUESTS", "REQUEST_BYTES_PACKED")]
)
def test_a_segment_whose_lines_would_have_too_few_bytes_stays(
    session: Session, monkeypatch: pytest.MonkeyPatch, most: str, bytes_for_one: str
) -> None:
    """A reader would not read it whole."""
    monkeypatch.setattr(limits, most, 0)
    monkeypatch.setattr(limits, bytes_for_one, 1_000_000)
    (path,) = session.segments()
    before = path.read_bytes()

    assert seal_session(session, Files()).segments == 0

    assert path.read_bytes() == before


def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a segment be read in pieces that cut each word in two."""
    monkeypatch.setattr(segment_bytes, "_READ_BYTES", 7)


def test_a_frame_is_not_held(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is compressed as it is read, and is one frame all the same."""
    small_pieces(monkeypatch)
    (path,) = session.segments()
    before, count = list(session.records()), len(frames_in(path.read_bytes()))

    assert seal_session(session, Files()).segments == 1

    assert list(session.records()) == before
    assert len(frames_in(path.read_bytes())) == count


def test_requests_are_counted_where_pieces_cut_them(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """As many as without pieces."""
    small_pieces(monkeypatch)
    asked = sum(isinstance(record, RequestRecord) for record in session.records())
    monkeypatch.setattr(limits, "REQUEST_BYTES_PACKED", 1_000_000)

    monkeypatch.setattr(limits, "REQUESTS", asked - 1)
    assert seal_session(session, Files()).segments == 0

    monkeypatch.setattr(limits, "REQUESTS", asked)
    assert seal_session(session, Files()).segments == 1
