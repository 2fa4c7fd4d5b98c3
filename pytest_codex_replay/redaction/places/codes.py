"""Rules for codes that open an account, and for the words of a wallet: lines of nothing else. No I/O."""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import islice

from pytest_codex_replay.redaction.formats import load_rows, words
from pytest_codex_replay.redaction.lazy_pattern import lazy
from pytest_codex_replay.redaction.rule import Place, PlacesRule
from pytest_codex_replay.redaction.words.value_shapes import is_plausible

_BULLET = r"(?:[-*+>|\u2022\u2023\u2610\u25a1\u00b7]|\[[ x]?\]|\d{1,2}[.):])"
_CODE = lazy(
    r"(?<![\w-])(?:[A-Za-z0-9]{3,12}(?:-[A-Za-z0-9]{3,12}){1,8}|\d{3,5} \d{3,6}(?! \d{3,6}(?!\d))"
    r"|[A-Za-z0-9]{6,16}|\d{6,8})(?![\w-])"
)
_BETWEEN = rf"(?:[ \t,|\"'`\[\]{{}}]|{_BULLET}){{0,24}}+"
_CODE_LINE = lazy(rf"{_BETWEEN}(?:(?:{_CODE.pattern}){_BETWEEN}){{1,12}}[\\;.]?\Z")
_QUOTED_CODE = rf"[\"'`*(]{{0,3}}(?=[A-Za-z -]{{0,16}}\d)(?:{_CODE.pattern})[\"'`*)]{{0,3}}"
_LISTED_CODES = lazy(
    r"(?:codes?|keys?)\b[^\n.]{0,80}?(?:[:=]|\b(?:is|are|was|were|shows?|like|says?|lists?|gave me|include)\b)[ ]"
    rf"({_QUOTED_CODE}(?:(?:, ?(?:and |or )?| and | or | ?/ ?| ){_QUOTED_CODE}){{1,20}})",
    re.IGNORECASE,
)
"""Two or more in a sentence."""
_CODES_BEFORE = lazy(
    rf"({_QUOTED_CODE}(?:(?:, ?(?:and |or )?| and | or | ?/ ?){_QUOTED_CODE}){{1,20}})[^\w\n]{{0,8}}\Z"
)
_WORDS_BEFORE = lazy(r"(?<![\w-])[a-z]{3,12}(?:[ ,\"']{1,4}[a-z]{3,12}){11,32}(?![\w-])")
_BEFORE_CHARS = 400
_OPTIONS = lazy(r'" (?:TOTP_AUTH|HOTP_COUNTER)\b[^\n]{0,40}\n((?:\d{8}[ \t\r]{0,4}(?:\n|\Z)){1,10})')
_SCRATCH_CODE = lazy(r"\d{8}")
_WORD = lazy(r"(?<![\w'-])[a-z]{3,12}(?![\w'-])")
_WORDS = lazy(
    rf"(?:{_BULLET}|[ \t,|\"'`\[\]\d]|share \d{{1,2}}(?: of \d{{1,2}})?:?){{0,32}}+"
    r"(?:[a-z]{3,12}(?:[ \t,|\"'`\[\]{}\d.):*>-]{1,32}|\Z)){1,33}[\\;.]?\Z"
)
_INLINE_WORDS = lazy(r"[\"'`:=\u201c\u201e\u00ab] {0,2}([a-z]{3,12}(?: [a-z]{3,12}){11,32})(?![\w'-])")
_COUNTS = frozenset((12, 13, 15, 18, 20, 21, 24, 25, 33))
"""How many words wallets give: BIP 39, Electrum, SLIP 39, Monero."""
_FUNCTION_WORDS = frozenset(words("function_words"))
_FEW = 6
"""One word of so many may be one that sentences are made of: the lists of wallets have some."""
_LINE_CHARS, _LINES, _GAPS, _REACH = 400, 40, 2, 1500
_LONG_CODE, _MANY_CODES = 8, 3


def _lines_below(text: str, at: int) -> Iterator[Place]:
    """Yield what follows a colon in the line of a place, and the lines below it."""
    end = text.find("\n", at, at + _LINE_CHARS)
    stop = min(len(text), _end_of_line(text, at))
    colon = max(text.rfind(sign, at, stop) for sign in ":=[")
    if colon >= 0:
        yield colon + 1, stop
    for _ in range(_LINES):
        if end < 0 or end - at > _REACH:
            return
        start, end = end + 1, text.find("\n", end + 1, end + 1 + _LINE_CHARS)
        yield start, end if end >= 0 else min(len(text), start + _LINE_CHARS)


