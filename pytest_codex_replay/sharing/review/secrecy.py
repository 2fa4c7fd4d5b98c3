"""What stands near a word of secrecy, in any form that a secret may have. No I/O.

A person is shown it: words in quotes, words joined, codes, groups of digits, cells below the head of a column. What
such a word stands beside in a program or a message, and is known by its form, is left out.
"""

import re
from collections.abc import Iterator

from pytest_codex_replay.redaction.formats import pattern, words
from pytest_codex_replay.redaction.rule import anchored
from pytest_codex_replay.sharing.review.neighbours import below, brothers
from pytest_codex_replay.sharing.review.odd_words import odd_in, speaks_of_secrets
from pytest_codex_replay.sharing.review.secret_nouns import (
    BEGINNINGS,
    MARKERS,
    NOUN,
    OF_IDS,
    OF_PASSWORDS,
    SAYS_CODE,
    has_noun,
)
from pytest_codex_replay.sharing.review.value_forms import (
    AN_ID,
    EDGE_BEFORE,
    EDGE_BEHIND,
    NUMBERS,
    TOKEN,
    WEAK,
    WORDS,
    could_be_phrase,
    in_token,
    is_cell,
    is_given,
    is_placed,
    is_plain_word,
    is_said_phrase,
)

_SHORT_CHARS, _NAME_CHARS = 4, 24
_HEADS = 4
"""So many words on one line may head columns."""
_AHEAD_CHARS, _BEHIND_CHARS, _LINE_CHARS = 112, 72, 400
_NUMBERED = re.compile(r"(?:\d{1,2}[.):][ \t]{1,4}[a-z]{3,8}[ \t|,]{0,12}){3,24}")
"""Words of a wallet, in a row or a line of a list."""
_UNITS, _UNNUMBERED = pattern("units"), pattern("unnumbered")
_DIGITS = re.compile(
    r"(?<![\w.,:/+-])(?!(?:19|20)\d\d(?!\d))(?:[A-Z]?\d{3,6}[A-Z]|[A-Z]\d{3,6}|\d{2}[A-Z]\d{2,3}"
    r"|\d{3,4}[ -]\d{3,4}|\d{4,8}|\d{1,3}(?:([- ])\d{1,3})(?:\1\d{1,3}){1,5})(?![\w%]|[.,:/-]\d)"
)
_DATE = re.compile(r"[0-3]?\d[- ](?:0?\d|1[0-2])[- ]\d\d|\d\d[- ](?:0?\d|1[0-2])[- ][0-3]?\d")
_GROUPS = re.compile(
    r"(?<![\w-])(?:[A-Z2-7]{4}(?:[ -][A-Z2-7]{4}){2,12}|[a-z2-7]{4}(?: [a-z2-7]{4}){3,7})(?![\w-]| [a-z]{2})"
)
"""Keys in base32, and passwords of applications, as they are shown."""
_QUOTED = re.compile(
    r"[\"'`\u201c\u201e\u00ab](?<![\w.,;].)(?=\S{1,40} )"
    r"(?:(?<=\")([^\n\\\"]{8,96}+)\\?\"|(?<=')([^\n\\']{8,96}+)\\?'|(?<=`)([^\n\\`]{8,96}+)\\?`"
    r"|(?<![\"'`])([^\n\u201d\u201c\u00bb]{8,96}))(?!\w)"
)
_REST = re.compile(
    r"[\w.\]\"']{0,40}[ \t]{0,8}[:=][ \t]{0,8}((?:[^\W_]{1,20}[,!?]?[ ]){1,8}[^\W_]{1,20}[!?]?)"
    r"(?=[\"';,]{0,2}[ \t\r]{0,4}(?:\n|\Z|\\n))"
)
_RUN = re.compile(r"(?<![\w-])(?:[a-z]{2,12} {1,8}){2,23}[a-z]{3,12}(?![\w-])")
_PLACE = re.compile(
    r"[\w.\]-]{0,32}[\"'`)\]>*]{0,3}(?:[ \t]?\([^()\n]{0,60}\))?[ \t]{0,24}"
    r"(?:(?::=|=>|->|[:=\u2192\uff1a]>?)[ \t]{0,24}|(?=[\"'`\u201c\u201e\u00ab]))"
    r"(?:[\"'`\u201c\u201e\u00ab]([^\n\"'`\u201d\u201c\u00bb\\]{4,96})[\"'`\u201d\u201c\u00bb]"
    r"|([^\s\"'`]{4,64})(?=[\s\"'`]|\Z))"
)
"""Behind a name: the sign of an assignment, or a quotation mark, and the value."""
_GLUE = re.compile(
    r"\w{0,24}(?:[^\w\n]|\b(?:value|key|string|str|text|plain|plaintext|by|char|const|send_keys|type|fill)\b){0,16}\n?"
    r"(?:[^\w\n]|\b(?:value|key|string|text)\b){0,16}(?<![\w.$@#/\\<({\[-])(?<!\w )"
    r"([^\W\d_][^\s\"'`<>(){}\[\],;|\\&]{3,48}?)(?=[\"'`<;,)}\]|&\\]|[ \t\r]{0,4}(?:\n|\Z))",
    re.IGNORECASE,
)
"""Behind a name: signs, and words that say no more than that a value follows; then the value, and its end."""
_CJK = re.compile(
    r"[^\n]{0,12}?([\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]{1,10}\d{1,8}"
    r"|[\u30a0-\u30ff\uac00-\ud7af]{0,8}[A-Za-z]{2,16}\d{1,8})"
)
"""A word with a number, in a script that has no blanks."""
_CHANGED = re.compile(
    r"[^\n.]{0,40}?[ \t](?:from|von|de|da|van|fra|från|\u0441|z"
    r"|od)[ \t][\"'`]?(\S{4,48}?)[\"'`]?[ \t](?:to|auf|zu|à|a|in|naar|til|till|на|na)[ \t]"
    r"[\"'`]?(\S{4,48}?)[\"'`.,;!]{0,2}(?=\s|\Z)",
    re.IGNORECASE,
)
_SLASHED = re.compile(r"[:=\s\-]{1,4}[\w.@+-]{2,40}[ \t]?[/|][ \t]?([^\s/|\"'`<>]{5,48})(?=[\s,;.)]|\Z)")
"""A name and a password behind a word for a login."""
_COPULAS = "|".join(map(re.escape, words("copulas")))
_SAYS = "|".join(map(re.escape, (*words("says"), *words("copulas"))))
_SAID_WORDS = re.compile(
    rf"(?:(?:[ \t][^\s.,;:!?]{{1,20}}){{0,4}}?[ \t](?:{_COPULAS})[ \t]{{1,2}}"
    r"|[^\W\d_]{0,12}(?:[ ]for[ ][^\n:]{1,48}?)?[\"']?\)?(?:[:=]|->|>)[ \t]{0,8}(?:[|>][-+]?\n[ ]{1,16})?)"
    r"((?:[^\W_]{2,16} ){1,7}[^\W_]{2,16})(?=[.!,;]?[ \t\r]{0,4}(?:\n|\Z)|<|[.,;] |[ ]\()",
    re.IGNORECASE,
)
"""A sentence, a member or an element that gives words."""
_JOINT = frozenset("-_./")
_OPTION = re.compile(r"[\w-]{0,12}[ =:]{1,3}[\"']?([^\s\"'`<>(){}\[\],;|\\&]{5,48})")
"""Behind a name of several words: an option, or a setting."""
_LINE_OF_TWO = re.compile(r"[\w.-]{0,16}[ \t]{1,24}([^\s\"'`<>(){}\[\],;|\\&]{5,48})[ \t\r]*(?=\n|\Z)")
_SAID = re.compile(
    rf"(?:[ \t]{{1,2}}[^\s.,;:!?]{{1,20}}){{0,4}}?[ \t]{{1,2}}(?:{_SAYS})[ \t]{{1,2}}"
    r"[\"'`\u201c\u201e\u00ab]?([^\W\d_]{5,24})[\"'`\u201d\u201c\u00bb]?"
    r"(?=[.,;!]?[ \t\r]{0,4}(?:\n|\Z)|[.,;!] )",
    re.IGNORECASE,
)
"""A sentence that says what it is."""
_PHRASE_WORDS = 3
_KEYS = frozenset((*words("key"), "tokens", "pass", "session", "credential")) - {"secret"}
"""They are no numbers."""
_OF_PHRASE = re.compile(r"phrase|seed|mnemonic|word|recovery|wallet", re.IGNORECASE)
_MESSAGES = frozenset(words("words_of_messages"))
_TELLING = _MESSAGES | {
    *words("words_about_passphrases"),
    *words("function_words"),
    *"it in on at as by an be is my so we do go me us he or no".split(),
}
_HEAD_BORDER = re.compile(r"[|,;\t\u2502\u2503]|[ ]{2}")
_ROWS = 24
_SIGNS = "|,; \t\r\"'`\u2502\u2503"
_QUOTES, _CELLS = 6, 6
"""Scores, besides those of forms."""

