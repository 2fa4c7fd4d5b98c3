"""Passwords that a person made up, told in a sentence by their form: a number, a sign, capitals. No I/O."""

import re

from pytest_codex_replay.redaction.words.value_shapes import (
    is_assigned,
    is_chosen,
    is_coined,
    is_grown,
    is_pair,
    is_passphrase,
    is_picked,
    is_plausible,
    is_wordy,
    plain_letters,
)

_EMAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}\.\w{1,63}")
_COMMIT = re.compile(r"[0-9a-f]{7,12}|[0-9a-f]{40}")
_SEASON = re.compile(r"[A-Z][a-z]{3,24}\d{2,4}")
_MIXED = re.compile(r"(?=.*[a-z])(?=.*[A-Z])\w+[!#$%&*+?@^~]\S*\w\S*")
"""Letters of both cases with a sign among them."""
_LONG_WORD = re.compile(r"[a-z]{9,24}\d{2,6}")
_TITLED = re.compile(r"[A-Z][a-z]{2,12}(?:[-_.!*+][A-Z][a-z]{2,12}){1,3}[-_.]?\d{1,4}")
"""Words of a passphrase that begin with capitals, and a number."""
_HUMPED = re.compile(
    r"[A-Za-z][a-z]{2,}[A-Z][a-z]{2,}(?:[A-Z][a-z]{2,})?\d{2,6}[!?#_]?|[a-z]{2,8}[A-Z][a-z]{3,}[A-Z][a-z]{3,}\d{1,6}|[A-Z][a-z]{5,24}\d{2,6}_"
)
"""Words in one, and a number behind them."""
_NUMBERED = re.compile(
    r"[A-Za-z]{4,24}[-_.!#+@]\d{2,6}[!?#]?|(?!base|python|bcrypt|utf|debian|ubuntu)[a-z]{5,24}\d{2,6}[a-z]{0,2}"
)
_CODED = re.compile(
    r"(?=.*\d)(?=.*[A-Z]{2})(?=.*[a-z]{3})(?!ISO|RFC|UTF)[A-Za-z]{3,12}"
    r"(?:[-_.](?:[A-Za-z]{3,12}|(?!128|192|256|384|512|1024|2048|4096)\d{3,6})){2,4}"
)
"""Words in capitals and in small letters with a number among them, and no algorithm."""


def is_made_up(value: str) -> bool:
    """Return whether a value is a made-up password, and not a word: it mixes letters and digits."""
    return is_plausible(value) and (
        _is_chosen_in_prose(value)
        or (
            is_assigned(value)
            and (not is_wordy(value) or _SEASON.fullmatch(value) is not None)
            and (any(c.isdigit() for c in value) or _MIXED.fullmatch(value) is not None)
            and any(c.isalpha() for c in value)
            and _EMAIL.fullmatch(value) is None
            and _COMMIT.fullmatch(value) is None
        )
    )


def is_stated(value: str) -> bool:
    """Return whether a value that a sentence does nothing but state is a password: a word joined to a number, too."""
    return is_made_up(value) or _NUMBERED.fullmatch(plain_letters(value)) is not None


def is_handed_over(value: str) -> bool:
    """Return whether a value that a sentence hands over with a login, or calls a password, is one."""
    return is_made_up(value) or is_picked(value) or _LONG_WORD.fullmatch(value) is not None


def _is_chosen_in_prose(value: str) -> bool:
    value = plain_letters(value)
    return (
        is_coined(value)
        or is_passphrase(value)
        or is_pair(value)
        or _TITLED.fullmatch(value) is not None
        or _CODED.fullmatch(value) is not None
        or is_grown(value)
        or _HUMPED.fullmatch(value) is not None
        or ("-" in value and is_chosen(value) and not any(c.isdigit() for c in value))
    )
