"""Rules from synopses: how a program, or a line of settings, takes a secret, written as manuals write it. No I/O.

`mysqladmin ... password PASSWORD` is a command; `ip ospf authentication-key PASSWORD` a line of settings, of which
nothing may stand before or behind. `ARG` is one word, `...` any words of the command, `LINE` the rest of the line, `|`
joins alternatives. The place decides: whatever stands there opens something.
"""

import re
from collections.abc import Callable, Iterator

from pytest_codex_replay.redaction.formats import load_rows, words
from pytest_codex_replay.redaction.lazy_pattern import lazy
from pytest_codex_replay.redaction.places.row_checks import CHECKS
from pytest_codex_replay.redaction.rule import Place, PlacesRule
from pytest_codex_replay.redaction.words.frequent_words import is_frequent
from pytest_codex_replay.redaction.words.placed import is_any_phrase

_BLANK = r"[ \t]{1,16}(?:\\{1,2}\r?\n[ \t]{0,16})?"
_QUOTE = r"\\{0,3}"
_QUOTED = rf"{_QUOTE}\"([^\"\\\n$`]{{3,128}}){_QUOTE}\"|{_QUOTE}'([^'\\\n]{{3,128}}){_QUOTE}'"
_PARTS = {
    "ARG": rf"(?:{_QUOTE}\"[^\"\n]{{0,120}}\"|'[^'\n]{{0,120}}'|[^\s\"'`|;<>]{{1,160}})",
    "PASSWORD": rf"(?:{_QUOTED}|([^\s\"'`|;&<>$(){{}}\[\]\\,-][^\s\"'`|;<>(){{}}\\]{{2,127}}))",
    "LINE": r"([^\s\"'`$<{(\[][^\n\"'`]{2,127}?)",
}
_PART = re.compile("ARG|PASSWORD|LINE")
_REST = " ... "
_SIGNS = ("=", ":", ">")
_FIRST = re.compile(r"[^\s\"'=]{1,40}")
_EXE, _PROGRAM = ".exe ", re.compile(r"[\w-]{1,40}\Z")
"""How a program is called in Windows."""
_COMMAND = re.compile(r"(?:[^\n|;&\"'\\]++|&(?!&)|\\\r?\n|\\.|\"[^\"\n]{0,200}\"|'[^'\n]{0,200}'|[\"'])*+")
"""The rest of a command: up to the next one."""
_NEXT = re.compile(r"[,;&](?=[\w.-]{1,24}=)")
"""The next of several settings in one word."""
_COMMAND_CHARS = 400
_BEFORE = re.compile(r"[\w.-]\Z")
_BEGIN = re.compile(r"[ \t+-]{0,24}(?:[\w.@()~/:<>\[\]-]{1,48}[#>$%][ ]?)?")
"""Of a line of settings: blanks, or the prompt of a device."""
_BEGIN_CHARS = 80
_END = r"(?=[ \t]{0,8};?[ \t]{0,8}(?:\r?\n|\\n|\Z))"
_NO_VALUES = frozenset(
    (*words("function_words"), *words("words_about_passphrases"), *words("technical_words"), "priv", "noauth")
)
"""What stands there in a sentence about a program."""
_SWITCHES = frozenset("/+@")
"""Before a switch, or the name of a file that has the secret."""
_STAND_IN = re.compile(r"[A-Z]+(?:[_-][A-Z]+)*")


