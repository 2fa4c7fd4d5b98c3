"""A table that takes the room that a terminal has: what is narrow is broken, what has no room is left out and named."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

from rich.cells import cell_len
from rich.table import Table

from pytest_codex_replay.cli.page import Page, visible_line

_WORD_CHARS = 20
"""A narrower column would break words. Of a shorter text, the longest word is enough."""
_SHORTEST = 8
"""Characters of an id in a line, in the narrowest terminal."""
_WIDE = 104
"""From this width of a terminal on, two blanks are between columns."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FittedTable:
    """The columns of a table; the first has ids, which always stay whole."""

    columns: Sequence[str]
    numbers: Collection[str]
    elastic: Collection[str]
    """Those that take what room there is. The others are as wide as what is in them."""
    least_first: Sequence[str]
    """Columns that a terminal may have no room for. What is left out is told."""
    cut: str | None = None
    """The elastic one that ends with an ellipsis where it has no room; the others go on in the next line."""

    def print(self, page: Page, lines: Sequence[tuple[dict[str, str], str | None]]) -> None:
        """Print lines, each with its style, and name the columns that have no room."""
        gap = 1 if page.width < _WIDE else 2
        columns = self.with_room([cells for cells, _ in lines], page.width, gap)
        table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, gap, 0, 0))
        for column, width in columns.items():
            justify: Literal["right", "left"] = "right" if column in self.numbers else "left"
            is_cut = column == self.cut
            table.add_column(
                column, justify=justify, width=width, no_wrap=is_cut, overflow="ellipsis" if is_cut else "fold"
            )
        for cells, style in lines:
            table.add_row(*(visible_line(cells.get(column, "")) for column in columns), style=style)
        page.grid(table)
        if left_out := [column for column in self.columns if column not in columns]:
            page.warn(f"Left out, as the terminal is narrow: {', '.join(left_out)}. All of it: add --json")

    def with_room(self, lines: Sequence[dict[str, str]], width: int, gap: int) -> dict[str, int]:
        """Return the columns that a width has room for, and how wide each is."""
        texts = {column: [column, *(cells.get(column, "") for cells in lines)] for column in self.columns}
        needed = {column: max(map(cell_len, texts[column])) for column in self.columns}
        least = {column: min(needed[column], _WORD_CHARS) for column in self.elastic}
        broken = [column for column in self.columns if column in self.elastic and column != self.cut]
        words = {column: max(map(cell_len, " ".join(texts[column]).split())) for column in broken}
        found = needed | least | {column: min(least[column], word) for column, word in words.items()}
        room = width + gap - sum(found[column] + gap for column in self.columns)
        for column in self.least_first:
            if room >= 0:
                break
            room += found.pop(column) + gap
        while room > 0 and (narrow := [column for column in found if found[column] < needed[column]]):
            found[min(narrow, key=found.__getitem__)] += 1
            room -= 1
        if room < 0:  # an id alone is longer than the line: it goes on in the next one
            found[self.columns[0]] = max(_SHORTEST, found[self.columns[0]] + room)
        return found
