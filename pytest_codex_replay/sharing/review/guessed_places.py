"""How much the place of a word tells that it is a value: behind what states it, in quotes, alone, at an end. No I/O."""

import re
from collections.abc import Iterator
from functools import lru_cache

from pytest_codex_replay.redaction.formats import words
from pytest_codex_replay.sharing.review.access_lines import Line
from pytest_codex_replay.sharing.review.guessed_forms import ENDS, EXPLAINS, form_of, phrase_of

_TELLS = frozenset(
    one
    for name in (
        *("says", "copulas", "reads", "verbs", "told_by", "told_by_elsewhere", "prepositions", "links", "adverbs"),
        *("i_set", "told_in_passing", "accounts"),
    )
    for one in words(name)
    if " " not in one
)
"""Behind these stands what is told."""
_TOKEN = re.compile(r"[^\s\"'`\u201c-\u201f\u00ab\u00bb\u300c-\u300f]{1,96}+")
_QUOTED = re.compile(
    r"(?<!\w)(?:([\"'`])((?:[^\n\\\"'`]|(?<=\w)''?(?=\w)){4,64}?)\\?\1"
    r"|[\u201c\u201e\u00ab\u300c\u300e]([^\n\u201d\u201c\u00bb\u300d\u300f]{4,64}))(?!\w|[ ]?:)"
)
_WORD = r"[^\W_]{1,16}(?:['\u2019-][^\W_]{1,16})?"
_RUN = re.compile(
    rf"[ \t]{{1,2}}[\"'\u201c\u201e\u00ab]?((?:{_WORD}[ ](?:& )?){{1,8}}?{_WORD}[!?]?)"
    r"(?=[\"'\u201d\u00bb]?(?:[.,;!?()\n]|\s*\Z|[ ](?:[(\u2013\u2014-]|(?:and|then|und|dann|et|y|e|i|och|en)[ ])))"
)
"""Several words behind one that tells, up to the end of their clause."""
_REST = re.compile(r"[\w\]\"'.-][=:][ \t]?[\"']?((?:[^\W_]{1,16}[ ]){1,8}[^\W_]{1,16}[!?]?)(?=[\"',;]{0,2}[ \t\r]*\Z)")
"""Several words that are the value of a name, up to the end of their line."""
_DENSE_SAID = re.compile(
    r"(?<=[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af])(?:\u306f|\u662f|\u4e3a|\u70ba|\u6539\u6210|\uff1a|:)[ \u300c\"]?"
    r"((?!\[\[)[^\s\u3001\u3002\uff0c,.;\u300c\u300d\"]{3,16}?)"
    r"(?=[\u300d\"]?(?:\u306b|\u3067|\u3060|[\u3001\u3002\uff0c,.;]|\s*\Z))"
)
"""What a sentence of a script without blanks states."""
_CLAUSE = re.compile(r"(?:(?![ ]{2})[^.,;:!?()\n\"\t|\u2013\u2014])+")
_CLAUSE_CHARS = 80
_RUN_WORDS = range(2, 7)
_SPOKEN = re.compile(r"\S+")
_BEFORE_CHARS = 32
_OPENING, _SIGNS = "*\"'`\u201c\u201e\u00ab\u300c\u300e", frozenset(":=\u2192>\uff1a|")
_BORDERS = frozenset(",;?!.\u2013\u2014\u3001\uff0c\u3002")
_LAST = re.compile(r"[\"'`*\u201d\u00bb\u300d)]{0,3}(?:[.!?;,]*\s*(?:\n|\Z)|[.!?]+\s)")
_STATED = re.compile(rf"[\"'\u201d]?[ \t](?:[\u2013\u2014-]|{'|'.join(map(re.escape, words('copulas')))})(?!\w)")
"""A word that begins its line is stated by what follows: `hopscotch is what it takes`."""
_PROGRAM = re.compile(r"(?:\{\"\w+\":|-l?c\W{1,4}|[|&]|(?:\A|\s)[$#]|\bsudo) ?\Z")
"""Behind these stands the name of a program."""
_OPTION = re.compile(r"(?:\A|\s)[-/]{1,2}(?:(p|P|pw|k|w|W|hp|x|pass\w*)|[A-Za-z][\w-]{0,24})[ =:][\"']?\Z")
_NAMED = re.compile(r"(?:[$%@]?[A-Za-z_][\w.$%-]{0,40}|[^\W\d_]{1,24})[=:](?=[^=:/\s])")
_EDGE_BEFORE, _EDGE_BEHIND = "([{<*_=:,>", ".,;:?)]}>*"
_LEAST_CHARS = 3
_STATES, _HANDS, _ENDS, _NONE = 3, 2, 1, -9
"""Weights of places."""

Weighed = tuple[int, str, int]
"""Place and text of a value, and its weight."""


