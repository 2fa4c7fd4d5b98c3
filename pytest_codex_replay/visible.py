"""What recorded text becomes before a terminal, a log or a report shows it. The one place that says so. No I/O.

A recording may hold anything, in any member: what moves the cursor, sets the title or clears the screen (ECMA-48), and
what turns the direction of writing (Unicode Standard Annex #9), so that a text reads as another one.
"""

import re

_SEQUENCES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\-_])")
_UNSEEN = "\u061c\u200e\u200f\u2028-\u202e\u2066-\u206f\ufff9-\ufffb\U000e0000-\U000e007f"
"""Direction, separators of lines, deprecated formats, annotations, tags. Joiners stay: scripts and emoji need them."""
_HARMFUL = re.compile(f"[\x00-\x08\x0b-\x1f\x7f-\x9f{_UNSEEN}]")
_ESCAPED = re.compile(f"[\x7f-\x9f{_UNSEEN}]")
_REPLACEMENT = "\ufffd"
_SYMBOLS, _DELETE, _FIRST_PRINTABLE = 0x2400, 0x7F, 0x20


def visible(text: str) -> str:
    """Return text without terminal sequences; other control characters become visible symbols. LF and tab stay."""
    if _HARMFUL.search(text) is None:
        return text
    return _HARMFUL.sub(_symbol, _SEQUENCES.sub("", text.replace("\r\n", "\n")))


def visible_line(text: str) -> str:
    """Return likewise what is printed as one line: a name with an end of line cannot pass for a line of its own."""
    return visible(text).replace("\n", "\u240a")


def visible_json(text: str) -> str:
    """Return JSON text of the same value, in which such characters are escaped."""
    if text.isascii() and "\x7f" not in text:  # of most: twenty times faster than to look for each of them
        return text
    return _ESCAPED.sub(lambda found: _escape(ord(found[0])), text)


def _symbol(found: re.Match[str]) -> str:
    code = ord(found[0])
    if code < _FIRST_PRINTABLE:
        return chr(_SYMBOLS + code)
    return "\u2421" if code == _DELETE else _REPLACEMENT


def _escape(code: int) -> str:
    units = chr(code).encode("utf-16-be").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))
