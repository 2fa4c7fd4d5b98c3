"""Lines that hold more than their records; tests/sharing/scan/test_files.py shows which of them are scanned."""

from pytest_codex_replay.sharing.redact import redact_archive
from pytest_codex_replay.sharing.scan import unread_lines
from pytest_codex_replay.sharing.scan.unread_lines import texts_not_read
from pytest_codex_replay.upstream.scenarios import tool_loop
from tests.sessions import Talk


def test_a_cassette_as_it_was_written_holds_no_more_than_is_read(tmp_path):
    """So nothing is looked at twice."""
    client = Talk(tool_loop(2))
    client.turn("run " * 200)
    redact_archive(client.write(tmp_path / "archive"), tmp_path / "loop")
    cassette = tmp_path / "loop" / "traffic.jsonl"

    assert b'"$item"' in cassette.read_bytes()
    assert list(texts_not_read(cassette, print)) == []


def test_a_line_that_is_too_long_is_not_held(tmp_path, monkeypatch):
    """The reader of the records reports it. The last line counts without its end, too."""
    monkeypatch.setattr(unread_lines, "LINE_BYTES", 1000)
    monkeypatch.setattr("pytest_codex_replay.archive.segment_bytes.LINE_BYTES", 1000)
    path = tmp_path / "traffic.jsonl"
    path.write_bytes(b"one\n" + b"x" * 2000 + b"\nthree\nfour")

    assert list(texts_not_read(path, print)) == [(1, "one"), (3, "three"), (4, "four")]
