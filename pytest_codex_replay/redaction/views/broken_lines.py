"""Words that a program broke in two when it wrapped lines. No I/O."""

import re

from pytest_codex_replay.redaction.words.frequent_words import is_frequent
from pytest_codex_replay.redaction.words.personal import has_rare_word

_WIDTHS = frozenset((60, 64, 65, 70, 72, 75, 76, 78, 79, 80, 96, 100, 120, 128, 132))
"""Usual widths at which programs break lines."""
_LEAST_WIDTH = min(_WIDTHS)
_MIN_WIDTH = 20
_BOTH = 2
"""Neighbours: two short sentences are often equally long."""
_NO_BORDER = r"[^\s\"'`,;:(){}\[\]<>|]"
_JOINT = re.compile(
    rf"\n(?={_NO_BORDER})(?!# ?[a-z])"
    rf"(?:(?<=[^\n]{{{_MIN_WIDTH - 1}}}{_NO_BORDER}\n)|(?<=[^\n]{{{_MIN_WIDTH - 1}}}{_NO_BORDER}\r\n))"
)
"""A line end between characters of words, behind a line that is long enough; a comment begins a line of its own."""
_NO_LETTER, _MOST_CHARS, _LEAST_CHARS = re.compile(r"[\W\d_]"), 24, 4
"""A shorter word at the end of a line may be the beginning of any other."""
_HEAD_CHARS = 400
_MIN_WORD = 12
"""A shorter joined word would be a secret that can be guessed."""
_TAIL = re.compile(r"[^\s\"'`]{1,200}(?<![,;:(){}\[\]<>|])\Z")
_HEAD = re.compile(
    r"(?![,;:(){}\[\]<>|])(?![+-]?\[?(?:\d{4}-\d\d-\d\d|\d\d:\d\d:\d\d))"
    r"(?!\w[\w.-]{0,60}+=[^=\s]|[\w.-]{1,60}+:(?:\s|\Z))[^\s\"'`]{1,200}"
)
"""It excludes times, assignments, names with a colon and directives, which begin a line of their own."""


def wraps(text: str) -> list[tuple[int, int]]:
    """Return the line ends that break a word: lines of a usual width, or as long as their neighbours.

    A line with a placeholder had another width.
    """
    ends = ((joint.start() - (text[joint.start() - 1] == "\r"), joint.end()) for joint in _JOINT.finditer(text, 1))
    return [place for place in ends if _is_wrap(text, *place)]


def next_line_end(text: str, at: int, line_end: str = "\n") -> int:
    """Return where the line ends that goes on at a place."""
    end = text.find(line_end, at)
    return len(text) if end < 0 else end


def _is_wrap(text: str, end: int, begin: int) -> bool:
    """Return whether a line that ends at `end` goes on in that which begins at `begin`."""
    start = text.rfind("\n", 0, end) + 1
    width = end - start
    if width < _MIN_WIDTH:
        return False
    line = text[start:end]
    next_end = next_line_end(text, begin)
    if width not in _WIDTHS:
        next_width = next_end - begin - (text[next_end - 1] == "\r")
        before = start - 1 - (text.rfind("\n", 0, max(0, start - 1)) + 1) - (text[start - 2 : start - 1] == "\r")
        alike = (width == next_width) + (width == before and start > 0)
        least = 1 if width >= _LEAST_WIDTH or " " not in line else _BOTH
        if alike < least and not _is_quoted(line, width):
            return False
    head = text[begin : min(next_end, begin + _HEAD_CHARS)]
    if "[[REDACTED:" in line or _begin_alike(line, head) or not _is_broken(line, head):
        return False
    return not _are_rows(line, text[begin:next_end])


_ID = re.compile(r"[0-9a-f]{7,64}(?=[ \t])")
_ALIKE_CHARS = 4


_SEPARATOR = re.compile(r"[;,\t|](?! )")


def _are_rows(line: str, following: str) -> bool:
    """Return whether two lines are rows of a table: as many cells, more than two, with the same separator."""
    first = _SEPARATOR.findall(line)
    return len(first) > 1 and '"' not in line and len(set(first)) == 1 and first == _SEPARATOR.findall(following)


def _begin_alike(line: str, following: str) -> bool:
    """Return whether two lines are records of a list: each begins with an id of the same length, or with the same."""
    if not {" ", "\t"} & set(line[:-_ALIKE_CHARS]):
        return False
    first, second = _ID.match(line), _ID.match(following)
    is_of_ids = first and second and first.end() == second.end()
    return bool(is_of_ids) or line[:_ALIKE_CHARS] == following[:_ALIKE_CHARS]


_WHOLE_QUOTE = re.compile(r"\"[^\"\\]{0,80}\"\s{0,4}[,:\]}]")
"""The name of a member, or a value before the last one."""


def _is_quoted(line: str, width: int) -> bool:
    """Return whether the part of a line behind a quotation mark has a usual width."""
    if '"' not in line:
        return False
    quotes = (width - usual - 1 for usual in _WIDTHS if width > usual)
    return any(line[at] == '"' and _WHOLE_QUOTE.match(line, at) is None for at in quotes)


def _is_broken(line: str, following: str) -> bool:
    """Return whether a word goes on in the following line."""
    if _ADDRESS.search(line[-200:]):
        return False
    tail, head = _TAIL.search(line[-200:]), _HEAD.match(following)
    if tail is None or head is None or len(tail[0]) + len(head[0]) < _MIN_WORD:
        return False
    last, first = tail[0].rstrip(".!?"), _NO_LETTER.split(head[0], maxsplit=1)[0]
    if len(last) < _LEAST_CHARS or "@" in head[0]:  # most of a name may stand in the line before its host
        return True
    is_sentence = last != tail[0] and last.isalpha() and first.istitle()
    return not (is_sentence or (_is_word(last) and _is_word(first)))


def _is_word(text: str) -> bool:
    """Return whether letters are a whole word: what ends a line in one, and begins the next, was not broken there."""
    return len(text) <= _MOST_CHARS and text.isalpha() and (is_frequent(text) or not has_rare_word(text))


_ADDRESS = re.compile(r"[\w.+-]@(?:[\w-]{1,63}\.){1,8}(?:[A-Za-z]{2,4}|invalid)\Z")
"""An address at the end of a line is whole: what follows is another word."""
