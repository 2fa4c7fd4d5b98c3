"""Output for people: wrapped and coloured at a terminal; elsewhere plain and unwrapped, so that it can be searched."""

import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any

import click

from pytest_codex_replay.commands import command_text as command_text  # noqa: PLC0414  commands take it from here
from pytest_codex_replay.counting import count_text
from pytest_codex_replay.visible import visible as visible  # noqa: PLC0414  likewise
from pytest_codex_replay.visible import visible_json
from pytest_codex_replay.visible import visible_line as visible_line  # noqa: PLC0414  likewise
from pytest_codex_replay.wire.json_values import compact_json, indented_json

if TYPE_CHECKING:  # many verbs print no more than lines
    from rich.console import Console
    from rich.table import Table

_FORCED = frozenset({"FORCE_COLOR", "TTY_COMPATIBLE"})
"""Variables by which an output other than a terminal is treated as one."""
_UNWRAPPED = 1_000_000
_INDENT = 2
_LABEL_WIDTH = 10
ENTRY_MARGIN = " " * (_INDENT + _LABEL_WIDTH + 1)
"""What stands before a line of an entry that is not its first."""
_SHOWN_LINES = 12
_SHOWN_CHARS = 1_500
_LINE_END = "\n"
_KIB = 1024
_MINUTE_MS = 60_000
_SECOND_MS = 1000

UNVERIFIED = "was redacted with --no-verify: it may not replay as its archive did"
"""What a command says about such a session."""