def _lines_above(text: str, at: int) -> Iterator[Place]:
    """Yield the lines above that of a place, the nearest first: who pastes codes may say below what they are."""
    stop = text.rfind("\n", max(0, at - _LINE_CHARS), at)
    while stop > 0 and at - stop < _REACH:
        start = text.rfind("\n", max(0, stop - _LINE_CHARS), stop) + 1
        if start == 0 and stop > _LINE_CHARS:
            return
        yield start, stop
        stop = start - 1


def _of_nothing_else_above(text: str, at: int, line: re.Pattern[str]) -> list[Place]:
    """Return the lines above that hold nothing but what `line` matches; a blank one may follow them."""
    taken: list[Place] = []
    for start, end in islice(_lines_above(text, at), _LINES):
        part = text[start:end].strip(" \t\r")
        if part and line.match(part):
            taken.append((start, end))
        elif part or taken:
            break
    return taken[::-1]


def _end_of_line(text: str, at: int) -> int:
    end = text.find("\n", at, at + _LINE_CHARS)
    return end if end >= 0 else at + _LINE_CHARS


def _of_nothing_else(text: str, at: int, line: re.Pattern[str]) -> Iterator[Place]:
    """Yield the first lines that hold nothing but what `line` matches; one or two others may precede them."""
    gaps, has_begun = 0, False
    for start, end in _lines_below(text, at):
        part = text[start:end].strip(" \t\r")
        if part and line.match(part):
            has_begun = True
            yield start, end
        elif part:
            gaps += 1
            if has_begun or gaps > _GAPS:
                return


def _codes(text: str, places: list[int]) -> Iterator[Place]:
    """Yield codes: of one shape, in lines of nothing else, or in a sentence."""
    done = -1
    for at in places:
        if at < done:
            continue
        done = _end_of_line(text, at)
        found = [code for line in _of_nothing_else(text, at, _CODE_LINE) for code in _CODE.finditer(text, *line)]
        shapes = Counter(_shape(code[0]) for code in found)
        for code in found:
            if _is_code(code[0], shapes[_shape(code[0])]):
                done = code.end()
                yield code.span()
        if not found:
            yield from _codes_above(text, at)
            if row := _CODES_BEFORE.search(text, max(0, at - _BEFORE_CHARS), at):
                yield from (code.span() for code in _CODE.finditer(text, *row.span(1)))
        if not found and (listed := _LISTED_CODES.search(text, at, at + _LINE_CHARS)):
            yield from (code.span() for code in _CODE.finditer(text, *listed.span(1)) if any(map(str.isdigit, code[0])))


def _codes_above(text: str, at: int) -> Iterator[Place]:
    """Yield codes of one shape, with digits, in the lines above what says what they are."""
    lines = _of_nothing_else_above(text, at, _CODE_LINE)
    found = [code for line in lines for code in _CODE.finditer(text, *line)]
    if len(found) > 1 and len({_shape(code[0]) for code in found}) == 1:
        is_mixed = sum(any(map(str.isdigit, code[0])) for code in found) > len(found) // 2
        yield from (code.span() for code in found if is_mixed and is_plausible(code[0]))


def _shape(code: str) -> tuple[int, ...]:
    """Return the lengths of the groups of a code."""
    return tuple(map(len, re.split("[- ]", code)))


def _is_code(code: str, alike: int) -> bool:
    """Return whether a code is one: it has digits, or several of its shape are there."""
    has_digit = any(map(str.isdigit, code))
    if not is_plausible(code) or (alike < _MANY_CODES and not has_digit):
        return False
    return alike > 1 or (has_digit and len(code) >= _LONG_CODE)


