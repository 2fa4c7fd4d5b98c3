r"""Escapes in a text that is looked at as it stands: their characters belong to no word. No I/O.

In `\nsk-…` the `n` is a line end, of JSON or of JSON in JSON; the text behind it is read in a decoded view. The letter
of a colour belongs to no word either.
"""

import re
from functools import lru_cache

_NO_CHAR = "\x7f"
"""Stands for such a letter. It is no part of a word, no blank and no quotation mark."""
_BREAKS = frozenset("nrt")
_SIMPLE = re.compile(r"\\[nrtbf]")
_NUMBERED_BEGINS, _NUMBERED = re.compile(r"\\[ux]"), re.compile(r"\\(?:u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2})")
"""How such an escape begins is looked for fastest."""
_COLOUR = re.compile(r"\x1b\[[0-9;:?]{0,32}[A-Za-z]")


@lru_cache(maxsize=8)  # several searches look at one text
def words_of(text: str) -> str:
    """Return a text of the same length, without the letters of escapes; the same object when it has none."""
    return words_of_part(text)


def words_of_part(text: str) -> str:
    """Return the same of a part of a text, of which no other search asks."""
    words = text
    if "\\" in text:
        words = _SIMPLE.sub(rf"\\{_NO_CHAR}", text)
        words = _NUMBERED.sub(_without_chars, words) if _NUMBERED_BEGINS.search(words) else words
    return _COLOUR.sub(_without_chars, words) if "\x1b" in words else words


def _without_chars(found: re.Match[str]) -> str:
    return found[0][:2] + _NO_CHAR * (len(found[0]) - 2)


def has_break(text: str, start: int, end: int) -> bool:
    """Return whether an escape in a place of a text stands for a line break or a tab, which no word has within."""
    words = words_of(text)
    at = words.find(f"\\{_NO_CHAR}", start, end)
    while at >= 0:
        if text[at + 1] in _BREAKS:
            return True
        at = words.find(f"\\{_NO_CHAR}", at + 1, end)
    return False


def whole_escapes(text: str, start: int, end: int) -> tuple[int, int]:
    """Return a place in a text, and with it each escape of which it has a part."""
    words = words_of(text)
    if words is text:
        return start, end
    if _is_masked(text, words, start):
        while start > 0 and (_is_masked(text, words, start) or text[start - 1] == "\\"):
            start -= 1
    held = text[start:end]
    end += (len(held) - len(held.rstrip("\\"))) % 2
    while end < len(text) and _is_masked(text, words, end):
        end += 1
    return start, min(end, len(text))


def _is_masked(text: str, words: str, at: int) -> bool:
    return words[at] == _NO_CHAR != text[at]
