"""How much the form of a word tells that it is a secret, where only its place makes it one. No I/O."""

import re
from functools import lru_cache

from pytest_codex_replay.redaction.formats import pattern, words
from pytest_codex_replay.redaction.words.frequent_words import is_frequent
from pytest_codex_replay.redaction.words.joined_words import Rank, rank_of
from pytest_codex_replay.redaction.words.states import is_state, tells_state
from pytest_codex_replay.redaction.words.value_shapes import is_plausible, plain_letters
from pytest_codex_replay.sharing.review.odd_words import TECHNICAL
from pytest_codex_replay.sharing.review.secret_nouns import has_noun

_KNOWN = TECHNICAL | frozenset(
    words(
        "function_words",
        "grammar_elsewhere",
        "words_about_passphrases",
        "adverbs",
        "copulas",
        "conjunctions",
        "prepositions",
        "told_by",
        "told_by_elsewhere",
        "access_words",
        "said_in_place_of_a_secret",
        "i_set",
        "names_of_secrets_elsewhere",
        "compounds_of_programmers",
        "parts_of_passwords",
    )
)
EXPLAINS = frozenset(words("function_words", "words_of_messages", "grammar_elsewhere", "conjunctions"))
"""Words of what a text tells about a secret."""
ENDS = frozenset(words("said_behind"))
"""Behind these, a sentence explains what it told."""
_PREDICATES = frozenset(words("copulas")) - {"is", "was", "on", "to", "var", "je", "es"}
"""Within words, they make a sentence of them, unless they are words of other languages, too."""
_BEGINS = ENDS | frozenset(words("conjunctions"))
_CHARS, _GROWN_CHARS, _PHRASE_WORDS = range(4, 97), range(13, 40), range(2, 11)
_PART = re.compile(r"[A-Z]?[^\W\d_A-Z]+|[A-Z]+(?![^\W\d_A-Z])")
_SPLIT = re.compile(r"[\s,.!?&+'\u2019-]+")
_NUMBER = re.compile(r"(?!(?:19|20)\d\d\Z)\d{4,8}|\d(?:-\d){3,7}")
_YEAR = re.compile(r"(?:19|20)\d\d")
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_RANDOM_END = re.compile(r"(?=[^\W_]{0,40}\d)(?=\d{0,40}[A-Za-z])[A-Za-z\d]{16,}\Z")
_SLASHED = re.compile(r"[A-Z][A-Za-z.\d-]{3,24}/[A-Za-z\d]{1,16}")
_NO_VALUE = re.compile(
    r"->|=>|::|\(|\)|\[\[|[{}<>]|^[/~.$@%#\\-]|/.*/|^[A-Z\d]+(?:_[A-Z\d]+)+$|^[A-Z]+$"
    r"|^[\d.,:/x%_+-]+[a-zA-Z]{0,3}$|\.(?:[a-z]{2,4}|yaml|json|toml|conf|local)(?::\d+)?$|@[\w-]+\."
    r"|^[\w.-]+/[\w./-]*$|^\d"
)
"""A page, a call, a path, a constant, a number, a file, an address."""
_STRANGE = re.compile(r"[A-Za-z\d][&!+#$%^*=:;|~,?][A-Za-z\d]|[!$#*]$")
"""A sign between two words, or behind one, that joins no names."""
_CALLED_SO = pattern("called_so")
_FREQUENT, _TITLED, _RARE = 1, 2, 3
"""Weights of forms."""


@lru_cache(maxsize=8192)  # a session says most of its words many times
def form_of(value: str) -> int:
    """Return how much a word looks like a secret; 0: it is known."""
    if len(value) not in _CHARS or len(set(value)) == 1 or "[[" in value or "REDACTED" in value:
        return 0
    if value.isalpha():
        return _form_of_letters(value)
    plain = plain_letters(value)
    if _NUMBER.fullmatch(value) or (_RANDOM_END.search(plain) and "/" not in plain):
        return _TITLED
    if _YEAR.fullmatch(value) or _SLASHED.fullmatch(plain):
        return _FREQUENT
    return _form_of_joined(value, plain)


def _form_of_joined(value: str, plain: str) -> int:
    is_strange = _STRANGE.search(plain) is not None
    is_code = "://" in plain or (_NO_VALUE.search(plain) is not None and not is_strange) or _UUID.fullmatch(plain)
    if is_code or not is_plausible(value) or _CALLED_SO.fullmatch(plain):
        return 0
    has_sign = is_strange or any(map(str.isdigit, plain))
    is_joined = rank_of(value) >= Rank.JOINED
    if _KNOWN.issuperset(one.lower() for one in _PART.findall(value)):
        return _TITLED if is_joined else int(has_sign)
    return _RARE if has_sign or is_joined else _TITLED


def _form_of_letters(value: str) -> int:
    if has_noun(value):
        is_grown = value.islower() and len(value) in _GROWN_CHARS and not is_frequent(value)
        return _TITLED if is_grown else 0
    if (
        value.lower() in _KNOWN
        or is_state(value)
        or value.isupper()
        or _KNOWN.issuperset(map(str.lower, _PART.findall(value)))
    ):
        return 0
    if is_frequent(value):
        return 0 if value.istitle() else _FREQUENT  # a name, a day, a noun of German
    return _RARE if value.islower() else _TITLED


@lru_cache(maxsize=4096)
def phrase_of(value: str) -> int:
    """Return how much some words look like a passphrase; 0: they say something."""
    spoken = [one if one.isupper() else one.lower() for one in _SPLIT.split(value) if one]
    count = len(spoken)
    if count not in _PHRASE_WORDS or spoken[0] in _BEGINS or not all(map(str.isalnum, spoken)) or has_noun(value):
        return 0
    if spoken[-1] in EXPLAINS or spoken[-1].isupper() or sum(one in EXPLAINS for one in spoken) * 2 > count:
        return 0
    if any(map(tells_state, spoken)) or not _PREDICATES.isdisjoint(spoken[1:]):
        return 0
    unknown = [one for one in spoken if one not in _KNOWN and not (one.isdigit() or one.isupper())]
    if not any(len(one) in _CHARS for one in unknown):
        return 0
    if sum(not is_frequent(one) for one in unknown) * 2 >= count:
        return _RARE
    return _TITLED if len(unknown) * 2 >= count else _FREQUENT
