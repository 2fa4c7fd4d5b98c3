"""Commands that a message suggests."""

import shlex
from pathlib import Path

import pytest

from pytest_codex_replay.commands import command_text


@pytest.mark.parametrize("name", ["plain", "ä b/-rf", "it's", "$(touch x)", "a;b", "*", "-rf", "two\nlines"])
def test_a_shell_reads_the_words_that_were_meant(name):
    """No name becomes several words, an option, or a command."""
    *before, path, option = shlex.split(command_text("show", Path(name), "--full"))

    assert (before, option) == (["codex-replay", "show"], "--full")
    assert Path(path) == Path(name)
    assert not path.startswith("-")


def test_plain_words_stay_as_they_are():
    """Most names need no quotes."""
    assert command_text("ls", Path("/tmp/a"), "--cursor", "AbC_-9") == "codex-replay ls /tmp/a --cursor AbC_-9"