Near = tuple[int, str, str, int]
"""Place and text of a value, the word of secrecy, and a score."""


def near_secrecy(text: str) -> Iterator[Near]:
    """Yield what stands behind a word of secrecy, or before it on its line, and in the column that it heads."""
    end = head = heads = 0
    for first in anchored(NOUN, BEGINNINGS, text, MARKERS):
        noun = _longer(text, first)
        before = max(0, noun.start() - _LINE_CHARS)
        line = max(before, text.rfind("\n", before, noun.start()) + 1)
        stop = _end_of_line(text, noun.end())
        if noun.start() >= head:
            heads, head = 0, stop
            yield from ((at, value, noun[0], score) for at, value, score in below(text, stop))
        heads += 1
        if heads <= _HEADS:
            yield from ((*cell, noun[0], _CELLS) for cell in _column(text, line, stop, noun))
            yield from ((at, value, noun[0], score) for at, value, score in _around(text, line, stop, noun))
        begin = max(end, line, noun.start() - _BEHIND_CHARS)
        end = min(stop, noun.end() + _AHEAD_CHARS)
        if speaks_of_secrets(text, noun):
            yield from ((at, value, noun[0], WEAK) for at, value in odd_in(text, begin, end))
        if stop - noun.end() < _SHORT_CHARS and stop < len(text):  # a label: what it names is below it
            end = min(_end_of_line(text, stop + 1), stop + _AHEAD_CHARS)
        yield from ((at, value, noun[0], score) for at, value, score in _values(text, begin, end, noun))


