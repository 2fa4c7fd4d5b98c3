"""Where a text stands in a session beside its items: in requests and answers, and in ids. No I/O."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from pytest_codex_replay.index.excerpt import excerpt_of
from pytest_codex_replay.index.session_fold import fold_of
from pytest_codex_replay.projection.search import texts_of
from pytest_codex_replay.reading import RecordedSession
from pytest_codex_replay.viewer.summary import MAX_ITEM_CHARS

MOST_HITS = 2000
"""What a page can show; the rest is counted."""


class _Text(NamedTuple):
    interaction: int | None
    turn: int | None
    place: str
    text: str
    lowered: str


class SearchedTexts:
    """The texts of a session that the page does not have, each where it first stands, ready to be searched."""

    def __init__(self, session: RecordedSession) -> None:
        """Collect them; of a long session that takes some seconds.

        Raises:
            ArchiveError: nothing of it can be read.
        """
        self._texts = sorted(_texts(session), key=lambda one: one.interaction or 0)

    def find(self, wanted: str) -> dict[str, Any]:
        """Return the places where a text stands, in order, as JSON values."""
        needle = wanted.lower()
        found = [one for one in self._texts if needle in one.lowered]
        return {"count": len(found), "hits": [_hit(one, wanted) for one in found[:MOST_HITS]]}


def _texts(session: RecordedSession) -> Iterator[_Text]:
    fold = fold_of(session.interactions, session.unknown_records)
    parts, wordings = fold.folded(session.id).parts, fold.places.texts
    items = (text for turn in session.turns for item in turn.items for _, _, text in texts_of(item))
    shown = {text for text in items if len(text) <= MAX_ITEM_CHARS}
    for _, digest, _, place, turn, interaction in parts["place"]:
        if (text := wordings[digest]) not in shown:
            yield _Text(interaction, turn, place, text, text.lower())
    for kind, name, turn, interaction in parts["name"]:
        yield _Text(interaction, turn, f"{kind} id", name, name.lower())


def _hit(one: _Text, wanted: str) -> dict[str, Any]:
    excerpt = excerpt_of(wanted, one.text)
    text = one.text if excerpt is None else excerpt.text
    return {"interaction": one.interaction, "turn": one.turn, "place": one.place, "text": text}
