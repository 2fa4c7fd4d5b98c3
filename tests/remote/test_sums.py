"""Digests of files."""

import shutil
import subprocess

import pytest

from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.remote.sums import continues, read, sums_of, written


def test_sha256sum_checks_them(record):
    """Anyone can, without this program."""
    directory = record("a")
    (directory / "SHA256SUMS").write_bytes(written(sums_of(directory)))

    program = shutil.which("sha256sum") or "shasum"
    assert (
        subprocess.run([program, "-c", "SHA256SUMS"], cwd=directory, capture_output=True, check=False).returncode == 0
    )


@pytest.mark.parametrize("name", ["recorder.log", "codex.json", "traffic-0002.jsonl.zst"])
def test_what_a_link_leads_to_is_not_sent(record, tmp_path, name):
    """It may be any file of the user's: a cassette of others may have such a link."""
    directory = record("a")
    (tmp_path / "key").write_text("secret")
    (directory / name).unlink(missing_ok=True)
    (directory / name).symlink_to(tmp_path / "key")

    with pytest.raises(UsageError, match=rf"{name}: is a link, which is not followed"):
        sums_of(directory)


def test_they_are_read_again(record):
    """And nothing else is."""
    sums = sums_of(record("a"))

    assert read(written(sums) + b"\xff\nnot a line\n") == sums
    assert read(None) is read(b"") is None


@pytest.mark.parametrize(
    ("new", "is_it"),
    [
        ({"traffic-0001.jsonl.zst": "1", "traffic-0002.jsonl.zst": "2", "session.json": "x"}, True),
        ({"traffic-0001.jsonl.zst": "2", "session.json": "1"}, False),
        ({"session.json": "1"}, False),
    ],
)
def test_a_session_goes_on_by_new_segments(new, is_it):
    """Its manifest may change."""
    assert continues(new, {"traffic-0001.jsonl.zst": "1", "session.json": "1"}) is is_it
