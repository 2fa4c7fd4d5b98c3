"""An entry of which the text still comes: printed as far as it has come, and looks at its end like any other."""

import sys

from pytest_codex_replay.cli.page import ENTRY_MARGIN, Page

_SEQUENCE_CHARS = 64
"""Of a terminal sequence, at most: what begins one may not be whole."""


class GrowingEntry:
    """One entry, printed piece by piece."""

    def __init__(self, page: Page, label: str) -> None:
        self._page, self._label = page, label
        self._shown = ""
        """The text that stands in the output."""
        self._at = 0
        """Where its last line begins that can still grow."""
        self._rows: list[str] = []
        """That line as it was printed; at a terminal it may take several."""
        self._margin = ""
        """What is to stand before the next character of the line."""
        self.is_resting = True
        """Whether the output is at the beginning of a line, for others to print."""

    def show(self, text: str) -> None:
        """Print what has come since; `text` is all of it, and may still grow."""
        settled = _settled(text)
        if settled.startswith(self._shown) and len(settled) > len(self._shown):
            self._grow(settled)

    def rest(self) -> None:
        """End the line, as something else is to be printed. What comes later goes on in a line of its own."""
        if not self.is_resting:
            self._end_line()
            self.is_resting = True

    def end(self, text: str) -> None:
        """Print what is left of the whole text. Where it is another than came, it is printed whole."""
        text = text.replace("\r\n", "\n")
        if not text.startswith(self._shown):
            self.rest()
            self._shown = ""
        self._grow(text)
        self.rest()

    def _grow(self, text: str) -> None:
        if text == self._shown and text:
            return
        if self.is_resting:
            self._margin = self._page.begin_entry("…" if self._shown else self._label)
            self._at, self._rows, self.is_resting = len(self._shown), [], False
        first, *others = text[self._at :].split("\n")
        self._print(first)
        for line in others:
            self._end_line()
            self._rows = []
            self._print(line)
        self._at, self._shown = len(text) - len([first, *others][-1]), text

    def _print(self, line: str) -> None:
        """Print a line of the text, of which a beginning may be printed."""
        rows = [row.rstrip() for row in self._page.rows(line)]
        last = max(len(self._rows) - 1, 0)
        for number, row in enumerate(rows[last:]):
            if number:
                self._end_line()
            before = self._rows[last] if self._rows and not number else ""
            self._print_row(row, before)
        self._rows = rows

    def _print_row(self, row: str, before: str) -> None:
        if not row and not before:
            return
        if not row.startswith(before) and before.startswith(row):  # its last word grew, and stands in the next row now
            from rich.cells import cell_len  # noqa: PLC0415  heavy

            sys.stdout.write("\b \b" * (cell_len(before) - cell_len(row)))
        elif not row.startswith(before):
            self._end_line()
            before = ""
        sys.stdout.write(self._margin + row[len(before) :])
        self._margin = ""

    def _end_line(self) -> None:
        sys.stdout.write("\n")
        self._margin = ENTRY_MARGIN


def _settled(text: str) -> str:
    """Return text without an end of which the next character decides how it is shown."""
    begun = text.rfind("\x1b", -_SEQUENCE_CHARS)
    return (text if begun < 0 else text[:begun]).rstrip("\r").replace("\r\n", "\n")
