"""A session as the rows of an index."""

from pytest_codex_replay.archive.manifest import as_text
from pytest_codex_replay.archive.session import Session
from pytest_codex_replay.index.entry import entry_of
from pytest_codex_replay.index.stamps import Stamp
from pytest_codex_replay.upstream.scenarios import text

STAMP = Stamp(1, "traffic-0001.jsonl.zst:7:1:1|traffic-0002.jsonl.zst:8:1:1", is_live=False)


def test_a_session_is_summed_up(archive):
    """As `ls` shows it."""
    entry = entry_of(archive / "two", STAMP)
    summary = entry.session["summary"]

    assert (entry.name, entry.session["failed"], entry.session["error"]) == ("two", 0, None)
    assert (summary["prompt"], summary["cwd"], summary["turns"], summary["bytes"]) == ("one", "/x", 2, 15)
    assert entry.parts["said"] == [("model", "gpt-5.4"), ("originator", "codex_exec"), ("cwd", "/x")]


def test_what_cannot_be_read_says_why(tmp_path):
    """It is listed like all others."""
    (tmp_path / "traffic.jsonl").write_text('{"seq":0,"at_ms":1,"kind":"segment","format":99}\n', encoding="utf-8")

    entry = entry_of(tmp_path, STAMP)

    assert entry.session["summary"]["state"].startswith("unreadable: ")
    assert "format 99" in entry.session["error"]
    assert entry.parts == {"name": [("session", tmp_path.name, None, None)]}  # its id is found


def test_what_sqlite_refuses_is_replaced(talk, tmp_path):
    """A lone surrogate, which JSON may hold; and what ends a text."""
    client = talk(text())
    client.turn("one \ud800 two \0 three")
    client.write(tmp_path / "s")

    entry = entry_of(tmp_path / "s", STAMP)

    assert "one ? two   three" in entry.texts.values()
    assert all(one.encode() for one in entry.texts.values())


def test_an_up_to_date_manifest_says_the_same(archive):
    """As the traffic, which is read for it only where it is missing or stale."""
    path = archive / "two"
    without = entry_of(path, STAMP)
    (path / "session.json").write_bytes(as_text(Session(path).rebuild_manifest()))

    assert entry_of(path, STAMP) == without
    assert without.session["summary"]["started_at"] is not None