def _words(text: str, places: list[int]) -> Iterator[Place]:
    """Yield the words of a wallet: lines of them, numbered or not, or a quoted row."""
    done = -1
    for at in places:
        if at < done:
            continue
        done = _end_of_line(text, at)
        lines = [(at, *line) for line in _of_nothing_else(text, at, _WORDS)]
        spans = [[one.span() for one in _WORD.finditer(text, start, end)] for _, start, end in lines]
        for count in range(len(spans), 0, -1):
            taken = [one for each in spans[:count] for one in each]
            if _is_seed([text[slice(*one)] for one in taken]):
                yield from ((each[0][0], each[-1][1]) for each in spans[:count] if each)
                done = taken[-1][1]
                break
        else:
            above = [
                (start, end, [one.span() for one in _WORD.finditer(text, start, end)])
                for start, end in _of_nothing_else_above(text, at, _WORDS)
            ]
            if _is_seed([text[slice(*one)] for *_, each in above for one in each]):
                yield from ((each[0][0], each[-1][1]) for *_, each in above if each)
                continue
            row = _INLINE_WORDS.search(text, at, at + _LINE_CHARS)
            if row and _is_seed(row[1].split()):
                done = row.end()
                yield row.span(1)
                continue
            row = _WORDS_BEFORE.search(text, max(0, at - _BEFORE_CHARS), at)
            if row and _is_seed(re.findall("[a-z]+", row[0])):
                yield row.span()


_FORM_OF_SMALL = "[a-z0-9]{4,6}-[a-z0-9]{4,6}"
_SMALL_CODE = lazy(_FORM_OF_SMALL)
_LISTED_BELOW = lazy(
    rf"[^\n]{{0,200}}\n(?:[^\n]{{0,120}}\n){{0,2}}?((?:[ \t>*-]{{0,8}}{_FORM_OF_SMALL}[ \t\r]{{0,4}}(?:\n|\Z)){{4,20}})"
)


def _codes_of_one_form(text: str, places: list[int]) -> Iterator[Place]:
    """Yield codes in small letters and digits, four or more of one form below a line that says to keep them."""
    for listed in filter(None, (_LISTED_BELOW.match(text, at) for at in places)):
        found = [*_SMALL_CODE.finditer(text, *listed.span(1))]
        mixed = sum(not one[0].replace("-", "").isalpha() and not one[0].replace("-", "").isdigit() for one in found)
        if len({_shape(one[0]) for one in found}) == 1 and mixed * 2 > len(found):
            yield from (one.span() for one in found)


_SAYS_SENT = lazy(rf"(?<![^\W_])(?:{'|'.join(words('says_sent'))})(?![^\W_])", re.IGNORECASE)
_OF_A_THING = lazy(rf"(?<![^\W_])(?:{'|'.join(words('codes_of_things'))})[ _-]\Z", re.IGNORECASE)
_SENTENCE_CHARS, _THING_CHARS = 80, 12


def is_code_sent(match: re.Match[str]) -> bool:
    """Return whether a text about a code says that it was sent, received or typed: no error has this code."""
    text, start = match.string, match.start()
    if _OF_A_THING.search(text, max(0, start - _THING_CHARS), start):
        return False
    least = max(0, start - _SENTENCE_CHARS)
    begin = max(text.rfind("\n", least, start) + 1, least)
    return _SAYS_SENT.search(text, begin, min(_end_of_line(text, start), match.end() + _SENTENCE_CHARS)) is not None


def _is_seed(found: list[str]) -> bool:
    """Return whether words are those of a wallet, and neither a sentence nor the list that they are from."""
    return (
        len(found) in _COUNTS
        and sum(one in _FUNCTION_WORDS for one in found) <= len(found) // _FEW
        and len(set(found)) > len(found) // 2
        and found != sorted(found)
    )


def _scratch_codes(text: str, places: list[int]) -> Iterator[Place]:
    """Yield the codes in the file of a second factor: below its options, a line each."""
    for options in filter(None, (_OPTIONS.match(text, at) for at in places)):
        yield from (code.span() for code in _SCRATCH_CODE.finditer(text, *options.span(1)))


_HOLDING: dict[str, tuple[re.Pattern[str], Callable[[str, list[int]], Iterator[Place]]]] = {
    "codes": (_CODE_LINE, _codes),
    "words": (_WORDS, _words),
    "codes of one form": (_SMALL_CODE, _codes_of_one_form),
}


def _rule(*, kind: str, markers: tuple[str, ...], holds: str) -> PlacesRule:
    pattern, places = _HOLDING[holds]
    return PlacesRule(kind=kind, markers=markers, pattern=pattern, places=places)


CODES = (
    PlacesRule(
        kind="recovery_code", markers=('" totp_auth', '" hotp_counter'), pattern=_OPTIONS, places=_scratch_codes
    ),
    *load_rows("codes", _rule),
)
"""A code is a secret because of what stands above it."""
