"""Limits of an archive: the oldest sessions go first, an open one never, and nothing that is not a recording."""

import logging
import os
import shutil
from pathlib import Path

import pytest

from pytest_codex_replay.archive.files import Files
from pytest_codex_replay.archive.record import FlowEnd, GapRecord
from pytest_codex_replay.archive.session import Session
from pytest_codex_replay.recorder import retention
from pytest_codex_replay.recorder.recorder import Recorder, RecorderOptions
from pytest_codex_replay.recorder.retention import (
    Limits,
    StoredSession,
    StoredSessions,
    drop_session,
    parse_bytes,
    parse_days,
    put_by_users,
    sessions_to_drop,
    stored_sessions,
)
from pytest_codex_replay.recorder.signals import Ended, Message, Requested

DAY_S = 86_400
NOW_S = 1_800_000_000.0
NOW_MS = NOW_S * 1000


def session(archive: Path, name: str, *, age_days: float = 0.0, size: int = 100, now_s: float = NOW_S) -> Path:
    """Make what a recorder would leave behind."""
    directory = archive / name
    directory.mkdir(parents=True)
    (directory / "traffic-0001.jsonl.zst").write_bytes(b"x" * size)
    (directory / "session.json").write_bytes(b"")
    age(directory, now_s - age_days * DAY_S)
    return directory


def age(directory: Path, at_s: float) -> None:
    for path in directory.iterdir():
        os.utime(path, (at_s, at_s))


def stored(name: str, *, age_days: float, size: int = 100) -> StoredSession:
    return StoredSession(path=Path(name), bytes=size, changed_ms=NOW_MS - age_days * DAY_S * 1000)


def dropped(limits: Limits, *sessions: StoredSession, **more) -> list[str]:
    found = sessions_to_drop(sessions, limits, now_ms=NOW_MS, open_since_ms=NOW_MS - 30_000, **more)
    return [session.path.name for session, _ in found]


class TestDeciding:
    SESSIONS = (stored("new", age_days=1), stored("older", age_days=5), stored("oldest", age_days=9))

    def test_without_limits_nothing_goes(self) -> None:
        """The default: a recording is never removed unasked."""
        assert Limits().are_none
        assert dropped(Limits(), *self.SESSIONS) == []

    @pytest.mark.parametrize(("days", "gone"), [(10, []), (5, ["oldest"]), (4.5, ["oldest", "older"]), (0.5, None)])
    def test_what_is_too_old_goes(self, days: float, gone: list[str] | None) -> None:
        """By when it was last written to."""
        assert dropped(Limits(max_age_days=days), *self.SESSIONS) == (gone or []) + (
            ["oldest", "older", "new"] if gone is None else []
        )

    @pytest.mark.parametrize(("size", "gone"), [(300, []), (299, ["oldest"]), (200, ["oldest"]), (199, 2), (0, 3)])
    def test_the_oldest_go_until_the_rest_fits(self, size: int, gone: list[str] | int) -> None:
        """No more than needed."""
        order = ["oldest", "older", "new"]

        assert dropped(Limits(max_bytes=size), *self.SESSIONS) == (order[:gone] if isinstance(gone, int) else gone)

    def test_both_limits_hold(self) -> None:
        """What age takes counts for the size, too."""
        assert dropped(Limits(max_age_days=8, max_bytes=200), *self.SESSIONS) == ["oldest"]

    def test_an_open_session_stays(self) -> None:
        """Whether it was just written to, or is known to be open; the others go in its place."""
        just_now = stored("just now", age_days=0, size=10_000)

        assert dropped(Limits(max_bytes=1), just_now) == []
        assert dropped(Limits(max_bytes=10_000), just_now, *self.SESSIONS, open_names={"oldest"}) == ["older", "new"]

    def test_each_has_its_reason(self) -> None:
        """It is what the log says."""
        limits = Limits(max_age_days=8, max_bytes=150)
        reasons = [why for _, why in sessions_to_drop(self.SESSIONS, limits, now_ms=NOW_MS, open_since_ms=NOW_MS)]

        assert reasons == ["9.0 days old, the limit is 8", "the archive has 200 bytes, the limit is 150"]


