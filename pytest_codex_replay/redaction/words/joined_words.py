"""Words that a person joins to a password, as far as their form tells: `lemon-tractor-8`, `Blue.Stapler`. No I/O.

Files, members, options and compounds are joined, too. So a form has a rank, and the place of a value decides which rank
is enough.
"""

import re
from enum import IntEnum

from pytest_codex_replay.redaction.formats import pattern, words
from pytest_codex_replay.redaction.lazy_pattern import lazy
from pytest_codex_replay.redaction.words.value_shapes import is_plausible, plain_letters

SIGNS = r"\-_.+&!@~*#$%^"
"""What joins words, or ends them."""
_CHARS = (6, 64)
CJK = "\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
_LOOKS = lazy(rf"(?=[A-Za-z\d])(?=[^A-Za-z]*[A-Za-z])[A-Za-z\d{SIGNS}]+")
_JOINT = lazy(rf"[{SIGNS}]+")
_WORD = lazy("[A-Za-z]+")
_HUMP = lazy("[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_LONG_WORD = lazy(r"[A-Za-z]{4}|(?=(?:[^A-Za-z]*[A-Za-z]){7})|\d{4}[-_.][a-z]{3}")
_INNER_CAPITAL = lazy(r"[a-z][A-Z][a-z]|[-_.][A-Z][a-z]{2}|[-_.][A-Z]{3}")
_NUMBERED = lazy(r"[A-Za-z]{5,24}\d{1,4}")
_SIGNED = lazy(
    r"(?=.*[a-z]{2})(?:[A-Za-z\d]{2,24}[&+!#~*$^][A-Za-z\d]{2,24}){1,4}|(?=.*[a-z]{3})(?=.*[A-Z\d])[A-Za-z\d_.-]{5,32}[!*$]{1,2}|[A-Za-z\d_.]{2,24}(?:[&+!#~*$^][A-Za-z\d_.]{2,24}){1,4}[!*$]?"
)
"""A sign between two words, or behind one, that joins no names."""
_OF_CODE = lazy(
    r"\A[A-Z\d]+_[A-Z\d_]+\Z|%(?:[0-9A-F]{2}|[sd%])|\A[A-Z]{2,8}(?:v|#)\d|__|\A[A-Z]{4,}[a-z]|\A[a-z]+(?:_[a-z]+)*_t\Z"
)
"""Constants, encoded characters, versions, types."""
_ENDS_OF_COMPOUNDS = lazy(rf"(?:{'|'.join(words('compound_ends'))})", re.IGNORECASE)
_BEGINNINGS = frozenset(words("compound_beginnings"))
_OTHER = pattern("called_so")
_ENDS_OF_FILES = frozenset(words("ends_of_files"))
_DOTTED = lazy(r"[a-z]{3,24}(?:\.[a-z]{2,24}){1,4}\.?")
_NAMING = frozenset(words("naming_words", "foreign_naming_words")) - {*words("also_in_passwords")}
_THINGS = frozenset(words("generic_names", "ordinary_words", "vendors", "numbered_things"))
_LAST_OF_BLANKS = "\u2fff"
"""Behind it stand the characters of languages without blanks between words."""
_PAIR, _SOME = 2, 3
_WITHIN = lazy(
    r"(?!base|utf|x\d|oauth|i18n|l10n|k8s|log4|py|ipv)(?=.*[A-Za-z]{4})[A-Za-z]{3,24}\d{1,4}[A-Za-z]{2,24}\d{0,4}",
    re.IGNORECASE,
)
"""A number between two words."""
_DATE = lazy(r"(\w)\1+([-./])(\w)\3+\2(\w)\4+")
"""The form of a date."""
_ALGORITHM = lazy(
    r"(?:\A|[-_.])(?:sha|md|aes|argon|qt|gtk|utf|py|lib[a-z]+|x|v|rc|iso|ipv|scram|cp|el)-?\d", re.IGNORECASE
)
_MIXED_SCRIPT = lazy(r"(?=[^a-z]*[a-z]{3})[A-Za-z]+[\u3400-\u9fff]+\d*")


class Rank(IntEnum):
    """How seldom anything but a password has such a form."""

    NONE = 0
    UNCOMMON = 1
    """One word of letters, which is not frequent: see `uncommon.py`."""
    COMPOUND = 2
    """Words joined by hyphens, as compounds are; two words with a dot or an underscore, as names are."""
    JOINED = 3
    """Words with another sign between them, with inner capitals, or many."""
    NUMBERED = 4
    """Words with a number, or with a sign that no name has."""


def rank_of(value: str) -> Rank:
    """Return the rank of a word."""
    is_word = value.isalpha() and (value.isascii() or max(value) <= _LAST_OF_BLANKS)
    if is_word or not _could_be(value, plain := plain_letters(value)):
        return Rank.NONE
    if not value.isascii() and plain.isalnum():
        if max(value) > _LAST_OF_BLANKS:
            return Rank.JOINED if _MIXED_SCRIPT.fullmatch(value) else Rank.NONE
        return _rank_of_one(plain, Rank.NUMBERED)
    parts = [one for one in _JOINT.split(plain) if one]
    is_joined = len(parts) > 1
    has_digit = any(map(str.isdigit, plain))
    if _SIGNED.fullmatch(plain) or (has_digit and (_INNER_CAPITAL.search(plain) or (is_joined and _is_spoken(parts)))):
        return Rank.NUMBERED
    if not is_joined or has_digit:
        return Rank.NONE if is_joined else _rank_of_one(plain, Rank.JOINED)
    is_plain = is_compound(value) or (len(parts) < _SOME and not _INNER_CAPITAL.search(plain))
    return Rank.COMPOUND if is_plain else Rank.JOINED


def _could_be(value: str, plain: str) -> bool:
    """Return whether a word has the length and the characters of a password, and nothing known is called so."""
    least = _CHARS[0] - (not value.isascii())
    if not (least <= len(value) <= _CHARS[1] and _LOOKS.fullmatch(plain) and _LONG_WORD.search(plain)):
        return False
    last = plain.rpartition(".")[2]
    is_dotted = _DOTTED.fullmatch(plain) is not None and len(last) >= _SOME and last not in _ENDS_OF_FILES
    is_known = (
        (not is_dotted and _OTHER.fullmatch(plain))
        or _OF_CODE.search(plain)
        or _ALGORITHM.search(plain)
        or _DATE.fullmatch(value)
    )
    return not is_known and is_plausible(value) and not _names_something(plain)


def _rank_of_one(plain: str, rank: Rank) -> Rank:
    """Return the rank of one word, which has a number at its end or within it."""
    return rank if _NUMBERED.fullmatch(plain) or _WITHIN.fullmatch(plain) else Rank.NONE


def is_compound(value: str) -> bool:
    """Return whether words are joined by hyphens alone, and no number is among them."""
    return not any(map(str.isdigit, value)) and set(_JOINT.findall(value)) == {"-"}


def is_ordinary(value: str) -> bool:
    """Return whether a word of parts is one of the language, or names a thing: `case-sensitive`, `backup-user`."""
    parts = [one for one in _JOINT.split(value) if one]
    spoken = [plain_letters(one).lower() for one in parts]
    named = sum(one in _THINGS or part.isupper() for one, part in zip(spoken, parts, strict=True))
    if len(parts) == 1:
        return not _THINGS.isdisjoint(_WORD.findall(spoken[0]))
    if named and _PAIR * named >= min(len(parts), _SOME):
        return True
    first, last = parts[0].lower(), parts[-1].lower()
    return is_compound(value) and (_ENDS_OF_COMPOUNDS.fullmatch(last) is not None or first in _BEGINNINGS)


def _is_spoken(parts: list[str]) -> bool:
    """Return whether parts are words, and numbers at their end or alone."""
    return all(re.fullmatch(r"[A-Za-z]+\d{0,4}|\d{1,4}[a-z]?", one) for one in parts)


def _names_something(plain: str) -> bool:
    return not _NAMING.isdisjoint(one.lower() for one in _HUMP.findall(plain))
