"""Placeholders: they replace secrets.

Each has an ordinal of first appearance, never a hash: a short secret behind a hash can be guessed offline. In place of
a number in JSON stands a number: a client that reads a typed member takes no text for it.
"""

import re

PLACEHOLDER = re.compile(r"\[\[REDACTED:([a-z_]+):(\d+)\]\]")

NUMBER = re.compile(r"(?<![\w.])20000(?!00000)\d{5}(?![\w.])")
"""A number that stands for a secret one: of ten digits, and within 32 bits, which few numbers of programs are."""
_FIRST_NUMBER, _LAST_NUMBER = 2_000_000_001, 2_000_099_999

PASSPHRASE = "passphrase"  # noqa: S105  a kind
"""Kind of a password of several words: a reader cannot tell from the text around its placeholder where it ends."""
WORDS = re.compile(r"[^\s\"'`<>\\]{1,128}(?: [^\s\"'`<>\\]{1,128}){1,31}")
"""What such a password looks like."""
_OF_WORDS = frozenset({"password", "secret"})

IN_BASE64 = ("W1tSRURBQ1RFRD", "tbUkVEQUNURUQ6", "bW1JFREFDVEVEO", "5b5b5245444143544544", "5B5B5245444143544544")
"""The beginning of one in base64, by where it begins there, and in hexadecimal."""


def number_like(placeholder: str) -> str | None:
    """Return the number that stands for what a placeholder stands for where that is a number; None for another text."""
    found = PLACEHOLDER.fullmatch(placeholder)
    return str(min(_FIRST_NUMBER - 1 + int(found[2]), _LAST_NUMBER)) if found else None


class Placeholders:
    """Gives each secret one placeholder. The map lives in memory only and is never written."""

    def __init__(self) -> None:
        self._by_secret: dict[tuple[str, str], str] = {}
        self._count: dict[str, int] = {}
        self._numbers: dict[str, str] = {}
        self._next_number = _FIRST_NUMBER

    def reserve(self, text: str) -> None:
        """Do not use the placeholders that are in `text` already."""
        for kind, number in PLACEHOLDER.findall(text):
            self._count[kind] = max(self._count.get(kind, 0), int(number))
        for found in NUMBER.findall(text):
            self._next_number = max(self._next_number, min(int(found) + 1, _LAST_NUMBER))

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

    def number_of(self, secret: str) -> str:
        """Return the number that stands for `secret`, a number: one for each; beyond 99,999 of them, one for all."""
        if NUMBER.fullmatch(secret):
            return secret
        if secret not in self._numbers:
            self._numbers[secret] = str(self._next_number)
            self._next_number = min(self._next_number + 1, _LAST_NUMBER)
        return self._numbers[secret]
