"""What a person would doubt whatever its form: names, numbers of telephones, accounts and cards, spoken codes. No I/O.

Redaction leaves these unless it is asked to (`identity = "strict"`): in most sessions they are examples.
"""

import re
from collections.abc import Iterator
from functools import cache

from pytest_codex_replay.redaction.finder import Finder
from pytest_codex_replay.redaction.formats import pattern as pattern_of
from pytest_codex_replay.redaction.formats import words
from pytest_codex_replay.redaction.markers import Markers
from pytest_codex_replay.redaction.prose.judge import judged_in, places_of_nouns
from pytest_codex_replay.redaction.prose.sentences import coined_in
from pytest_codex_replay.redaction.rule import anchored, matches_at
from pytest_codex_replay.redaction.rules import STRICT_IDENTITY
from pytest_codex_replay.redaction.words.value_shapes import is_pair, is_public_address, is_wordy

_LESS_SURE = -25
"""What speaks less for a value than the judge of prose needs."""
_KINDS = frozenset({"phone", "person", "iban", "card_number", "host", "user", "device"})
"""Kinds of strict identity that are listed."""
_NAME = r"([A-Z][^\W\d_]{1,24}(?: [A-Z][^\W\d_]{1,24}){1,2})\b"
_SAYS_NAME = r"\b(?:[Tt]his is|[Mm]y name is|I am|I'm|[Rr]egards,?|[Cc]heers,?|[Gg]r(?:ü|ue)(?:ß|ss)e,?)"
_USER = r"([a-z][\w.-]{2,31})"
_DEVICE = r"(?i:macbook|imac|laptop|desktop|workstation)[\w-]{0,20}"
_SAYS_CODE = r"(?:\b(?:PIN|TAN|OTP|2FA)\b|(?i:passcode|(?:one-time|verification|security) code))"
_SAYS_PHRASE = r"(?i:passphrase|mnemonic|seed|recovery phrase)\b"
_CODES = "|".join((*words("code"), *words("pin"), *words("a_code")))
_VENDORS = "|".join(words("vendors"))
_SAYS_OF_VENDOR = rf"(?:{_VENDORS})\b[^\n]{{0,24}}?(?:[:=\u2192]|->|[ \t](?:{'|'.join(words('says'))})(?=[ \t]))"
_KEY = r"((?=[A-Za-z_-]*\d)(?=[\d_-]*[A-Za-z])[A-Za-z0-9_-]{16,128})(?![\w/-])"
_HOSTS = "|".join((*words("host"), "sftp", "ssh ", "scp ", "rsync", "vpn", "bastion", "jump host"))
_DOMAIN = r"((?:[a-z0-9][a-z0-9-]{0,40}\.){2,5}[a-z]{2,8})(?![\w-]|\.\w)"
_DEVICES = ("macbook", "imac", "laptop", "desktop", "workstation")
_ACCOUNTS = "user|login|account|kennung|benutzer|zugang|usuario|utilisateur|utente"
_LOGIN = (
    rf"(?i:(?<![^\W_])(?:ib|default)?(?:user(?:name)?|login(?:_?id)?|benutzer(?:name)?|{_ACCOUNTS}))"
    r"[\"']?[=:] ?[\"']?([a-z][a-z]+(?:[._-][a-z]{2,}|\d{2,6})(?:[\w.-]{0,16}\w)?)(?![\w@(/])"
)
"""A word with a dot, a hyphen or a number, as people's logins are."""
_LINES = (
    rf"[+> ]?{_USER} {{1,20}}\d{{2,7}} {{1,8}}\d+\.\d {{1,8}}\d+\.\d ",
    rf"[+> ]?[-dl](?:[r-][w-][xsStT-]){{3}}[.+@]? {{1,8}}\d+ {_USER} ",
)
_AFTER = (
    ("person", "this is|my name is|i am|i'm|regards|cheers|grü|grue", rf"{_SAYS_NAME}\s{{1,3}}{_NAME}"),
    ("user", "su -|sudo -u|runuser -u|ssh -l", rf"\b(?:su -|su -l|sudo -u|runuser -u|ssh -l) {_USER}"),
    ("card number", "card", r"(?i:card)\b[^\n\d]{0,20}(\d{4}(?:[ -]?\d{4}){2,3})\b"),
    (
        "code",
        "pin|tan|otp|2fa|passcode|one-time code|verification code|security code",
        rf"{_SAYS_CODE}[^\n\d]{{1,40}}(\d{{4,8}})\b(?![.:/-]\d)",
    ),
    (
        "phrase",
        "passphrase|mnemonic|seed|recovery phrase",
        rf"{_SAYS_PHRASE}[^\n:]{{0,40}}: {{1,4}}((?:[a-z]{{3,12}} ){{2,23}}[a-z]{{3,12}})(?=[ \r]*$|[\"'])",
    ),
    ("code", _CODES, rf"(?i:(?<![^\W\d_])(?:{_CODES})(?![a-z]))[^\n\d#]{{1,48}}([#*]?\d{{4,8}}[#*]?)(?!\w|[.:/-]\d)"),
    ("key", _VENDORS, rf"(?i:(?<![^\W_]){_SAYS_OF_VENDOR})[ \t]{{0,3}}[\"'`]?{_KEY}"),
    ("host", _HOSTS, rf"(?i:{_HOSTS})[^\n]{{0,24}}?(?<![\w.@/-]){_DOMAIN}"),
    ("user", f"{_ACCOUNTS}|ibuser|iblogin|defaultuser|defaultlogin", _LOGIN),
)
"""Each names what it finds, and the beginnings of its matches in lower case."""
_OF_LINES = tuple((re.compile(pattern), re.compile(rf"\n{pattern}")) for pattern in _LINES)
"""For the first line and for all others, whose line break is looked for fastest."""
_FOUND = tuple((kind, tuple(begins.split("|")), re.compile(pattern, re.MULTILINE)) for kind, begins, pattern in _AFTER)
_MARKERS = Markers((*(literal for _, anchors, _ in _FOUND for literal in anchors), *_DEVICES))
_HOST = re.compile(rf"(?<![\w-])([A-Za-z0-9][\w-]{{1,40}}-{_DEVICE})(?=[ :@])")
_OF_SYSTEM = re.compile(
    r"root|nobody|daemon|admin|user|ubuntu|runner|node|postgres|www-data|systemd[\w-]*|visitor\d+|user\d+"
)
"""Users that are of a system, or stand in for one."""
_UNITS, _UNNUMBERED = pattern_of("units"), pattern_of("unnumbered")


