"""Rules for tables whose cells are marked: rows of HTML, and what Vault prints of a secret. No I/O."""

import re
from collections.abc import Iterator

from pytest_codex_replay.redaction.formats import pattern
from pytest_codex_replay.redaction.places.key_names import names_password
from pytest_codex_replay.redaction.rule import Place, PlacesRule
from pytest_codex_replay.redaction.words.placed import is_placed_line

_OF_PASSWORD = pattern("column_of_passwords")
_ROW = re.compile(r"<tr(?:\s[^<>]{0,200})?>", re.IGNORECASE)
_CELL = re.compile(
    r"<t[hd](?:\s[^<>]{0,200})?>\s{0,40}(?:<(?:code|b|i|em|strong|span|p|tt|kbd)(?:\s[^<>]{0,80})?>\s{0,8}){0,3}([^<>\n]{0,200})",
    re.IGNORECASE,
)
_END = re.compile(r"</table>", re.IGNORECASE)
_ROW_CHARS = 4000
_FIELDS = re.compile(r"= Data =+\r?\nKey[ \t]+Value\r?\n---[ \t]+-----\r?\n")
_FIELD = re.compile(r"(\S{1,80})[ \t]{1,80}(\S[^\n]{2,400}?)[ \t\r]{0,4}(?:\n|\Z)")
_NO_SECRET = re.compile(
    r"(?:\w{1,24}[_.-])?(?:user(?:name)?|host(?:name)?|port|e?mail|database|db|dbname|region|url|uri|endpoint|path|name|ttl|type)",
    re.IGNORECASE,
)
"""What is kept beside secrets."""


def _in_html(text: str, places: list[int]) -> Iterator[Place]:
    """Yield the cells below, or beside, a cell that is called a password."""
    done = 0
    for at in places:
        row = _ROW.match(text, at) if at >= done else None
        if row is None:
            continue
        names, done = _cells(text, row.end())
        called = [text[slice(*cell)].rstrip(" :") for cell in names]
        marked = [number for number, one in enumerate(called) if _OF_PASSWORD.fullmatch(one) or names_password(one)]
        if not marked:
            continue
        if len(names) == len(marked) + 1 == 2 and marked == [0]:  # noqa: PLR2004  # a label and its value
            yield from (cell for cell in names[1:] if is_placed_line(text[slice(*cell)]))
        below, done = _rows(text, done)
        for cells in below:
            if len(cells) == len(names) > 1:
                yield from (cells[one] for one in marked if is_placed_line(text[slice(*cells[one])]))


def _rows(text: str, at: int) -> tuple[list[list[Place]], int]:
    """Return the cells of the rows of a table that follow, and where the last one ends."""
    found = []
    end = _END.search(text, at)
    stop = end.start() if end else len(text)
    while row := _ROW.search(text, at, min(stop, at + _ROW_CHARS)):
        cells, at = _cells(text, row.end())
        found.append(cells)
    return found, at


def _cells(text: str, at: int) -> tuple[list[Place], int]:
    """Return the cells of a row, and where it ends."""
    following = _ROW.search(text, at, at + _ROW_CHARS)
    stop = following.start() if following else min(len(text), at + _ROW_CHARS)
    cells = [_trimmed(text, *cell.span(1)) for cell in _CELL.finditer(text, at, stop)]
    return cells, stop


def _trimmed(text: str, start: int, end: int) -> Place:
    cell = text[start:end]
    return start + len(cell) - len(cell.lstrip()), start + len(cell.rstrip())


def _in_vault(text: str, places: list[int]) -> Iterator[Place]:
    """Yield the values that Vault keeps: all are secrets, but for what says where and who."""
    for fields in filter(None, (_FIELDS.match(text, at) for at in places)):
        at = fields.end()
        while field := _FIELD.match(text, at):
            at = field.end()
            if not _NO_SECRET.fullmatch(field[1]) and is_placed_line(field[2]):
                yield field.span(2)


LABELLED_TABLES = (
    PlacesRule(kind="password", markers=("<tr>", "<tr "), pattern=_ROW, places=_in_html),
    PlacesRule(kind="secret", markers=("= data =",), pattern=_FIELDS, places=_in_vault),
)
"""A value is a secret because of a cell elsewhere."""
