"""Session directories, read: found, merged, and honest about damage."""

import os
from collections.abc import Callable
from pathlib import Path

import orjson
import pytest
import zstandard

from pytest_codex_replay import limits
from pytest_codex_replay.archive.files import Files
from pytest_codex_replay.archive.record import EndRecord, FlowEnd, GapRecord, Record, RequestRecord, SegmentRecord
from pytest_codex_replay.archive.segment import PLAIN_SEGMENT, create_segment
from pytest_codex_replay.archive.segment_bytes import Damage
from pytest_codex_replay.archive.session import Session, find_session, open_sessions
from pytest_codex_replay.errors import ArchiveError, UsageError
from pytest_codex_replay.wire.payload import Payload


def request(flow: str, at_ms: float) -> RequestRecord:
    payload = Payload(b'{"input":"%b"}' % (flow.encode() * 50))
    return RequestRecord(
        at_ms=at_ms, flow=flow, method="POST", url="u", http_version="HTTP/1.1", headers=(), payload=payload
    )


def end(flow: str, at_ms: float) -> EndRecord:
    return EndRecord(at_ms=at_ms, flow=flow, how=FlowEnd.FINISHED)


def write(directory: Path, *records: Record, plain: bool = False, version: int = 1, run: str = "r") -> Path:
    """Write a segment; return its path."""
    writer = create_segment(Files(), directory, plain=plain)
    writer.write(SegmentRecord(at_ms=0.0, format=version, session="s", run=run, recorder="x", ruleset=1))
    for record in records:
        writer.write(record)
        writer.release()  # a frame for each, so that damage costs one
    writer.close()
    return writer.path


def flows_in(session: Session) -> list[str]:
    return [record.flow for record in session.records() if isinstance(record, RequestRecord)]


