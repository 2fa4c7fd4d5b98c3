"""Whether a word could be a password: the surer its place is, the plainer the form that is enough there. No I/O.

`Rank` tells how seldom anything but a password has a form; a place asks for the least rank that is enough in it.
"""

import re

from pytest_codex_replay.redaction.words.joined_words import Rank, is_compound, is_ordinary, rank_of
from pytest_codex_replay.redaction.words.personal import has_rare_word, is_plain_word
from pytest_codex_replay.redaction.words.told_words import is_joined_here, is_signed_here
from pytest_codex_replay.redaction.words.uncommon import is_run_together, is_uncommon
from pytest_codex_replay.redaction.words.value_shapes import plain_letters

_VERSIONED = re.compile(r"[A-Za-z]+(?:\.[a-z]{2,3})?-\d{1,3}")
"""A product: `Chrome-120`, `Next.js-14`."""
_KEYS = re.compile(r"(?:ctrl|control|alt|cmd|shift|option|super|meta|fn)[+-]", re.IGNORECASE)
"""Of a keyboard, pressed together."""
_COMMON = re.compile(r"(?i:pass(?:word)?|passw0rd|secret|admin|root|welcome|letmein|qwerty)\d{1,4}[!?]?")
"""What people take who have to take something."""
_CAPITALS = re.compile(r"[A-Z][a-z]+(?:[-_.][A-Za-z][a-z]+){2,6}")
_DOTTED_CHARS = range(5, 41)


def could_be_password(value: str, least: Rank) -> bool:
    """Return whether a word has the form of a password, in a place where the rank `least` is enough.

    Words with a sign that no name has are `NUMBERED`, others as a person joins them `JOINED`; what names in code and
    products look like is `COMPOUND` if one of its words is rare; an uncommon word, or one with a number, is `UNCOMMON`.
    """
    if _KEYS.match(value) or (least > Rank.COMPOUND and _VERSIONED.fullmatch(value)):
        return False
    if least > Rank.JOINED:
        return is_signed_here(value)
    if is_joined_here(value) or is_told_pair(value):
        return True
    return (least <= Rank.COMPOUND and _is_rare_name(value)) or (least <= Rank.UNCOMMON and is_told_value(value))


def _is_rare_name(value: str) -> bool:
    return has_rare_word(value) and rank_of(value) >= Rank.COMPOUND and not is_ordinary(value)


def is_own_form(value: str) -> bool:
    """Return whether words are joined, numbered or signed as a person does it with a password, or run together."""
    return _is_own_join(value) or is_run_together(value)


def is_word_told(value: str) -> bool:
    """Return whether what a sentence tells someone is a password: words of any form but those of programs."""
    return is_plain_word(value) or _is_own_join(value)


def _is_own_join(value: str) -> bool:
    return rank_of(value) >= Rank.JOINED and not is_ordinary(value)


def is_numbered_words(value: str) -> bool:
    """Return whether words have a form that nothing but a password has, or are many, with capitals among them."""
    rank, plain = rank_of(value), plain_letters(value)
    is_own = rank is Rank.NUMBERED or (rank is not Rank.NONE and _CAPITALS.fullmatch(plain) is not None)
    return is_own and not is_ordinary(value)


def is_told_value(value: str) -> bool:
    """Return whether a value, in a place where nothing but a password is told, is one: uncommon, joined or numbered."""
    if is_uncommon(value) or is_own_form(value) or _COMMON.fullmatch(value):
        return True
    is_joined = rank_of(value) is Rank.COMPOUND and not is_ordinary(value) and not is_compound(value)
    return is_joined or (any(map(str.isdigit, value)) and has_rare_word(value))


def is_told_of_access(value: str) -> bool:
    """Return whether what a sentence calls a word, a phrase or a secret is a password, in its form."""
    return is_told_value(value) or (is_compound(value) and not is_ordinary(value) and not value.islower())


def is_told_pair(value: str) -> bool:
    """Return whether what is typed behind a user's name is a password: two words with a dot, too."""
    parts = value.lower().split(".")
    is_dotted = len(parts) > 1 and all(one.isalpha() and len(one) in _DOTTED_CHARS for one in parts)
    return is_own_form(value) or (is_dotted and all(map(has_rare_word, parts)))


def is_beside_name(value: str) -> bool:
    """Return whether what stands behind the name of a login, in a list, is its password."""
    return could_be_password(value, Rank.UNCOMMON)
