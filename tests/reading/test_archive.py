"""An archive, opened to be looked at."""

import errno
import os
import shutil
from pathlib import Path

import orjson
import pytest

from pytest_codex_replay.errors import ArchiveError, UsageError
from pytest_codex_replay.reading import open_archive
from pytest_codex_replay.upstream.scenarios import text
from tests.reading.conftest import FIRST, READING, SECOND


class TestArchive:
    def test_its_sessions_are_iterated_and_counted(self, archive):
        """By id."""
        opened = open_archive(archive)

        assert [session.id for session in opened] == list(opened.ids) == [FIRST, SECOND]
        assert len(opened) == 2

    def test_a_session_is_taken_by_the_beginning_of_its_id(self, archive):
        """As far as it is unique."""
        assert open_archive(archive)[SECOND[:13]].path == archive / SECOND

    def test_a_session_is_taken_by_its_place(self, archive):
        """As from a list, in the order of iteration."""
        opened = open_archive(archive)

        assert [opened[0].id, opened[-1].id] == [FIRST, SECOND]
        with pytest.raises(IndexError):
            opened[2]

    def test_what_can_be_taken_is_in_it(self, archive):
        """A beginning of several ids names none."""
        opened = open_archive(archive)

        assert [name in opened for name in (SECOND[:13], FIRST, "01a", "f", 0)] == [True, True, False, False, False]
        assert opened.newest in opened

    def test_what_is_no_path_is_refused(self):
        """In one line."""
        with pytest.raises(UsageError, match=r"^open_archive: 5 is not a path"):
            open_archive(5)

    @pytest.mark.parametrize(
        ("beginning", "error"),
        [("01a", "several sessions begin with '01a'. Give more of it"), ("f", "no session begins with 'f'. There are")],
    )
    def test_another_beginning_names_what_there_is(self, archive, beginning, error):
        """What to type instead stands in the message."""
        with pytest.raises(UsageError, match=f"{error}: {FIRST}, {SECOND}"):
            open_archive(archive)[beginning]

    def test_one_session_directory_is_an_archive_of_one(self, archive):
        """Every tool takes either."""
        assert open_archive(archive / FIRST).ids == (FIRST,)

    def test_a_path_may_be_text_and_begin_with_a_tilde(self, archive, monkeypatch):
        """As a person types it in a notebook."""
        monkeypatch.setenv("HOME", str(archive.parent))

        assert open_archive("~/archive").ids == (FIRST, SECOND)

    def test_no_path_is_where_the_recorder_puts_sessions(self, archive, monkeypatch):
        """The archive that nearly everyone means."""
        monkeypatch.setenv("HOME", str(archive.parent))
        with pytest.raises(UsageError, match="nothing recorded yet"):
            open_archive()
        shutil.copytree(archive, archive.parent / ".codex-replay" / "sessions")

        assert open_archive().ids == (FIRST, SECOND)

    @pytest.mark.parametrize(("place", "error"), [("nope", "no such directory"), (".", "no session in it")])
    def test_what_is_no_archive_is_refused_at_once(self, tmp_path, place, error):
        """And not when it is first iterated over."""
        with pytest.raises(UsageError, match=error):
            open_archive(tmp_path / place)

    def test_the_newest_is_one_of_codex(self, archive, talk):
        """What belongs to no session is rarely what is looked for."""
        client = talk(text())
        client.now_ms += 9 * 86_400_000
        client.side()
        client.write(archive / "unattributed-20260101T000000")

        assert open_archive(archive).newest.id == SECOND

    def test_it_is_what_was_there_when_it_was_opened(self, archive):
        """It is listed once: an archive may have ten thousand sessions."""
        opened = open_archive(archive)
        shutil.copytree(archive / FIRST, archive / "third")

        assert "third" not in opened.ids
        assert "third" in open_archive(opened.path).ids

    def test_it_shows_what_it_is(self, archive):
        """In a notebook."""
        assert repr(open_archive(archive)) == f"Archive('{archive}': 2 sessions)"

    def test_a_session_of_a_newer_format_hides_no_other(self, archive):
        """It says why it cannot be read."""
        segment = next((archive / FIRST).glob("traffic*"))
        segment.unlink()
        segment.with_name("traffic.jsonl").write_text('{"kind":"segment","format":2}\n', encoding="utf-8")

        first, second = open_archive(archive)

        assert "format 2" in (first.unreadable or "")
        assert first.state.startswith("unreadable: ")
        assert (second.unreadable, second.state) == (None, "complete")
        assert (first.id, first.path) == (FIRST, archive / FIRST)
        for name in READING:
            with pytest.raises(ArchiveError, match="format 2"):
                getattr(first, name)

    def test_a_shut_directory_hides_no_other(self, archive, monkeypatch):
        """Of another user, say."""
        real = os.listdir

        def shut(path="."):
            if Path(path).name == FIRST:
                raise PermissionError(errno.EACCES, "Permission denied", str(path))
            return real(path)

        monkeypatch.setattr(os, "listdir", shut)

        first, second = open_archive(archive)

        assert "Permission denied" in (first.unreadable or "")
        assert second.turns


