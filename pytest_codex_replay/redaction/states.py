"""Words that say what a password is like, in many languages: `zaszyfrowane`, `obligatoriskt`, `indovinabile`. No I/O.

They stand behind a copula or a colon, as a password does, and no list of frequent words has all their forms. The stems
are `states` in `data/languages/`; each language ends them in its own way.
"""

from functools import lru_cache

from pytest_codex_replay.redaction.formats import words
from pytest_codex_replay.redaction.value_shapes import unmarked

_STEM_CHARS, _LONG_STEM_CHARS = 4, 6
_ENDING_CHARS, _LONG_ENDING_CHARS = 3, 4
"""Of a shorter stem, and of a longer one: a longer rest is another word."""


_STEMS = frozenset(map(unmarked, words("states")))


@lru_cache(maxsize=4096)
def is_state(word: str) -> bool:
    """Return whether a word says what a password, or any other thing, is like or what was done with it."""
    spelled = unmarked(word.casefold())
    if not spelled.isalpha() or spelled in _STEMS:
        return spelled in _STEMS
    least = max(_STEM_CHARS, len(spelled) - _LONG_ENDING_CHARS)
    return any(
        len(spelled) - chars <= (_LONG_ENDING_CHARS if chars >= _LONG_STEM_CHARS else _ENDING_CHARS)
        and spelled[:chars] in _STEMS
        for chars in range(least, len(spelled))
    )