_BEFORE_AT = re.compile(r"(?<![\w.+@/:-])[\w.+-]{1,64}+(?=@)")
_USER_CHARS = 64
_EMAIL = re.compile(
    r"(?<![\w.+@/:-])((?!git@|no-?reply@|[\w.+-]*\[bot\]@|user\d+@example\.invalid)[\w.+-]{1,64}+@"
    r"(?!(?:[\w-]+\.)?example\.(?:com|org|net))(?:[A-Za-z0-9-]{1,63}\.){1,5}[A-Za-z]{2,12})(?![\w-]|\.\w)"
)
_SPOKEN_NUMBER = re.compile(
    r"\d(?<![\w.,:/#+=@\\-]\d)(?<![$€£] \d)(?!(?:(?<=1)9|(?<=2)0)\d\d(?!\d))"
    r"(?:\d{3,7}[#*]?|\d{2}[ -]\d{3}|\d-\d\d-\d\d)(?![\w%/=]|[.,:-]\d)"
)
_MEMBER_END = re.compile(r"\\?\"[ ]?:")
"""Behind the name of a member."""
_SPOKEN_WITHIN_CHARS = 8000
_SENTENCE = re.compile(r"(?<![^\W\d_])[^\W\d_]{1,24}+[,:]?(?: [^\W_][^\s(){};=<>|\\/]{0,24}+){4,32}+")
"""Five words or more, with nothing of a program between them."""
_SPOKEN_NAME = re.compile(
    r"[A-Z](?:(?P<blank>(?<=[^\W\d_][ ,] [A-Z]))|(?<=[^\W\d_][ ,][A-Z])|(?<=[\w:] [A-Z])|(?<=\([A-Z]))"
    r"[^\W\d_]{2,24}(?: (?:& )?[A-Z][^\W\d_]{2,24}(?:-[A-Z][^\W\d_]{2,24})?){1,2}\b(?! [A-Z])"
)
"""Both begin with what is seldom: what must stand before is looked at behind it."""
_ORDINARY = frozenset(words("ordinary_words", "generic_names", "vendors", "naming_words"))
_QUOTED_PHRASE = re.compile(
    r"(?i:passw(?:or)?d|passphrase|psk|pwd|pass|secret|phrase)[\"'\]]{0,2}[ \t]{0,4}(?:[:=]|to|is)[ \t]{0,4}"
    r"[\"'\u201c]((?=[^\"'\n]{0,64} )[^\"'\n\u201d]{8,96})[\"'\u201d]"
)
_PHRASE_WORDS = ("pass", "psk", "pwd", "secret", "phrase")
"""The beginnings of all its matches."""
_PHRASE_MARKERS = Markers(_PHRASE_WORDS)
_TWELVE_WORDS = re.compile(r"[a-z](?<!\w[a-z])(?<![a-z] [a-z])[a-z]{2,7} (?:[a-z]{3,8} ){10,22}[a-z]{3,8}\b")
_BLANKS_COUNT = 11
"""Between these."""
_TWELVE_CHARS = 12 * 3 + _BLANKS_COUNT
_FUNCTION_WORDS = frozenset(
    "the of to and is are was be not for with that this from your you must has have can will when".split()
)
_OF_ADDRESS = re.compile(r"\.\d{1,3}\.\d{1,3}\.\d{1,3}(?![\w-]|\.\d)")
"""From its first dot on, which is looked for fastest."""
_FIRST_OF_ADDRESS = re.compile(r"(?<![\w.-])\d{1,3}\Z")
_NAMED = re.compile(r"[A-Z][^\W\d_]{1,24}(?:[ -][A-Z][^\W\d_]{1,24}){1,3}")
_PSEUDONYM = "@example.invalid"
_NAME_BEFORE_CHARS = 72