class TestHelpers:
    """What Codex begins beside a conversation, in a session of its own."""

    TITLE = "01a00000-0000-7000-8000-000000000009"

    @pytest.fixture
    def titled(self, archive, talk):
        """The first of two conversations, and its title, asked for at once."""
        self.add_title(archive, talk, "run")
        return open_archive(archive)

    def add_title(self, archive, talk, prompt, *, name=TITLE, later_ms=15.0):
        client = talk(text(), thread=name)
        client.now_ms += later_ms
        client.title(prompt)
        client.write(archive / name)

    def test_a_title_belongs_to_its_conversation(self, titled):
        """It is no conversation, and has no turn."""
        (helper,) = titled.helpers_of(titled[FIRST])

        assert (helper.id, helper.helper_kind, helper.title, helper.turns) == (
            self.TITLE,
            "title",
            "Talk to a script",
            (),
        )
        assert [session.id for session in titled.conversations] == [FIRST, SECOND]
        assert titled.helpers_of(titled[SECOND]) == ()
        assert (titled[FIRST].helper_kind, titled[FIRST].title) == (None, None)
        assert self.TITLE in titled

    def test_the_newest_is_a_conversation(self, archive, talk):
        """A title is asked for a moment after it began. A helper is the newest only where there is nothing else."""
        self.add_title(archive, talk, "run", later_ms=86_400_015.0)
        shutil.rmtree(archive / FIRST)
        assert open_archive(archive).newest.id == SECOND

        self.add_title(archive, talk, "run", name="second-title")
        shutil.rmtree(archive / SECOND)
        assert open_archive(archive).newest.helper_kind == "title"

    @pytest.mark.parametrize("prompt", ["ru", " run ", "run"])
    def test_of_conversations_at_the_same_time_the_prompt_decides(self, archive, talk, prompt):
        """Codex quotes the beginning of a long one."""
        other = talk(text())
        other.turn("walk")
        other.write(archive / "other")
        self.add_title(archive, talk, prompt)
        opened = open_archive(archive)

        assert [one.id for one in opened.helpers_of(opened[FIRST])] == [self.TITLE]
        assert opened.helpers_of(opened["other"]) == ()

    @pytest.mark.parametrize(("prompt", "later_ms"), [("walk", 15.0), ("run", 3_600_000.0), ("run", -3_600_000.0)])
    def test_a_title_of_another_conversation_stays_by_itself(self, archive, talk, prompt, later_ms):
        """One that is not recorded here."""
        self.add_title(archive, talk, prompt, later_ms=later_ms)
        opened = open_archive(archive)

        assert [session.id for session in opened.conversations] == [FIRST, SECOND]
        assert opened.helpers_of(opened[FIRST]) == ()

    def test_other_helpers_belong_to_the_only_conversation_then(self, archive, talk):
        """They quote nothing."""
        client = talk(text(), thread="memories", thread_source="memory_consolidation")
        client.turn("consolidate")
        client.write(archive / "memories")
        opened = open_archive(archive)

        (helper,) = opened.helpers_of(opened[FIRST])
        assert (helper.helper_kind, len(helper.turns)) == ("memory consolidation", 1)

    def test_a_helper_that_cannot_be_read_hides_nothing(self, titled):
        """It stays by itself."""
        path = titled[self.TITLE].path
        manifest = titled[self.TITLE].manifest
        for segment in path.glob("traffic*"):
            segment.unlink()
        head = {"seq": 0, "at_ms": 1.0, "kind": "segment", "format": 99, "session": "s", "run": "r", "recorder": "x"}
        raw = orjson.dumps(head | {"ruleset": 1}) + b"\n"
        (path / "traffic.jsonl").write_bytes(raw)
        manifest["segments"] = [{"name": "traffic.jsonl", "bytes": len(raw)}]
        (path / "session.json").write_bytes(orjson.dumps(manifest))

        opened = open_archive(path.parent)

        assert opened.helpers_of(opened[FIRST]) == ()
        assert opened.newest.id == SECOND
