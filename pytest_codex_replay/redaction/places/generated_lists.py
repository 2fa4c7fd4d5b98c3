"""Rules for passwords that a generator made: what it printed, or what a text says that it did. No I/O."""

import re
from collections.abc import Iterator

from pytest_codex_replay.redaction.rule import Place, PlacesRule
from pytest_codex_replay.redaction.words.told_words import is_phrase_here
from pytest_codex_replay.redaction.words.value_shapes import is_no_dummy, is_wordy

_GENERATORS = (
    *("pwgen", "apg -", "makepasswd", "xkcdpass", "diceware", "bw generate", "openssl rand", "gpw ", "pwqgen"),
    *("password generator", "passphrase generator", "keepassxc-cli generate", "keepassxc-cli diceware"),
    *(
        f"{kind} {noun}"
        for kind in ("random", "strong", "secure", "generated", "new")
        for noun in ("passwords", "passphrases")
    ),
    *("passwords you can", "passwords to choose", "passphrases you can", "passphrases to choose"),
    *(f"{count} passwords" for count in ("two", "three", "four", "five", "six", "eight", "ten")),
)
_NAMED = re.compile("|".join(map(re.escape, _GENERATORS)), re.IGNORECASE)
_AREA_CHARS = 1_200
_TOKEN = re.compile(
    r"(?<![^\s\"'`(*|:=])(?![*:=])(?=[^\s]{0,63}\d)(?=[^\s]{0,63}[A-Za-z])[\w!@#$%^&*+=~?.:-]{8,64}?(?=[\"'`*|)]{0,3}[,.;]?(?:\s|\Z))"
)
_WORDS = re.compile(
    r"(?<![^\n])[ \t]{0,8}(?:\d{1,2}[.)][ ]|[-*\u2022][ ])?[*`\"']{0,3}"
    r"([A-Za-z]{3,12}([ ._-])[A-Za-z]{3,12}(?:\2[A-Za-z\d]{1,12}){2,8})[*`\"']{0,3}[ \t]{0,4}(?=\r?\n|\Z)"
)
_MIXED = re.compile(r"(?=[^a-z]*[a-z])(?=[^A-Z]*[A-Z])")
_HEX, _SIGNS = re.compile(r"[0-9a-fA-F-]+"), re.compile(r"[!#$%^&*+=~?@]")
_LONG_CHARS = 12
_OTHER = re.compile(r"[~./$-]|\w+://|\w+[=(]|.*(?:\.\w{1,4}\Z|@\w+\.\w|::|->|\(\)|\w=\w)")


def _generated(text: str, places: list[int]) -> Iterator[Place]:
    """Yield the passwords in the lines below the name of a generator, or of what it made."""
    done = 0
    for at in places:
        if at < done or not _NAMED.match(text, at):
            continue
        line = text.find("\n", at, at + _AREA_CHARS)
        done = min(len(text), at + _AREA_CHARS)
        if line < 0:
            continue
        for found in _WORDS.finditer(text, line, done):
            if is_phrase_here(re.sub("[._-]", " ", found[1])):
                yield found.span(1)
        for found in _TOKEN.finditer(text, line, done):
            if _is_made(found[0]):
                yield found.span()


def _is_made(value: str) -> bool:
    """Return whether letters and digits are no word, no number in hexadecimal, and no path, host or call."""
    if is_wordy(value) or _HEX.fullmatch(value) or _OTHER.match(value) or not is_no_dummy(value):
        return False
    return _MIXED.match(value) is not None or _SIGNS.search(value) is not None or len(value) >= _LONG_CHARS


GENERATED_LISTS = (
    PlacesRule(kind="password", markers=_GENERATORS, pattern=_TOKEN, places=_generated, looks_far=False),
)
"""A value is a password because a generator of passwords made it."""
