"""How much the form of a word tells that it is a secret, where only its place makes it one. No I/O."""

import re
from functools import lru_cache

from pytest_codex_replay.redaction.formats import pattern, words
from pytest_codex_replay.redaction.frequent_words import is_frequent
from pytest_codex_replay.redaction.joined_words import Rank, rank_of
from pytest_codex_replay.redaction.placeholders import PLACEHOLDER
from pytest_codex_replay.redaction.value_shapes import is_plausible, plain_letters
from pytest_codex_replay.sharing.secret_nouns import NOUN

_KNOWN = frozenset(
    one
    for name in (
        *("technical_words", "naming_words", "words_of_messages", "words_of_forms", "words_of_forms_elsewhere"),
        *("ordinary_words", "generic_names", "numbered_things", "vendors", "function_words", "grammar_elsewhere"),
        *("words_about_passphrases", "adverbs", "copulas", "conjunctions", "prepositions", "told_by", "told_by_elsewhere"),
        *("access_words", "said_in_place_of_a_secret", "i_set"),
    )
    for one in words(name)
)
EXPLAINS = frozenset(one for name in ("function_words", "words_of_messages", "grammar_elsewhere", "conjunctions") for one in words(name))
ENDS = frozenset("when if where because since after before until while so but for on at in as wenn weil falls quand si cuando quando als".split())
"""Behind these, a sentence explains what it told."""
_BEGINS = ENDS | {"and", "or", "but", "unless", "then", "und", "oder", "et", "ou", "y", "e", "och"}
_WORDS = range(2, 11)
_TAIL = re.compile(r"(?=[^\W_]{0,40}\d)(?=\d{0,40}[A-Za-z])[A-Za-z\d]{16,}\Z")
_CHARS, _GROWN_CHARS = range(4, 97), range(13, 40)
_PART = re.compile(r"[A-Z]?[^\W\d_A-Z]+|[A-Z]+(?![^\W\d_A-Z])")
_NUMBER = re.compile(r"(?!(?:19|20)\d\d\Z)\d{4,8}|\d(?:-\d){3,7}")
_YEAR = re.compile(r"(?:19|20)\d\d")
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_NO_VALUE = re.compile(
    r"://|->|=>|::|\(|\)|\[\[|[{}<>]|^[/~.$@%#\\-]|/.*/|^[A-Z\d]+(?:_[A-Z\d]+)+$|^[A-Z]+$|^[\d.,:/x%_+-]+[a-zA-Z]{0,3}$|^\W*$"
    r"|\.(?:[a-z]{2,4}|yaml|json|toml|conf|local)(?::\d+)?$|@[\w-]+\.|^[\w.-]+/[\w./-]*$|^\d"
)
_SLASHED = re.compile(r"[A-Z][A-Za-z.\d-]{3,24}/[A-Za-z\d]{1,16}")
_CALLED_SO = pattern("called_so")
_STRANGE = re.compile(r"[A-Za-z\d][&!+#$%^*=:;|~,?][A-Za-z\d]|[!$#*]$")


@lru_cache(maxsize=8192)
def form_of(value: str) -> int:
    """Return how much a word looks like a secret; 0: it is known."""
    if len(value) not in _CHARS or PLACEHOLDER.search(value) or "REDACTED" in value:
        return 0
    if _NUMBER.fullmatch(value):
        return 2
    if _UUID.fullmatch(value) or _YEAR.fullmatch(value):
        return 1
    plain = plain_letters(value)
    if _TAIL.search(plain) and "/" not in plain:
        return 2
    if _SLASHED.fullmatch(plain):
        return 1
    if (_NO_VALUE.search(plain) and not _STRANGE.search(plain)) or not is_plausible(value) or _CALLED_SO.fullmatch(plain):
        return 0
    if NOUN.search(value) and value.isalpha():
        return 2 if value.islower() and len(value) in _GROWN_CHARS and not is_frequent(value) else 0
    parts = [one.lower() for one in _PART.findall(value)]
    is_known = _KNOWN.issuperset(parts)
    if value.isalpha():
        if is_known or value.lower() in _KNOWN:
            return 0
        return 1 if is_frequent(value) else 3 if value.islower() else 2
    rank = rank_of(value)
    if rank >= Rank.JOINED:
        return 3 if not is_known else 2
    has_digit = any(map(str.isdigit, value))
    if is_known and not _STRANGE.search(plain):
        return 1 if has_digit else 0
    return 3 if has_digit or _STRANGE.search(plain) else 2


@lru_cache(maxsize=4096)
def phrase_of(value: str) -> int:
    """Return how much some words look like a passphrase; 0: they say something."""
    spoken = [one for one in re.split(r"[\s,.!?&+'\u2019-]+", value.lower()) if one]
    said = sum(one in EXPLAINS for one in spoken)
    if len(spoken) not in _WORDS or said * 2 > len(spoken) or not all(map(str.isalnum, spoken)) or NOUN.search(value):
        return 0
    if spoken[0] in _BEGINS:
        return 0
    if 2 * sum(not is_frequent(one) and one not in _KNOWN for one in spoken) >= len(spoken):
        return 3
    known = sum(one in _KNOWN for one in spoken)
    return 2 if known * 2 <= len(spoken) else 1
