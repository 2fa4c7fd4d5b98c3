"""Rows in temporary files."""

import errno

import pytest

from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.interop.table_spool import put_rows, rows_in

ROWS = [
    ("turns", {"session": "a", "transports": ("sse",), "prompt": "ä\ud800", "retries": 1 << 70}),
    ("events", {"session": ["a"] * 3, "at_ms": [0.5, None, 1e300]}),
]


@pytest.mark.parametrize("rows", [ROWS, [], ROWS * 50_000], ids=["some", "none", "many"])
def test_rows_come_back_as_they_were(tmp_path, rows):
    """Whatever value traffic has, and however many there are."""
    put_rows(tmp_path / "rows", rows)

    assert list(rows_in(tmp_path / "rows")) == rows


def test_a_file_that_cannot_be_written_is_told_with_what_to_do(tmp_path):
    """It is not where the tables are."""
    with pytest.raises(UsageError, match=r"a temporary file cannot be written \(No such file.* Set TMPDIR"):
        put_rows(tmp_path / "gone" / "rows", ROWS)


def test_what_fails_while_rows_are_made_is_not_told_as_that(tmp_path):
    """A session may be on a disk that fails."""

    def rows():
        yield ROWS[0]
        raise OSError(errno.EIO, "Input/output error", "traffic")

    with pytest.raises(OSError, match="Input/output error: 'traffic'"):
        put_rows(tmp_path / "rows", rows())
