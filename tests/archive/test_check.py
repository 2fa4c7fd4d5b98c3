"""What is wrong with a session directory is found and named; a repair loses nothing."""

from collections.abc import Callable
from pathlib import Path

import orjson
import pytest
import zstandard

from pytest_codex_replay.archive.check import (
    check_session,
    check_sessions,
    has_lost_manifest,
    is_recording,
    repair_session,
    restore_manifest,
)
from pytest_codex_replay.archive.files import Files, is_claimed
from pytest_codex_replay.archive.manifest import Summary, manifest_of, segment_entry
from pytest_codex_replay.archive.record import (
    EndRecord,
    EventRecord,
    FlowEnd,
    GapRecord,
    Record,
    RequestRecord,
    RunRecord,
    SegmentRecord,
    UnknownRecord,
)
from pytest_codex_replay.archive.segment import SegmentWriter, create_segment
from pytest_codex_replay.archive.session import Session, records_with_gaps
from pytest_codex_replay.wire.payload import Payload
from tests.bytewise import flipped, frames_in

AGAIN = "What there is can be read; for the rest, record it again"


def request(flow: str, at_ms: float) -> RequestRecord:
    return RequestRecord(
        at_ms=at_ms,
        flow=flow,
        method="POST",
        url="u",
        http_version="HTTP/1.1",
        headers=(),
        payload=Payload.of({"instructions": "be brief. " * 40, "input": [{"content": flow * 300}]}),
    )


def end(flow: str, at_ms: float, how: FlowEnd = FlowEnd.FINISHED) -> EndRecord:
    return EndRecord(at_ms=at_ms, flow=flow, how=how)


def turns(*flows: str) -> list[Record]:
    return [
        one for number, flow in enumerate(flows) for one in (request(flow, number * 2.0), end(flow, number * 2.0 + 1))
    ]


def write(directory: Path, records: list[Record], *, frames: bool = False, run: str = "r") -> Path:
    """Write a segment; with `frames`, each record begins a new one and damage costs no more than it."""
    created = create_segment(Files(), directory)
    writer = SegmentWriter(
        Files(), created.path, created._descriptor, frame_bytes=1 if frames else 1 << 20, frame_repeats=0
    )
    writer.write(SegmentRecord(at_ms=0.0, format=1, session="s", run=run, recorder="x", ruleset=1))
    for record in records:
        writer.write(record)
        writer.flush()
    writer.close()
    return writer.path


