"""Known values: what stood in a credential position is removed wherever else it turns up.

The surest layer of redaction: no rule has to recognise the shape of a secret that was seen in use.
"""

import base64
import json
import re
from collections.abc import Iterator
from urllib.parse import quote

from pytest_codex_replay.redaction.finder import Span

__all__ = ["MIN_SECRET_CHARS", "KnownValues"]

MIN_SECRET_CHARS = 8
"""Shorter values would be found by chance in innocent text."""

_PERCENT = re.compile(r"%[0-9A-F]{2}")


class KnownValues:
    """Secrets learnt so far, with every spelling in which they may be met."""

    def __init__(self) -> None:
        self._spellings: dict[bytes, bytes] = {}
        """Longest first, so that none is broken by the removal of a shorter one in it."""
        self._texts: dict[str, str] = {}

    def learn(self, secret: str, placeholder: str) -> None:
        """Remove `secret` from now on; `placeholder` stands in its place."""
        secret = secret.strip()
        raw = secret.encode(errors="surrogateescape")
        if len(secret) < MIN_SECRET_CHARS or raw in self._spellings or "REDACTED" in secret:
            return
        found = dict.fromkeys(spellings(secret), placeholder.encode()) | self._spellings
        self._spellings = {spelling: found[spelling] for spelling in sorted(found, key=len, reverse=True)}
        self._texts = {_text(spelling): _text(placeholder) for spelling, placeholder in self._spellings.items()}

    def find(self, text: str) -> Iterator[Span]:
        """Yield where a known secret stands in `text`, and its placeholder."""
        for spelling, placeholder in self._texts.items():
            start = text.find(spelling)
            while start >= 0:
                end = start + len(spelling)
                yield Span(start, end, "known", spelling, pseudonym=placeholder)
                start = text.find(spelling, end)

    def remove(self, raw: bytes) -> bytes:
        """Return `raw` with every known secret replaced; the same object when there is none in it."""
        for spelling, placeholder in self._spellings.items():
            if spelling in raw:
                raw = raw.replace(spelling, placeholder)
        return raw


def _text(raw: bytes) -> str:
    return raw.decode(errors="surrogateescape")


def spellings(secret: str) -> set[bytes]:
    """Return how `secret` may be written: plain, JSON-escaped (once, twice), percent-encoded, inside base64."""
    raw = secret.encode(errors="surrogateescape")
    once = json.dumps(secret, ensure_ascii=False)[1:-1]
    twice = json.dumps(once, ensure_ascii=False)[1:-1]
    percent = {quote(raw, safe=""), quote(raw)}
    percent |= {_PERCENT.sub(lambda code: code[0].lower(), text) for text in percent}
    plain = {secret, once, twice, json.dumps(secret)[1:-1]} | percent
    return {text.encode(errors="surrogateescape") for text in plain} | _inside_base64(raw)


def _inside_base64(secret: bytes) -> set[bytes]:
    found: set[bytes] = set()
    for shift in range(3):
        coded = base64.b64encode(b"\0" * shift + secret)
        first = (shift * 8 + 5) // 6  # the first letter that depends on the secret alone
        last = (shift + len(secret)) * 8 // 6
        core = coded[first:last]
        if len(core) >= MIN_SECRET_CHARS:
            found |= {core, core.translate(bytes.maketrans(b"+/", b"-_"))}
    return found
