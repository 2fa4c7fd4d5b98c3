"""What neither a language nor a program has a word for. No I/O.

No form decides: such a word is listed where a text speaks of a secret, and several ordinary words where they are
quoted there.
"""

import re
from collections.abc import Iterator
from functools import lru_cache

from pytest_codex_replay.redaction.formats import words
from pytest_codex_replay.redaction.placeholders import PLACEHOLDER
from pytest_codex_replay.redaction.words.frequent_words import is_frequent
from pytest_codex_replay.sharing.review.secret_nouns import SAYS_CODE, has_noun
from pytest_codex_replay.sharing.review.value_forms import could_be_phrase

TECHNICAL = frozenset(
    words(
        "technical_words",
        "naming_words",
        "words_of_messages",
        "words_of_forms",
        "words_of_forms_elsewhere",
        "ordinary_words",
        "generic_names",
        "numbered_things",
        "vendors",
    )
)
"""Words of programs, of what they say, and of what people call things."""
_LEAST_CHARS, _MOST_CHARS, _LEAST_PART = 5, 64, 4
_PART = re.compile(r"[A-Z]?[^\W\d_A-Z]+|[A-Z]+(?![^\W\d_A-Z])")
_QUOTED = re.compile(r"(?<!\w)[bru]?\\{0,2}([\"'`])((?!\1)[^\n\\\"'`]{4,64})\\{0,2}\1(?![ \t]?[:=\]]|\w)")
_TOKEN = re.compile(r"(?<![^\s(:=,>])[^\s\"'`(){}\[\]<>]{5,64}(?=[\s)\"'`<,]|\Z)")
_DENSE = re.compile("[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff]")
"""Scripts without blanks: a sentence looks like a word."""
_LATIN = re.compile(r"[A-Za-z]{3}|\d\Z")
_ENDS = ".,;:?"
_OF_CODE = re.compile(
    r"://|::|->|=>|==|\(|\)|\[\[|\$\{|\{\{|^[/~.$@%#*\\&|+-]|/.*/|^[\w.-]+/[\w./-]*$|^[A-Z]+(?:_[A-Z\d]+)+$"
    r"|^(?:\w+_)*[a-z]+\(|\.(?:[a-z]{2,4}|yaml|json|toml|conf|[a-z]\d)(?::\d+)?$|^\W*$|^[\d.,:/x%-]+[a-zA-Z]{0,3}$"
)
"""A page, a path, a call, a constant, a file, a number."""
_COINED = re.compile(r"(?:[^\W\d_]{2,24}[_.-]?){1,4}+\d{1,6}[!?#$*]?")
"""Words with a number."""
_TITLED = re.compile(
    r"[A-Z][a-z]{2,16}(?:[_.&+!][A-Za-z]{2,16}){1,6}|[A-Za-z]{3,16}(?:[&+!][A-Za-z]{3,16}){1,3}|(?:[A-Z][a-z]{2,16}){2,5}[!?#$*&]"
)
"""Words with a capital, or a sign that no name has."""
_OF_MUCH = re.compile(
    r"sessions?\w*|pass(?:es|ed|ing|age|ages|ive|ion|enger)\w*|tokeni\w*|secrets|recover\w*|communit\w*|combination\w*",
    re.IGNORECASE,
)
"""What is seldom of secrets where people write."""
_NAME = re.compile(r"_*[a-z]+(?:_[a-z\d]+)+|[a-z]+(?:[A-Z][a-z\d]*)+|[a-z\d]+(?:-[a-z\d]+)+|(?:[A-Z][a-z]+\d?){2,}")
"""As programs name things."""
_IS_CODE = re.compile(
    r"[{};]\s*$|^\s*(?:def|class|import|from|return|if|for|func|fn|let|const|var|public|private)\b|\w\("
)


def speaks_of_secrets(text: str, noun: re.Match[str]) -> bool:
    """Return whether a word of secrecy is one, and neither a part of another word nor the name of a session."""
    if SAYS_CODE.fullmatch(noun[0]) is not None or _OF_MUCH.fullmatch(noun[0]) is not None:
        return False
    if noun[0] == "pass" and text.startswith(" ", noun.end()):  # the verb
        return False
    is_within = text[max(0, noun.start() - 1) : noun.start()].isalpha() and noun[0].islower()
    return not is_within


@lru_cache(maxsize=4096)
def is_of_programs(value: str) -> bool:
    """Return whether a value without a number is words of programs and their messages alone."""
    parts = [one.lower() for one in _PART.findall(value)]
    return bool(parts) and not any(map(str.isdigit, value)) and TECHNICAL.issuperset(parts)


def is_odd(value: str) -> bool:
    """Return whether a value has a word that neither languages nor programs have, or words that people join."""
    parts = [one.lower() for one in _PART.findall(value) if len(one) >= _LEAST_PART]
    if any(one not in TECHNICAL and not is_frequent(one) for one in parts):
        return True
    is_made_up = _COINED.fullmatch(value) is not None or _TITLED.fullmatch(value) is not None
    return is_made_up and bool(parts) and TECHNICAL.isdisjoint(parts)


@lru_cache(maxsize=8192)  # a session says most of its words many times
def could_be_odd(value: str) -> bool:
    """Return whether a value has an odd word and no form that programs give."""
    if not _LEAST_CHARS <= len(value) <= _MOST_CHARS or _OF_CODE.search(value) or PLACEHOLDER.search(value):
        return False
    return is_odd(value) and not has_noun(value) and not (_DENSE.search(value) and not _LATIN.search(value))


def odd_in(text: str, begin: int, end: int, *, is_any: bool = False) -> Iterator[tuple[int, str]]:
    """Yield place and text of what is odd near a word of secrecy; `is_any`: it may be as programs name things."""
    yield from odd_quotes(text, begin, end)
    line = max(text.rfind("\n", 0, begin) + 1, begin - _MOST_CHARS)
    if _IS_CODE.search(text[line:end]):
        return
    for token in _TOKEN.finditer(text, begin, end):
        value = token[0].rstrip(_ENDS)
        value = value[max(value.rfind("="), value.rfind(":")) + 1 :] if _OF_CODE.search(value) is None else value
        if could_be_odd(value) and (is_any or not _NAME.fullmatch(value) or _is_of_odd_words(value)):
            yield token.start() + token[0].index(value), value


def _is_of_odd_words(value: str) -> bool:
    """Return whether a program has none of the words that an underscore joins, and one has no language."""
    parts = [one for one in re.split("[_-]", value) if len(one) >= _LEAST_PART]
    return value.islower() and len(parts) > 1 and TECHNICAL.isdisjoint(parts)


def odd_quotes(text: str, begin: int, end: int) -> Iterator[tuple[int, str]]:
    """Yield place and text of odd words, and of several words, in quotes."""
    for quoted in _QUOTED.finditer(text, begin, end):
        if could_be_odd(quoted[2]) if " " not in quoted[2] else could_be_phrase(quoted[2]):
            yield quoted.start(2), quoted[2]
