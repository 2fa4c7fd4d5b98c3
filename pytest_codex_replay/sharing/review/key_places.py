"""What stands behind a word for a key that says no more than that: bytes, hexadecimal, blocks, odd words. No I/O."""

import re
from collections.abc import Iterator

from pytest_codex_replay.sharing.review.odd_words import could_be_odd
from pytest_codex_replay.sharing.review.value_forms import could_be_phrase

_AHEAD_CHARS, _BYTES_CHARS = 80, 480
_BYTES = re.compile(
    r"[^\d\n]{0,40}?\n?[^\d\n]{0,16}?(?:\[\d{1,3}\][^\d\n]{0,12})?"
    r"((?:0x[0-9a-fA-F]{2}|\d{1,3})(?:,\s{0,2}(?:0x[0-9a-fA-F]{2}|\d{1,3})){7,127})(?![\w.])"
)
_NUMBER = re.compile(r"0x[0-9a-fA-F]{2}|\d{1,3}")
_MOST_OF_BYTE, _LEAST_KINDS = 255, 7
_CODED = re.compile(
    r"(?<![\w./-])(?:[0-9a-fA-F]{32,128}|(?=[A-Z]*[2-7])[A-Z2-7]{32,64}|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
    r"|(?=[a-z ]*\d)[a-z\d]{4}(?: [a-z\d]{4}){3,15})(?![\w-])"
)
"""Hexadecimal, base32, a UUID, blocks of four."""
_OF_DIGEST = re.compile(
    r"(?i:sha|md5|digest|hash|fingerprint|commit|checksum|\bid\b|trace|span|etag|cache|public|partition|idempotency)"
)
_ASSIGNED = re.compile(
    r"[\"'\])]{0,3}[ \t]{0,4}(?:[:=][ \t]{0,4})?[\"']?([^\s\"'`(){}\[\]<>,;]{5,64})[\"']?(?=[\s,;]|\Z)"
)
_SAID = re.compile(r"[ \t]{0,2}[:=][ \t]{0,2}((?:[^\W_]{2,16}[ ]){1,7}[^\W_]{2,16})[ \t\r]*(?=\n|\Z)")
_NAME = re.compile(r"[a-z_]+|[\w.-]+\.\w+|[A-Z]?[a-z]+(?:[A-Z][a-z]+)*")


def behind_key(text: str, start: int, end: int) -> Iterator[tuple[int, str]]:
    """Yield place and text of what could be a key, behind a word for one."""
    line = max(text.rfind("\n", 0, start) + 1, start - _AHEAD_CHARS)
    if _OF_DIGEST.search(text, line, start) is not None:
        return
    has_list = text.count(",", end, end + _BYTES_CHARS) >= _LEAST_KINDS
    if has_list and (found := _BYTES.match(text, end, end + _BYTES_CHARS)) and _is_of_bytes(found[1]):
        yield found.start(1), found[1]
    yield from _coded(text, end)
    if (given := _ASSIGNED.match(text, end)) and not _NAME.fullmatch(given[1]) and could_be_odd(given[1]):
        yield given.start(1), given[1]
    if (said := _SAID.match(text, end)) and could_be_phrase(said[1]):
        yield said.start(1), said[1]


def _coded(text: str, at: int) -> Iterator[tuple[int, str]]:
    for found in _CODED.finditer(text, at, min(len(text), at + _AHEAD_CHARS + 64)):
        if found.start() > at + _AHEAD_CHARS or _OF_DIGEST.search(text, at, found.start()):
            return
        yield found.start(), found[0]


def _is_of_bytes(value: str) -> bool:
    """Return whether numbers are bytes that nothing orders."""
    numbers = [int(one, 0) if one.startswith("0x") else int(one) for one in _NUMBER.findall(value)]
    kinds = set(numbers)
    return max(kinds) <= _MOST_OF_BYTE and len(kinds) >= _LEAST_KINDS and numbers != sorted(numbers)
