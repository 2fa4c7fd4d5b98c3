"""What is printed for people."""

import pytest
from rich.table import Table

from pytest_codex_replay.cli.page import (
    Page,
    bytes_text,
    duration_text,
    print_json,
    print_json_line,
    print_long_json,
    shortened,
    tell,
    visible,
)


@pytest.fixture
def terminal(monkeypatch):
    """Let stdout pass for a terminal of 40 columns."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "40")


def test_a_long_line_stays_one_line_in_a_pipe(capsys):
    """So that it can be searched."""
    Page().entry("user", "word " * 100)

    assert capsys.readouterr().out == "  user       " + ("word " * 100).rstrip() + "\n"


NAME = "s\n::error::\x1b[2J\u202e"


@pytest.mark.parametrize(
    "printed",
    [
        lambda: Page().title(NAME, NAME),
        lambda: Page().entry(NAME, "text"),
        lambda: Page().marked(NAME, NAME, NAME),
        lambda: Page().warn(NAME),
        lambda: Page().columns([NAME, NAME], [[NAME, NAME]]),
        lambda: tell(NAME),
    ],
)
def test_a_name_begins_no_line(printed, capsys):
    """A file name of others cannot pass for a finding, nor for a command to the runner of a workflow."""
    printed()

    captured = capsys.readouterr()
    assert not [line for line in (captured.out + captured.err).splitlines() if line.startswith("::")]
    assert "\x1b" not in captured.out + captured.err


def test_json_of_a_name_that_is_not_utf_8(capsys):
    """A file may have it; a line of JSON says it as far as JSON can."""
    print_json_line({"path": "x\udcff\u202e"})

    assert capsys.readouterr().out == '{"path":"x?\\u202e"}\n'


def test_a_long_line_is_wrapped_at_a_terminal(terminal, capsys):
    """Below where it began."""
    Page().entry("user", "word " * 10)

    lines = visible(capsys.readouterr().out).splitlines()
    assert len(lines) == 2
    assert all(len(line) <= 40 for line in lines)
    assert lines[1].startswith(" " * 13 + "word")


def test_lines_begin_below_each_other(capsys):
    """The label is beside the first."""
    Page().entry("output", "a\n\nb")

    assert capsys.readouterr().out == "  output     a\n\n             b\n"


def test_titles_are_kept_apart(capsys):
    """The first one needs nothing to be kept apart from."""
    page = Page()
    page.title("one")
    page.title("two", "a note")

    assert capsys.readouterr().out == "one\n\ntwo · a note\n"


def test_a_table_is_as_wide_as_it_gets_in_a_pipe(capsys):
    """No cell is shortened."""
    table = Table(box=None, show_header=False)
    table.add_row("x" * 200, "y" * 200)

    Page().grid(table)

    assert f"{'x' * 200}  {'y' * 200}" in capsys.readouterr().out


def test_a_remark_does_not_get_into_the_pipe(capsys):
    """It goes to stderr."""
    Page().warn("by the way")

    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", "by the way\n")


def test_markup_in_recorded_text_is_text(capsys):
    """A model may write [bold] or :smile: and mean it."""
    Page().plain("[bold]x[/bold] :smile:")

    assert capsys.readouterr().out == "[bold]x[/bold] :smile:\n"


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07text", "text"),
        ("\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("a\r\nb", "a\nb"),
        ("50%\r100%", "50%␍100%"),
        ("bell\x07", "bell␇"),
        ("\x9b31m", "\ufffd31m"),
        ("tab\tand\nline", "tab\tand\nline"),
        ("Grüße 世界 👩\u200d👧", "Grüße 世界 👩\u200d👧"),
    ],
)
def test_recorded_text_cannot_move_the_cursor(text, seen):
    """A terminal obeys what it is sent: recorded output may be anything."""
    assert visible(text) == seen


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (1536, "1.5 KiB"),
        (20 * 1024, "20 KiB"),
        (3 << 20, "3.0 MiB"),
        (5 << 30, "5.0 GiB"),
    ],
)
def test_sizes(count, text):
    """Two digits are enough."""
    assert bytes_text(count) == text


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [(0.04, "0.0 ms"), (9.94, "9.9 ms"), (140, "140 ms"), (2500, "2.5 s"), (200_000, "3 min 20 s")],
)
def test_durations(milliseconds, text):
    """In the unit that one would say."""
    assert duration_text(milliseconds) == text


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("short", "short"),
        ("\n".join("abcdefghijkl"), "\n".join("abcdefghijkl")),
        ("\n".join("abcdefghijklm"), "\n".join("abcdefghijkl") + "\n… (1 more line: --full)"),
        ("x" * 1600, "x" * 1500 + " … (100 more characters: --full)"),
    ],
)
def test_a_long_text_is_shortened(text, seen):
    """A note names the length of the rest, and the option that shows it."""
    assert shortened(text, is_full=False) == seen
    assert shortened(text, is_full=True) == text


def test_json_is_utf8(capsysbinary):
    """Never escapes for what can be read."""
    print_json({"a": "Grüße"})

    assert capsysbinary.readouterr().out == '{\n  "a": "Grüße"\n}\n'.encode()


@pytest.mark.parametrize("several", [[], [1], [{"b": [{"c": "ü\n"}]}, []]])
def test_long_json_is_printed_piece_by_piece(capsysbinary, several):
    """It looks like what is printed at once."""
    value = {"a": {"x": [1, {}]}, "several": several, "z": None}
    print_json(value)
    at_once = capsysbinary.readouterr().out

    print_long_json(value | {"several": iter(several)})

    assert capsysbinary.readouterr().out == at_once
