"""A recorded session, opened to be looked at."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
import pytest

from pytest_codex_replay.archive.files import Files
from pytest_codex_replay.archive.record import SegmentRecord
from pytest_codex_replay.archive.segment import create_segment
from pytest_codex_replay.errors import ArchiveError
from pytest_codex_replay.reading import RecordedSession, open_archive
from pytest_codex_replay.upstream.scenarios import cut_stream, text, tool_loop
from tests.reading.conftest import FIRST, SECOND
from tests.rollout_lines import NAME, THREAD, TODAY, meta, write
from tests.sessions import THREAD as SESSION_THREAD


@pytest.fixture
def session(tmp_path, talk):
    """A function that records one session, and opens it."""

    def record(script, *, plain=False):
        client = talk(script)
        client.turn("hi")
        return RecordedSession(client.write(tmp_path / "s", plain=plain))

    return record


def edit_manifest(session: RecordedSession, **members: object) -> None:
    """Edit `session.json` as a person would."""
    path = session.path / "session.json"
    segment = next(session.path.glob("traffic*"))
    segments = [{"name": segment.name, "bytes": segment.stat().st_size}]
    path.write_bytes(orjson.dumps({"format": 1, "segments": segments} | members))


class TestRecordedSession:
    def test_nothing_is_read_before_it_is_asked_for(self):
        """Making one costs nothing: not even the directory has to be there."""
        session = RecordedSession(Path("nowhere") / FIRST)

        assert session.id == FIRST
        assert "No such file" in (session.unreadable or "")
        for name in ("turns", "manifest", "started_at", "rollouts", "bytes_count", "counts", "incomplete"):
            with pytest.raises(ArchiveError, match=FIRST):
                getattr(session, name)

    def test_it_says_what_was_recorded(self, archive):
        """Who asked which model, when."""
        session = open_archive(archive)[SECOND]

        assert session.started_at == datetime(2026, 9, 22, 14, 13, 20, 10_000, tzinfo=UTC)
        assert session.ended_at is not None
        assert timedelta() < session.ended_at - session.started_at < timedelta(minutes=1)
        assert (session.models, session.originators) == (("gpt-5.4",), ("codex_exec",))
        assert session.codex_version == session.codex_versions[0]

    def test_its_turns_are_those_of_its_interactions(self, archive):
        """Read once: a turn's interactions are the session's own."""
        session = open_archive(archive)[FIRST]
        (turn,) = session.turns

        assert turn.interactions == session.interactions
        assert turn.interactions[0] is session.interactions[0]
        assert session.turns[0] is turn
        assert session.tokens == turn.tokens
        assert [call.output is not None for call in turn.tool_calls] == [True]

    def test_everything_is_counted(self, talk, tmp_path):
        """Turns and interactions beside what the manifest counts."""
        client = talk(tool_loop(1), transport="websocket")
        client.side()
        client.turn("run")

        session = RecordedSession(client.write(tmp_path / "s"))

        counts = session.counts
        assert (counts["turns"], counts["interactions"], counts["requests"]) == (1, 3, 2)
        assert len(session.background_requests) == 1
        assert session.bytes_count == next((tmp_path / "s").glob("traffic*")).stat().st_size

    def test_rollouts_are_named(self, session):
        """Codex's own transcripts, where it left any."""
        recorded = session(text())
        for name in (NAME, f"{NAME}.zst"):
            write(recorded.path, folder=".", name=name)
        (recorded.path / NAME.replace(THREAD, "other")).mkdir()

        (rollout,) = recorded.rollouts
        assert (rollout.name, rollout.thread_id, rollout.turns[0].prompt) == (NAME, THREAD, "Grüße")

    def test_turns_are_joined_to_those_of_the_rollouts(self, session):
        """One that cannot be read is left out, and says why."""
        recorded = session(text())
        write(recorded.path, meta(history_mode="holographic"), folder=".", name=NAME)
        write(recorded.path, *TODAY, folder=".", name=NAME.replace(THREAD, SESSION_THREAD))

        by = [(one.turn is not None, one.rollout_turn is not None, one.by) for one in recorded.joined_turns]

        assert by == [(True, False, None), (False, True, None)]
        assert "holographic" in recorded.rollouts[0].state
        assert {(fact.name, fact.source) for fact in recorded.run_facts} >= {
            ("version", "traffic"),
            ("commit", "rollout"),
        }
        assert (recorded.threads_without_rollout, list(recorded.codex_log)) == ((), [])

    def test_what_is_whole_is_complete(self, session):
        """One word for the usual."""
        assert session(text()).state == "complete"

    def test_where_nothing_is_there_is_nothing_complete(self, tmp_path):
        """The recorder was killed before it wrote anything."""
        (tmp_path / "traffic-0001.jsonl.zst").touch()

        session = RecordedSession(tmp_path)

        assert session.state == "empty"
        assert (session.started_at, session.codex_version, session.turns) == (None, None, ())

    def test_of_a_segment_that_is_cut_before_its_first_record_the_state_tells(self, session):
        """It holds something, which is lost."""
        recorded = session(text())
        (segment,) = recorded.path.glob("traffic-*")
        segment.write_bytes(segment.read_bytes()[:40])

        assert RecordedSession(recorded.path).state == "cut short"

    def test_what_broke_off_is_named(self, session):
        """By the number of the interaction, which `show` prints too."""
        recorded = session(cut_stream())

        assert (recorded.state, recorded.incomplete) == ("complete", ())
        assert recorded.broken_off == ("interaction 1: upstream-gone",)

    def test_a_session_that_is_being_recorded_is_not_damaged(self, talk, tmp_path):
        """Until its writer is gone: then the same bytes are a recording that was cut short."""
        client = talk(text())
        client.turn("hi")
        segment = create_segment(Files(), tmp_path / "s")
        segment.write(SegmentRecord(at_ms=0.0, format=1, session="s", run="r", recorder="x", ruleset=1))
        for record in client.records[:-1]:
            segment.write(record)
        segment.flush()
        live = RecordedSession(tmp_path / "s")
        while_it_runs = (live.state, live.incomplete, live.broken_off, live.damages)
        segment.abandon()
        left = RecordedSession(tmp_path / "s")

        assert while_it_runs == ("being recorded", (), (), ())
        assert left.state == "cut short"
        assert [damage.cut for damage in left.damages] == [True]

    def test_a_session_whose_writer_was_killed_is_incomplete(self, talk, tmp_path):
        """Its last flow has no end."""
        client = talk(text())
        client.turn("hi")
        client.records = client.records[:3]

        (line,) = RecordedSession(client.write(tmp_path / "s")).incomplete

        assert line.startswith("interaction 1: no ")

    @pytest.mark.parametrize("damage", [b"garbage\n", b'{"kind":"x"}\n'])
    def test_damage_is_listed(self, session, damage):
        """The rest is read all the same."""
        recorded = session(text(), plain=True)
        path = recorded.path / "traffic.jsonl"
        path.write_bytes(path.read_bytes() + damage)

        assert recorded.state == "damaged"
        assert [damage.line for damage in recorded.damages] == [path.read_bytes().count(b"\n")]
        assert recorded.turns[0].prompt == "hi"

    @pytest.mark.parametrize("value", [None, 7, "x", [7], {"x": "y"}], ids=str)
    def test_a_manifest_that_was_edited_by_hand_is_read_as_far_as_it_goes(self, session, value):
        """It is derived data: nothing in it keeps the traffic from being read."""
        recorded = session(text())
        names = ("started_at", "ended_at", "codex_versions", "originators", "models", "counts", "incomplete")
        edit_manifest(recorded, **dict.fromkeys(names, value))

        assert (recorded.state, recorded.counts["turns"], recorded.incomplete) == ("complete", 1, ())
        assert isinstance(recorded.started_at, datetime | None)
        assert {type(one) for one in (*recorded.models, *recorded.originators, *recorded.codex_versions)} <= {str}

    def test_a_time_without_a_zone_is_utc(self):
        """Times of two sessions can always be compared."""
        recorded = RecordedSession(Path(FIRST))
        vars(recorded)["manifest"] = {"started_at": "2026-01-01", "runs": []}

        assert recorded.started_at == datetime(2026, 1, 1, tzinfo=UTC)
