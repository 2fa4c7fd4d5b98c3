"""Lines that speak of access, as far as they are prose; comments and prompts are none. No I/O."""

import re
from collections.abc import Iterator

_AROUND_CHARS = 240
_SIGNS = re.compile(r"[{}<>=|$\\\0]")
_OF_CODE = re.compile(
    r";(?!\s)|\(\)|\((?<=[a-z\d_]\()|::|://|->|-(?<!\w-)-?[a-z]|/(?<=\w/)\w+/|\.\w{1,4}:\d|,(?<=\w,)(?:\w+,){2}"
    r"|'\w+', ?'\w+',|import (?<=\bimport )[\w.{}*]+(?=[\s;,]*(?:\n|\Z|as\b))|\": "
    r"| (?<=\S )[ \t]{0,7}# |\t(?<=\S\t)[ \t]{0,7}# "
)
"""Both are what prose has seldom. Each alternative begins with a character of its own, which is looked for fastest."""
_WORD = re.compile(r"[^\W\d_]{2,}")


def lines_of_prose(text: str, near: list[int], few_words: int = 5) -> Iterator[tuple[int, int]]:
    """Yield begin and end of each sentence around a cue, as far as it is prose of more than a few words."""
    done = 0
    for at in near:
        if at < done or text[at - 1 : at].isalnum():
            continue
        begin, end = line_at(text, at)
        done = end
        if is_prose(text, begin, end) and len(_WORD.findall(text, begin, end)) > few_words:
            yield begin, end


def lines_with(text: str, near: list[int], below: int = 0) -> Iterator[tuple[int, int]]:
    """Yield begin and end of each line with a word, with so many lines `below` it; two never overlap."""
    done = 0
    for at in near:
        if at < done or (text[at - 1 : at].isalnum() and text[at - 1].isascii()):
            continue
        begin, end = line_at(text, at)
        for _ in range(below):
            end = line_at(text, end + 1)[1] if text[end : end + 1] == "\n" else end
        yield max(begin, done), end
        done = max(end, at + 1)


def line_at(text: str, at: int) -> tuple[int, int]:
    """Return begin and end of the line of a place, or of the part of it that is near."""
    least, most = max(0, at - _AROUND_CHARS), min(at + _AROUND_CHARS, len(text))
    begin, end = text.rfind("\n", least, at), text.find("\n", at, most)
    return max(begin + 1, least), end if end >= 0 else most


def is_prose(text: str, begin: int, end: int) -> bool:
    """Return whether nothing in a part of a text is of code."""
    return _SIGNS.search(text, begin, end) is None and _OF_CODE.search(text, begin, end) is None


_COMMENT = re.compile(r"[ \t]{0,40}(?:#|//|/?\*|--|;|\"\"\")")
_PROMPT = re.compile(r"[\w.@:~/-]{1,48}(?:\([\w-]{1,24}\))?[#>$%](?=[ ]\S)")


def is_comment(text: str, begin: int) -> bool:
    """Return whether a line that begins there is a comment in code."""
    return _COMMENT.match(text, begin) is not None


def is_prompt(text: str, start: int) -> bool:
    """Return whether a prompt begins at a place, and a command follows it: `Router# configure`."""
    return _PROMPT.match(text, start) is not None