class TestFinding:
    def test_a_session_counts_with_all_its_files(self, tmp_path: Path) -> None:
        """Size and time are of everything in it."""
        directory = session(tmp_path, "s", age_days=2, size=100)
        (directory / "rollout-1.jsonl").write_bytes(b"y" * 50)
        os.utime(directory / "rollout-1.jsonl", (NOW_S, NOW_S))

        assert stored_sessions(tmp_path) == [StoredSession(path=directory, bytes=150, changed_ms=NOW_MS)]

    def test_only_what_has_changed_is_looked_at_again(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """An archive of ten thousand sessions costs a look at their directories, and no more."""
        stored = StoredSessions(tmp_path)
        changed, same = session(tmp_path, "changed"), session(tmp_path, "same")
        before = stored.look()
        looked: list[Path] = []
        look = retention.stored_session
        monkeypatch.setattr(retention, "stored_session", lambda path: looked.append(path) or look(path))
        (changed / "traffic-0002.jsonl.zst").write_bytes(b"more")
        os.utime(changed, (NOW_S, NOW_S))

        after = stored.look()

        assert looked == [changed]
        assert {one.path for one in after} == {changed, same}
        assert sum(one.bytes for one in after) == sum(one.bytes for one in before) + 4

    def test_what_is_no_recording_is_none(self, tmp_path: Path) -> None:
        """Files, empty directories, cassettes, and links to elsewhere: they belong to a user."""
        elsewhere = session(tmp_path / "elsewhere", "s")
        archive = tmp_path / "archive"
        (archive / "empty").mkdir(parents=True)
        (archive / "a file").touch()
        (archive / "notes").mkdir()
        (archive / "notes" / "notes.txt").touch()
        (archive / "cassette").mkdir()
        (archive / "cassette" / "traffic.jsonl").touch()
        (archive / "link").symlink_to(elsewhere)

        assert stored_sessions(archive) == []

    def test_what_may_not_be_read_is_left_out(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """And does not hide the others."""
        session(tmp_path, "denied")
        session(tmp_path, "fine")
        iterate = Path.iterdir

        def deny(path: Path):
            if path.name == "denied":
                raise PermissionError(13, "Permission denied")
            return iterate(path)

        monkeypatch.setattr(Path, "iterdir", deny)

        assert [found.path.name for found in stored_sessions(tmp_path)] == ["fine"]


class TestRemoving:
    def test_a_session_is_removed_as_a_whole(self, tmp_path: Path) -> None:
        """With everything a recorder puts there; a rollout is only a second name."""
        directory = session(tmp_path / "archive", "s")
        (tmp_path / "rollout").write_bytes(b"Codex's")
        (directory / "rollout-1.jsonl").hardlink_to(tmp_path / "rollout")
        drop_session(stored_sessions(tmp_path / "archive")[0], Files())

        assert not directory.exists()
        assert (tmp_path / "rollout").read_bytes() == b"Codex's"

    def test_one_that_was_written_to_meanwhile_stays(self, tmp_path: Path) -> None:
        """Another recorder goes on in it."""
        directory = session(tmp_path, "s")
        (found,) = stored_sessions(tmp_path)
        (directory / "traffic-0002.jsonl.zst").write_bytes(b"more")

        assert not drop_session(found, Files())
        assert len(list(directory.iterdir())) == 3

    def test_what_another_program_put_there_stays(self, tmp_path: Path) -> None:
        """A directory is not ours."""
        directory = session(tmp_path, "s")
        (directory / "mine").mkdir()
        (found,) = stored_sessions(tmp_path)

        assert put_by_users(found, Files()) == ["mine"]
        assert drop_session(found, Files())
        assert [path.name for path in directory.iterdir()] == ["mine"]

    def test_a_removal_that_fails_is_finished_later(self, tmp_path: Path) -> None:
        """Segments go last: what is left is still found as a session."""

        class Stubborn(Files):
            def remove(self, path: Path) -> None:
                if path.name.startswith("traffic"):
                    raise PermissionError(13, "no")
                super().remove(path)

        session(tmp_path, "s")
        with pytest.raises(PermissionError):
            drop_session(stored_sessions(tmp_path)[0], Stubborn())
        drop_session(stored_sessions(tmp_path)[0], Files())

        assert list(tmp_path.iterdir()) == []


class TestReading:
    @pytest.mark.parametrize(
        ("text", "size"),
        [
            ("", None),
            ("0", 0),
            ("1000", 1000),
            ("500MB", 500_000_000),
            ("2GiB", 2 << 30),
            ("1.5k", 1500),
            ("1 KiB", 1024),
        ],
    )
    def test_a_size(self, text: str, size: int | None) -> None:
        """With or without a unit; empty is no limit."""
        assert parse_bytes(text) == size

    @pytest.mark.parametrize("text", ["lots", "-1", "1XB", "1GB more", "nan", "9" * 400 + "GB"])
    def test_no_size(self, text: str) -> None:
        """It says what one looks like."""
        with pytest.raises(ValueError, match="not a size, such as 500MB or 2GiB"):
            parse_bytes(text)

    @pytest.mark.parametrize(
        ("text", "days"), [("", None), ("30", 30.0), ("0.5", 0.5), ("12h", 0.5), ("2W", 14.0), ("3 d", 3.0)]
    )
    def test_days(self, text: str, days: float | None) -> None:
        """Whole or not; empty is no limit."""
        assert parse_days(text) == days

    @pytest.mark.parametrize("text", ["0", "-1", "nan", "inf", "30 days", "a month"])
    def test_no_days(self, text: str) -> None:
        """A limit of zero days would remove what was just recorded."""
        with pytest.raises(ValueError, match="not an age, such as 30"):
            parse_days(text)


class Clock:
    def __init__(self) -> None:
        self.at_s = NOW_S

    def __call__(self) -> float:
        return self.at_s


class TestRecorder:
    """The limits, applied by a recorder: one round of its thread after the other, on this one."""

    LIMITS = Limits(max_age_days=7, max_bytes=1000)

    def recorder(self, archive: Path, files: Files | None = None, limits: Limits = LIMITS) -> tuple[Recorder, Clock]:
        clock = Clock()
        return Recorder(archive, RecorderOptions(limits=limits), files=files, clock=clock), clock

    def test_they_are_applied_at_the_start(self, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
        """Each removal is logged with its reason."""
        session(tmp_path, "too old", age_days=8)
        session(tmp_path, "kept", age_days=6)
        recorder, _ = self.recorder(tmp_path)
        with caplog.at_level(logging.INFO):
            recorder.start()
            recorder.close()

        assert [path.name for path in tmp_path.iterdir()] == ["kept"]
        assert caplog.messages == [
            "codex recorder: removed session too old: 8.0 days old, the limit is 7",
        ]

    def test_and_once_a_minute(self, tmp_path: Path) -> None:
        """A recorder may run for weeks."""
        recorder, clock = self.recorder(tmp_path)
        recorder._apply_limits()
        session(tmp_path, "too old", age_days=8)
        left = []
        for seconds in (0, 59, 1):
            clock.at_s += seconds
            recorder._apply_limits()
            left.append([path.name for path in tmp_path.iterdir()])

        assert left == [["too old"], ["too old"], []]

    def test_its_own_open_session_stays(self, tmp_path: Path) -> None:
        """However old its files and however big: a flow is open in it."""
        recorder, clock = self.recorder(tmp_path, limits=Limits(max_bytes=0))
        recorder.record(requested("w", "open"))
        recorder.record(requested("f", "over"))
        recorder.record(Ended("f", NOW_MS, FlowEnd.FINISHED))
        recorder._drain()
        for name in ("open", "over"):
            age(tmp_path / name, NOW_S)
        clock.at_s += 60
        recorder._housekeep()
        recorder._apply_limits()

        assert [path.name for path in tmp_path.iterdir()] == ["open"]

    def test_a_session_that_was_removed_may_begin_anew(self, tmp_path: Path) -> None:
        """In a new directory, without a gap: nothing was lost that was to be kept."""
        recorder, clock = self.recorder(tmp_path, limits=Limits(max_bytes=0))
        recorder.record(requested("f", "s"))
        recorder.record(Ended("f", NOW_MS, FlowEnd.FINISHED))
        recorder._drain()
        age(tmp_path / "s", NOW_S)
        clock.at_s += 60
        recorder._housekeep()
        recorder._apply_limits()
        is_gone = not (tmp_path / "s").exists()
        recorder.record(requested("g", "s"))
        recorder._drain()

        records = list(Session(tmp_path / "s").records())
        assert is_gone
        assert records
        assert not any(isinstance(record, GapRecord) for record in records)

    def test_one_that_another_recorder_writes_to_stays(self, tmp_path: Path) -> None:
        """As long as it is not idle."""
        session(tmp_path, "another's", age_days=10 / DAY_S, size=10_000)
        recorder, clock = self.recorder(tmp_path)
        recorder._apply_limits()
        stays = (tmp_path / "another's").exists()
        clock.at_s += 60
        recorder._apply_limits()

        assert stays
        assert not (tmp_path / "another's").exists()

    def test_one_that_is_open_elsewhere_stays(self, tmp_path: Path) -> None:
        """However long nothing has come: a WebSocket may be silent for a day."""
        other, _ = self.recorder(tmp_path, limits=Limits())
        other.record(requested("w", "quiet"))
        other._drain()
        age(tmp_path / "quiet", NOW_S - 10 * DAY_S)
        recorder, clock = self.recorder(tmp_path)
        recorder._apply_limits()
        stays = (tmp_path / "quiet").exists()
        other.record(Ended("w", NOW_MS, FlowEnd.FINISHED))
        other._drain()
        other._clock.at_s += 60
        other._housekeep()
        age(tmp_path / "quiet", NOW_S - 10 * DAY_S)
        clock.at_s += 60
        recorder._apply_limits()

        assert stays
        assert not (tmp_path / "quiet").exists()

    def test_what_a_user_put_beside_it_stays(self, tmp_path: Path) -> None:
        """Notes, say; all that recorders and repairs leave goes."""
        path = session(tmp_path, "old", age_days=8)
        ours = ["recorder.log", "rollout-x.jsonl", "rollout-y.jsonl.zst", "traffic-0001.jsonl.zst.damaged-1"]
        for name in [*ours, "notes.md"]:
            (path / name).write_text("x", encoding="utf-8")
        age(path, NOW_S - 8 * DAY_S)
        recorder, _ = self.recorder(tmp_path)
        recorder._apply_limits()

        assert [child.name for child in path.iterdir()] == ["notes.md"]

    def test_what_cannot_be_removed_is_said_and_the_rest_goes(
        self, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        """One line, no traceback; recording does not depend on it."""

        class Stubborn(Files):
            def remove(self, path: Path) -> None:
                if path.parent.name == "stuck":
                    raise PermissionError(13, "Permission denied")
                super().remove(path)

        session(tmp_path, "stuck", age_days=9)
        session(tmp_path, "too old", age_days=8)
        recorder, _ = self.recorder(tmp_path, Stubborn())
        recorder._apply_limits()

        assert [path.name for path in tmp_path.iterdir()] == ["stuck"]
        assert [(line.getMessage(), line.exc_info) for line in caplog.records] == [
            (
                "codex recorder: removing session stuck: Permission denied. Traffic goes on; what is lost is counted.",
                None,
            )
        ]

    def test_an_archive_that_is_gone_is_no_trouble_for_the_recording(self, tmp_path: Path) -> None:
        """It is made again with the next record."""
        recorder, _ = self.recorder(tmp_path / "archive")
        recorder._apply_limits()
        recorder.record(requested("f", "s"))
        recorder.record(Message("f", NOW_MS, False, b"{}", False))
        recorder._drain()
        shutil.rmtree(tmp_path / "archive")
        recorder.record(Ended("f", NOW_MS, FlowEnd.FINISHED))
        recorder._drain()

        assert (tmp_path / "archive" / "s").is_dir()


def requested(flow: str, name: str) -> Requested:
    return Requested(flow, NOW_MS, "POST", "https://h/v1/responses", "HTTP/1.1", (("session-id", name),), b"{}", False)
