"""What stands near a word of secrecy, in any form that a secret may have. No I/O.

A person is shown it: words in quotes, words joined, codes, groups of digits, cells below the head of a column. What
such a word stands beside in a program or a message, and is known by its form, is left out.
"""

import re
from collections.abc import Iterator
from itertools import islice

from pytest_codex_replay.redaction.formats import pattern, words
from pytest_codex_replay.redaction.markers import Markers
from pytest_codex_replay.redaction.phrases import is_generated, is_phrase, is_quoted_phrase
from pytest_codex_replay.redaction.placeholders import PLACEHOLDER
from pytest_codex_replay.redaction.rule import anchored
from pytest_codex_replay.redaction.value_shapes import is_attribute, is_picked, is_plausible, plain_letters

_SHORT_CHARS = 4
PASSWORD_NOUNS = (*words("password"), *(one for one in words("short") if len(one) > _SHORT_CHARS or not one.isascii()))
"""A shorter word is in much that is none."""
_CODE_OF = ("the code", "a code", "code is", "code was", "code:", *words("a_code"))
_SAYS_CODE = re.compile("|".join(map(re.escape, _CODE_OF)), re.IGNORECASE)
"""A word of prose, and of programming: only digits beside it are listed."""
_LONG_NOUNS = (
    *words("password"),
    *words("noun"),
    *words("code"),
    *words("pin"),
    *words("login"),
    *words("short"),
    *words("key"),
)
_ENGLISH = (
    "pass",
    "psk",
    "pwd",
    "secret",
    "credential",
    "backup code",
    "recovery",
    "seed",
    "mnemonic",
    "wifi",
    "2fa",
    "otp",
    "session",
    "unlock",
    "decrypt",
)
_NOUNS = tuple(
    sorted(
        {
            one
            for one in (*_LONG_NOUNS, *_ENGLISH, *_CODE_OF)
            if len(one) > _SHORT_CHARS or not one.isascii() or one in _ENGLISH
        }
    )
)
_SHORT = ("pw", "pin", "mdp", "wpa", "pass")
_NOUN = re.compile(
    rf"(?:{'|'.join(sorted(map(re.escape, _NOUNS), key=len, reverse=True))})[^\W_]{{0,6}}+"
    rf"|(?<![^\W_])(?:{'|'.join(_SHORT)})(?![^\W_])",
    re.IGNORECASE,
)
_BEGINNINGS = (*_NOUNS, *_SHORT)
_MARKERS = Markers(_BEGINNINGS)
_AHEAD_CHARS, _BEHIND_CHARS, _LINE_CHARS = 112, 72, 400
_TOKEN = re.compile(r"[^\s\"'`\u201c-\u201f\u00ab\u00bb\u3000-\u30ff\u3400-\u9fff\uac00-\ud7af\uff00-\uffef]{5,64}+")
_EDGE_BEFORE, _EDGE_BEHIND = "([{<*_=:,", ".,;:?)]}>*"
_NAME_BEFORE = re.compile(r"[A-Za-z_][\w.\[\]-]{0,40}[=:](?=[^=:/\s])")
_MIXED = re.compile(r"(?=\D*\d)(?=[^A-Za-z]*[A-Za-z])|(?=[^A-Za-z]*[A-Za-z]{2})(?=.*[^\W_].*[!@#$%^&*=+~|].*\w)")
_JOINED = re.compile(
    r"[A-Z]?[a-z]{3,16}(?:-[A-Z]?[a-z]{2,16}){2,6}|[a-z]{3,16}[-_][A-Z][a-z]{2,16}|[A-Za-z][a-z]{2,16}(?:\.[A-Z]?[a-z]{2,16}){3,6}"
)
_GROUPED = re.compile(r"[A-Z]{4}-[A-Z]{4,5}|\d{4,8}(?:-\d{4,8}){3,9}")
"""Short codes of devices, and digits in groups."""
_NUMBERED = re.compile(r"(?:\d{1,2}[.):][ \t]{1,4}[a-z]{3,8}[ \t|,]{0,12}){3,24}")
"""Words of a wallet, in a row or a line of a list."""
_COUNTED = re.compile(r"[a-z]+[-_]\d{1,2}")
_OF_CODE = re.compile(
    r"://|\(|\)|->|::|=>|\[\[|\$\{|^[/~.$@%-]|^[A-Z_]{3,}$|/.*/|\.(?:py|js|ts|md|json|ya?ml|toml|sh|conf|cfg|ini|txt|java|go|rs|kt)\b"
)
_CALLED_SO = pattern("called_so")
_UNITS, _UNNUMBERED = pattern("units"), pattern("unnumbered")
_DIGITS = re.compile(r"(?<![\w.,:/+-])(?!(?:19|20)\d\d(?!\d))(?:\d{3,4}[ -]\d{3,4}|\d{4,8})(?![\w%]|[.,:/-]\d)")
_QUOTED = re.compile(
    r"(?<![\w.,;])(?:([\"'`])((?=\S{1,40} )(?:(?!\1)[^\n\\]){8,96})\\?\1"
    r"|[\u201c\u201e\u00ab]((?=\S{1,40} )[^\n\u201d\u201c\u00bb]{8,96}))(?!\w)"
)
_REST = re.compile(
    r"[\w.\]\"']{0,40}[ \t]{0,8}[:=][ \t]{0,8}((?:[^\W_]{1,20}[,!?]?[ ]){1,8}[^\W_]{1,20}[!?]?)"
    r"(?=[\"';,]{0,2}[ \t\r]{0,4}(?:\n|\Z|\\n))"
)
_RUN = re.compile(r"(?<![\w-])(?:[a-z]{2,12} ){2,23}[a-z]{3,12}(?![\w-])")
_PHRASE_WORDS = 3
_KEYS = frozenset((*words("key"), "session", "credential"))
"""They are no numbers."""
_OF_PHRASE = re.compile(r"phrase|seed|mnemonic|word", re.IGNORECASE)
_MESSAGES = frozenset(words("words_of_messages"))
_TELLING = _MESSAGES | {
    *words("words_about_passphrases"),
    *words("function_words"),
    *"it in on at as by an be is my so we do go me us he or no".split(),
}
_NAMING = frozenset(words("naming_words"))
_HEAD_BORDER = re.compile(r"[|,;\t\u2502\u2503]|[ ]{2}")
_ROWS = 24
_QUOTES, _CELLS, _CODES, _WORDS, _NUMBERS = 6, 6, 5, 4, 3
"""Scores."""

