"""Keys and tokens in sentences that speak of one: long and random, or hexadecimal. No I/O.

A digest, a commit and the id of an object look the same. So the sentence has to call the value a key, on the way to it
or behind it, and to speak of nothing else that looks so.
"""

import re
from collections.abc import Iterator

from pytest_codex_replay.redaction.prose.message_lines import is_prose
from pytest_codex_replay.redaction.rule import Place, PlacesRule
from pytest_codex_replay.redaction.words.value_shapes import is_plausible, is_random

_NOUN = re.compile(
    r"(?<![\w.$/@-])(?:(?:[a-z]{2,12}-)?(?:keys?|tokens?|secrets?|bearer)|[A-Z\d_]{0,24}_(?:KEY|TOKEN|SECRET))(?![\w=\[(/@-]|\.\w)",
    re.IGNORECASE,
)
_KEY_CHARS, _NEXT_CHARS, _BEFORE_CHARS = 110, 60, 90
_VALUE = re.compile(
    r"(?<![\w+/=.:#@-])(?:(?=[a-f]*\d)(?=\d*[a-f])(?:[a-f\d]{8}){4,8}|(?=[A-F]*\d)(?=\d*[A-F])(?:[A-F\d]{32}|[A-F\d]{64})(?![A-F\d])"
    r"|(?=[^a-z\s]{0,64}[a-z])(?=[^A-Z\s]{0,64}[A-Z])(?=[^\d\s]{0,64}\d)[\w+/-]{20,128}={0,2})(?![\w+/=@-]|[.:]\w)"
)
_LEAST_CHARS, _NAME_CHARS = 20, 32
_IN_CODE = frozenset(".$/@=")
_RUN = re.compile(r"[\w+/-]{20}")
"""No key is shorter: the rest is not tried without one."""
_END = re.compile(r"\n|[.?!;][ \t](?=[A-Z])|[{}<>|\\]|://")
_OTHER = re.compile(
    r"sha-?\d|sha\b|md5|hash|digest|checksum|etag|fingerprint|commit|revision|\brev\b|\bgit\b|cache|public|primary|foreign|partition"
    r"|idempot|thumbprint|signature|\bids?\b|uuid|object|cursor|page|layer|image|blob|finger|encrypted|lookup|trace|span|csrf"
    r"|\bmap\b|index|row|sort|ssh-|integrity|build|signing|gpg|pgp|[er]?dsa\b|keyring|keyserver",
    re.IGNORECASE,
)
"""What looks like a key, and is none; and keys that are no secret."""
_CALLS = re.compile(
    r"[\"'`)\u201d]{0,2},?[ ](?:is|was|looks[ ]like|as|seems[ ]to[ ]be)[ ](?:still[ ])?(?:a|an|the|my|our|your)[ ]"
    r"(?:[\w-]{1,16}[ ]){0,3}?(?:key|token|secret)(?![\w/-])",
    re.IGNORECASE,
)


def _keys(text: str, near: list[int]) -> Iterator[Place]:
    """Yield the keys behind a noun in its sentence, and those that a sentence calls one."""
    done = 0
    for at in near:
        noun = _noun_around(text, at, done)
        if noun is None:
            continue
        found = False
        end, begin = noun.end(), noun.start()
        while value := _value_behind(text, begin, end):
            found, done = True, value[1]
            begin, end = done, done
            yield value
        if not found:
            done = noun.end()
            yield from _called_so(text, noun)


def _noun_around(text: str, at: int, done: int) -> re.Match[str] | None:
    """Return the noun that a marker is a part of, behind what is done."""
    before, begin = text[at - 1 : at], at
    if at < done or before.isalnum() or before in _IN_CODE or (before == "_" and text[at].islower()):
        return None
    while before in {"_", "-"} and begin > max(done, at - _NAME_CHARS) and not text[begin - 1].isspace():
        begin -= 1
    return _NOUN.match(text, begin)


def _value_behind(text: str, begin: int, at: int) -> Place | None:
    """Return the place of the next key in a sentence of prose, unless it speaks of something else."""
    chars = _KEY_CHARS if begin < at else _NEXT_CHARS
    run = _RUN.search(text, at, at + chars + _LEAST_CHARS)
    value = _VALUE.match(text, run.start()) if run else None
    if value is None or _END.search(text, at, value.start()) or not _is_key(value[0]):
        return None
    low = _begin_of_line(text, begin, _BEFORE_CHARS)
    if _OTHER.search(text, low, value.start()) or not is_prose(text, begin, value.start()):
        return None
    return value.span()


def _called_so(text: str, noun: re.Match[str]) -> Iterator[Place]:
    begin = _begin_of_line(text, noun.start(), _BEFORE_CHARS + _KEY_CHARS)
    for value in _VALUE.finditer(text, begin, noun.start()):
        calls = _CALLS.match(text, value.end())
        is_other = _OTHER.search(text, begin, value.start()) or _OTHER.search(text, value.end(), noun.start())
        if calls and calls.end() >= noun.end() and not is_other and _is_key(value[0]):
            yield value.span()


def _begin_of_line(text: str, at: int, chars: int) -> int:
    """Return where the line of a place begins, or so many characters before the place."""
    least = max(0, at - chars)
    return max(text.rfind("\n", least, at) + 1, least)


def _is_key(value: str) -> bool:
    return is_random(value) and is_plausible(value)


KEYS_TOLD = PlacesRule(
    kind="secret", markers=("key", "token", "secret", "bearer"), pattern=_NOUN, places=_keys, looks_far=False
)
"""A random value is a key because its sentence calls it one."""
