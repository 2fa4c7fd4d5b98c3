"""The rule for people in tables, beside their addresses; only on request. No I/O."""

import re
from collections.abc import Iterator

from pytest_codex_replay.redaction.formats import words
from pytest_codex_replay.redaction.rule import Place, PlacesRule

_HEAD = re.compile(r"(?<![^\n])[^\n]{0,200}?(?:e-?mail|phone)[^\n]{0,200}", re.IGNORECASE)
_ROW = re.compile(r"\n([^\n]{3,600})")
_OF_A_PERSON = re.compile(
    r"(?:(?:full|first|last|sur|customer|display|given|family)[ _]?)?name|street|address", re.IGNORECASE
)
_VALUE = re.compile(r"(?=[^\W\d_a-z])[^\W\d_]+(?:[ .'-][\w.'-]+){0,4}")
_NOBODY = frozenset((*words("generic_names"), *words("naming_words"), "example", "john", "jane", "acme"))
"""The first word of a name in an example."""
_HEAD_CHARS, _COLUMNS = 200, 3


def _in_rows(text: str, near: list[int]) -> Iterator[Place]:
    """Yield the names and streets below a head that has them and a column of addresses or telephones."""
    done = 0
    for at in near:
        begin = text.rfind("\n", max(0, at - _HEAD_CHARS), at) + 1
        head = _HEAD.match(text, begin) if at >= done else None
        sign = max(",;\t|", key=head[0].count) if head else ""
        if head is None or head[0].count(sign) < _COLUMNS - 1:
            continue
        names = [name.strip(" \"'").rpartition(".")[2] for name in head[0].split(sign)]
        done = head.end()
        while (row := _ROW.match(text, done)) and row[1].count(sign) == len(names) - 1:
            done = row.end()
            yield from _of_people(names, row[1].split(sign), row.start(1))


def _of_people(names: list[str], cells: list[str], start: int) -> Iterator[Place]:
    for name, cell in zip(names, cells, strict=True):
        value = _VALUE.search(cell) if _OF_A_PERSON.fullmatch(name) else None
        if value and value[0].split()[0].lower() not in _NOBODY:
            yield start + value.start(), start + value.end()
        start += len(cell) + 1


PEOPLE = PlacesRule(kind="person", markers=("email", "e-mail", "phone"), pattern=_HEAD, places=_in_rows)
"""A value identifies a person because of the head of its column."""
