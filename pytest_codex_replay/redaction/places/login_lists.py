"""Rules for lists of logins: `web01 root lantern.moss`, `10.0.0.31 admin/Orchard7`, `root / falcon.eye`. No I/O.

No heading says what the columns are. The login does, which is one that systems come with, and the line beside it, which
has the same columns; an address before it, or a slash between blanks, tells as much.
"""

import re
from collections.abc import Iterator

from pytest_codex_replay.redaction.places.arguments import is_words_of_person
from pytest_codex_replay.redaction.rule import Place, PlacesRule
from pytest_codex_replay.redaction.words.joined_words import Rank
from pytest_codex_replay.redaction.words.passwords import could_be_password
from pytest_codex_replay.redaction.words.personal import has_rare_word, is_dotted_by_a_person
from pytest_codex_replay.redaction.words.placed import is_placed, is_typed_as_command

_LOGINS = ("root", "admin", "administrator", "ubnt", "guest", "operator", "superuser", "manager", "cisco", "sysadmin")
"""Logins that systems come with."""
_LOGIN = "|".join(_LOGINS)
_VALUE = r"(?P<value>[^\s/\"'`()<>|=\[\]{}]{4,64})"
_ADDRESS = r"(?P<address>(?:\d{1,3}\.){3}\d{1,3}(?::\d{1,5})?)"
_BLANK = r"[ \t|]"
_ROW = re.compile(
    r"(?![ \t]{0,8}[bcdlps-][rwxsStT-]{9})[ \t*>|-]{0,8}"
    rf"(?:{_ADDRESS}{_BLANK}{{1,24}}|[\w.:-]{{2,64}}{_BLANK}{{1,24}})?(?:[\w.-]{{2,40}}{_BLANK}{{1,24}})?"
    rf"(?:{_LOGIN})(?P<joint>[ ]/[ ]|[ ]?[/:][ ]?|{_BLANK}{{1,24}}){_VALUE}"
    rf"(?:[ \t]{{2,24}}[^\n]{{0,80}}|[ ]\([^\n]{{0,80}}|\t[^\n]{{0,80}}|{_BLANK}{{0,8}})\Z"
)
"""Of `ls -l`, a line has the owner and the group."""
_LINE_CHARS = 200


def _listed(text: str, places: list[int]) -> Iterator[Place]:
    """Yield the values behind logins, in lines of a list."""
    done = -1
    for at in places:
        if at < done or text[at - 1 : at].isalnum():
            continue
        begin, end = _line(text, at)
        done = end
        row = _ROW.match(text, begin, end) if end - begin <= _LINE_CHARS else None
        if row is None:
            continue
        is_listed = _is_beside_another(text, begin, end)
        is_told = is_listed or row["joint"] == " / " or row["address"] is not None
        if is_told and _is_password(row["value"], row["joint"], is_listed=is_listed):
            yield row.span("value")


def _is_password(value: str, joint: str, *, is_listed: bool) -> bool:
    if joint in {"/", ":"}:
        return is_typed_as_command(value)
    if could_be_password(value, Rank.UNCOMMON) or is_dotted_by_a_person(value):
        return True
    is_joined = not value.islower() and not value.isalpha() and any(map(str.isalpha, value)) and is_placed(value)
    return is_listed and (has_rare_word(value) or is_joined)


def _is_beside_another(text: str, begin: int, end: int) -> bool:
    """Return whether the line above or below has the same columns."""
    above = _line(text, begin - 1) if begin else (0, 0)
    below = _line(text, end + 1) if end < len(text) else (0, 0)
    return any(0 < stop - start <= _LINE_CHARS and _ROW.match(text, start, stop) for start, stop in (above, below))


def _line(text: str, at: int) -> Place:
    """Return the line of a place, or as much of it as is looked at."""
    begin, end = text.rfind("\n", max(0, at - _LINE_CHARS), at) + 1, text.find("\n", at, at + _LINE_CHARS)
    begin = begin or max(0, at - _LINE_CHARS - 1)
    return begin, end if end >= 0 else min(len(text), at + _LINE_CHARS)


_HEADS = (
    *("zugang", "zug\u00e4nge", "logins", "accounts", "credentials", "creds", "passwords", "passw\u00f6rter"),
    *("kennw\u00f6rter", "acc\u00e8s", "accesos", "cuentas", "comptes", "konten", "contrase\u00f1as", "toegang"),
)
"""What stands above a list of people and their passwords."""
_PERSON = re.compile(
    r"[ \t>*\u2022-]{0,8}(?:[\w .-]{2,24}:[ ])?(?!\d+[^\w.@+-])[\w.@+-]{2,48}"
    r"(?::[ ]?|[ ][-\u2013/|][ ]|[ ]->[ ]|[ ]?=[ ]?|[ \t]{1,8})"
    r"(?P<value>[^\s/\"'`()<>|=\[\]{}:,;]{5,64})[ \t\r]{0,4}(?:\n|\Z)"
)
_PEOPLE, _HEAD_CHARS = 20, 120


def _of_people(text: str, places: list[int]) -> Iterator[Place]:
    """Yield the values in lines of a name and a word of a person: two or more below a head that says so."""
    done = -1
    for at in places:
        start = text.find("\n", at, at + _HEAD_CHARS) + 1
        if at < done or not start:
            continue
        found: list[re.Match[str]] = []
        while len(found) < _PEOPLE and (line := _PERSON.match(text, start)):
            found.append(line)
            start = line.end()
        done = start
        values = [one["value"] for one in found]
        if len(found) > 1 and all(map(is_words_of_person, values)):
            yield from (one.span("value") for one in found)


LOGIN_LISTS = (
    PlacesRule(kind="password", markers=_LOGINS, pattern=_ROW, places=_listed),
    PlacesRule(kind="password", markers=_HEADS, pattern=_PERSON, places=_of_people, looks_far=False, is_local=True),
)
"""A value is a password because of the login before it, and the lines beside it."""
