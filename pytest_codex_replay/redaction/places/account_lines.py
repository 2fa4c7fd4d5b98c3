r"""Rules for lines of a login and its password that a program reads: `printf '%s\n' 'a:X' 'b:Y' | chpasswd`. No I/O."""

import re
from collections.abc import Iterator

from pytest_codex_replay.redaction.rule import Place, PlacesRule
from pytest_codex_replay.redaction.words.placed import is_placed

_PROGRAM = "chpasswd"
_CHARS = 1200
_PIPED = re.compile(r"\|[ ]?(?:sudo[ ])?(?:[\w./-]{1,24}[ ]){0,3}(?:/\S{0,16}/)?\Z")
_WRITES = re.compile(r"(?<![\w-])(?:echo|printf)[ ]")
_ACCOUNT = re.compile(
    r"(?:(?<=[\s\"'])|(?<=\\n)|(?<=\\\x7f))[a-z_][\w.-]{0,31}:([^\s\"'\\|;:$`<>]{3,128})(?=[\s\"'\\|;]|\Z)"
)


def _accounts(text: str, places: list[int]) -> Iterator[Place]:
    """Yield the passwords in what is written, and piped to the program."""
    for at in places:
        piped = _PIPED.search(text, max(0, at - 60), at)
        if piped:
            start = max((one.end() for one in _WRITES.finditer(text, max(0, at - _CHARS), at)), default=at)
            yield from _passwords(text, start - 1, piped.start())


def _passwords(text: str, start: int, end: int) -> Iterator[Place]:
    yield from (one.span(1) for one in _ACCOUNT.finditer(text, start, end) if is_placed(one[1]))


ACCOUNT_LINES = (PlacesRule(kind="password", markers=(_PROGRAM,), pattern=_ACCOUNT, places=_accounts),)
"""A value is a password because of the program that reads the line."""
