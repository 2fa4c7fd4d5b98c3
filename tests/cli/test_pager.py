"""The user's pager."""

import pytest

from pytest_codex_replay.cli.pager import show_in_pager

TEXT = "\x1b[1mone\x1b[0m\nzwölf\n" * 20_000


@pytest.fixture(autouse=True)
def _terminal(monkeypatch):
    """One with a cursor."""
    monkeypatch.setenv("TERM", "xterm")


def test_the_text_is_shown_once(monkeypatch, capfd):
    """By the pager, whose command line may have options."""
    monkeypatch.setenv("PAGER", "cat -")

    show_in_pager(TEXT)

    assert capfd.readouterr() == (TEXT, "")


@pytest.mark.parametrize(("command", "code"), [("/nosuch/pager", 127), ("/etc/passwd", 126), ("exit 1", 1)])
def test_what_no_pager_shows_is_printed(monkeypatch, capfd, command, code):
    """A pager that cannot be started, or fails, loses nothing; a line says which it was."""
    monkeypatch.setenv("PAGER", command)

    show_in_pager(TEXT)

    out, err = capfd.readouterr()
    assert out == TEXT
    assert f"PAGER={command}: failed (exit code {code}). The text follows." in err


@pytest.mark.parametrize("name", ["PATH", "TERM"])
def test_where_less_cannot_be_used_the_text_is_printed(monkeypatch, capfd, name):
    """It is not there, or the terminal is none for it."""
    monkeypatch.setenv(name, "dumb")
    monkeypatch.delenv("PAGER", raising=False)

    show_in_pager("one\n")

    assert capfd.readouterr().out == "one\n"


def test_a_user_who_has_seen_enough_ends_it(monkeypatch, capfd):
    """Nothing is printed again."""
    monkeypatch.setenv("PAGER", "head -n 1; exit 0")

    show_in_pager(TEXT)

    assert capfd.readouterr() == ("\x1b[1mone\x1b[0m\n", "")
