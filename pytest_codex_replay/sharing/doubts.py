"""What a person would doubt whatever its form: names, numbers of telephones, accounts and cards, spoken codes. No I/O.

Redaction leaves these unless it is asked to (`identity = "strict"`): in most sessions they are examples.
"""

import re
from collections.abc import Iterator
from functools import cache

from pytest_codex_replay.redaction.finder import Finder
from pytest_codex_replay.redaction.rules import STRICT_IDENTITY

_KINDS = frozenset({"phone", "person", "iban", "card_number"})
"""Kinds of strict identity that are listed: one of a network or of a cloud is in most logs."""
_NAME = r"([A-Z][^\W\d_]{1,24}(?: [A-Z][^\W\d_]{1,24}){1,2})\b"
_SAYS_NAME = r"\b(?:[Tt]his is|[Mm]y name is|I am|I'm|[Rr]egards,?|[Cc]heers,?|[Gg]r(?:ü|ue)(?:ß|ss)e,?)"
_USER = r"([a-z][\w.-]{2,31})"
_DEVICE = r"(?i:macbook|imac|laptop|desktop|workstation)[\w-]{0,20}"
_SAYS_CODE = r"(?:\b(?:PIN|TAN|OTP|2FA)\b|(?i:passcode|(?:one-time|verification|security) code))"
_SAYS_PHRASE = r"(?i:passphrase|mnemonic|seed|recovery phrase)\b"
_PATTERNS = (
    ("person", rf"{_SAYS_NAME}\s{{1,3}}{_NAME}"),
    ("user", rf"^[+> ]?{_USER} {{1,20}}\d{{2,7}} {{1,8}}\d+\.\d {{1,8}}\d+\.\d "),
    ("user", rf"^[+> ]?[-dl](?:[r-][w-][xsStT-]){{3}}[.+@]? {{1,8}}\d+ {_USER} "),
    ("user", rf"\b(?:su -|su -l|sudo -u|runuser -u|ssh -l) {_USER}"),
    ("host", rf"(?<![\w-])([A-Za-z0-9][\w-]{{1,40}}-{_DEVICE})(?=[ :@])"),
    ("card number", r"(?i:card)\b[^\n\d]{0,20}(\d{4}(?:[ -]?\d{4}){2,3})\b"),
    ("code", rf"{_SAYS_CODE}[^\n\d]{{1,40}}(\d{{4,8}})\b(?![.:/-]\d)"),
    ("phrase", rf"{_SAYS_PHRASE}[^\n:]{{0,40}}: {{1,4}}((?:[a-z]{{3,12}} ){{2,23}}[a-z]{{3,12}})(?=[ \r]*$|[\"'])"),
)
"""Each names what it finds."""
_FOUND = tuple((kind, re.compile(pattern, re.MULTILINE)) for kind, pattern in _PATTERNS)
_OF_SYSTEM = re.compile(
    r"root|nobody|daemon|admin|user|ubuntu|runner|node|postgres|www-data|systemd[\w-]*|visitor\d+|user\d+"
)
"""Users that are of a system, or stand in for one."""


def doubts_in(text: str) -> Iterator[tuple[int, str, str]]:
    """Yield place, value and kind of what a person would doubt in a text."""
    for span in _strict_identity().find(text):
        if span.kind in _KINDS:
            yield span.start, text[span.start : span.end], span.kind.replace("_", " ")
    for kind, pattern in _FOUND:
        for found in pattern.finditer(text):
            if not _OF_SYSTEM.fullmatch(found[1]):
                yield found.start(1), found[1], kind


@cache
def _strict_identity() -> Finder:
    return Finder(STRICT_IDENTITY)
