"""Words that say what a password is like, in many languages: `zaszyfrowane`, `obligatoriskt`, `indovinabile`. No I/O.

They stand behind a copula or a colon, as a password does, and no list of frequent words has all their forms. The stems
are `states` in `data/languages/`; each language ends them in its own way.
"""

from functools import lru_cache

from pytest_codex_replay.redaction.formats import words
from pytest_codex_replay.redaction.words.value_shapes import unmarked

_STEM_CHARS, _LONG_STEM_CHARS = 4, 6
_LEAST_CHARS = 7
_ENDING_CHARS, _LONG_ENDING_CHARS = 3, 4
"""Of a shorter stem, and of a longer one: a longer rest is another word."""


_STEMS = frozenset(
    spelled
    for stem in words("states")
    for spelled in (stem, unmarked(stem))
    if spelled == stem or len(spelled) >= _LONG_STEM_CHARS
)
"""Each also without marks, as people type it; a short one would be a word of another language then."""


@lru_cache(maxsize=4096)
def is_state(word: str) -> bool:
    """Return whether a word says what a password, or any other thing, is like or what was done with it."""
    word = word.casefold()
    return _is_stem(word) or (not word.isascii() and _is_stem(unmarked(word)))


def tells_state(word: str) -> bool:
    """Return whether a word of several says what a password is like; a short one is of other things, too."""
    return len(word) >= _LEAST_CHARS and is_state(word)


def _is_stem(word: str) -> bool:
    """Return whether a word is one of the stems, with an ending or without one."""
    if not word.isalpha() or word in _STEMS:
        return word in _STEMS
    least = max(_STEM_CHARS, len(word) - _LONG_ENDING_CHARS)
    return any(
        len(word) - chars <= (_LONG_ENDING_CHARS if chars >= _LONG_STEM_CHARS else _ENDING_CHARS)
        and word[:chars] in _STEMS
        for chars in range(least, len(word))
    )