def _addresses(text: str) -> Iterator[tuple[int, str]]:
    """Yield place and text of IPv4 addresses of the public net."""
    for found in _OF_ADDRESS.finditer(text):
        first = _FIRST_OF_ADDRESS.search(text, max(0, found.start() - 4), found.start())
        address = first[0] + found[0] if first else ""
        if first and is_public_address(address):
            yield first.start(), address


def _emails(text: str) -> Iterator[tuple[int, str]]:
    """Yield place and text of addresses of e-mail: what stands before each `@` is looked at first."""
    begin, at = 0, text.find("@")
    while at >= 0:
        user = _BEFORE_AT.search(text, max(begin, at - _USER_CHARS), at + 1)
        if user and (found := _EMAIL.match(text, user.start())):
            yield found.start(1), found[1]
        begin, at = at + 1, text.find("@", at + 1)


def _beside_address(text: str) -> Iterator[tuple[int, str]]:
    """Yield place and text of the name before what stands for an e-mail address, on its line."""
    at = text.find(_PSEUDONYM)
    while at >= 0:
        begin = max(text.rfind("\n", 0, at) + 1, at - _NAME_BEFORE_CHARS)
        for last in [*_NAMED.finditer(text, begin, at)][-1:]:
            yield last.start(), last[0]
        at = text.find(_PSEUDONYM, at + 1)


def doubts_in(text: str) -> Iterator[tuple[int, str, str]]:
    """Yield place, value and kind of what a person would doubt in a text."""
    for span in _strict_identity().find(text):
        yield span.start, text[span.start : span.end], span.kind.replace("_", " ")
    yield from ((at, value, "ip address") for at, value in _addresses(text))
    yield from ((at, value, "person") for at, value in _beside_address(text))
    yield from ((at, value, "e-mail") for at, value in _emails(text))
    for kind, found in _announced(text):
        if not (_OF_SYSTEM.fullmatch(found[1]) or _is_harmless(kind, found)):
            yield found.start(1), found[1], kind