Near = tuple[int, str, str, int]
"""Place and text of a value, the word of secrecy, and a score."""


def near_secrecy(text: str) -> Iterator[Near]:
    """Yield what stands behind a word of secrecy, or before it on its line, and in the column that it heads."""
    end = head = 0
    for first in anchored(_NOUN, _BEGINNINGS, text, _MARKERS):
        noun = _longer(text, first)
        line = text.rfind("\n", max(0, noun.start() - _LINE_CHARS), noun.start()) + 1
        stop = _end_of_line(text, noun.end())
        if noun.start() >= head:
            head = stop
            yield from ((*cell, noun[0], _CELLS) for cell in _column(text, line, stop, noun))
        begin = max(end, line, noun.start() - _BEHIND_CHARS)
        end = min(stop, noun.end() + _AHEAD_CHARS)
        if stop - noun.end() < _SHORT_CHARS and stop < len(text):  # a label: what it names is below it
            end = min(_end_of_line(text, stop + 1), stop + _AHEAD_CHARS)
        yield from ((at, value, noun[0], score) for at, value, score in _values(text, begin, end, noun))


def _longer(text: str, noun: re.Match[str]) -> re.Match[str]:
    """Return the longer noun that begins in `el c\u00f3digo`, as `c\u00f3digo de acceso` does, or the same."""
    if _SAYS_CODE.fullmatch(noun[0]) is None:
        return noun
    inner = (_NOUN.match(text, at) for at in range(noun.start() + 1, noun.end()))
    return next((one for one in inner if one and one.end() > noun.end()), noun)


def _end_of_line(text: str, at: int) -> int:
    end = text.find("\n", at, at + _LINE_CHARS)
    return end if end >= 0 else min(len(text), at + _LINE_CHARS)


def _values(text: str, begin: int, end: int, noun: re.Match[str]) -> Iterator[tuple[int, str, int]]:
    quoted_behind = _QUOTED.finditer(text, noun.end(), min(len(text), end + _AHEAD_CHARS))
    for quoted in (*quoted_behind, *_QUOTED.finditer(text, begin, noun.start())):
        if _is_phrase(said := quoted[quoted.lastindex or 0]):
            yield quoted.start(quoted.lastindex or 0), said, _QUOTES
    if (rest := _REST.match(text, noun.end(), _end_of_line(text, end) + 1)) and _is_phrase(rest[1]):
        yield rest.start(1), rest[1], _QUOTES
    if _OF_PHRASE.search(noun[0]):
        yield from _phrases(text, begin, end + _AHEAD_CHARS)
        yield from (
            (one.start(), one[0].rstrip(), _WORDS) for one in _NUMBERED.finditer(text, begin, end + _LINE_CHARS)
        )
    for found in () if _SAYS_CODE.fullmatch(noun[0]) else _TOKEN.finditer(text, begin, end):
        whole = _TOKEN.match(text, found.start())
        if whole is not None:
            yield from _in_token(whole)
    for number in () if noun[0].lower() in _KEYS else _DIGITS.finditer(text, begin, end):
        behind = number.end() + text.startswith(" ", number.end())
        is_counted = _UNITS.match(text, behind) is not None or len(set(number[0])) == 1
        if not is_counted and _UNNUMBERED.match(text, number.start()) is not None:
            yield number.start(), number[0], _NUMBERS


