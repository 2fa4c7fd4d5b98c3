"""What stands in the lines around a secret: below a word of secrecy, and beside a value that is one. No I/O.

Each line alone tells nothing: a code on a line of its own, a member of the same object, a cell of the same row.
"""

import re
from collections.abc import Iterator

from pytest_codex_replay.redaction.placeholders import PLACEHOLDER
from pytest_codex_replay.sharing.review.value_forms import (
    AN_ID,
    EDGE_BEFORE,
    EDGE_BEHIND,
    TOKEN,
    WEAK,
    in_token,
    is_plain_word,
)

_LINE_CHARS = 200
_ASKS = re.compile(
    r"\b(?:what'?s?|which|send|give|tell|anyone|who has|got the|need the|wie|welche\w{0,2}|schick"
    r"|quel\w{0,2}|cu[aá]l|qual|mand[ae]"
    r"|какой|скинь|jaki\w{0,2}|wat is|vad är|hvad|hva)\b",
    re.IGNORECASE,
)
"""A question, whose answer is below."""
_QUOTES = "\"'`,;."
_LINES_BELOW, _LINES_BESIDE, _LINES_OF_CODES = 6, 2, 24
_LEAST_CHARS = 5
_WORD_CHARS, _WORDS_COUNT = 8, 4
"""Where the first words of a line have a longer one, it is a sentence, and not a code."""
_NUMBERED_WORD = re.compile(r"[ \t]{0,8}\d{1,2}[.):]?[ \t]{1,4}([a-z]{3,8})[ \t\r]*")
_VALUE_OF = re.compile(r"[\W_]*(?:value[:=]|\d\d:\d\d\S* )?(?:\w{1,16}[:>\]]|\w{2,24} ?/)?[\W_]*")
_OPENS = frozenset(":?|>[{=(")
"""What ends a line whose value is below."""
_PROMPT = re.compile(r"[^\s$#>%]{0,40}[$#>%] \S")
"""Of a shell: what a command prints is below."""
_LABEL = re.compile(r"\S{1,32}[:>\])|.]|[-*+>|#$%]{1,3}|\d{1,2}[.):]?|\d\d:\d\d(?::\d\d)?|<\S{1,24}>")
"""What stands before a value that is alone on its line: a number, a name, a time, a sign."""
_CODES = re.compile(
    r"(?<![\w.:/-])(?:\d{3,6}(?:[ -]\d{3,6}){1,7}|\d{6,8}|[A-Z\d]{4,5}(?:-[A-Z\d]{4,5}){1,5}"
    r"|[a-z\d]{4}(?:-[a-z\d]{4}){1,5}|[a-z\d]{5}(?:-[a-z\d]{5}){1,3}|(?:[0-9a-fA-F]{2}[ :-]){11,63}[0-9a-fA-F]{2})"
    r"(?![\w:/]|[.,-]\d)"
)
_ALONE = re.compile(r"[\W_]*(?:\d{1,2}[.):\]][\W_]*){0,8}")
"""What stands before codes in their list, and between them."""
_DUMP = re.compile(
    r"[ \t]*[0-9a-fA-F]{4,8}:?[ \t]{1,4}((?:[0-9a-fA-F]{2,8}[ \t]{1,2}){4,31}[0-9a-fA-F]{2,8})(?:[ \t].*)?"
)
"""A line of `xxd`, `hexdump` or `od`."""
_OF_A_PERSON = frozenset(("email", "user", "person", "phone", "host", "path", "device", "home", "address"))
"""Kinds of placeholders that tell nothing of what stands beside them."""
_PAIR = re.compile(
    r"[ \t>|+-]{0,16}[\w.$\[\]\"'-]{1,48}(?:[ \t]{1,8}[\w:]{1,16}){0,2}[ \t]{0,8}(?:[:=]>?|[ \t])[ \t]{0,24}"
    r"[\"'`]?([^\s\"'`;,]{8,128})[\"'`]?[,;]?[ \t\r]*"
)
"""A name and a value on one line."""

Value = tuple[int, str, int]


