"""Rules for sentences that speak of a password, whatever their language. No I/O.

The noun is known, in the languages of `data/languages/`; the grammar is not. What stands in the same sentence, and has
a form that nothing is called by, is the password.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import islice

from pytest_codex_replay.redaction.formats import pattern, words
from pytest_codex_replay.redaction.lazy_pattern import lazy
from pytest_codex_replay.redaction.prose.keys_told import KEYS_TOLD
from pytest_codex_replay.redaction.rule import Place, PlacesRule
from pytest_codex_replay.redaction.words.personal import has_rare_word, is_personal
from pytest_codex_replay.redaction.words.value_shapes import (
    is_attribute,
    is_picked,
    is_plausible,
    is_random,
    plain_letters,
)

_SET = ("signed in as", "set it to", "changed it to")
_NOUNS = (*words("password"), *words("noun"), *words("short"), *words("login"), "wifi", "wi-fi", "wlan", *_SET)
_LONG_CHARS = 5
"""A shorter noun of ASCII is one as a whole word alone."""


def _any_of(nouns: Iterable[str]) -> str:
    return "|".join(sorted(map(re.escape, nouns), key=len, reverse=True))


def _is_free(noun: str) -> bool:
    return len(noun) >= _LONG_CHARS or not noun.isascii()


_NOUN = lazy(
    rf"(?:{_any_of(filter(_is_free, _NOUNS))})[^\W\d_]{{0,6}}"
    rf"|(?<![^\W_])(?:{_any_of(one for one in _NOUNS if not _is_free(one))})(?![^\W_])",
    re.IGNORECASE,
)
_IN_CODE = frozenset("_=([<>$/,:;)]")
_OF_CODE_BEHIND = frozenset("_=([<>$/}")
"""A name, or an expression, goes on behind a noun."""
_NAME_OF_KEY = lazy(r"(?<!\w)key[\"']?[:=][ ]?[\"']?\Z")
_LOGGED = lazy(r"(?:failed|accepted|postponed) \Z", re.IGNORECASE)
"""What sshd(8) logs names who came from where, and with what protocol."""
_OF_CODE = frozenset("_.$-/\\<@&?=")
"""A name goes on before a noun."""
_DIGIT = lazy(r"\d")
_DIGIT_OR_JOINT = lazy(r"\d|[^\W\d_][-_&+!*#.:=][^\W\d_]|[^\W\d_][!*#]")
"""No password of a sentence is without: a plain word is one of many."""
_LOOK_CHARS = 160
_AHEAD_CHARS, _NEXT_CHARS, _BEHIND_CHARS = 110, 60, 40
_GOES_ON = frozenset(("(", "/", "="))
_LABEL = lazy(r":[ ][A-Za-z][a-z]+[ ]")
"""Behind what a sentence is about: `wifi: ath6kl: fix a leak`."""
_JOINED_TO = frozenset(("/", "=", "\\", "<"))
_CODE = lazy(r"[={}\[\];<>|\\]|\n|\(\)|[.?!][ ](?=[A-Z])|://|[\"'],?[:,\"']|[ ]--?[a-z]")
"""Where a sentence ends, or is none."""
_CHAR = (
    r"[^\s\"'`\u00ab\u00bb\u2018-\u201f()\[\]{}<>|,;:=/\\"
    r"\u3000-\u303f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uff00-\uffef]"
)
_TOKEN = lazy(rf"(?<!{_CHAR}){_CHAR}{{6,128}}+(?!{_CHAR})")
_FROM_DIGIT = lazy(rf"[0-9]{_CHAR}*+")
_ASCII = "".join(filter(re.compile(_CHAR).match, map(chr, range(128))))
_TOKEN_CHARS = range(6, 129)
_END = lazy(r"[.:?]+\Z|(?<=[^\d])!\Z")
_OTHER = pattern("called_so")
"""What is called so: versions, algorithms, systems, tickets, commits, counts, files, addresses."""


_MIXED = lazy(r"(?=\D*\d)(?=[^A-Za-z]*[A-Za-z])")
_PLAIN = lazy(
    r"(?:[A-Za-z][a-z]*|[A-Z]+)(?:[-_.](?:[A-Za-z][a-z]*|[A-Z]+)){0,5}[-_.]?\d{1,6}[a-z]?"
    r"|(?:[a-z]{1,12}\d{0,2}[-_]){1,6}[a-z\d]{1,12}"
)
"""Words and a number: many things are called so, too."""
_PART = lazy("[A-Z]?[a-z]+|[A-Z]+")
_NAMES = frozenset((*words("generic_names"), *words("ordinary_words"), *words("naming_words"), *words("vendors")))
_NAMING = frozenset(words("naming_words"))
_COUNTED = lazy(r"[a-z]+\d{1,2}")
"""How accounts and machines are numbered."""
_NAMED = pattern("says_what_follows")
"""A word before a value that says what it is."""
_NAME_CHARS = 20
_LEAST_WORD_CHARS = 4
_STATES = lazy(
    r"(?:[:\uff1a\u2014\u2192=]|->|\u2013)[ \t]{0,2}[\"'`*\u201e\u201c\u00ab]{0,3}\Z|[\"'`\u201e\u201c\u00ab\u300c]\Z"
)
_COPULA = lazy(
    rf"(?<![^\W_])(?:{_any_of(words('copulas'))})[ ](?:(?:{_any_of(words('adverbs'))})[ ]){{0,2}}[\"'`]?\Z"
    r"|[\u306f\u304c\uc740\ub294\uc774\uac00\u662f\u70ba\u4e3a][ ]?\Z",
    re.IGNORECASE,
)
_STATED_CHARS = 32
_SIGN = lazy(r"[^\W\d_][^\w\s]+\w|[^\W\d]_[^\W\d]|[^\w\s]\Z")
_LONG = lazy(r"[A-Za-z]{10,}\d{3,6}")
_NUMBERED = lazy(r"\d{2}[a-z]?\Z|[A-Za-z]{8}[_.-]?\d\Z")
_OWN_PINS = (one for one in words("pin") if one != "pin")
_PIN = lazy(rf"(?:{_any_of(_OWN_PINS)}|(?<![^\W_])(?:passcode|(?-i:PIN))(?![^\W_]))[^\W\d_]{{0,4}}", re.IGNORECASE)
_KEY = lazy(rf"(?<![^\W_])(?:{_any_of(words('key'))})[^\W\d_]{{0,6}}", re.IGNORECASE)
_RANDOM = lazy(r"(?=[^A-Z]*[A-Z][^A-Z]*[A-Z])(?=[^a-z]*[a-z][^a-z]*[a-z])(?=.*\d)[A-Za-z0-9_~.-]{16,128}")
_KEY_CHARS = 64
_NUMBER = lazy(r"(?!(?:19|20)\d\d(?!\d))(?<![\w.,:/#+-])(?:\d{4,8}|\d{3}[ -]\d{3})(?![\w%]|[.,:/-]\d)")
_PIN_CHARS = 56
_UNITS, _UNNUMBERED = pattern("units"), pattern("unnumbered")
_QUOTED_NEXT = lazy(r"[ \t]\\{0,3}[\"'][^\s\"'\\]{6}")
_TEXT_NEXT = lazy(r",[ ]?\\{0,3}[\"']")
_STOP = lazy(r"[_!?#*]?(?:[.,;)\u3002\uff0c\u3001]{1,2}(?:\s|\Z)|\s*\Z|[ \t]*\n|[ \t]?[\u3000-\u9fff\uac00-\ud7af])")
"""What ends a part of a sentence."""


def _in_sentences(text: str, near: list[int]) -> Iterator[Place]:
    """Yield what a sentence with one of the nouns holds, behind it or, if that is nothing, before it."""
    done = 0
    for at in near:
        noun = _noun_at(_NOUN, text, at) if at >= done else None
        if noun is None:
            continue
        done = noun.end()
        found = False
        for start, end in _behind(text, noun.end()):
            found, done = True, end
            yield start, end
        if not found and _QUOTED_NEXT.match(text, done) is None:
            yield from _before(text, at)


def _noun_at(pattern: re.Pattern[str], text: str, at: int) -> re.Match[str] | None:
    """Return the noun at a place, unless it is a part of code, or no digit is near it."""
    noun = pattern.match(text, at) if text[at - 1 : at] not in _OF_CODE else None
    if noun is not None and text.startswith(" for ", noun.end()) and _LOGGED.search(text, max(0, at - 10), at):
        return None
    if noun is not None and _NAME_OF_KEY.search(text, max(0, at - 12), at):  # `{name: db, key: password}`
        return None
    if noun is None or _DIGIT_OR_JOINT.search(text, max(0, at - _BEHIND_CHARS), at + _LOOK_CHARS) is None:
        return None
    return None if _is_code(text, noun) else noun


def _is_code(text: str, noun: re.Match[str]) -> bool:
    """Return whether a noun is a part of a name, or a name itself, quoted or not."""
    before = text[noun.start() - 1 : noun.start()]
    sign, behind = text[noun.end() : noun.end() + 1], text[noun.end() + 1 : noun.end() + 2]
    is_quoted = before in {'"', "'", "`"} and noun[0][-1:] <= "\x7f"  # names in code are of ASCII
    if (is_quoted and (before != sign or behind in _IN_CODE)) or sign in _OF_CODE_BEHIND:
        return True
    if before == "(" and text[noun.start() - 2 : noun.start() - 1].isalnum() and _TEXT_NEXT.match(text, noun.end()):
        return True  # `getattr(credentials, "name")`
    if sign in {".", "-", ":"} and behind.isascii() and not behind.isspace() and behind != "":
        return True
    is_capital = noun[0][:1].isupper() and before.isascii() and before.isalpha()
    return is_capital or (not noun[0].isupper() and noun[0][1:] != noun[0][1:].lower())


def _behind(text: str, at: int) -> Iterator[Place]:
    end = _end_of_sentence(text, at, at + _AHEAD_CHARS)
    while at < end and (place := next(_values(text, at, end), None)):
        yield place
        at = place[1]
        end = _end_of_sentence(text, at, at + _NEXT_CHARS)


def _before(text: str, at: int) -> Iterator[Place]:
    begin = max(0, at - _BEHIND_CHARS)
    ends = [*_CODE.finditer(text, begin, at)]
    begin = ends[-1].end() if ends else begin
    if begin and text[begin - 1].isalnum():  # a word is cut
        begin = next((one.end() for one in re.finditer(r"\s", text[begin:at])), at - begin) + begin
    yield from [*_values(text, begin, at, is_before=True)][-1:]


def _end_of_sentence(text: str, at: int, stop: int) -> int:
    found = _CODE.search(text, at, stop)
    return found.start() if found else min(stop, len(text))


def _values(text: str, at: int, stop: int, *, is_before: bool = False) -> Iterator[Place]:
    """Yield the places of what nothing is called by."""
    for found in _TOKEN.finditer(text, at, stop):
        whole = found if found.end() < stop else _TOKEN.match(text, found.start())
        before = text[found.start() - 1 : found.start()]
        if whole is None or before in _JOINED_TO or (before == ":" and found.start() - 1 > at):
            continue
        end = found.start() + len(_END.sub("", whole[0]))
        is_label = text[at : at + 1] == ":" and _LABEL.match(text, end) is not None
        is_part = is_label or text[end : end + 1] in _GOES_ON
        is_own = not is_part and _is_said(text, found.start(), end, is_before=is_before)
        if is_own:
            yield found.start(), end


def _is_said(text: str, start: int, end: int, *, is_before: bool = False) -> bool:
    """Return whether a word of letters and digits is a password: nothing is called so, and nothing else explains it."""
    value = plain_letters(text[start:end])
    if not any(map(str.isdigit, value)):
        return _is_stated_words(text, start, end)
    if not (_MIXED.search(value) and _OTHER.fullmatch(value) is None and is_plausible(value)) or is_attribute(value):
        return False
    parts = [one.lower() for one in _PART.findall(value)]
    if _NAMED.search(text, max(0, start - _NAME_CHARS), start) or not _NAMING.isdisjoint(parts):
        return False
    is_foreign = not text[start:end].isascii() and len(parts) > 1 and not value.isalnum()
    if is_foreign or _PLAIN.fullmatch(value) is None:
        return True
    if not _NAMES.isdisjoint(parts) or max(map(len, parts)) < _LEAST_WORD_CHARS or _COUNTED.fullmatch(value):
        return False
    return (
        _is_colon(text, start)
        or _is_copula(text, start)
        or (not is_before and has_rare_word(text[start:end]))
        or _LONG.fullmatch(value) is not None
        or (_NUMBERED.search(value) is not None and _STOP.match(text, end) is not None)
    )


def _is_colon(text: str, start: int) -> bool:
    return _STATES.search(text, max(0, start - 6), start) is not None


def _is_copula(text: str, start: int) -> bool:
    return _COPULA.search(text, max(0, start - _STATED_CHARS), start) is not None


def _is_stated_words(text: str, start: int, end: int) -> bool:
    """Return whether joined words without a number are a password: a sign, or a verb, says so.

    Behind a verb, two words with a hyphen are an adjective more often than not.
    """
    value = text[start:end]
    if not _SIGN.search(value) or not is_personal(value) or _NAMED.search(text, max(0, start - _NAME_CHARS), start):
        return False
    is_adjective = value.islower() and value.isascii() and value.count("-") == 1 and value.replace("-", "").isalpha()
    return _is_colon(text, start) or (_is_copula(text, start) and not is_adjective)


def _keys(text: str, near: list[int]) -> Iterator[Place]:
    """Yield the keys in sentences that speak of a key or a token: long and random."""
    done = 0
    for at in near:
        noun = _noun_at(_KEY, text, at) if at >= done else None
        if noun is None:
            continue
        done = noun.end()
        end = _end_of_sentence(text, done, done + _KEY_CHARS)
        yield from islice((one for one in _values(text, done, end) if _is_key(text[slice(*one)])), 1)


def _pins(text: str, near: list[int]) -> Iterator[Place]:
    """Yield the numbers in sentences that speak of a PIN."""
    done = 0
    for at in near:
        is_part = text[at - 1 : at].isalnum() and text[at : at + 3].lower() == "pin"  # of `typing`, say
        noun = _noun_at(_PIN, text, at) if at >= done and not is_part else None
        if noun is None:
            continue
        done = noun.end()
        while number := _number_behind(text, done):
            done = number.end()
            yield number.span()


def _number_behind(text: str, at: int) -> re.Match[str] | None:
    """Return the next number in a sentence, unless it counts something; another may follow it."""
    digit = _DIGIT.search(text, at, _end_of_sentence(text, at, at + _PIN_CHARS))
    number = _NUMBER.match(text, digit.start()) if digit else None
    return None if number is None or _is_counted(text, *number.span()) else number


def _is_key(value: str) -> bool:
    return _RANDOM.fullmatch(value) is not None and is_random(value)


def _is_counted(text: str, start: int, end: int) -> bool:
    """Return whether a number counts or numbers something, or is a year."""
    behind = end + text.startswith(" ", end)
    return (
        _UNITS.match(text, behind) is not None or _UNNUMBERED.match(text, start) is None or text[start - 1] in "#-+.,/"
    )


def coined_in(text: str) -> Iterator[Place]:
    """Yield the places of words of letters and digits that nothing is called by, wherever they are in a text."""
    spans = _with_digits(text) if text.isascii() else (one.span() for one in _TOKEN.finditer(text))
    for start, stop in spans:
        end = start + len(_END.sub("", text[start:stop]))
        is_own = text[start - 1 : start] not in _JOINED_TO
        if is_own and (is_picked(text[start:end]) or _is_said(text, start, end)):
            yield start, end


def _with_digits(text: str) -> Iterator[Place]:
    """Yield the places of tokens with a digit in a text of ASCII, faster than all: other characters may become one."""
    for found in _FROM_DIGIT.finditer(text):
        before = text[max(0, found.start() - _TOKEN_CHARS.stop) : found.start()]
        start = found.start() - len(before) + len(before.rstrip(_ASCII))
        if found.end() - start in _TOKEN_CHARS:
            yield start, found.end()


SENTENCES = (
    PlacesRule(kind="password", markers=_NOUNS, pattern=_NOUN, places=_in_sentences, looks_far=False),
    PlacesRule(kind="secret", markers=words("key"), pattern=_KEY, places=_keys, looks_far=False),
    PlacesRule(kind="password", markers=(*words("pin"), "passcode"), pattern=_PIN, places=_pins, looks_far=False),
    KEYS_TOLD,
)
"""A value is a password because a sentence speaks of one."""
