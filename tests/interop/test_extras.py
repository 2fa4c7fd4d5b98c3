"""Libraries that come with an extra."""

import sys

import pytest

from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.interop.extras import of_extra


def test_what_is_installed_is_imported():
    """A module, dotted or not."""
    assert of_extra("json.decoder", "tables").__name__ == "json.decoder"


def test_one_line_says_what_to_type(monkeypatch):
    """Of a library that is not there."""
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)

    with pytest.raises(UsageError) as error:
        of_extra("pyarrow.parquet", "tables")

    assert str(error.value) == "pyarrow: not installed. Type: pip install 'pytest-codex-replay[tables]'"
