"""What could be a secret by its place alone, in the lines of a text that speak of access: the best guesses. No I/O.

Any word may be a password, so its form tells little. But few words stand where a value does: behind a verb that states
or hands over something, in quotes, alone on a line, at the end of a sentence. A person is shown the best of each text,
behind everything else.
"""

import re
from collections.abc import Iterator
from itertools import chain
from typing import NamedTuple

from pytest_codex_replay.redaction.formats import words
from pytest_codex_replay.redaction.markers import Markers
from pytest_codex_replay.redaction.placeholders import PLACEHOLDER
from pytest_codex_replay.sharing.guessed_forms import ENDS, EXPLAINS, form_of, phrase_of
from pytest_codex_replay.sharing.secret_nouns import BEGINNINGS

_ACCESS = frozenset(
    one
    for name in (
        *("access_words", "opens", "login", "lock", "lock_words", "pin", "code", "spelled", "asks_for_secrets"),
        *("commands_with_secrets", "calls_with_secrets", "bare_keys", "english_passwords", "programs_with_secrets"),
    )
    for one in words(name)
)
_CUES = frozenset((*BEGINNINGS, *_ACCESS))
_MARKERS = Markers(_CUES)
_WHOLE_CHARS = 4
"""A shorter cue is a word of its own."""
_OF_A_PERSON = frozenset(("email", "user", "person", "phone", "host", "path", "device", "home", "address", "identity"))
"""Kinds of placeholders that tell nothing of what stands beside them."""
_FAR = 9
"""Distance of a line in a text without a cue."""
_RUN_WORDS = range(2, 7)
_LINE_CHARS, _NEAR_LINES, _MOST_LINES = 320, 2, 48
_SPOKEN_CHARS = 1500
"""Of a message that is no longer, each line is looked at."""
_BEFORE_CHARS = 32
_TELLS = frozenset(
    one
    for name in ("says", "copulas", "reads", "verbs", "told_by", "told_by_elsewhere", "prepositions", "links", "adverbs", "i_set")
    for one in words(name)
    if " " not in one
) | set(words("told_in_passing")) | set(words("accounts"))
"""Behind these stands what is told."""
_TOKEN = re.compile(r"[^\s\"'`\u201c-\u201f\u00ab\u00bb\u300c-\u300f]{1,96}+")
_QUOTED = re.compile(
    r"(?<!\w)(?:([\"'`])((?:(?!\1)[^\n\\\"'`]|(?<=\w)''?(?=\w)){4,64}?)\\?\1|[\u201c\u201e\u00ab\u300c\u300e]([^\n\u201d\u201c\u00bb\u300d\u300f]{4,64}))(?!\w)"
)
_RUN = re.compile(
    r"[ \t]{1,2}[\"'\u201c\u201e\u00ab]?((?:[^\W_]{1,16}(?:['\u2019-][^\W_]{1,16})?[ ](?:& )?){1,8}?[^\W_]{1,16}(?:['\u2019-][^\W_]{1,16})?[!?]?)"
    r"(?=[\"'\u201d\u00bb]?(?:[.,;!?()\n]|\s*\Z|[ ](?:[(\u2013\u2014-]|(?:and|then|und|dann|et|y|e|i|och|en)[ ])))"
)
_ROW = re.compile(r"[^\n]+")
_CELL = re.compile(r"\[\[REDACTED:\w+:\d+\]\]|[^\s:|,;=\"'`]+")
_DENSE_SAID = re.compile(
    r"(?<=[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af])(?:\u306f|\u662f|\u4e3a|\u70ba|\u6539\u6210|\uff1a|:)[ \u300c\"]?"
    r"((?!\[\[)[^\s\u3001\u3002\uff0c,.;\u300c\u300d\"]{3,16}?)(?=[\u300d\"]?(?:\u306b|\u3067|\u3060|[\u3001\u3002\uff0c,.;]|\s*\Z))"
)
"""What a sentence of a script without blanks states."""
_MOST_ROWS, _BROTHERS, _BROTHER, _TOLD = 400, 3, 4, 2
_REST = re.compile(r"[\w\]\"'.-][=:][ \t]?[\"']?((?:[^\W_]{1,16}[ ]){1,8}[^\W_]{1,16}[!?]?)(?=[\"',;]{0,2}[ \t\r]*\Z)")
_LAST = re.compile(r"[\"'`*\u201d\u00bb\u300d)]{0,3}(?:[.!?;,]*\s*(?:\n|\Z)|[.!?]+\s)")
_OPENING, _SIGNS = "*\"'`\u201c\u201e\u00ab\u300c\u300e", frozenset(":=\u2192>\uff1a|")
_BORDERS = frozenset(",;?!.\u2013\u2014\u3001\uff0c\u3002")
_LABEL = re.compile(r"[\W\d]*(?:\w{1,16}[:>\])])?[\W_]*")
_STATED = re.compile(rf"[\"'\u201d]?[ \t](?:[\u2013\u2014-]|{'|'.join(map(re.escape, words('copulas')))})(?!\w)")
_OPTION = re.compile(r"(?:\A|\s)[-/]{1,2}(?:(p|P|pw|k|w|W|hp|x|pass\w*|p[ \"':=]?)|[A-Za-z][\w-]{0,24})[ =:][\"']?\Z")
_EDGE_BEFORE, _EDGE_BEHIND = "([{<*_=:,>", ".,;:?)]}>*"
_NAMED = re.compile(r"(?:[$%@]?[A-Za-z_][\w.$%-]{0,40}|[^\W\d_]{1,24})[=:](?=[^=:/\s])")
_LEAST, _LEAST_SPOKEN, _BEST, _MOST = 4, 3, 10, 6
_BEHIND = 2
_SHORT_CHARS = 600
"""A text that is no longer is looked at without a cue, too."""
_CLAUSE = re.compile(r"(?:(?![ ]{2})[^.,;:!?()\n\"\t|\u2013\u2014])+")
GUESSED = 0
"""Scores of guesses are below it."""

