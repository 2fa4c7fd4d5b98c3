"""Lines of settings, told from lines of code by the lines beside them. No I/O.

`password = lantern.moss` is either. It is a setting where the line above or below is one, too: a name and a plain
value, without the signs that code has.
"""

import re

from pytest_codex_replay.redaction.formats import words

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


_BESIDE_CHARS, _BESIDE_LINES = 480, 3
_PLAIN = re.compile(
    r"[ \t]{0,24}(?:[-*][ ])?(?:export[ ])?\*{0,2}[\w./-]{2,80}[ \t]{0,24}"
    r"(?:\*\*)?(?P<sign>[=:]|(?<=[ \t]))(?:\*\*)?[ \t]{0,24}"
    r"(?P<value>[^\s=:({\[][^\n]{0,120}?)[ \t]{0,8}(?:[ \t][#;][^\n]{0,120})?"
)
_LITERAL = re.compile(
    r"-?\d[\d.:]*|(?i:true|false|yes|no|on|off)|~?/\S*|[A-Za-z]:\\\S*|[a-z][a-z0-9+.-]*://\S+|[\w.+-]+@[\w.-]+"
    r"|[a-z0-9]+(?:-[a-z0-9]+)+|[a-z][\w.-]*:\d+"
)
"""A number, a switch, a path, an address, words joined by hyphens: code has few of them."""
_HOST = re.compile(
    r"[a-z0-9-]+(?:\.[a-z0-9-]+)*\.(?:com|org|net|io|de|dev|lan|eu|fr|ch|at|uk|se|no|nl|pl|it|es|example|internal)"
)
_WORD, _TEXT = re.compile(r"[a-z][a-z0-9_]*"), re.compile(r"\"[^\"\n]*\"|'[^'\n]*'")
_CODE = re.compile(
    r"[ \t]*(?:(?:def|class|return|import|from[ ][\w.]{1,60}[ ]import|if|elif|else|for|while|func|fn|let|const|var|val"
    r"|struct|interface|public|private|protected|static|async|await)[ \t]|self\.|this\.|@\w|//|/\*|\*(?!\*))"
    r"|.*(?:[({,;]|\)|=>|[)\]]:)[ \t]*\Z"
)
_SET = re.compile(r"[ \t]{0,24}(?:set|edit|config|no)[ ][\w./-]{2,40}(?:[ ][^\n(){}=;]{1,80})?")
"""A line of an appliance."""
_OPENED = re.compile(r"[ \t]*[\w.-]+[ \t]*\{[ \t]*")
"""`db {`: a block of HOCON."""
_TYPES = frozenset(words("types_of_values"))


def is_among_settings(text: str, begin: int, stop: int, sign: str) -> bool:
    """Return whether the lines above and below a line are settings with the same sign behind a name, and not code."""
    above = text[max(0, begin - _BESIDE_CHARS) : begin].splitlines()[-_BESIDE_LINES:]
    below = text[stop : stop + _BESIDE_CHARS].splitlines()[1 : _BESIDE_LINES + 1]
    beside = [one for one in (*above, *below) if not _OPENED.fullmatch(one)]
    return not any(map(_CODE.match, beside)) and any(_has_plain_value(one.rstrip(), sign) for one in beside)


def _has_plain_value(line: str, sign: str) -> bool:
    """Return whether a line gives a name a value that no code gives it."""
    if _SECTION.fullmatch(line):
        return sign == "="
    if sign == "" and _SET.fullmatch(line):
        return True
    found = _PLAIN.fullmatch(line)
    if found is None or found["sign"].strip() != sign:
        return False
    value = found["value"]
    if _LITERAL.fullmatch(value) or _HOST.fullmatch(value):
        return True
    is_word = _WORD.fullmatch(value) is not None and value not in _TYPES
    return sign == ":" and (is_word or _TEXT.fullmatch(value) is not None)
