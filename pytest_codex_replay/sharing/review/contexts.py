"""Where a text speaks of a secret and has no noun for one: what opens, signs or encrypts, or how a word is spelled.

What stands there is listed when it is odd. All the words are searched at once. No I/O.
"""

import re
from collections.abc import Iterator

from pytest_codex_replay.redaction.formats import words
from pytest_codex_replay.redaction.markers import Markers
from pytest_codex_replay.sharing.review.handed_over import handed_over
from pytest_codex_replay.sharing.review.key_places import behind_key
from pytest_codex_replay.sharing.review.odd_words import could_be_odd, odd_in, odd_quotes
from pytest_codex_replay.sharing.review.value_forms import could_be_phrase

_CALLS = frozenset(words("calls_with_secrets"))
_COMMANDS = frozenset(words("commands_with_secrets"))
_SPELLED = frozenset(words("spelled")) - {*words("short_spelled")}
_OPENS = frozenset(words("opens", "asks_for_secrets"))
_KEYS = frozenset(words("bare_keys"))
_OPTIONS = frozenset(words("options_with_secrets"))
_MARKERS = Markers(_CALLS | _COMMANDS | _SPELLED | _OPENS | _KEYS | _OPTIONS)
_AHEAD_CHARS, _OPENED_CHARS, _SPELLED_CHARS = 160, 80, 40
_ARGUMENT = re.compile(r"(?:[\w.@-]{1,40}[:,%])?[\"']?([^\s\"'`$<>|;(){}\[\]]{5,64})(?=[\s\"']|\Z)")
_CALL = re.compile(r"\w{0,12}\(")
_END_OF_KEY = re.compile(r"s?(?![A-Za-z])")
_PHRASE = (
    r"[ \t]{1,2}((?:[^\W_]{1,16}[ ]){1,7}?[^\W_]{1,16})(?=[.,;!?()]|[ ](?:\(|(?:and|then|und|dann|et|y)[ ])|\s*\Z|\n)"
)
_LINK = r"[^\n.;!?]{0,40}?(?:[:,]|\b(?:with|is|as|use|using|type|enter|just|mit|avec|con|com|met|med|z|s))"
_OBJECT = r"(?![ \t]{1,2}(?:the|a|an|your|my|our|this|that|it|its|their|his|her)[ ])"
"""What is opened follows an article."""
_SAID = (re.compile(_OBJECT + _PHRASE), re.compile(_LINK + _PHRASE, re.IGNORECASE))

Value = tuple[int, str]


def beside_contexts(text: str, said: str, *, is_spoken: bool) -> Iterator[tuple[int, str, str]]:
    """Yield what is handed over as a password, and what is odd where a text speaks of a secret.

    Args:
        text: the text.
        said: the same, with no placeholder.
        is_spoken: whether a person or a model writes it.
    """
    yield from handed_over(text)
    yield from odd_beside_contexts(said, is_spoken=is_spoken)


def odd_beside_contexts(text: str, *, is_spoken: bool) -> Iterator[tuple[int, str, str]]:
    """Yield place and text of what could be a secret beside such a word, and the word.

    Args:
        text: the text.
        is_spoken: whether a person or a model writes it; elsewhere, many words open something.
    """
    for word, start in _places(text):
        end = start + len(word)
        yield from ((at, value, word) for at, value in _beside(text, word, start, end, is_spoken=is_spoken))


def _beside(text: str, word: str, start: int, end: int, *, is_spoken: bool) -> Iterator[Value]:
    stop = _end_of_line(text, end, _AHEAD_CHARS)
    if word in _KEYS:
        if found := _END_OF_KEY.match(text, end):
            yield from behind_key(text, start, found.end())
    elif word in _CALLS and (call := _CALL.match(text, end)):
        is_below = text.startswith("\n", call.end())
        yield from odd_quotes(text, call.end(), _end_of_line(text, call.end() + 1, _AHEAD_CHARS) if is_below else stop)
    elif word in _OPTIONS:
        if (given := _ARGUMENT.match(text, end)) and could_be_odd(given[1]):
            yield given.start(1), given[1]
    elif word in _COMMANDS:
        yield from odd_in(text, end, stop)
    elif word in _SPELLED:
        yield from odd_in(text, _begin_of_line(text, start, _SPELLED_CHARS), stop, is_any=True)
    if word in _OPENS and is_spoken and not text[start - 1 : start].isalnum():
        yield from odd_in(text, _begin_of_line(text, start, _OPENED_CHARS), _end_of_line(text, end, _OPENED_CHARS))
        yield from _said(text, end)


def _said(text: str, end: int) -> Iterator[Value]:
    """Yield several words that open something: they follow at once, or behind a word that links them."""
    for form in _SAID:
        if (said := form.match(text, end)) and could_be_phrase(said[1]):
            yield said.start(1), said[1]


def _places(text: str) -> list[tuple[str, int]]:
    """Return the words and where they begin; of those that begin at one place, the longest."""
    lowered = text.lower()
    found: dict[int, str] = {}
    for word, places in _MARKERS.places(lowered if len(lowered) == len(text) else text).items():
        if isinstance(word, str):
            found |= {at: word for at in places if len(word) > len(found.get(at, ""))}
    return [(found[at], at) for at in sorted(found)]


def _begin_of_line(text: str, at: int, chars: int) -> int:
    return max(0, at - chars, text.rfind("\n", max(0, at - chars), at) + 1)


def _end_of_line(text: str, at: int, chars: int) -> int:
    end = text.find("\n", at, at + chars)
    return end if end >= 0 else min(len(text), at + chars)
