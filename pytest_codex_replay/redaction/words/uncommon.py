"""Words that are uncommon: neither frequent in a language nor known to programs. No I/O.

Products, people and accounts have uncommon names, too: the place of a word decides whether it is a password. A word
that frequent ones make up, with no blank between them, is stronger: `cabbagepatch`.
"""

import re
from functools import lru_cache

from pytest_codex_replay.redaction.formats import words
from pytest_codex_replay.redaction.words.frequent_words import is_frequent
from pytest_codex_replay.redaction.words.joined_words import Rank, is_compound, is_ordinary, rank_of
from pytest_codex_replay.redaction.words.personal import has_rare_word, is_plain_word
from pytest_codex_replay.redaction.words.phrases import is_told_phrase

_CHARS, _PART_CHARS = range(5, 41), 4
_WORD = re.compile(r"[^\W\d_]{4,40}")
_ENDING_CHARS = (1, 2)
"""Of a word without its ending, or prefix, that is frequent."""
_SIGNS = frozenset("!*$#")
_FEW, _SHARE = 1, 5
"""Of so many words one may be uncommon, too."""
_OF_A_SENTENCE = frozenset((*words("function_words"), *words("words_about_passphrases"), *words("words_of_messages")))
_PHRASE = re.compile(r"[^\W\d_]{2,16}(?:[ ][^\W\d_]{2,16}){1,6}")
_LEAST_PHRASE, _SHORT_CHARS = 3, 2
_PREDICATES = frozenset((*_OF_A_SENTENCE, *words("adverbs"), *words("copulas"), *words("grammar_elsewhere")))
_COMMON = re.compile(r"(?i:pass(?:word)?|passw0rd|secret|admin|root|welcome|letmein|qwerty)\d{1,4}[!?]?")
"""What people take who have to take something."""


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


def is_own_form(value: str) -> bool:
    """Return whether words are joined, numbered or signed as a person does it with a password, or run together."""
    return (rank_of(value) >= Rank.JOINED and not is_ordinary(value)) or is_run_together(value)


def is_told_value(value: str) -> bool:
    """Return whether a value, in a place where nothing but a password is told, is one: uncommon, joined or numbered."""
    if is_uncommon(value) or is_own_form(value) or _COMMON.fullmatch(value):
        return True
    is_joined = rank_of(value) is Rank.COMPOUND and not is_ordinary(value) and not is_compound(value)
    return is_joined or (any(map(str.isdigit, value)) and has_rare_word(value))


def is_spoken_phrase(value: str) -> bool:
    """Return whether words of a sentence are a passphrase: none of them explains anything."""
    spoken = value.lower().split()
    if not _PHRASE.fullmatch(value) or not is_told_phrase(value) or spoken[-1] in _OF_A_SENTENCE:
        return False
    own = [one for one in spoken if one not in _OF_A_SENTENCE and len(one) in _CHARS]
    return bool(own) and all(map(has_rare_word, own))


def is_told_pair(value: str) -> bool:
    """Return whether what is typed behind a user's name is a password: two words with a dot, too."""
    parts = value.lower().split(".")
    is_dotted = len(parts) > 1 and all(one.isalpha() and len(one) in _CHARS for one in parts)
    return is_own_form(value) or (is_dotted and all(map(has_rare_word, parts)))


def is_beside_name(value: str) -> bool:
    """Return whether what stands behind the name of a login, in a list, is its password."""
    return is_told_value(value) or is_told_pair(value)


def is_told_of_access(value: str) -> bool:
    """Return whether what a sentence calls a word, a phrase or a secret is a password, in its form."""
    return is_told_value(value) or (is_compound(value) and not is_ordinary(value) and not value.islower())


def is_phrase_abroad(value: str) -> bool:
    """Return whether words of a sentence of any language are a passphrase: none is of a form, or of the grammar."""
    spoken = value.lower().split()
    if len(spoken) < _LEAST_PHRASE or not is_told_phrase(value) or not _PREDICATES.isdisjoint(spoken):
        return False
    own = [one for one in spoken if len(one) in _CHARS]
    has_preposition = value.isascii() or max(value) <= "\u024f"
    is_short = has_preposition and min(map(len, spoken)) <= _SHORT_CHARS
    return not is_short and bool(own) and all(map(has_rare_word, own))
