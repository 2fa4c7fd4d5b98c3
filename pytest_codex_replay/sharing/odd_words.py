"""What neither a language nor a program has a word for, on the line of a word of secrecy. No I/O.

No form decides. A word that is odd is listed where a text speaks of a secret; several ordinary words are where they
are quoted there, or where a sentence says that they open something.
"""

import re
from collections.abc import Iterator
from functools import lru_cache, partial

from pytest_codex_replay.redaction.formats import words
from pytest_codex_replay.redaction.frequent_words import is_frequent
from pytest_codex_replay.redaction.markers import Markers
from pytest_codex_replay.redaction.placeholders import PLACEHOLDER
from pytest_codex_replay.redaction.rule import anchored
from pytest_codex_replay.sharing.secret_nouns import NOUN, SAYS_CODE
from pytest_codex_replay.sharing.value_forms import could_be_phrase

_TECHNICAL = frozenset(
    one
    for name in (
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
    for one in words(name)
)
_LEAST_CHARS, _MOST_CHARS, _LEAST_PART = 5, 64, 4
_PART = re.compile(r"[A-Z]?[^\W\d_A-Z]+|[A-Z]+(?![^\W\d_A-Z])")
_QUOTED = re.compile(r"(?<!\w)\\{0,2}([\"'`])((?!\1)[^\n\\\"'`]{4,64})\\{0,2}\1(?![ \t]?[:=\]]|\w)")
_TOKEN = re.compile(r"(?<![^\s(:=,>])[^\s\"'`(){}\[\]<>]{5,64}(?=[\s)\"'`<,]|\Z)")
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
_CALLS = (
    "sign",
    "verify",
    "hmac",
    "encrypt",
    "decrypt",
    "cipher",
    "connect",
    "getconnection",
    "authenticate",
    "basic_auth",
    "basicauth",
    "login",
    "pdo",
    "identify",
    "credential",
    "client",
    "create-keychain",
    "unlock-keychain",
    "keychain",
)
_SPELLED_LEAST = 7
"""The name of a single capital is in much."""
_COMMANDS = (
    *("auth ", "identify ", "create-keychain", "unlock-keychain", "security import", "openssl enc", "createuser "),
    *("isakmp key", "--encrypt", "net use", "net user", "logs in with", "log in with", "unlocks with", "opens with"),
    *(
        "locked with",
        "a1 login",
        "auth-user-pass",
        "sudo -s",
        "authenticate ",
        "admin / ",
        "root / ",
        "admin/",
        "user / ",
    ),
)
_SPELLED = tuple(one for one in words("spelled") if " " in one or len(one) > _SPELLED_LEAST)
_ALL = (*_CALLS, *_COMMANDS, *_SPELLED)
_CALL = re.compile(
    rf"(?P<spelled>{'|'.join(map(re.escape, _SPELLED))})|(?:{'|'.join(map(re.escape, _COMMANDS))})"
    rf"|(?:{'|'.join(map(re.escape, _CALLS))})\w{{0,12}}\(",
    re.IGNORECASE,
)
_CALL_MARKERS = Markers(_ALL)
_CALL_CHARS, _OPENED_CHARS, _SPELLED_CHARS = 160, 80, 40
_OPENING = (*words("opens"), "sudo", "lets me on", "get on it", "to get on")
_OPENS = re.compile(
    rf"(?<![^\W_])(?:{'|'.join(sorted(map(re.escape, _OPENING), key=len, reverse=True))})", re.IGNORECASE
)
_OPENS_MARKERS = Markers(_OPENING)
_PHRASE = r"[ \t]{1,2}((?:[^\W_]{1,16}[ ]){1,7}[^\W_]{2,16})(?=[.,;!?()]|[ ]\(|\s*\Z|\n)"
_LINK = r"[^\n.;!?]{0,40}?(?:[:,]|\b(?:with|is|as|use|using|type|enter|just|mit|avec|con|com|met|med|z|s))"
_SAID = (re.compile(_PHRASE), re.compile(_LINK + _PHRASE, re.IGNORECASE))
"""Several words that open something: they follow at once, or behind a word that links them."""
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
    is_within = text[max(0, noun.start() - 1) : noun.start()].isalpha() and noun[0].islower()
    return not is_within


def is_odd(value: str) -> bool:
    """Return whether a value has a word that neither languages nor programs have, or words that people join."""
    parts = [one.lower() for one in _PART.findall(value) if len(one) >= _LEAST_PART]
    if any(one not in _TECHNICAL and not is_frequent(one) for one in parts):
        return True
    is_made_up = _COINED.fullmatch(value) is not None or _TITLED.fullmatch(value) is not None
    return is_made_up and bool(parts) and _TECHNICAL.isdisjoint(parts)


@lru_cache(maxsize=8192)  # a session says most of its words many times
def could_be_odd(value: str) -> bool:
    """Return whether a value has an odd word and no form that programs give."""
    if not _LEAST_CHARS <= len(value) <= _MOST_CHARS or _OF_CODE.search(value) or PLACEHOLDER.search(value):
        return False
    return is_odd(value) and NOUN.search(value) is None


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
    parts = value.split("_")
    return value.islower() and len(parts) > 1 and _TECHNICAL.isdisjoint(parts) and min(map(len, parts)) >= _LEAST_PART


def odd_quotes(text: str, begin: int, end: int) -> Iterator[tuple[int, str]]:
    """Yield place and text of odd words, and of several words, in quotes."""
    for quoted in _QUOTED.finditer(text, begin, end):
        if could_be_odd(quoted[2]) if " " not in quoted[2] else could_be_phrase(quoted[2]):
            yield quoted.start(2), quoted[2]


def handed_to_calls(text: str) -> Iterator[tuple[int, str, str]]:
    """Yield place and text of odd strings that a call which signs, encrypts or logs in takes, with its name."""
    for call in anchored(_CALL, _ALL, text, _CALL_MARKERS):
        end = _end_of_line(text, min(len(text), call.end() + _CALL_CHARS), call.end())
        is_command = call[0][-1] != "("
        is_spelled = call.lastgroup == "spelled"
        begin = max(text.rfind("\n", 0, call.start()) + 1, call.start() - _SPELLED_CHARS) if is_spelled else call.end()
        find = partial(odd_in, is_any=is_spelled) if is_command else odd_quotes
        yield from ((at, value, call[0]) for at, value in find(text, begin, end))


def opened_in(text: str) -> Iterator[tuple[int, str, str]]:
    """Yield place and text of what a sentence says that it opens something."""
    for opens in anchored(_OPENS, _OPENING, text, _OPENS_MARKERS):
        end = min(len(text), opens.end() + _OPENED_CHARS)
        begin = max(0, opens.start() - _OPENED_CHARS, text.rfind("\n", 0, opens.start()) + 1)
        yield from (
            (at, value, opens[0]) for at, value in odd_in(text, begin, min(end, _end_of_line(text, end, opens.end())))
        )
        for form in _SAID:
            if (said := form.match(text, opens.end())) and could_be_phrase(said[1]):
                yield said.start(1), said[1], opens[0]


def _end_of_line(text: str, end: int, at: int) -> int:
    stop = text.find("\n", at, end)
    return stop if stop >= 0 else end
