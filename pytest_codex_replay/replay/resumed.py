"""Requests that go on where an answer broke off. No I/O.

Codex keeps the items that an answer had finished when it broke off, and sends them along when it asks again
(codex-rs/core/src/session/turn.rs): such a request is longer than the recorded one, by a part of its own answer.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from pytest_codex_replay.archive.record import BodyRecord
from pytest_codex_replay.matching.match import Candidate
from pytest_codex_replay.matching.request_view import RequestPart, RequestView
from pytest_codex_replay.projection.interactions import Interaction, ResponsePart


@dataclass(frozen=True, slots=True, kw_only=True)
class Interrupted:
    """A recorded answer of which a client may have got a part."""

    candidate: Candidate
    items: tuple[RequestPart, ...]
    """The items that it finishes, when it comes to its end."""


def interrupted_at(view: RequestView, interrupted: Interrupted) -> Iterator[int]:
    """Yield how many of the interrupted answer's items a request may end in, the most first."""
    live = [item.normalised.digest for item in view.items]
    items = [item.normalised.digest for item in interrupted.items]
    for count in range(min(len(items), len(live)), 0, -1):
        if live[-count:] == items[:count]:
            yield count


def rest_of(interaction: Interaction, finished_count: int) -> Interaction:
    """Return the answer without the events of the items that are already there."""
    kept = tuple(part for part in interaction.parts if not _is_of_item_before(part, finished_count))
    return interaction.changed(parts=kept)


def _is_of_item_before(part: ResponsePart, finished_count: int) -> bool:
    if isinstance(part, BodyRecord):
        return False
    index = part.payload.fields.get("output_index")
    return isinstance(index, int) and index < finished_count