def damage(path: Path) -> None:
    """Flip a byte in the middle of the frame that is in the middle."""
    raw = path.read_bytes()
    frames = frames_in(raw)
    middle = len(frames) // 2
    path.write_bytes(flipped(raw, (frames[middle] + [*frames, len(raw)][middle + 1]) // 2))


def flows_of(session: Session) -> list[str]:
    return [record.flow for record in session.records() if isinstance(record, RequestRecord)]


@pytest.fixture
def session(tmp_path: Path) -> Session:
    """A whole session of three turns."""
    write(tmp_path / "s", turns("a", "b", "c"), frames=True)
    return Session(tmp_path / "s")


@pytest.fixture
def plain(tmp_path: Path) -> Session:
    """A cassette of two turns, with its manifest."""
    segment = create_segment(Files(), tmp_path / "s", plain=True)
    summary = Summary()
    for record in (SegmentRecord(at_ms=0.0, format=1, session="s", run="r", recorder="x", ruleset=1), *turns("a", "b")):
        summary.add(record)
        segment.write(record)
    segment.close()
    Files().replace(tmp_path / "s" / "session.json", manifest_of(summary, [segment_entry(segment.path)]))
    return Session(tmp_path / "s")


@pytest.fixture
def damaged(session: Session) -> Session:
    damage(session.segments()[0])
    return session


class TestChecking:
    def test_a_whole_session_has_no_finding(self, session: Session) -> None:
        """Nothing is wrong with it."""
        assert check_session(session) == []

    def test_a_damaged_frame_is_named(self, damaged: Session) -> None:
        """With the file and what was lost."""
        findings = check_session(damaged)

        assert findings
        assert [finding.is_damage for finding in findings].count(True) >= 1
        assert str(findings[0]).startswith("s/traffic-0001.jsonl.zst")

    def test_a_segment_that_just_stops_is_no_damage(self, session: Session) -> None:
        """But it is reported: its writer was killed."""
        (path,) = session.segments()
        path.write_bytes(path.read_bytes()[:-3])
        findings = check_session(session)

        assert findings
        assert not any(finding.is_damage for finding in findings)

    def test_what_is_still_being_recorded_is_no_finding(self, tmp_path: Path) -> None:
        """Until its writer is gone: then the same bytes are half a recording."""
        segment = create_segment(Files(), tmp_path / "s")
        segment.write(SegmentRecord(at_ms=0.0, format=1, session="s", run="r", recorder="x", ruleset=1))
        segment.write(request("a", 1.0))
        segment.flush()
        session = Session(tmp_path / "s")
        while_it_runs = (is_recording(session), check_session(session))
        segment.abandon()

        assert while_it_runs == (True, [])
        assert not is_recording(session)
        assert {finding.what for finding in check_session(session)} == {
            "frame at byte 0: cut short",
            "its end was not recorded: the recorder was killed",
        }
        assert all(finding.advice in str(finding) and finding.advice for finding in check_session(session))

    def test_a_recorder_that_goes_on_in_another_segment_meanwhile_is_seen(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Who follows the session does not end with the segment."""
        files = Files()
        open_ones = [create_segment(files, tmp_path / "s")]

        def is_claimed_then(path: Path) -> bool:
            if len(open_ones) == 1:
                open_ones.append(create_segment(files, tmp_path / "s"))
                open_ones[0].close()
            return is_claimed(path)

        monkeypatch.setattr("pytest_codex_replay.archive.check.is_claimed", is_claimed_then)
        is_seen = is_recording(Session(tmp_path / "s"))
        open_ones[1].close()

        assert is_seen
        assert not is_recording(Session(tmp_path / "s"))

    @pytest.mark.parametrize(
        ("records", "said"),
        [
            ([request("a", 1.0)], f"s/flow a: its end was not recorded: the recorder was killed. {AGAIN}"),
            (
                [request("a", 1.0), end("a", 2.0, FlowEnd.SHUTDOWN)],
                f"s/flow a: the recorder was stopped while it went on. {AGAIN}",
            ),
            (
                [
                    request("a", 1.0),
                    GapRecord(at_ms=2.0, until_ms=3.0, reason="disk full", lost_count=7, lost_bytes=0, flows=("a",)),
                    end("a", 4.0),
                ],
                f"s/flow a: part of it was not recorded. {AGAIN}",
            ),
        ],
        ids=["no end", "shutdown", "a gap"],
    )
    def test_half_a_recording_is_a_finding(self, tmp_path: Path, records: list[Record], said: str) -> None:
        """It is never taken for a whole one."""
        write(tmp_path / "s", records)

        assert said in map(str, check_session(Session(tmp_path / "s")))

    def test_what_a_gap_lost_is_said(self, tmp_path: Path) -> None:
        """The number, as the recorder counted it."""
        gap = GapRecord(at_ms=2.0, until_ms=3.0, reason="disk full", lost_count=7, lost_bytes=0, flows=())
        write(tmp_path / "s", [*turns("a"), gap])

        assert [str(finding) for finding in check_session(Session(tmp_path / "s"))] == [
            f"s/gaps: 7 signals not recorded. recorder.log says why. {AGAIN}"
        ]

    @pytest.mark.parametrize("how", [FlowEnd.CLIENT_GONE, FlowEnd.UPSTREAM_GONE, FlowEnd.REFUSED, FlowEnd.TIMEOUT])
    def test_what_broke_off_is_recorded_as_it_was(self, tmp_path: Path, how: FlowEnd) -> None:
        """That is what happened: no finding."""
        write(tmp_path / "s", [request("a", 1.0), end("a", 2.0, how)])

        assert check_session(Session(tmp_path / "s")) == []

    def test_a_closed_segment_that_was_edited_is_found(self, session: Session) -> None:
        """Also when all its checksums fit: the manifest has the digest of what the recorder wrote."""
        (path,) = session.segments()
        wrong = "0" * 64
        text = f'{{"format":1,"segments":[{{"name":"{path.name}","bytes":{path.stat().st_size},"sha256":"{wrong}"}}]}}'
        (session.path / "session.json").write_text(text, encoding="utf-8")

        (finding,) = check_session(session)
        assert "is not what session.json says it was" in finding.what

    @pytest.mark.parametrize("kept", [slice(1, None), slice(0, -1), slice(0, -2)], ids=["first", "last", "last two"])
    def test_a_line_that_was_taken_out_of_a_cassette_is_missed(self, plain: Session, kept: slice) -> None:
        """At its end no number tells of it, but the digest does."""
        (path,) = plain.segments()
        path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[kept]))

        assert path.name in {finding.place.partition(":")[0] for finding in check_session(plain)}

    def test_line_ends_of_windows_are_no_change(self, plain: Session) -> None:
        """Git may make them in a checkout."""
        (path,) = plain.segments()
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))

        assert check_session(plain) == []

    @pytest.mark.parametrize("text", ["5", "{}", '{"segments":5}', '{"segments":[5,"x",{}]}', '{"segments":{"a":1}}'])
    def test_what_is_no_manifest_has_nothing_to_say(self, session: Session, text: str) -> None:
        """Any file may be there."""
        (session.path / "session.json").write_text(text, encoding="utf-8")

        assert check_session(session) == []

    def test_a_stale_manifest_has_nothing_to_say(self, session: Session) -> None:
        """It is derived: the traffic is the truth."""
        restore_manifest(session)
        write(session.path, turns("d"))

        assert check_session(session) == []

    def test_a_segment_that_is_gone(self, session: Session) -> None:
        """The manifest still names it."""
        path = write(session.path, turns("d"))
        restore_manifest(session)
        path.unlink()

        (problem,) = check_session(session)
        assert problem.place == "traffic-0002.jsonl.zst"
        assert problem.what.startswith("is missing; session.json names it")

    def test_a_lost_manifest_is_made_anew(self, session: Session) -> None:
        """As the recorder would have written it at its end."""
        assert has_lost_manifest(session)
        assert restore_manifest(session) == session.path / "session.json"
        assert not has_lost_manifest(session)


class TestRepairing:
    def test_the_readable_rest_is_written_anew(self, damaged: Session) -> None:
        """And passes the check, except for the gap that says what is lost."""
        before = flows_of(damaged)
        repair_session(damaged)

        findings = check_session(damaged)
        assert flows_of(damaged) == before
        assert not any(finding.is_damage for finding in findings)
        assert any(isinstance(record, GapRecord) and record.reason == "damage" for record in damaged.records())
        assert findings

    def test_the_original_keeps_all_its_bytes(self, damaged: Session) -> None:
        """Under a name that is no segment's."""
        (path,) = damaged.segments()
        raw = path.read_bytes()
        (kept,) = repair_session(damaged)

        assert kept.name == "traffic-0001.jsonl.zst.damaged-1"
        assert kept.read_bytes() == raw
        assert damaged.segments() == [path]

    def test_the_manifest_is_renewed(self, plain: Session) -> None:
        """It does not say that what was repaired was altered."""
        (path,) = plain.segments()
        path.write_bytes(path.read_bytes().replace(b'"kind":"end"', b'"kind":null ', 1))
        repair_session(plain)

        assert not any("session.json" in finding.what for finding in check_session(plain))
        assert plain.written_manifest() == plain.rebuild_manifest()

    def test_a_lost_segment_is_not_forgotten(self, damaged: Session) -> None:
        """The manifest that is renewed still names it."""
        path = write(damaged.path, turns("d"))
        restore_manifest(damaged)
        path.unlink()
        repair_session(damaged)

        assert path.name in [problem.place for problem in check_session(damaged)]

    def test_a_second_repair_does_nothing(self, damaged: Session) -> None:
        """There is no damage any more."""
        repair_session(damaged)
        before = {path.name: path.read_bytes() for path in damaged.path.iterdir()}

        assert repair_session(damaged) == []
        assert {path.name: path.read_bytes() for path in damaged.path.iterdir()} == before

    def test_runs_stay_runs(self, tmp_path: Path) -> None:
        """Written one by one, their events would be more lines than are read of a file of that length."""
        events = [{"type": "response.created", "n": number} for number in range(40)]
        run = RunRecord(
            flow="a", at_ms=2.0, text=orjson.dumps(events), times_ms=(2.0,) * len(events), is_messages=False
        )
        path = write(tmp_path / "s", [request("a", 1.0), run, end("a", 3.0), *turns("b", "c")], frames=True)
        whole = [record for record in Session(path.parent).records() if isinstance(record, EventRecord)]
        raw = path.read_bytes()
        path.write_bytes(flipped(raw, (frames_in(raw)[-1] + len(raw)) // 2))
        repair_session(Session(path.parent))

        read = [*records_with_gaps(path, keep_all_runs=True)]
        assert [record for record in read if isinstance(record, RunRecord)] == [run]
        assert [one for one in Session(path.parent).records() if isinstance(one, EventRecord)] == whole

    def test_damage_upon_damage_keeps_both_originals(self, damaged: Session) -> None:
        """None is written over."""
        repair_session(damaged)
        damage(damaged.segments()[0])
        (kept,) = repair_session(damaged)

        assert kept.name.endswith(".damaged-2")
        assert len(list(damaged.path.glob("*.damaged-*"))) == 2

    @pytest.mark.parametrize("spoil", [lambda raw: raw, lambda raw: raw[:-3]], ids=["whole", "cut short"])
    def test_what_is_not_damaged_is_left_alone(self, session: Session, spoil: Callable[[bytes], bytes]) -> None:
        """All of a segment that just stops is readable, and its writer may still be there."""
        (path,) = session.segments()
        path.write_bytes(spoil(path.read_bytes()))
        raw = path.read_bytes()

        assert repair_session(session) == []
        assert path.read_bytes() == raw

    def test_without_links_the_original_is_copied(self, damaged: Session) -> None:
        """Some file systems have none."""

        class NoLinks(Files):
            def link(self, _: Path, __: Path) -> None:
                raise PermissionError(1, "Operation not permitted")

        raw = damaged.segments()[0].read_bytes()
        (kept,) = repair_session(damaged, NoLinks())

        assert kept.read_bytes() == raw
        assert not any(finding.is_damage for finding in check_session(damaged))

    def test_a_recorder_that_is_still_writing_goes_on_in_a_new_segment(self, tmp_path: Path) -> None:
        """Its file has another name now, so what it would write there would not be found."""
        live = create_segment(Files(), tmp_path / "s")
        in_place = [live.is_in_place]
        live.write(SegmentRecord(at_ms=0.0, format=1, session="s", run="r", recorder="x", ruleset=1))
        for record in turns("a", "b"):
            live.write(record)
            live.release()
        damage(live.path)
        repair_session(Session(tmp_path / "s"))
        in_place.append(live.is_in_place)
        live.close()

        assert in_place == [True, False]

    def test_a_kind_that_is_not_known_is_no_damage_and_stays(self, tmp_path: Path) -> None:
        """Verbatim, when what stands beside it is repaired; compressed as here, or plain."""
        new = UnknownRecord(at_ms=0.5, kind="new", payload=Payload(b'{"flow":"a","big":1234567890123456789012}'))
        path = write(tmp_path / "s", [new, *turns("a", "b"), new], frames=True)
        session = Session(tmp_path / "s")
        assert check_session(session) == []

        damage(path)
        repair_session(session)

        assert [record for record in session.records() if isinstance(record, UnknownRecord)] == [new, new]
        assert not any(finding.is_damage for finding in check_session(session))


def test_sessions_that_are_checked_together_expand_to_a_bounded_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An archive may hold thousands of bombs; a session that is checked alone is read."""
    monkeypatch.setattr("pytest_codex_replay.archive.segment_bytes.EXPANDED_BYTES", 3_000_000)
    for name in "abcd":
        path = write(tmp_path / name, turns("f"))
        path.write_bytes(path.read_bytes() + zstandard.compress(b" " * 2_000_000))
    sessions = [Session(tmp_path / name) for name in "abcd"]

    together, _ = check_sessions(sessions)

    assert ["than all may expand to" in one.what for one in together] == [False, True, True, True]
    assert not any("than all may expand to" in one.what for one in check_session(sessions[-1]))
