"""Lines of settings, told from lines of code by the lines beside them. No I/O.

`password = lantern.moss` is either. It is a setting where the line above or below is one, too: a name and a plain
value, without the signs that code has.
"""

import re

_LINE_CHARS = 200
_BEGIN = re.compile(r"(?:\A|\n)[ \t]{0,24}(?:-[ ])?(?:export[ ])?[\w./-]{0,80}\Z")
_END = re.compile(r"[ \t]{0,8}(?:\r?\n|\Z)")
_IN_BRACES = re.compile(r"\{[ ]?(?:[\w.-]{1,40}[ ]=[ ]\"[^\"\n]{0,80}\",?[ ]){1,4}[\w.-]{1,40}[ ]=[ ]\Z")
_SETTING = re.compile(
    r"[ \t]{0,24}(?:-[ ])?(?:export[ ])?[\w./-]{2,80}[ \t]{0,24}(?:=|:(?=[ \t]|\Z))[ \t]{0,24}+"
    r"(?![A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+\Z)[^\n(){}\[\];]{0,120}(?<![,;({=&|+])"
)
"""Its value is none of code: neither a member nor a call."""
_SECTION = re.compile(r"\[[\w .:/-]{1,64}\]")
_PAIR_BEFORE = re.compile(r"(?<![\w=])[\w-]{1,40}=[^\s,;(){}=]{1,80}[ ][\w-]{1,40}=\Z")
_PAIR_BEHIND = re.compile(r"[ ][\w-]{1,40}=[^\s,;(){}=]")


def is_set_in_line(text: str, end: int, start: int, stop: int) -> bool:
    """Return whether a value from `start` to `stop` is one of a setting, whose name has its `end` there."""
    if text[end:start].strip(" ") == "=" and _is_among_pairs(text, start, stop):
        return True
    before, behind = _BEGIN.search(text, max(0, end - _LINE_CHARS), end), _END.match(text, stop)
    if before is None or behind is None:
        return False
    above, below = text[max(0, before.start() - _LINE_CHARS) : before.start()], text[behind.end() :][:_LINE_CHARS]
    return any(map(_is_setting, (above.rpartition("\n")[2], below.partition("\n")[0])))


def _is_among_pairs(text: str, start: int, stop: int) -> bool:
    """Return whether names and values stand in one line, with nothing but blanks between them."""
    return any(one.search(text, max(0, start - _LINE_CHARS), start) for one in (_PAIR_BEFORE, _IN_BRACES)) or (
        _PAIR_BEHIND.match(text, stop) is not None
    )


def _is_setting(line: str) -> bool:
    line = line.rstrip()
    return _SETTING.fullmatch(line) is not None or _SECTION.fullmatch(line) is not None
