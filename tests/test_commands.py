"""Commands that a message suggests."""

import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from pytest_codex_replay.cli import main
from pytest_codex_replay.commands import command_text
from pytest_codex_replay.upstream.scenarios import text

ROOT = Path(__file__).parents[1]


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


def test_each_suggested_name_is_quoted():
    """A name that is put into a command as it is would be several words, or another command."""
    suggested = re.compile(r"codex-replay [a-z][a-z-]* [^\"'{\n]*\{(?!shlex)")
    sources = [*(ROOT / "pytest_codex_replay").rglob("*.py"), *(ROOT / "addon").glob("*.py")]

    assert [path.name for path in sources if suggested.search(path.read_text(encoding="utf-8"))] == []
    assert suggested.search('f"See: codex-replay check ' + '{path}"')


def test_what_find_suggests_can_be_typed(talk, tmp_path, monkeypatch):
    """Also of an archive whose name has blanks."""
    monkeypatch.chdir(tmp_path)
    client = talk(text())
    client.turn("hi")
    client.write(tmp_path / "ä b" / "-rf")

    told = CliRunner().invoke(main, ["find", "hi", "ä b"]).stderr

    program, *words = shlex.split(told.partition("Show the first of them: ")[2])
    assert program == "codex-replay"
    assert CliRunner().invoke(main, words).exit_code == 0