def spoken_in(text: str) -> Iterator[tuple[int, str, str]]:
    """Yield place, value and kind of what a person writes in a sentence: coined words, numbers, names.

    In the output of a program, most numbers and words are none.
    """
    for start, end in coined_in(text):
        if _MEMBER_END.match(text, end) is None:
            yield start, text[start:end], ""
    for found in _SPOKEN_NUMBER.finditer(text):
        behind = found.end() + text.startswith(" ", found.end())
        if (
            len(set(found[0])) > 1
            and _UNITS.match(text, behind) is None
            and _UNNUMBERED.match(text, found.start()) is not None
        ):
            yield found.start(), found[0], "number"
    for found in _SPOKEN_NAME.finditer(text):
        if _ORDINARY.isdisjoint(re.split("[ -]", found[0].lower())):
            start = found.start() - (found["blank"] is not None)
            yield start, text[start : found.end()], "name"


def spoken_within(text: str) -> Iterator[tuple[int, str, str]]:
    """Yield place, value and kind of coined words and numbers in the sentences that stand in another text."""
    for sentence in _SENTENCE.finditer(text) if len(text) <= _SPOKEN_WITHIN_CHARS else ():
        for at, value, kind in spoken_in(sentence[0]):
            if kind != "name":
                yield sentence.start() + at, value, kind


def phrases_in(text: str) -> Iterator[tuple[int, str, str]]:
    """Yield place, value and kind of words that are a secret together: beside the name of one, or twelve in a row."""
    for quoted in anchored(_QUOTED_PHRASE, _PHRASE_WORDS, text, _PHRASE_MARKERS):
        if _FUNCTION_WORDS.isdisjoint(quoted[1].lower().split()):
            yield quoted.start(1), quoted[1], "phrase"
    for start, end in _long_lines(text):
        for twelve in _TWELVE_WORDS.finditer(text, start, end):
            if _FUNCTION_WORDS.isdisjoint(twelve[0].split()):
                yield twelve.start(), twelve[0], "phrase"


def _long_lines(text: str) -> Iterator[tuple[int, int]]:
    """Yield the places of lines that may hold twelve words."""
    start = 0
    for line in text.split("\n"):
        if len(line) >= _TWELVE_CHARS and line.lstrip(" ").count(" ") >= _BLANKS_COUNT:
            yield start, start + len(line)
        start += len(line) + 1


def _is_harmless(kind: str, found: re.Match[str]) -> bool:
    """Return whether a code counts or numbers something, or a key consists of words that are no password."""
    if kind == "key":
        return is_wordy(found[1]) and not is_pair(found[1])
    behind = found.end(1) + found.string.startswith(" ", found.end(1))
    is_counted = (
        _UNITS.match(found.string, behind) is not None or _UNNUMBERED.match(found.string, found.start(1)) is None
    )
    return kind == "code" and is_counted


def judged_in_speech(text: str) -> Iterator[tuple[int, str, int]]:
    """Yield what the judge of prose is not sure of, besides what it has replaced, and how much it misses."""
    for one in judged_in(text, places_of_nouns(text), _LESS_SURE):
        yield one.start, text[one.start : one.end], max(0, -one.weight)


def _announced(text: str) -> Iterator[tuple[str, re.Match[str]]]:
    """Yield what was found, with its kind."""
    lowered = text.lower()
    places = _MARKERS.places(lowered)
    is_same = len(lowered) == len(text)
    for of_first, of_others in _OF_LINES:
        if first := of_first.match(text):
            yield "user", first
        yield from (("user", found) for found in of_others.finditer(text))
    for kind, anchors, pattern in _FOUND if places or not is_same else ():
        found_at = matches_at(pattern, anchors, text, places) if is_same else pattern.finditer(text)
        yield from ((kind, found) for found in found_at)
    if not (is_same and places.keys().isdisjoint(_DEVICES)):
        yield from (("host", found) for found in _HOST.finditer(text))


@cache
def _strict_identity() -> Finder:
    return Finder([rule for rule in STRICT_IDENTITY if rule.kind in _KINDS])