Guess = tuple[int, str, int]
"""Place and text of a value, and its score."""


class _Line(NamedTuple):
    begin: int
    end: int
    distance: int
    """How many lines away the next cue is."""
    cue: int
    """Where the first cue of the line ends."""


def guesses_in(text: str, *, is_spoken: bool, taken: set[int]) -> Iterator[Guess]:
    """Yield the best guesses of a text, whose score says how good each is.

    Args:
        text: the text.
        is_spoken: whether a person or a model writes it.
        taken: the places that are in other values.
    """
    weighed: dict[str, tuple[int, int]] = {}
    for line in _lines(text, is_spoken=is_spoken):
        least = _LEAST_SPOKEN if is_spoken else _LEAST
        least += line.distance == _FAR
        is_told = is_spoken and _has_secret(text, line.begin, line.end)
        least += _TOLD if is_told else 0
        for start, value, weight in (*_weighed(text, line), *_clauses(text, line, is_spoken=is_spoken)):
            if weight >= least and weight > weighed.get(value, (0, 0))[0]:
                weighed[value] = weight - (_TOLD if is_told else 0), start
    for start, value in _brothers(text):
        if form := form_of(value):
            weighed[value] = form + _BROTHER, start
    best = sorted(weighed.items(), key=lambda one: (-one[1][0], one[1][1], -len(one[0])))
    free, count = set(taken), 0
    for value, (weight, start) in best:
        if free.isdisjoint((start, start + len(value) - 1)) or (" " in value and not free.issuperset((start, start + len(value) - 1))):
            free.update(range(start, start + len(value)))
            yield start, value, GUESSED - _BEST + min(weight, _BEST - 1) - _BEHIND * count
            count += 1
            if count == _MOST:
                return


def _lines(text: str, *, is_spoken: bool) -> Iterator[_Line]:
    """Yield the lines with a cue, and those beside them."""
    cues = _cues(text)
    is_whole = is_spoken and len(text) <= _SPOKEN_CHARS
    if not cues and not is_whole and len(text) > _SHORT_CHARS:
        return
    spans, at = [], 0
    for row in text.split("\n"):
        spans.append((at, at + len(row)))
        at += len(row) + 1
    held: dict[int, int] = {}
    number = 0
    for start, end in sorted(cues.items()):
        while spans[number][1] < start:
            number += 1
        held.setdefault(number, end)
    done: set[int] = set()
    if not held:
        yield from (_Line(begin, end, _FAR, -1) for begin, end in spans[:_MOST_LINES] if begin != end)
    for number in list(held)[:_MOST_LINES]:
        near = range(len(spans)) if is_whole else range(max(0, number - 1), min(len(spans), number + _NEAR_LINES + 1))
        for one in near:
            begin, end = spans[one]
            if one in done or begin == end or (end - begin > _LINE_CHARS and not is_spoken):
                continue
            done.add(one)
            yield _Line(begin, end, min(abs(one - each) for each in held), held.get(one, -1))


def _cues(text: str) -> dict[int, int]:
    """Return where cues begin and end."""
    lowered = text.lower()
    found: dict[int, int] = {}
    for cue, places in _MARKERS.places(lowered).items() if len(lowered) == len(text) else ():
        is_whole = len(cue) <= _WHOLE_CHARS
        for at in places:
            end = at + len(cue)
            if text[at - 1 : at].isalnum() or (is_whole and text[end : end + 1].isalpha()):
                continue
            found[at] = max(end, found.get(at, 0))
    for one in PLACEHOLDER.finditer(text) if "[[REDACTED:" in text else ():
        if one[1] not in _OF_A_PERSON:
            found[one.start()] = one.end()
    return found


