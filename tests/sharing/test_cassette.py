"""What is a cassette, and nothing else."""

import pytest

from pytest_codex_replay.archive.session import Session
from pytest_codex_replay.sharing.cassette import is_redacted, why_not_replaced
from pytest_codex_replay.sharing.redact import redact_archive
from pytest_codex_replay.upstream.scenarios import text
from tests.sessions import Talk


@pytest.fixture
def session(tmp_path):
    """A session directory as it was recorded."""
    client = Talk(text())
    client.turn("hello")
    return client.write(tmp_path / "archive", plain=True)


def test_a_cassette_says_so_itself(session, tmp_path):
    """A plain file alone makes none."""
    redact_archive(session, tmp_path / "cassette")

    assert is_redacted(Session(tmp_path / "cassette"))
    assert not is_redacted(Session(session))


def test_what_was_appended_is_looked_at_too(session, tmp_path):
    """All of it must have come out of redaction."""
    redact_archive(session, tmp_path / "cassette")
    with (tmp_path / "cassette" / "traffic.jsonl").open("a") as file:
        file.write((session / "traffic.jsonl").read_text())

    assert not is_redacted(Session(tmp_path / "cassette"))


def test_an_empty_directory_loses_nothing(tmp_path):
    """Nor does a cassette: it can be made anew."""
    assert why_not_replaced(tmp_path, by_one=True) is None


def test_a_file_is_not_replaced(tmp_path):
    """Whatever it is called."""
    (tmp_path / "cassette").touch()

    assert why_not_replaced(tmp_path / "cassette", by_one=True) == "not a directory"
