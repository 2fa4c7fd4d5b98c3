"""A text that is printed as it comes."""

import pytest
from rich.console import Console

from pytest_codex_replay.cli.growing_entry import GrowingEntry
from pytest_codex_replay.cli.page import Page

TEXT = (
    "A first line that is long enough to be wrapped, with 日本語 in it.\n\nIts-last-word-grows-beyond-any-row-of-forty."
)


def screen(printed: str) -> list[str]:
    """What a terminal shows: it goes back at a backspace."""
    rows = [""]
    for character in printed:
        if character == "\n":
            rows.append("")
        elif character == "\b":
            rows[-1] = rows[-1][:-1]
        else:
            rows[-1] += character
    return [row.rstrip() for row in rows]


@pytest.fixture
def terminal(monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setenv("TERM", "xterm")
    page = Page()
    page.__dict__["_console"] = Console(highlight=False, width=40, force_terminal=True, color_system=None)
    return page


@pytest.mark.parametrize("text", [TEXT, "", "\n  begins with an empty line", "a\r\nb\x1b[31mred\x1b[0m\nend"])
def test_a_text_in_pieces_looks_like_a_whole_one(capsys, text) -> None:
    """In a pipe, wherever it is cut."""
    Page().entry("assistant", text)
    whole = capsys.readouterr().out

    for step in (1, 2, 7):
        entry = GrowingEntry(Page(), "assistant")
        for at in range(0, len(text), step):
            entry.show(text[:at])
        entry.end(text)

        assert capsys.readouterr().out == whole


def test_at_a_terminal_it_is_wrapped_as_it_grows(terminal, capsys) -> None:
    """A word that outgrows its row is taken into the next one."""
    text = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen"
    whole = GrowingEntry(terminal, "assistant")
    whole.end(text)
    expected = screen(capsys.readouterr().out)

    entry = GrowingEntry(terminal, "assistant")
    for at in range(len(text)):
        entry.show(text[:at])
    entry.end(text)

    assert screen(capsys.readouterr().out) == expected
    assert all(len(row) < 40 for row in expected), expected
    assert len(expected) > 3


def test_what_has_come_is_there_at_once(capsys) -> None:
    """Without the end of its line; what others print comes between, and it goes on behind that."""
    entry = GrowingEntry(Page(), "assistant")

    entry.show("Hel")
    entry.show("Hello wor")
    begun = capsys.readouterr().out
    entry.rest()
    Page().plain("another")
    entry.show("Hello world")
    entry.end("Hello world.")

    assert begun == "  assistant  Hello wor"
    assert capsys.readouterr().out == "\nanother\n  …          ld.\n"


def test_an_end_that_is_another_text_is_printed_whole(capsys) -> None:
    """What an item says at its end counts."""
    entry = GrowingEntry(Page(), "assistant")

    entry.show("Helo")
    entry.end("Hello")

    assert capsys.readouterr().out == "  assistant  Helo\n  assistant  Hello\n"