def below(text: str, stop: int) -> Iterator[Value]:
    """Yield values that are alone on one of the next lines, and the codes that are listed there.

    Below a label, a plain word is one, too.
    """
    before = max(0, stop - _LINE_CHARS)
    line = max(before, text.rfind("\n", before, stop) + 1)
    is_label = (
        text[max(0, stop - 2) : stop].strip()[-1:] in _OPENS
        or text.startswith(("---", "==="), stop + 1)
        or _PROMPT.match(text, line, stop) is not None
        or _ASKS.search(text, line, stop) is not None
    )
    for number, (at, row) in enumerate(_lines(text, stop + 1, _LINES_OF_CODES)):
        if row.rstrip().endswith(":"):  # another label
            return
        codes = list(_codes(row))
        yield from ((at + start, value, WEAK) for start, value in codes)
        if not codes and number >= _LINES_BELOW:
            return
        if codes or not (alone := _alone(row)):
            continue
        yield from _doubtful(text, at + alone[0], at + alone[1])
        word = row[alone[0] : alone[1]].strip(_QUOTES)
        if is_label and is_plain_word(word) and _VALUE_OF.fullmatch(row[: alone[0]]):
            yield at + row.index(word, alone[0]), word, WEAK


def _codes(line: str) -> Iterator[tuple[int, str]]:
    """Yield the codes of a line that has nothing else: groups of digits or letters, bytes, the word of a wallet."""
    if any(len(word) > _WORD_CHARS and word.isalpha() for word in line.split(None, _WORDS_COUNT)[:_WORDS_COUNT]):
        return
    if one := _NUMBERED_WORD.fullmatch(line) or _DUMP.fullmatch(line):
        yield one.start(1), one[1]
    elif _ALONE.fullmatch(_CODES.sub(" ", line)):
        yield from ((code.start(), code[0]) for code in _CODES.finditer(line))


def beside_secrets(text: str, said: str) -> Iterator[Value]:
    """Yield what stands beside a placeholder: on its line, and as the value of a name in the lines around it.

    Args:
        text: the text.
        said: the same, with no placeholder.
    """
    end = 0
    for found in PLACEHOLDER.finditer(text) if "[[REDACTED:" in text else ():
        if found[1] in _OF_A_PERSON or found.start() < end:
            continue
        begin = max(text.rfind("\n", 0, found.start()) + 1, found.start() - _LINE_CHARS)
        stop = text.find("\n", found.end(), found.end() + _LINE_CHARS)
        end = stop if stop >= 0 else min(len(text), found.end() + _LINE_CHARS)
        yield from _doubtful(said, begin, end)
        yield from brothers(said, begin, end)


def brothers(text: str, begin: int, end: int) -> Iterator[Value]:
    """Yield the values of names in the lines around a line."""
    for at, line in (*_lines_before(text, begin), *_lines(text, end + 1, _LINES_BESIDE)):
        if pair := _PAIR.fullmatch(line):
            yield from _doubtful(text, at + pair.start(1), at + pair.end(1))


def _lines(text: str, at: int, count: int) -> Iterator[tuple[int, str]]:
    """Yield the next lines that are not empty, with their places; not beyond a long one."""
    left = count
    while left and at < len(text):
        end = text.find("\n", at, at + _LINE_CHARS)
        if end < 0 and len(text) - at > _LINE_CHARS:
            return
        line = text[at : end if end >= 0 else len(text)]
        if line.strip():
            yield at, line
            left -= 1
        at += len(line) + 1
        count -= 1
        if count < -1:
            return


def _lines_before(text: str, begin: int) -> Iterator[tuple[int, str]]:
    for _ in range(_LINES_BESIDE):
        if begin < 2:  # noqa: PLR2004  nothing is before it but a line break
            return
        end = begin - 1
        begin = text.rfind("\n", max(0, end - _LINE_CHARS), end) + 1
        if end - begin <= _LINE_CHARS:
            yield begin, text[begin:end]


def _alone(line: str) -> tuple[int, int] | None:
    """Return the place of the only value on a line, whatever numbers or names it."""
    *labels, value = line.split()
    if len(labels) > 3 or len(value) < _LEAST_CHARS or not all(map(_LABEL.fullmatch, labels)):  # noqa: PLR2004
        return None
    end = len(line.rstrip())
    return end - len(value), end


def _doubtful(text: str, begin: int, end: int) -> Iterator[Value]:
    """Yield the values between two places that are known by nothing."""
    for one in AN_ID.finditer(text, begin, end):
        yield one.start(), one[0], WEAK
    for token in TOKEN.finditer(text, begin, end):
        yield from ((at, value, WEAK) for at, value, _ in in_token(token))
    for code in _CODES.finditer(text, begin, end):
        if code[0].strip(EDGE_BEFORE + EDGE_BEHIND):
            yield code.start(), code[0], WEAK
