"""The words of secrecy, in all languages of the rules: what stands near one could be a secret. No I/O."""

import re

from pytest_codex_replay.redaction.formats import words
from pytest_codex_replay.redaction.markers import Markers

_SHORT_CHARS = 4
PASSWORD_NOUNS = (*words("password"), *(one for one in words("short") if len(one) > _SHORT_CHARS or not one.isascii()))
"""A shorter word is in much that is none."""
_CODE_OF = ("the code", "a code", "code is", "code was", "code:", *words("a_code"), *words("opened_by_numbers"))
SAYS_CODE = re.compile("|".join(map(re.escape, _CODE_OF)), re.IGNORECASE)
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
_OF_REVIEW = words("listed_nouns")
_NOUNS = tuple(
    sorted(
        {
            one
            for one in (*_LONG_NOUNS, *_OF_REVIEW, *_CODE_OF)
            if len(one) > _SHORT_CHARS or not one.isascii() or one in _OF_REVIEW
        }
    )
)
_SHORT = ("2fa", "pw", "pin", "mdp", "wpa", "pass")
NOUN = re.compile(
    r"(?!the codebase)"
    rf"(?:{'|'.join(sorted(map(re.escape, _NOUNS), key=len, reverse=True))})"
    r"[^\W\d_\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]{0,6}+"
    rf"|(?<![^\W_])(?:{'|'.join(_SHORT)})\d?(?![^\W_])|\.key(?![^\W_])",
    re.IGNORECASE,
)
OF_PASSWORDS = re.compile(
    "|".join((*map(re.escape, (*PASSWORD_NOUNS, *words("noun"))), "pw", "pass", "psk", "secret", "pin", "mdp", "wpa")),
    re.IGNORECASE,
)
"""What is assigned to such a word opens something."""
OF_IDS = re.compile(r"session(?!id)|login|log|user|account|zugang|connect", re.IGNORECASE)
"""Beside such a word, an id is one."""
BEGINNINGS = (*_NOUNS, *_SHORT, ".key")
MARKERS = Markers((*BEGINNINGS, *(one.replace("\u0131", "i") for one in BEGINNINGS)))
"""With a dot, too: where case is ignored, the Turkish letter without one matches `i`."""


def has_noun(text: str) -> bool:
    """Return whether a word of secrecy is in a text; most texts have none, which one search for all of them tells."""
    return not (text.isascii() and not MARKERS.places(text.lower())) and NOUN.search(text) is not None
