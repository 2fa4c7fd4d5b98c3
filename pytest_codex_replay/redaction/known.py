"""Known values: what stood in a credential position is removed wherever else it turns up.

The surest layer of redaction: no rule has to recognise the shape of a secret that was seen in use.
"""

import base64
import json
import re
from collections.abc import Iterator
from urllib.parse import quote

from pytest_codex_replay.redaction.finder import Span
from pytest_codex_replay.redaction.views import view_without

__all__ = ["MIN_SECRET_CHARS", "KnownValues"]

MIN_SECRET_CHARS = 8
"""Shorter values would be found by chance in innocent text."""

_PERCENT = re.compile(r"%[0-9A-F]{2}")
_BREAK = re.compile(r"\r?\n[ \t]*+")
_RUN = "[A-Za-z0-9+/_-]"
_RUN_BEGINS = r"(?:(?<=\\[nrtbf])|(?<![A-Za-z0-9+/_\\-]))"
"""Where base64 begins; in JSON text it may follow an escape, which has to stay."""


class KnownValues:
    """Secrets learnt so far, with every spelling in which they may be met."""

    def __init__(self) -> None:
        self._spellings: dict[bytes, bytes] = {}
        """Longest first, so that none is broken by the removal of a shorter one in it."""
        self._texts: dict[str, str] = {}
        self._cores: set[bytes] = set()
        """Those that stand inside base64, which then goes as a whole: its ends would be no base64."""

    def learn(self, secret: str, placeholder: str) -> None:
        """Remove `secret` from now on; `placeholder` stands in its place."""
        secret = secret.strip()
        raw = secret.encode(errors="surrogateescape")
        if len(secret) < MIN_SECRET_CHARS or raw in self._spellings or "REDACTED" in secret:
            return
        cores = _inside_base64(raw)
        self._cores |= cores - self._spellings.keys()
        found = dict.fromkeys(spellings(secret) | cores, placeholder.encode()) | self._spellings
        self._spellings = {spelling: found[spelling] for spelling in sorted(found, key=len, reverse=True)}
        self._texts = {_text(spelling): _text(placeholder) for spelling, placeholder in self._spellings.items()}

    def find(self, text: str) -> Iterator[Span]:
        """Yield where a known secret stands in `text`, also broken over lines, and its placeholder."""
        if not self._texts:
            return
        yield from self._spans(text)
        if "\n" not in text:
            return
        joined = view_without(text, (found.span() for found in _BREAK.finditer(text)))
        for span in self._spans(joined.text):
            start, end = joined.original(span.start, span.end)
            if end - start > span.end - span.start:
                yield span._replace(start=start, end=end)

    def remove(self, raw: bytes) -> bytes:
        """Return `raw` with every known secret replaced; the same object when there is none in it."""
        for spelling, placeholder in self._spellings.items():
            if spelling in raw:
                if spelling in self._cores:
                    raw = re.sub(_around(_text(spelling)).encode(), placeholder.replace(b"\\", rb"\\"), raw)
                raw = raw.replace(spelling, placeholder)
        return raw

    def _spans(self, text: str) -> Iterator[Span]:
        for spelling, placeholder in self._texts.items():
            if spelling not in text:
                continue
            pattern = re.escape(spelling)
            if spelling.encode(errors="surrogateescape") in self._cores:
                pattern = f"{_around(spelling)}|{pattern}"
            for found in re.finditer(pattern, text):
                yield Span(found.start(), found.end(), "known", spelling, pseudonym=placeholder)


def _around(core: str) -> str:
    return f"{_RUN_BEGINS}{_RUN}*?{re.escape(core)}{_RUN}*+={{0,2}}"


def _text(raw: bytes) -> str:
    return raw.decode(errors="surrogateescape")


def spellings(secret: str) -> set[bytes]:
    """Return how `secret` may be written: plain, JSON-escaped (once, twice), percent-encoded, as hexadecimal."""
    raw = secret.encode(errors="surrogateescape")
    once = json.dumps(secret, ensure_ascii=False)[1:-1]
    twice = json.dumps(once, ensure_ascii=False)[1:-1]
    percent = {quote(raw, safe=""), quote(raw)}
    percent |= {_PERCENT.sub(lambda code: code[0].lower(), text) for text in percent}
    plain = {secret, once, twice, json.dumps(secret)[1:-1], raw.hex(), raw.hex().upper()} | percent
    return {text.encode(errors="surrogateescape") for text in plain}


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