class _Synopses:
    """Synopses by their first words."""

    def __init__(self, lines: list[str], is_secret: Callable[[str], bool], *, is_setting: bool) -> None:
        found: dict[str, dict[str, list[str]]] = {}
        for line in lines:
            head, _, tail = line.rpartition(_REST) if _REST in line else (line, "", "")
            first, _, more = head.partition(" ")
            for one in first.split("|"):
                found.setdefault(one.lower(), {}).setdefault(more, []).append(tail)
        self._is_setting, self._is_secret = is_setting, is_secret
        self._patterns = {
            first: [
                (_pattern_of(more, is_setting=is_setting), _any_of(tails, is_setting=is_setting))
                for more, tails in by_more.items()
            ]
            for first, by_more in found.items()
        }

    def markers(self) -> tuple[str, ...]:
        """Return what a text has that holds one."""
        return tuple(f"{first} " for first in self._patterns) + (() if self._is_setting else (_EXE,))

    def find(self, text: str, places: list[int]) -> Iterator[Place]:
        """Yield the places of the secrets, where synopses begin."""
        done = 0
        for at in places:
            if text[at : at + len(_EXE)].lower() == _EXE and (program := _PROGRAM.search(text, max(0, at - 40), at)):
                at = program.start()  # noqa: PLW2901
            first = _FIRST.match(text, at) if at >= done else None
            if first is None or (not _begins_line(text, at) if self._is_setting else _BEFORE.match(text, at - 1, at)):
                continue
            name = first[0].lower().removesuffix(_EXE.strip())
            for place in self._behind(text, name, first.end()):
                if place[0] >= done:
                    done = place[1]
                    yield place

    def _behind(self, text: str, name: str, at: int) -> Iterator[Place]:
        for head, tail in self._patterns.get(name, ()):
            begun = head.match(text, at)
            if begun is None:
                continue
            found = [begun]
            if tail is not None:
                end = (_COMMAND.match(text, begun.end(), begun.end() + _COMMAND_CHARS) or begun).end()
                found = list(tail.finditer(text, begun.end(), end))
            yield from filter(None, map(self._place, found))

    def _place(self, match: re.Match[str]) -> Place | None:
        """Return the place of a secret; None where it holds a word of a sentence about the program."""
        start, end = match.span(match.lastindex or 0)
        value = _NEXT.split(match.string[start:end], maxsplit=1)[0]
        is_quoted = match.string[start - 1] in "\"'"
        is_said = _STAND_IN.fullmatch(value) is not None or (not is_quoted and value.lower() in _NO_VALUES)
        is_said |= value[:1] in _SWITCHES or (self._is_setting and all(map(_is_spoken, value.split())))
        is_one = self._is_secret(value) or (is_quoted and not self._is_setting and is_any_phrase(value))
        return (start, start + len(value)) if match.lastindex and not is_said and is_one else None


def _is_spoken(word: str) -> bool:
    """Return whether a word of a line may be that of a heading, or of a sentence: `tunnel key rotation`."""
    return word.isalpha() and is_frequent(word)


def _begins_line(text: str, at: int) -> bool:
    """Return whether nothing but blanks, or a prompt, stands before a place in its line."""
    begin = text.rfind("\n", max(0, at - _BEGIN_CHARS), at) + 1
    if begin == 0 and at > _BEGIN_CHARS:
        return False
    before = text[begin:at]
    return not before or before.isspace() or _BEGIN.fullmatch(before.rpartition("\\n")[2]) is not None


def _any_of(tails: list[str], *, is_setting: bool) -> re.Pattern[str] | None:
    """Return the pattern of what stands anywhere in a command; None: its head is all."""
    patterns = (_pattern_of(one, is_setting=is_setting).pattern for one in tails)
    return lazy("|".join(patterns), re.IGNORECASE if is_setting else re.NOFLAG) if any(tails) else None


def _pattern_of(words_of_it: str, *, is_setting: bool) -> re.Pattern[str]:
    """Return the pattern of what stands behind the first word; a setting ends with its line."""
    is_whole = words_of_it.endswith("LINE") or (is_setting and words_of_it.endswith("PASSWORD"))
    written = _sequence(words_of_it) + (_END if is_whole else "")
    return lazy(written, re.IGNORECASE if is_setting else re.NOFLAG)


def _sequence(words_of_it: str) -> str:
    """Return the pattern of words, each behind a blank."""
    return "".join(_BLANK + _word(one) for one in words_of_it.split(" ") if one)


def _word(word: str) -> str:
    pieces: list[str] = []
    at = 0
    for part in _PART.finditer(word):
        pieces += (_alternatives(word[at : part.start()]), _PARTS[part[0]])
        at = part.end()
    written = "".join((*pieces, _alternatives(word[at:])))
    return f"[\"']?{written}" if word.startswith("ARG") and word != "ARG" else written


def _alternatives(text: str) -> str:
    """Return the pattern of what a word has beside its secret; a sign at its end belongs to each alternative."""
    sign = text[-1:] if text[-1:] in _SIGNS else ""
    one = (
        f"(?:{'|'.join(map(re.escape, text.removesuffix(sign).split('|')))}){re.escape(sign)}"
        if "|" in text
        else re.escape(text)
    )
    return f"(?i:{one})" if text.startswith("/") else one


def _rule(*, commands: list[str], settings: list[str], is_secret: str) -> PlacesRule:
    synopses = _Synopses(commands or settings, CHECKS[is_secret], is_setting=bool(settings))
    return PlacesRule(
        kind="password", markers=synopses.markers(), pattern=_FIRST, places=synopses.find, looks_far=False
    )


SYNOPSES = load_rows("synopses", _rule)
"""A value is a secret because of the program, or the line of settings, that takes it there."""