def weighed_in(text: str, line: Line, *, is_spoken: bool) -> Iterator[Weighed]:
    """Yield the values of a line with their weight: that of their form, and that of their place."""
    near = int(line.cue >= 0)
    row = text[line.begin : line.end]
    for start, value, weight in _quoted(text, line):
        yield start, value, weight + near
    for start, value, weight in _phrases(row, is_spoken=is_spoken, has_cue=line.cue >= 0):
        yield line.begin + start, value, weight + near
    for token in _TOKEN.finditer(text, line.begin, line.end):
        start, value = _value_of(token)
        if form := form_of(value):
            yield start, value, form + _place(text, line, start, start + len(value)) + near
        word = token[0]
        if word[-1] in _SIGNS or token.end() == line.cue or word.strip(_EDGE_BEHIND).lower() in _TELLS:
            run = _RUN.match(text, token.end(), line.end)
            said = _told_alone(run[1]) if run else ""
            if run and (form := phrase_of(said)):
                yield run.start(1) + run[1].index(said), said, form + _HANDS + near


def _quoted(text: str, line: Line) -> Iterator[Weighed]:
    for quoted in _QUOTED.finditer(text, line.begin, line.end):
        group = quoted.lastindex or 0
        if form := phrase_of(quoted[group]) if " " in quoted[group] else form_of(quoted[group]):
            yield quoted.start(group), quoted[group], form + _STATES


def _phrases(row: str, *, is_spoken: bool, has_cue: bool) -> Iterator[Weighed]:
    """Yield what a line ends with behind a name, and words that explain nothing."""
    if not row.isascii():
        yield from ((said.start(1), said[1], _STATES) for said in _DENSE_SAID.finditer(row))
    if ("=" in row or ":" in row) and (rest := _REST.search(row)) and (form := phrase_of(rest[1])):
        yield rest.start(1), rest[1], form + _HANDS
    if is_spoken or (has_cue and len(row) <= _CLAUSE_CHARS):
        yield from _clauses(row, is_any=is_spoken)


def _clauses(row: str, *, is_any: bool) -> Iterator[Weighed]:
    """Yield the runs of words, within a clause, that explain nothing; unless `is_any`, those at its end."""
    for clause in _CLAUSE.finditer(row):
        run: list[re.Match[str]] = []
        for word in (*_SPOKEN.finditer(row, clause.start(), clause.end()), None):
            if word is not None and word[0].lower() not in EXPLAINS and word[0].lower() not in _TELLS:
                run.append(word)
                continue
            if len(run) in _RUN_WORDS:
                start, end = run[0].start(), run[-1].end()
                is_last = end == clause.end()
                if (is_last or is_any) and (form := phrase_of(row[start:end])):
                    yield start, row[start:end], form + is_last
            run = []


def _told_alone(said: str) -> str:
    """Return words without what tells them, and up to what explains them: `paperclip orchestra when asked`."""
    spoken = said.split(" ")
    begin = next((at for at, one in enumerate(spoken) if one.lower() not in _TELLS), 0)
    end = next((at for at in range(begin + 2, len(spoken)) if spoken[at].lower() in ENDS), len(spoken))
    return " ".join(spoken[begin:end])


def _value_of(token: re.Match[str]) -> tuple[int, str]:
    """Return place and text of the value in a run of characters: without its name, and the signs around it."""
    at, value = _in_run(token[0])
    return token.start() + at, value


@lru_cache(maxsize=4096)  # a session says most of its words many times
def _in_run(run: str) -> tuple[int, str]:
    value = run.lstrip(_EDGE_BEFORE)
    while named := _NAMED.match(value):
        value = value[named.end() :]
    return len(run) - len(value), value.rstrip(_EDGE_BEHIND)


def _place(text: str, line: Line, start: int, end: int) -> int:
    """Return the weight of a place."""
    before = text[max(line.begin, start - _BEFORE_CHARS) : start].rstrip(_OPENING)
    bare = before.rstrip()
    is_last = _LAST.match(text, end) is not None
    if _PROGRAM.search(before):
        return _NONE
    if not bare.strip("#>*-+ \t"):  # alone, or the first of its line
        return _STATES if is_last else _HANDS if _STATED.match(text, end) else -1
    if bare[-1] in _SIGNS or bare.rsplit(None, 1)[-1].lower() in _TELLS:
        return _STATES if is_last or text[end : end + 1] in ".,;)" else _HANDS
    if option := _OPTION.search(before):
        return _STATES if option[1] else _HANDS
    is_first = bare[-1] in _BORDERS
    is_enclosed = (bare[-1] == "/" and before.endswith(" ")) or (bare[-1] == "(" and text.startswith(")", end))
    if is_enclosed or (is_last and is_first):
        return _HANDS
    return _ENDS if is_last or is_first else 0