def _around(text: str, line: int, stop: int, noun: re.Match[str]) -> Iterator[tuple[int, str, int]]:
    """Yield what stands in the place of its value, and in the lines around where it names one."""
    if SAYS_CODE.fullmatch(noun[0]) is not None:
        return
    if (said := _SAID.match(text, noun.end())) and is_plain_word(said[1]):
        yield said.start(1), said[1], WEAK
    is_password = OF_PASSWORDS.match(noun[0]) is not None and len(noun[0]) > _SHORT_CHARS
    if is_password and (phrase := _SAID_WORDS.match(text, noun.end())) and could_be_phrase(phrase[1]):
        yield phrase.start(1), phrase[1], WEAK
    yield from _told(text, line, noun)
    if (glued := _GLUE.match(text, noun.end())) and is_plain_word(glued[1]):
        yield glued.start(1), glued[1], WEAK
    of_two = _LINE_OF_TWO.match(text, noun.end()) if noun.start() - line <= _NAME_CHARS else None
    if of_two and is_plain_word(of_two[1]) and " " not in text[line : noun.start()].strip():
        yield of_two.start(1), of_two[1], WEAK
    if placed := _PLACE.match(text, noun.end()):
        value = placed[1] or placed[2].rstrip(EDGE_BEHIND)
        is_given_one = OF_PASSWORDS.match(noun[0]) is not None and " " not in value and is_given(value)
        if is_given_one or is_placed(value, is_quoted=placed[1] is not None):
            yield placed.start(placed.lastindex or 0), value, NUMBERS if is_given_one else WEAK
        yield from brothers(text, line, stop)


def _told(text: str, line: int, noun: re.Match[str]) -> Iterator[tuple[int, str, int]]:
    """Yield what a line tells behind a word: in a script without blanks, behind a name, as an option, as a change."""
    if not noun[0].isascii() and (cjk := _CJK.match(text, noun.end())):
        yield cjk.start(1), cjk[1], WEAK
    if (slashed := _SLASHED.match(text, noun.end())) and is_cell(slashed[1]):
        yield slashed.start(1), slashed[1], WEAK
    prefix = text[max(line, noun.start() - _NAME_CHARS) : noun.start()].rpartition(" ")[2]
    if not _JOINT.isdisjoint(prefix) and (option := _OPTION.match(text, noun.end())) and is_plain_word(option[1]):
        yield option.start(1), option[1], WEAK
    if changed := _CHANGED.match(text, noun.end()):
        yield from ((changed.start(n), changed[n], WEAK) for n in (1, 2) if is_cell(changed[n]))


def _longer(text: str, noun: re.Match[str]) -> re.Match[str]:
    """Return the longer noun that begins in `el c\u00f3digo`, as `c\u00f3digo de acceso` does, or the same."""
    if SAYS_CODE.fullmatch(noun[0]) is None:
        return noun
    inner = (NOUN.match(text, at) for at in range(noun.start() + 1, noun.end()))
    return next((one for one in inner if one and one.end() > noun.end()), noun)


