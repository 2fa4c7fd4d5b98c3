"""Words that are uncommon: neither frequent in a language nor known to programs. No I/O.

Products, people and accounts have uncommon names, too: the place of a word decides whether it is a password. A word
that frequent ones make up, with no blank between them, is stronger: `cabbagepatch`.
"""

import re
from functools import lru_cache

from pytest_codex_replay.redaction.words.frequent_words import is_frequent
from pytest_codex_replay.redaction.words.joined_words import Rank, rank_of
from pytest_codex_replay.redaction.words.personal import has_rare_word, is_plain_word

_CHARS, _PART_CHARS = range(5, 41), 4
_WORD = re.compile(r"[^\W\d_]{4,40}")
_ENDING_CHARS = (1, 2)
"""Of a word without its ending, or prefix, that is frequent."""
_SIGNS = frozenset("!*$#")
_FEW, _SHARE = 1, 5
"""Of so many words one may be uncommon, too."""


def form_of(value: str) -> Rank:
    """Return the rank of a word, which is one of letters alone, too."""
    if value[-1:] in _SIGNS and is_uncommon(value[:-1]):
        return max(Rank.UNCOMMON, rank_of(value))
    if is_uncommon(value):
        return Rank.JOINED if is_run_together(value) else Rank.UNCOMMON
    return Rank.UNCOMMON if is_run_together(value) else rank_of(value)


@lru_cache(maxsize=4096)
def is_uncommon(value: str) -> bool:
    """Return whether one word is neither frequent nor known to programs."""
    if len(value) not in _CHARS or not value.isalpha() or is_frequent(value) or not is_plain_word(value):
        return False
    return not any(is_frequent(value[:-chars]) or is_frequent(value[chars:]) for chars in _ENDING_CHARS)


def is_run_together(value: str) -> bool:
    """Return whether an uncommon word in small letters is made of frequent ones: `doorbellghost`."""
    if not value.islower() or not value.isalpha() or len(value) not in _CHARS or is_frequent(value):
        return False
    return has_rare_word(value) and _is_of_words(value)


@lru_cache(maxsize=4096)
def _is_of_words(value: str) -> bool:
    """Return whether a word begins with a frequent one of four letters or more, and the rest is of such, too."""
    cuts = range(_PART_CHARS, len(value) - _PART_CHARS + 1)
    return any(is_frequent(value[:at]) and (is_frequent(value[at:]) or _is_of_words(value[at:])) for at in cuts)


def is_among_frequent(text: str, begin: int, start: int, stop: int, end: int) -> bool:
    """Return whether nearly all other words of a sentence are frequent: else a language is not known well enough."""
    others = _WORD.findall(text, begin, start) + _WORD.findall(text, stop, end)
    uncommon = sum(not is_frequent(one) for one in others)
    return uncommon <= max(_FEW, len(others) // _SHARE)
