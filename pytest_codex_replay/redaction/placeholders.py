"""Placeholders: they replace secrets.

Each has an ordinal of first appearance, never a hash: a short secret behind a hash can be guessed offline.
"""

import re

PLACEHOLDER = re.compile(r"\[\[REDACTED:([a-z_]+):(\d+)\]\]")

PASSPHRASE = "passphrase"  # noqa: S105  a kind
"""Kind of a password of several words: a reader cannot tell from the text around its placeholder where it ends."""
WORDS = re.compile(r"[^\s\"'`<>\\]{1,128}(?: [^\s\"'`<>\\]{1,128}){1,31}")
"""What such a password looks like."""
_OF_WORDS = frozenset({"password", "secret"})

IN_BASE64 = ("W1tSRURBQ1RFRD", "tbUkVEQUNURUQ6", "bW1JFREFDVEVEO", "5b5b5245444143544544", "5B5B5245444143544544")
"""The beginning of one in base64, by where it begins there, and in hexadecimal."""


class Placeholders:
    """Gives each secret one placeholder. The map lives in memory only and is never written."""

    def __init__(self) -> None:
        self._by_secret: dict[tuple[str, str], str] = {}
        self._count: dict[str, int] = {}

    def reserve(self, text: str) -> None:
        """Do not use the placeholders that are in `text` already."""
        for kind, number in PLACEHOLDER.findall(text):
            self._count[kind] = max(self._count.get(kind, 0), int(number))

    def of(self, kind: str, secret: str) -> str:
        """Return the placeholder of `secret`, `[[REDACTED:kind:n]]`: one for each secret; a placeholder is its own."""
        if PLACEHOLDER.fullmatch(secret):
            return secret
        if kind in _OF_WORDS and " " in secret and WORDS.fullmatch(secret):
            kind = PASSPHRASE
        key = (kind, secret)
        if key not in self._by_secret:
            self._count[kind] = self._count.get(kind, 0) + 1
            self._by_secret[key] = f"[[REDACTED:{kind}:{self._count[kind]}]]"
        return self._by_secret[key]