class TestRecords:
    @pytest.mark.parametrize("count", [3, 70])
    def test_a_session_of_many_segments_needs_few_descriptors(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: int
    ) -> None:
        """One that went on a hundred times is read like one that went on twice."""
        monkeypatch.setattr("pytest_codex_replay.archive.session._OPEN_SEGMENTS", 3)
        for number in range(count):
            write(tmp_path, request(f"a{number}", 3.0 * number), *(end(f"a{number}", 3.0 * number) for _ in "abc"))
        records = Session(tmp_path).records()
        before = len(list(Path("/dev/fd").iterdir()))

        found = [next(records)]
        after = len(list(Path("/dev/fd").iterdir()))
        found += records

        assert after - before <= 3
        assert len(found) == 5 * count
        assert flows_in(Session(tmp_path)) == [f"a{number}" for number in range(count)]

    def test_segments_are_merged_by_time(self, tmp_path: Path) -> None:
        """Two recorders wrote at the same time: their records stand between each other."""
        write(tmp_path, request("a", 1.0), request("c", 3.0), run="one")
        write(tmp_path, request("b", 2.0), request("d", 4.0), run="two")

        assert flows_in(Session(tmp_path)) == ["a", "b", "c", "d"]

    def test_a_session_has_segments_by_their_bytes(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A hundred thousand empty files are not opened; those that a recorder wrote all have enough bytes."""
        monkeypatch.setattr(limits, "SEGMENTS", 2)
        for number in range(20):
            write(tmp_path, request(f"a{number}", float(number)))
        assert len(flows_in(Session(tmp_path))) == 20
        for path in Session(tmp_path).segments()[2:]:
            path.write_bytes(b"")
        monkeypatch.setattr(limits, "SEGMENT_BYTES_PACKED", 10_000)
        damages: list[Damage] = []
        records = list(Session(tmp_path).records(damages.append))

        assert [record.flow for record in records if isinstance(record, RequestRecord)] == ["a0", "a1"]
        assert isinstance(records[-1], GapRecord)
        assert [str(one) for one in damages] == [
            "traffic-0003.jsonl.zst: more than 2 segments; this one and those behind it are not read"
        ]

    @pytest.mark.parametrize("most_open", [2, 64])
    def test_segments_expand_to_a_bounded_size_together(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most_open: int
    ) -> None:
        """A session may have thousands of bombs; what else it has is read."""
        monkeypatch.setattr("pytest_codex_replay.archive.segment_bytes.EXPANDED_BYTES", 3_000_000)
        monkeypatch.setattr("pytest_codex_replay.archive.session._OPEN_SEGMENTS", most_open)
        for number in range(6):
            path = write(tmp_path, request(f"a{number}", float(number)), run=f"r{number}")
            if number != 5:
                path.write_bytes(path.read_bytes() + zstandard.compress(b" " * 2_000_000))
        damages: list[Damage] = []

        found = [one.flow for one in Session(tmp_path).records(damages.append) if isinstance(one, RequestRecord)]

        assert found == [f"a{number}" for number in range(6)]
        assert sum("than all may expand to" in str(one) for one in damages) >= 3

    @pytest.mark.parametrize("most_open", [2, 64])
    def test_the_first_records_of_segments_are_not_looked_for_without_end(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most_open: int
    ) -> None:
        """What is read to put segments in order counts, too."""
        monkeypatch.setattr("pytest_codex_replay.archive.segment_bytes.EXPANDED_BYTES", 3_000_000)
        monkeypatch.setattr("pytest_codex_replay.archive.session._OPEN_SEGMENTS", most_open)
        for number in range(6):
            path = write(tmp_path, run=f"r{number}")
            path.write_bytes(zstandard.compress(b" " * 2_000_000) + path.read_bytes())
        damages: list[Damage] = []

        assert not any(isinstance(one, RequestRecord) for one in Session(tmp_path).records(damages.append))
        assert sum("than all may expand to" in str(one) for one in damages) == (6 if most_open == 2 else 5)

    def test_segments_are_in_order_of_their_numbers(self, tmp_path: Path) -> None:
        """Behind 9,999 these have a digit more."""
        for number, flow in (9999, "a"), (10_000, "b"):
            write(tmp_path, request(flow, 1.0)).rename(tmp_path / f"traffic-{number}.jsonl.zst")

        assert flows_in(Session(tmp_path)) == ["a", "b"]

    def test_segments_of_one_run_follow_each_other(self, tmp_path: Path) -> None:
        """Also when its clock was set back meanwhile: an end never comes before its request."""
        write(tmp_path, request("a", 9.0), request("b", 8.0))
        write(tmp_path, end("b", 1.0), request("c", 2.0))

        kinds = [type(record) for record in Session(tmp_path).records()]
        assert flows_in(Session(tmp_path)) == ["a", "b", "c"]
        assert kinds.index(EndRecord) > kinds.index(RequestRecord) + 1

    def test_a_run_that_goes_on_behind_a_segment_that_just_stops_has_a_gap(self, tmp_path: Path) -> None:
        """What was at the end of the first is missing: no half interaction is taken for a whole one."""
        path = write(tmp_path, request("a", 1.0), request("b", 2.0))
        path.write_bytes(path.read_bytes()[:-3])
        write(tmp_path, end("a", 3.0))

        records = list(Session(tmp_path).records())
        assert [record.reason for record in records if isinstance(record, GapRecord)] == ["cut short"]
        assert isinstance(records[-1], EndRecord)

    @pytest.mark.parametrize("most_open", [1, 64])
    def test_a_run_that_says_itself_what_is_missing_has_no_other_gap(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most_open: int
    ) -> None:
        """Its recorder knew that the first segment could not be written further."""
        monkeypatch.setattr("pytest_codex_replay.archive.session._OPEN_SEGMENTS", most_open)
        path = write(tmp_path, request("a", 1.0), request("b", 2.0))
        path.write_bytes(path.read_bytes()[:-3])
        told = GapRecord(at_ms=3.0, until_ms=3.0, reason="disk full", lost_count=1, lost_bytes=0, flows=("b",))
        write(tmp_path, told, end("a", 4.0))

        records = list(Session(tmp_path).records())
        assert [record for record in records if isinstance(record, GapRecord)] == [told]

    def test_one_file_is_read_in_its_own_order(self, tmp_path: Path) -> None:
        """The order of the lines is the truth: a body begins before the event that was written first."""
        write(tmp_path, request("b", 2.0), request("a", 1.0), plain=True)

        assert flows_in(Session(tmp_path)) == ["b", "a"]

    def test_a_damaged_frame_is_a_gap_where_it_was(self, tmp_path: Path) -> None:
        """Reported, skipped, and said in the records; the readable rest is served."""
        path = write(tmp_path, request("a", 1.0), request("b", 2.0), request("c", 3.0))
        raw = bytearray(path.read_bytes())
        raw[raw.index(b"\x28\xb5\x2f\xfd", len(raw) // 2) - 10] ^= 0xFF
        path.write_bytes(bytes(raw))
        damages: list[object] = []
        records = list(Session(tmp_path).records(on_damage=damages.append))

        lost = {"a", "b", "c"} - {record.flow for record in records if isinstance(record, RequestRecord)}
        gaps = [record for record in records if isinstance(record, GapRecord)]
        assert len(lost) == 1
        assert gaps
        assert len(damages) == len(gaps)
        assert gaps[0].reason == "damage"

    def test_a_segment_that_just_stops_is_no_damage(self, tmp_path: Path) -> None:
        """Its writer was killed, or is still at it: every whole record is served, and nothing is reported as lost."""
        path = write(tmp_path, request("a", 1.0), request("b", 2.0))
        path.write_bytes(path.read_bytes()[:-3])
        records = list(Session(tmp_path).records())

        assert flows_in(Session(tmp_path))[:1] == ["a"]
        assert not any(isinstance(record, GapRecord) for record in records)

    def test_a_newer_format_is_refused(self, tmp_path: Path) -> None:
        """With what to do."""
        write(tmp_path, version=2)

        with pytest.raises(ArchiveError, match=r"format 2 is newer.*\n.*pip install -U"):
            list(Session(tmp_path).records())

    def test_a_segment_that_cannot_be_read(self, tmp_path: Path) -> None:
        """The error names the file."""
        (tmp_path / PLAIN_SEGMENT).mkdir()

        with pytest.raises(ArchiveError, match=r"traffic\.jsonl: cannot be read"):
            list(Session(tmp_path).records())


class TestManifest:
    @pytest.mark.parametrize(
        "text", [None, b"", b"{", b"[]", b"5", b'{"segments":1,"format":1}', b"\xff", b'{"format":1,"segments":[]}']
    )
    def test_it_is_rebuilt_when_it_is_not_to_be_had(self, tmp_path: Path, text: bytes | None) -> None:
        """Missing, damaged, foreign, stale: all that it would say is in the traffic."""
        write(tmp_path, request("a", 1.0), end("a", 2.0))
        if text is not None:
            (tmp_path / "session.json").write_bytes(text)

        manifest = Session(tmp_path).manifest()
        assert (manifest["counts"]["requests"], manifest["incomplete"]) == (1, [])

    def test_a_manifest_that_is_a_directory_is_none(self, tmp_path: Path) -> None:
        """Whatever stands in its place."""
        write(tmp_path, request("a", 1.0))
        (tmp_path / "session.json").mkdir()

        assert Session(tmp_path).manifest()["counts"]["requests"] == 1

    def test_a_fresh_one_is_taken_as_it_is(self, tmp_path: Path) -> None:
        """No traffic is read for it."""
        write(tmp_path, request("a", 1.0))
        written = {**Session(tmp_path).rebuild_manifest(), "mine": True}
        (tmp_path / "session.json").write_bytes(orjson.dumps(written))

        assert Session(tmp_path).manifest()["mine"]

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            *(("started_at", value) for value in (7, "yesterday", "9999-12-31T23:59:59+00:00", "0001-01-01")),
            *(("models", value) for value in (None, "gpt", [1])),
            *(("counts", value) for value in (None, [], {}, {"requests": "1"})),
            *(("incomplete", value) for value in ({}, [[]], [{"flow": []}])),
            *(("threads", value) for value in (7, ["x"], [{"id": None}])),
            *(("segments", value) for value in (None, [None], [{"name": [], "bytes": 1}])),
            ("format", None),
        ],
    )
    def test_one_with_a_member_of_another_type_is_made_anew(self, tmp_path: Path, name: str, value: object) -> None:
        """Anyone may have edited it, and all that it says is in the traffic."""
        write(tmp_path, request("a", 1.0))
        rebuilt = Session(tmp_path).rebuild_manifest()
        (tmp_path / "session.json").write_bytes(orjson.dumps({**rebuilt, "mine": True, name: value}))

        assert Session(tmp_path).manifest() == rebuilt
        assert Session(tmp_path).altered() == []


class TestFinding:
    @pytest.fixture
    def archive(self, tmp_path: Path) -> Path:
        for name in ("0199a", "0199b", "other"):
            write(tmp_path / "archive" / name, request("a", 1.0))
        (tmp_path / "archive" / "no session").mkdir()
        (tmp_path / "archive" / "a file").write_bytes(b"")
        return tmp_path / "archive"

    def test_an_archive_has_its_sessions_by_name(self, archive: Path) -> None:
        """What else lies there is not one."""
        assert [session.name for session in open_sessions(archive)] == ["0199a", "0199b", "other"]

    def test_a_session_directory_is_an_archive_of_one(self, archive: Path) -> None:
        """Every tool takes either."""
        assert [session.name for session in open_sessions(archive / "other")] == ["other"]

    @pytest.mark.parametrize("name", ["other", "o", "0199a"])
    def test_a_name_may_be_shortened(self, archive: Path, name: str) -> None:
        """As long as only one begins like that."""
        assert find_session(archive, name).name.startswith(name)

    def test_a_whole_name_wins_over_one_that_begins_so(self, archive: Path) -> None:
        """Else it could not be named at all."""
        write(archive / "0199a-more", request("a", 1.0))

        assert find_session(archive, "0199a").name == "0199a"

    @pytest.mark.parametrize(
        ("path", "said"),
        [
            (lambda archive: archive.parent / "missing", "no such directory.*There are"),
            (lambda archive: archive / "missing", "no such directory. There are: 0199a, 0199b, other"),
            (lambda archive: archive / "a file", "is a file.*unpack"),
            (lambda archive: archive / "no session", "no session in it"),
            (lambda archive: archive / "a file" / "below", "no such directory"),
        ],
        ids=["no archive", "no session", "a file", "an empty directory", "below a file"],
    )
    def test_a_path_that_is_none_is_a_clear_error(self, archive: Path, path: Callable[[Path], Path], said: str) -> None:
        """What is wrong, and what there is."""
        write(archive.parent / "sibling", request("a", 1.0))

        with pytest.raises(UsageError, match=said):
            open_sessions(path(archive))

    @pytest.mark.parametrize(("name", "said"), [("0199", "several"), ("nobody", "no session begins")])
    def test_a_name_that_is_none_lists_the_names(self, archive: Path, name: str, said: str) -> None:
        """So the next attempt can be right."""
        with pytest.raises(UsageError, match=f"{said}.*0199a, 0199b"):
            find_session(archive, name)

    def test_a_session_that_may_not_be_read_is_not_left_out(
        self, archive: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Each reader learns so; an archive never looks smaller than it is."""
        shut, *others = open_sessions(archive)
        listdir = os.listdir

        def deny(path: Path) -> list[str]:
            if path == shut.path:
                raise PermissionError(13, "Permission denied")
            return listdir(path)

        monkeypatch.setattr(os, "listdir", deny)
        assert open_sessions(archive) == [shut, *others]
        with pytest.raises(ArchiveError, match=rf"{shut.name}: may not be read \(Permission denied\)"):
            list(shut.records())

    def test_a_directory_that_may_not_be_read(self, archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A clear error; and a sibling that may not be read is no reason to fail."""

        def deny(_: Path) -> None:
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr(Path, "iterdir", deny)
        with pytest.raises(UsageError, match="may not be read"):
            open_sessions(archive)
        with pytest.raises(UsageError, match="no such directory"):
            open_sessions(archive / "missing")
