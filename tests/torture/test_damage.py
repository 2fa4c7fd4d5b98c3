"""Files cut at every byte, bits flipped at random, repairs that fail half-way: nothing altered is ever read."""

import shutil
from pathlib import Path

import pytest

from pytest_codex_replay.archive.check import check_session, repair_session
from pytest_codex_replay.archive.record import GapRecord, Record
from pytest_codex_replay.archive.segment import SegmentWriter
from pytest_codex_replay.archive.segment_bytes import Damage
from pytest_codex_replay.archive.segment_reader import read_segment
from pytest_codex_replay.archive.session import Session
from pytest_codex_replay.recorder.recorder import Recorder
from tests.bytewise import Read, check_altered, check_cuts, flipped, flipped_bits, frames_in
from tests.torture.harness import BROKEN, FULL, Clock, FailingFiles, failure, finish, only, step, streamed


@pytest.fixture
def segment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small segment as a recorder writes it: a few frames, items that are referred to, runs."""
    small = {**SegmentWriter.__init__.__kwdefaults__, "frame_bytes": 6000, "frame_repeats": 0}
    monkeypatch.setattr(SegmentWriter.__init__, "__kwdefaults__", small)
    recorder = Recorder(tmp_path / "archive", clock=Clock())
    at_ms = Clock().now_ms
    for turn in range(1, 7):
        for signal in streamed(f"flow-{turn}", at_ms + turn * 100, 4, turn=turn):
            recorder.record(signal)
        step(recorder)
    finish(recorder)
    return tmp_path / "archive" / "s" / "traffic-0001.jsonl.zst"


@pytest.fixture
def read(segment: Path) -> Read:
    """Read the segment when it holds other bytes."""

    def read_bytes(raw: bytes) -> tuple[list[Record], list[Damage]]:
        segment.write_bytes(raw)
        damages: list[Damage] = []
        return list(read_segment(segment, damages.append)), damages

    return read_bytes


def test_the_segment_has_several_frames(segment: Path) -> None:
    """Else damage would cost all of it, and there would be nothing to show."""
    assert 3 <= len(frames_in(segment.read_bytes())) <= 20


def test_a_segment_cut_at_any_byte_gives_its_beginning(segment: Path, read: Read, torture) -> None:
    """Every record that was whole before the cut, no other, and no damage is claimed."""
    raw = segment.read_bytes()

    counts = check_cuts(raw, read, sound_at=frames_in(raw)[1:], step=torture.pick(7, 1))

    torture.count("cut at every byte", cuts=len(counts), records=len(read(raw)[0]), altered=0)


def test_a_flipped_bit_never_alters_a_record(segment: Path, read: Read, torture) -> None:
    """What is read is as it was written; what is not read is reported, and costs one frame at most."""
    raw = segment.read_bytes()
    whole, _ = read(raw)
    lost_counts, silent = [], 0
    for _, records, damages in check_altered(flipped_bits(raw, torture.pick(400, 10_000)), read, whole):
        lost_counts.append(len(whole) - len(records))
        silent += not damages
    total = len(lost_counts)
    torture.count(
        "bit flips",
        flips=total,
        altered=0,
        lost_without_a_word=0,
        harmless=silent,
        records=len(whole),
        lost_on_average=round(sum(lost_counts) / total, 1),
        lost_at_most=max(lost_counts),
    )


def test_a_flipped_bit_is_found_by_the_check_and_can_be_repaired(segment: Path, torture) -> None:
    """The check names it; a repair keeps the original and all that is readable; after it, only the gap is left."""
    raw = segment.read_bytes()
    session = Session(segment.parent)
    repaired = 0
    for place, altered in flipped_bits(raw, torture.pick(40, 1000)):
        segment.write_bytes(altered)
        before = without_gaps(session)
        findings = check_session(session)
        kept = repair_session(session)

        assert findings, place
        assert bool(kept) == any(finding.is_damage for finding in findings), place
        assert all(path.read_bytes() == altered for path in kept), place
        assert without_gaps(session) == before, place
        assert not any(finding.is_damage for finding in check_session(session)), place
        assert repair_session(session) == [], place
        repaired += len(kept)
        for path in kept:
            path.unlink()
    torture.count("flips found and repaired", flips=torture.pick(40, 1000), repaired=repaired, lost_by_repair=0)


def without_gaps(session: Session) -> list[Record]:
    return [record for record in session.records() if not isinstance(record, GapRecord)]


@pytest.mark.parametrize("number", [FULL, BROKEN])
@pytest.mark.parametrize("how", ["nothing written", "half written"])
def test_a_repair_that_fails_anywhere_loses_nothing(segment: Path, torture, number: int, how: str) -> None:
    """Whichever operation fails: the damaged segment, or its repair beside the original, is there; never less."""
    raw = flipped(segment.read_bytes(), segment.stat().st_size // 2)
    segment.write_bytes(raw)
    session = Session(segment.parent)
    readable = without_gaps(session)
    counting = FailingFiles()
    copy = shutil.copytree(session.path, session.path.with_name("copy"))
    repair_session(Session(copy), counting)
    for operation in range(1, len(counting.operations) + 1):
        shutil.rmtree(session.path)
        shutil.copytree(copy, session.path, ignore=shutil.ignore_patterns("*.damaged-*"))
        segment.write_bytes(raw)
        files = FailingFiles(only(operation, failure(number)), is_partial=how == "half written")
        try:
            repair_session(session, files)
        except OSError:
            pass
        else:
            assert files.failed == ["link"]  # then a copy serves as well

        originals = [path for path in session.path.iterdir() if path.read_bytes() == raw]
        assert originals, files.failed
        assert without_gaps(session) == readable, files.failed
        assert not list(session.path.glob(".repaired-*")), files.failed

        repair_session(session)
        assert without_gaps(session) == readable
        assert not any(finding.is_damage for finding in check_session(session))
    torture.count("repairs that fail", injected=len(counting.operations), lost=0)


def test_a_repair_killed_in_the_middle_is_begun_anew(segment: Path) -> None:
    """What it had written of the new segment is no obstacle, and no segment."""
    raw = flipped(segment.read_bytes(), segment.stat().st_size // 2)
    segment.write_bytes(raw)
    session = Session(segment.parent)
    readable = without_gaps(session)
    segment.with_name(f".repaired-{segment.name}").write_bytes(b"half")

    in_between = without_gaps(session)
    repair_session(session)

    assert in_between == readable
    assert without_gaps(session) == readable
    assert not any(finding.is_damage for finding in check_session(session))