def _weighed(text: str, line: _Line) -> Iterator[Guess]:
    """Yield the values of a line with their weight: that of their form, and that of their place."""
    near = 1 if line.distance == 0 else 0
    for quoted in _QUOTED.finditer(text, line.begin, line.end):
        value, start = quoted[quoted.lastindex or 0], quoted.start(quoted.lastindex or 0)
        if " " in value:
            form = phrase_of(value)
        else:
            form = form_of(value)
        if form:
            yield start, value, form + 3 + near
    for said in _DENSE_SAID.finditer(text, line.begin, line.end):
        yield said.start(1), said[1], 3 + near
    if (rest := _REST.search(text[line.begin : line.end])) and (form := phrase_of(rest[1])):
        yield line.begin + rest.start(1), rest[1], form + 2 + near
    for token in _TOKEN.finditer(text, line.begin, line.end):
        for start, value in _value_of(token):
            if form := form_of(value):
                yield start, value, form + _place(text, line, start, start + len(value)) + near
        word = token[0].strip(_EDGE_BEHIND).lower()
        if (word in _TELLS or token[0][-1:] in _SIGNS or token.end() == line.cue) and (run := _RUN.match(text, token.end(), line.end)):
            said = _without_end(run[1])
            if form := phrase_of(said):
                yield run.start(1), said, form + 2 + near


def _without_end(said: str) -> str:
    """Return words up to those that explain them: `paperclip orchestra when prompted`."""
    spoken = said.split(" ")
    at = next((at for at in range(2, len(spoken)) if spoken[at].lower() in ENDS), len(spoken))
    return " ".join(spoken[:at])


def _has_secret(text: str, begin: int, end: int) -> bool:
    """Return whether a placeholder stands there that is a secret's."""
    return any(one[1] not in _OF_A_PERSON for one in PLACEHOLDER.finditer(text, begin, end))


def _brothers(text: str) -> Iterator[tuple[int, str]]:
    """Yield what stands, in the lines beside one, in the place where that has a placeholder: a list, a table."""
    if "[[REDACTED:" not in text:
        return
    spans = [(one.start(), one.end()) for one in _ROW.finditer(text)]
    rows = [[*_CELL.finditer(text, begin, min(end, begin + _LINE_CHARS))] for begin, end in spans[:_MOST_ROWS]]
    for number, row in enumerate(rows):
        at = next((at for at, cell in enumerate(row) if (one := PLACEHOLDER.search(cell[0])) and one[1] not in _OF_A_PERSON), -1)
        for other in (rows[max(0, number - _BROTHERS) : number + _BROTHERS + 1]) if at >= 0 and len(row) > 1 else ():
            if len(other) == len(row) and not PLACEHOLDER.search(other[at][0]):
                yield other[at].start(), other[at][0]


def _clauses(text: str, line: _Line, *, is_spoken: bool) -> Iterator[Guess]:
    """Yield the words that say nothing, of the parts of a sentence, or at the end of a line."""
    if not is_spoken and line.distance:
        return
    for clause in _CLAUSE.finditer(text, line.begin, line.end):
        at, run = clause.start(), list[tuple[int, str]]()
        for word in (*re.finditer(r"[^\s]+", clause[0]), None):
            if word is not None and word[0].lower() not in EXPLAINS and word[0].lower() not in _TELLS:
                run.append((at + word.start(), word[0]))
                continue
            if len(run) in _RUN_WORDS:
                start, end = run[0][0], run[-1][0] + len(run[-1][1])
                is_last = end == clause.end()
                if (is_last or is_spoken) and (form := phrase_of(text[start:end])):
                    yield start, text[start:end], form + (line.distance == 0) + is_last
            run = []


def _value_of(token: re.Match[str]) -> Iterator[tuple[int, str]]:
    value = token[0].lstrip(_EDGE_BEFORE)
    at = token.end() - len(value)
    while (named := _NAMED.match(value)):
        at, value = at + named.end(), value[named.end() :]
    value = value.rstrip(_EDGE_BEHIND)
    if len(value) > 2:
        yield at, value


def _place(text: str, line: _Line, start: int, end: int) -> int:
    """Return the weight of a place."""
    before = text[max(line.begin, start - _BEFORE_CHARS) : start].rstrip(_OPENING)
    bare = before.rstrip()
    is_last = _LAST.match(text, end) is not None
    if not bare.strip("#>*-+ \t"):
        if is_last:
            return 3
        return 2 if _STATED.match(text, end) else 0
    last = bare.rsplit(None, 1)[-1].lower()
    if last in _TELLS or bare[-1] in _SIGNS:
        return 3 if is_last or text[end : end + 1] in ".,;)" else 2
    if option := _OPTION.search(before):
        return 3 if option[1] else 2
    if bare[-1] == "/" and before.endswith(" "):
        return 2
    if is_last:
        return 2 if bare[-1] in _BORDERS else 1
    if bare[-1:] == "(" and text.startswith(")", end):
        return 2
    return 1 if 0 <= start - line.cue <= 2 or bare[-1] in _BORDERS else 0