def _end_of_line(text: str, at: int) -> int:
    end = text.find("\n", at, at + _LINE_CHARS)
    return end if end >= 0 else min(len(text), at + _LINE_CHARS)


def _values(text: str, begin: int, end: int, noun: re.Match[str]) -> Iterator[tuple[int, str, int]]:
    quoted_behind = _QUOTED.finditer(text, noun.end(), min(len(text), end + _AHEAD_CHARS))
    for quoted in (*quoted_behind, *_QUOTED.finditer(text, begin, noun.start())):
        if is_said_phrase(said := quoted[quoted.lastindex or 0]):
            yield quoted.start(quoted.lastindex or 0), said, _QUOTES
    if (rest := _REST.match(text, noun.end(), _end_of_line(text, end) + 1)) and is_said_phrase(rest[1]):
        yield rest.start(1), rest[1], _QUOTES
    if _OF_PHRASE.search(noun[0]):
        yield from _phrases(text, begin, end + _AHEAD_CHARS)
        yield from ((one.start(), one[0].rstrip(), WORDS) for one in _NUMBERED.finditer(text, begin, end + _LINE_CHARS))
    yield from _made_up(text, begin, end, noun)


def _made_up(text: str, begin: int, end: int, noun: re.Match[str]) -> Iterator[tuple[int, str, int]]:
    """Yield what a program or a person makes up: mixtures, groups, keys, numbers."""
    for found in () if SAYS_CODE.fullmatch(noun[0]) else TOKEN.finditer(text, begin, end):
        whole = TOKEN.match(text, found.start())
        if whole is not None:
            yield from in_token(whole)
    for groups in (
        () if noun[0].lower() in _KEYS else _GROUPS.finditer(text, noun.end(), min(len(text), end + _AHEAD_CHARS))
    ):
        if _TELLING.isdisjoint(groups[0].split(" ")):
            yield groups.start(), groups[0], WEAK
    for one in () if OF_IDS.match(noun[0]) else AN_ID.finditer(text, begin, end):
        yield one.start(), one[0], WEAK
    for number in () if noun[0].lower() in _KEYS else _DIGITS.finditer(text, begin, end):
        behind = number.end() + text.startswith(" ", number.end())
        is_counted = _UNITS.match(text, behind) is not None or len(set(number[0])) == 1 or _DATE.fullmatch(number[0])
        if not is_counted and _UNNUMBERED.match(text, number.start()) is not None:
            yield number.start(), number[0], NUMBERS


def _phrases(text: str, begin: int, end: int) -> Iterator[tuple[int, str, int]]:
    """Yield three words or more in a row, without those that tell something."""
    for run in _RUN.finditer(text, begin, min(end, len(text))):
        at, said = run.start(), list[str]()
        for word in (*run[0].split(" "), "the"):
            if word not in _TELLING:
                said.append(word)
                continue
            if len(said) >= _PHRASE_WORDS and not has_noun(phrase := " ".join(said)):
                yield at, phrase, WORDS
            at, said = at + len(" ".join((*said, word, ""))), []


def _column(text: str, line: int, stop: int, noun: re.Match[str]) -> Iterator[tuple[int, str]]:
    """Yield the cells below the noun, where it heads a column."""
    if _HEAD_BORDER.search(text, line, stop) is None:
        return
    borders = _borders(text, line, stop)
    if not borders:
        return
    index = sum(one <= noun.start() for one in borders)
    at = stop + 1
    for _ in range(_ROWS):
        if at >= len(text):
            return
        end = _end_of_line(text, at)
        row = _borders(text, at, end)
        if len(row) != len(borders) and any(map(str.isalnum, text[at:end])):
            return
        edges = [at, *row, end]
        cell = text[edges[min(index, len(row))] : edges[min(index, len(row)) + 1]].strip(
            EDGE_BEFORE + EDGE_BEHIND + _SIGNS
        )
        if cell and is_cell(cell):
            yield text.index(cell, edges[min(index, len(row))]), cell
        at = end + 1


def _borders(text: str, start: int, end: int) -> list[int]:
    sign = next((one for one in "|\u2502\u2503\t;," if one in text[start:end]), None)
    found = re.finditer(re.escape(sign) if sign else r"(?<=\S)[ ]{2,}(?=\S)", text[start:end])
    edges = [start + one.end() for one in found]
    return edges[:-1] if edges and not text[edges[-1] : end].strip() and sign in {",", ";"} else edges