def _phrases(text: str, begin: int, end: int) -> Iterator[tuple[int, str, int]]:
    """Yield three words or more in a row, without those that tell something."""
    for run in _RUN.finditer(text, begin, min(end, len(text))):
        at, said = run.start(), list[str]()
        for word in (*run[0].split(" "), "the"):
            if word not in _TELLING:
                said.append(word)
                continue
            if len(said) >= _PHRASE_WORDS and not _NOUN.search(phrase := " ".join(said)):
                yield at, phrase, _WORDS
            at, said = at + len(" ".join((*said, word, ""))), []


def _in_token(found: re.Match[str]) -> Iterator[tuple[int, str, int]]:
    """Yield the value in a run of characters, without the signs around it and the name before it."""
    value = found[0].lstrip(_EDGE_BEFORE)
    at = found.end() - len(value)
    while (named := _NAME_BEFORE.match(value)) and any(map(str.isalpha, value[named.end() :])):
        at, value = at + named.end(), value[named.end() :]
    value = value.rstrip(_EDGE_BEHIND) if not value.endswith("==") else value
    plain = plain_letters(value)
    is_mixed, is_joined = _MIXED.match(plain) is not None, _JOINED.fullmatch(plain) is not None
    is_known_form = _GROUPED.fullmatch(value) is not None or is_picked(value) or is_phrase("passphrase", value)
    if len(value) > _SHORT_CHARS and (is_known_form or ((is_mixed or is_joined) and _is_free(value))):
        yield at, value, _CODES if is_mixed else _WORDS


def _is_free(value: str) -> bool:
    """Return whether a value is known by nothing."""
    plain = plain_letters(value)
    parts = re.split(r"[^a-z]+", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", plain).lower())
    if PLACEHOLDER.search(value) or "[[REDACTED" in value or is_attribute(value):
        return False
    if _OF_CODE.search(value) and not is_generated(value):
        return False
    is_known = _COUNTED.fullmatch(plain) or (_CALLED_SO.fullmatch(plain) and not plain[:1].isupper())
    return not is_known and is_plausible(value) and _NAMING.isdisjoint(parts)


def _is_phrase(value: str) -> bool:
    """Return whether words could be a passphrase, and are no message."""
    parts = re.split(r"[\s,.!?&+'-]+", value.strip().lower())
    is_said = PLACEHOLDER.search(value) is not None or _NOUN.search(value) is not None
    is_of_words = len(parts) > 1 and all(map(str.isalnum, filter(None, parts)))
    return is_of_words and not is_said and (_MESSAGES.isdisjoint(parts) or is_quoted_phrase("", value))


def _column(text: str, line: int, stop: int, noun: re.Match[str]) -> Iterator[tuple[int, str]]:
    """Yield the cells below the noun, where it heads a column."""
    if _HEAD_BORDER.search(text, line, stop) is None:
        return
    borders = _borders(text, line, stop)
    index = sum(one <= noun.start() for one in borders)
    at = stop + 1
    for _ in range(_ROWS):
        if at >= len(text):
            return
        end = _end_of_line(text, at)
        row = _borders(text, at, end)
        if len(row) != len(borders) and any(map(str.isalnum, text[at:end])):
            return
        edges = [at, *row, end]
        for cell in islice(_TOKEN.finditer(text, edges[min(index, len(row))], edges[min(index, len(row)) + 1]), 1):
            value = cell[0].strip(_EDGE_BEFORE + _EDGE_BEHIND + "|,;")
            if len(value) > _SHORT_CHARS and _MIXED.match(plain_letters(value)) and is_plausible(value):
                yield cell.start() + cell[0].index(value), value
        at = end + 1


def _borders(text: str, start: int, end: int) -> list[int]:
    sign = next((one for one in "|\u2502\u2503\t;," if one in text[start:end]), None)
    found = re.finditer(re.escape(sign) if sign else r"(?<=\S)[ ]{2,}(?=\S)", text[start:end])
    return [start + one.end() for one in found]
