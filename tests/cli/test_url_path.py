"""PATH of commands that only read."""

from pathlib import Path

import pytest

from pytest_codex_replay.cli.url_path import SessionOrUrl
from pytest_codex_replay.errors import UsageError


def test_a_path_is_taken_as_ever(tmp_path):
    """Also one that looks like a URL, and exists."""
    odd = tmp_path / "s3:" / "x"
    odd.mkdir(parents=True)

    assert SessionOrUrl().convert(f"{tmp_path}/s3://x", None, None) == odd
    assert SessionOrUrl().convert(str(tmp_path), None, None) == Path(tmp_path)


def test_a_url_that_leads_nowhere_is_one_line():
    """As fsspec says it."""
    with pytest.raises(UsageError, match="Protocol not known"):
        SessionOrUrl().convert("nowhere://a/b", None, None)
