"""Libraries that come with an extra."""

import subprocess
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


def test_what_is_hidden_is_not_imported():
    """In a process of its own: what is installed seems not to be, and all else is as it was."""
    code = "import sys; from pytest_codex_replay.interop.extras import hide; hide('wave'); import colorsys\n"
    code += "try: import wave\nexcept ImportError: print('wave' in sys.modules)"

    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert found.stdout == "False\n"
