"""Secrets that a text tells more than once: what a place shows to be one is one in the rest of the text, too. No I/O.

Long, mixed secrets are replaced everywhere by their value; words are not, as other texts may have them by accident.
"""

import re
from collections.abc import Iterator, Sequence

from pytest_codex_replay.redaction.frequent_words import is_frequent
from pytest_codex_replay.redaction.personal import has_rare_word
from pytest_codex_replay.redaction.rule import ENCODED, Span

_CHARS = range(5, 65)
_MOST = 16
"""So many secrets of a text at most are looked for again."""


def repeated(text: str, spans: Sequence[Span]) -> Iterator[Span]:
    """Yield the other places of secrets that are words of a person; the spans are in order."""
    own = [one for one in spans if one.kind != ENCODED and one.pseudonym is None and _is_own(one.secret)]
    by_secret = {one.secret: one for one in own[:_MOST] if text.count(one.secret) > 1}
    if not by_secret:
        return
    either = "|".join(map(re.escape, sorted(by_secret, key=len, reverse=True)))
    taken = iter((*spans, None))
    span = next(taken)
    for found in re.finditer(rf"(?<![\w-])(?:{either})(?![\w-])", text):
        while span is not None and span.end <= found.start():
            span = next(taken)
        if span is None or span.start >= found.end():
            yield by_secret[found[0]]._replace(start=found.start(), end=found.end())


def _is_own(secret: str) -> bool:
    return len(secret) in _CHARS and (" " in secret or has_rare_word(secret)) and not is_frequent(secret.lower())
