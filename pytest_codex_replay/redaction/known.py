"""Known values: what stood in a credential position is removed wherever else it turns up.

The surest layer of redaction: no rule has to recognise the shape of a secret that was seen in use.
"""

import base64
import json
from urllib.parse import quote

__all__ = ["MIN_SECRET_CHARS", "KnownValues"]

MIN_SECRET_CHARS = 8
"""Shorter values would be found by chance in innocent text."""


class KnownValues:
    """Secrets learnt so far, with every spelling in which they may be met."""

    def __init__(self) -> None:
        self._spellings: dict[bytes, bytes] = {}

    def learn(self, secret: str, placeholder: str) -> None:
        """Remove `secret` from now on; `placeholder` stands in its place."""
        secret = secret.strip()
        if len(secret) < MIN_SECRET_CHARS or secret.startswith("[[REDACTED:"):
            return
        for spelling in spellings(secret):
            self._spellings.setdefault(spelling, placeholder.encode())

    def remove(self, raw: bytes) -> bytes:
        """Return `raw` with every known secret replaced; the same object when there is none in it."""
        for spelling, placeholder in self._spellings.items():
            if spelling in raw:
                raw = raw.replace(spelling, placeholder)
        return raw


def spellings(secret: str) -> list[bytes]:
    """Return how `secret` may be written: plain, JSON-escaped (once, twice), percent-encoded, inside base64.

    Longest first, so that a spelling is not broken by the removal of a shorter one in it.
    """
    once = json.dumps(secret, ensure_ascii=False)[1:-1]
    twice = json.dumps(once, ensure_ascii=False)[1:-1]
    plain = {secret, once, twice, json.dumps(secret)[1:-1], quote(secret, safe=""), quote(secret)}
    return sorted({s.encode() for s in plain} | _inside_base64(secret.encode()), key=len, reverse=True)


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
