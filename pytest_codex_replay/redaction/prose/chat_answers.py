"""Answers in chats: who asks for a password gets it in a line of its own, below the name of who speaks. No I/O.

Slack, Teams, WhatsApp, IRC and mails put the name and the time before it, in the same line or in one above.
"""

import re
from collections.abc import Iterator

from pytest_codex_replay.redaction.formats import words
from pytest_codex_replay.redaction.prose.frames import any_of
from pytest_codex_replay.redaction.prose.message_lines import line_at, lines_with
from pytest_codex_replay.redaction.rule import Place, PlacesRule
from pytest_codex_replay.redaction.words.joined_words import Rank
from pytest_codex_replay.redaction.words.passwords import could_be_password

_NOUNS = (*words("password"), *words("short"), *words("english_passwords"))
_ASKS = re.compile(rf"(?<!\w)(?:{any_of(words('asks_for'))})(?!\w)", re.IGNORECASE)
_TIME = r"[\[(]?(?:\d{1,4}[./-]\d{1,2}[./-]\d{1,4},?[ ])?\d{1,2}:\d{2}(?::\d{2})?(?:[ ]?[AaPp][Mm])?[\])]?"
_NAME = r"[^\W\d_][\w.'\u2019-]{0,24}(?:[ ][^\W\d_][\w.'\u2019-]{0,24}){0,2}"
_SPEAKER = re.compile(
    rf"[ \t>*-]{{0,8}}(?:(?:{_TIME}[ ,-]{{0,3}})?(?:<[@+%]?{_NAME}>:?|{_NAME}(?:[ ,]{{1,3}}{_TIME})?:)|{_TIME})"
    r"[ ]{1,2}(?=\S)"
)
_HEAD = re.compile(
    rf"[ \t>*]{{0,8}}(?:{_NAME}[ ,\u2014|]{{1,4}}{_TIME}|{_TIME}[ ,]{{1,3}}{_NAME}|{_NAME}:)?[ \t]{{0,8}}\Z"
)
"""A line of who speaks, and when; or an empty one."""
_FILLER = re.compile(
    r"[ \t>]{0,8}(?:sure|ok|okay|yes|ja|oui|s\u00ed|here|hier|moment|klar)[ ]?[.,!:]?[ \t]{0,8}\Z", re.IGNORECASE
)
_VALUE = re.compile(
    r"[ \t>]{0,8}[\"'`*]{0,2}(?P<value>[A-Za-z\u00c0-\u024f\d][^\s\"'`,;()<>=|/]{4,63})[\"'`*]{0,2}[ \t\r]{0,8}\Z"
)
_LINES_BELOW = 4


def _answers(text: str, places: list[int]) -> Iterator[Place]:
    """Yield what alone answers a line that asks for a password."""
    for begin, end in lines_with(text, places):
        if _ASKS.search(text, begin, end):
            yield from _below(text, end)


def _below(text: str, end: int) -> Iterator[Place]:
    for _ in range(_LINES_BELOW):
        if text[end : end + 1] != "\n":
            return
        begin, end = line_at(text, end + 1)
        line = text[begin:end].rstrip("\r")
        if _HEAD.match(line) or _FILLER.match(line):
            continue
        speaker = _SPEAKER.match(line)
        found = _VALUE.match(line, speaker.end() if speaker else 0)
        if found and _is_password(value := found["value"].rstrip(".?")):
            yield begin + found.start("value"), begin + found.start("value") + len(value)
        return


def _is_password(value: str) -> bool:
    """Return whether a word answers, and is neither one of a sentence nor a time."""
    return not (value.isalpha() or value[0].isdigit()) and could_be_password(value, Rank.COMPOUND)


CHAT_ANSWERS = PlacesRule(kind="password", markers=_NOUNS, pattern=_VALUE, places=_answers, looks_far=False)
"""A line is a password because the one above asks for it."""