class Page:
    """Prints to stdout."""

    def __init__(self) -> None:
        self._is_terminal, self.width = _terminal()
        self._is_empty = True

    @cached_property
    def _console(self) -> "Console":
        from rich.console import Console  # noqa: PLC0415  heavy

        return Console(highlight=False, markup=False, emoji=False, width=self.width)

    @contextmanager
    def paged(self) -> Iterator[None]:
        """Show what is printed in a pager, at a terminal: `$PAGER`, or less, which ends by itself where all fits."""
        if not self._is_terminal or not sys.stdin.isatty():
            yield
            return
        from pytest_codex_replay.cli.pager import show_in_pager  # noqa: PLC0415  for a terminal alone

        os.environ.setdefault("LESS", "FRX")  # as git does
        with self._console.capture() as printed:
            yield
        show_in_pager(printed.get())

    def title(self, text: str, note: str = "") -> None:
        """Print a heading, with a dim note, after an empty line."""
        if not self._is_empty:
            self.plain()
        self._is_empty = False
        text, note = visible_line(text), visible_line(f" · {note}" if note else "")
        if not self._is_terminal:
            self.plain(text + note)
            return
        from rich.text import Text  # noqa: PLC0415  heavy

        self._console.print(Text.assemble((text, "bold"), (note, "dim")))

    def entry(self, label: str, text: str, style: str = "", label_style: str = "dim") -> None:
        """Print a label and a text beside it; further lines of the text are indented below its first."""
        label, text = visible_line(label), visible(text)
        if self._is_terminal:
            from rich.padding import Padding  # noqa: PLC0415  heavy
            from rich.table import Table  # noqa: PLC0415  heavy
            from rich.text import Text  # noqa: PLC0415  heavy

            grid = Table.grid(padding=(0, 1, 0, 0))
            grid.add_column(width=_LABEL_WIDTH, no_wrap=True)
            grid.add_column(overflow="fold")
            grid.add_row(Text(label, label_style), Text(text, style))
            self._console.print(Padding(grid, (0, 0, 0, _INDENT)))
            return
        margin = " " * _INDENT
        for number, line in enumerate(text.split("\n")):
            head = label if number == 0 else ""
            sys.stdout.write(f"{margin}{head:<{_LABEL_WIDTH}} {line}".rstrip() + "\n")

    def begin_entry(self, label: str) -> str:
        """Print the label of an entry; return the blanks between it and a text in the same line."""
        head = " " * _INDENT + visible_line(label)
        if self._is_terminal:
            self._console.print(head, style="dim", end="", soft_wrap=True)
        else:
            sys.stdout.write(head)
        return ENTRY_MARGIN[len(head) :]

    def rows(self, text: str) -> list[str]:
        """Return the rows that a line of an entry takes, without its margin."""
        if not self._is_terminal:
            return [visible(text)]
        from rich.text import Text  # noqa: PLC0415  heavy

        room = max(self.width - len(ENTRY_MARGIN) - 1, 1)  # the last cell stays free: behind it, one cannot go back
        wrapped = Text(visible(text)).wrap(self._console, room, overflow="fold")
        return [line.plain for line in wrapped]

    def plain(self, text: str = "", style: str = "") -> None:
        """Print text unwrapped, with control characters made visible."""
        if self._is_terminal:
            self._console.print(visible(text), style=style or None, soft_wrap=True)
        else:  # a hundred times faster
            sys.stdout.write(f"{visible(text)}\n")

    def marked(self, before: str, hit: str, after: str) -> None:
        """Print a line unwrapped, with a part of it marked where there are colours."""
        before, hit, after = map(visible_line, (before, hit, after))
        if not self._is_terminal:
            self.plain(before + hit + after)
            return
        from rich.text import Text  # noqa: PLC0415  heavy

        text = Text.assemble(before, (hit, "bold red"), after)
        self._console.print(text, soft_wrap=True)

    def warn(self, text: str) -> None:
        """Print a remark on one line of stderr, so that it is in no pipe; behind what was printed before."""
        sys.stdout.flush()
        click.secho(visible_line(text), err=True, dim=True)

    def columns(self, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Print many rows in columns, the first of texts, the others of numbers, with a dim line of heads."""
        from rich.cells import cell_len  # noqa: PLC0415  heavy

        widths = [max(map(cell_len, column)) for column in zip(heads, *rows, strict=True)]
        for number, (first, *others) in enumerate((heads, *rows)):
            cells = [first + " " * (widths[0] - cell_len(first))]
            cells += [f"{cell:>{width}}" for cell, width in zip(others, widths[1:], strict=True)]
            click.secho(visible_line("  ".join(cells)), dim=number == 0 and self._is_terminal)

    def grid(self, table: "Table") -> None:
        """Print a table; without a terminal its lines are not wrapped."""
        self._console.print(table)


def _terminal() -> tuple[bool, int]:
    """Return whether stdout is a terminal, or passes for one, and how wide it is."""
    if not (sys.stdout.isatty() or _FORCED.intersection(os.environ)):
        return False, _UNWRAPPED
    from rich.console import Console  # noqa: PLC0415  heavy

    console = Console()
    return console.is_terminal, console.width if console.is_terminal else _UNWRAPPED


def print_json(value: object) -> None:
    """Print a JSON value, indented, as UTF-8; what a terminal would act on is escaped."""
    click.echo(visible_json(indented_json(value).decode()))


def print_json_rows(rows: Iterable[Mapping[str, Any]]) -> None:
    """Print JSON objects like `print_json` prints a list of them, one by one, as there may be too many."""
    before = b"["
    for one in rows:
        click.echo(before + b"\n  " + _within(one, b"\n  "), nl=False)
        before = b","
    click.echo(b"[]" if before == b"[" else b"\n]")


def print_json_line(value: object) -> None:
    """Print a JSON value on one line, likewise."""
    click.echo(visible_json(compact_json(value).decode()))


def print_long_json(members: Mapping[str, Any]) -> None:
    """Print a JSON object like `print_json`; what an iterator yields is printed one by one, as all may be too much."""
    lead = b"{"
    for name, value in members.items():
        click.echo(lead + b"\n  " + _within(name) + b": ", nl=False)
        lead = b","
        if not isinstance(value, Iterator):
            click.echo(_within(value, b"\n  "), nl=False)
            continue
        before = b"["
        for one in value:
            click.echo(before + b"\n    " + _within(one, b"\n    "), nl=False)
            before = b","
        click.echo(b"[]" if before == b"[" else b"\n  ]", nl=False)
    click.echo(b"\n}")


def _within(value: object, line_end: bytes = b"\n") -> bytes:
    return visible_json(indented_json(value).decode()).encode().replace(b"\n", line_end)


def tell(text: object, *, err: bool = False) -> None:
    """Print one line that may quote a recording."""
    click.echo(visible_line(str(text)), err=err)


def bytes_text(count: int) -> str:
    """Return a size for people: `512 B`, `12 KiB`, `3.4 MiB`."""
    size = float(count)
    for unit in ("B", "KiB", "MiB"):
        if size < _KIB:
            return f"{size:.0f} {unit}" if unit == "B" or size >= 10 else f"{size:.1f} {unit}"  # noqa: PLR2004  a digit more
        size /= _KIB
    return f"{size:.1f} GiB"


def duration_text(milliseconds: float) -> str:
    """Return a duration for people: `3.2 ms`, `140 ms`, `2.5 s`, `3 min 20 s`, `5 h 2 min`, `3 d 4 h`."""
    if milliseconds < 10:  # noqa: PLR2004  a digit more
        return f"{milliseconds:.1f} ms"
    if milliseconds < _SECOND_MS:
        return f"{milliseconds:.0f} ms"
    if milliseconds < _MINUTE_MS:
        return f"{milliseconds / _SECOND_MS:.1f} s"
    minutes, seconds = divmod(round(milliseconds / _SECOND_MS), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{days} d {hours} h"
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {seconds} s"


def shortened(text: str, *, is_full: bool) -> str:
    """Return the beginning of a long text, with a note of how much was left out; all of it if `is_full`."""
    kept = beginning(text, is_full=is_full)
    if len(kept) == len(text):
        return text
    if len(kept) == _SHOWN_CHARS:
        return f"{kept} … ({count_text(len(text) - _SHOWN_CHARS, 'more character')}: --full)"
    return f"{kept}\n… ({count_text(text.count(_LINE_END, len(kept)), 'more line')}: --full)"


def beginning(text: str, *, is_full: bool) -> str:
    """Return what is shown of a text: if it is long and not `is_full`, its beginning."""
    return text if is_full else "\n".join(text.split("\n", _SHOWN_LINES)[:_SHOWN_LINES])[:_SHOWN_CHARS]
