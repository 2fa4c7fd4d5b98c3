"""What changes in a session as records come: turns and items, each by its key, and what happened. No I/O."""

from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any, Literal

Kind = Literal["turn", "item"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Upsert:
    """Something is new, or has changed."""

    kind: Kind
    key: str
    """Stays the same, as long as the thing is there."""
    ordinal: int
    """Its place among those of its kind; stays the same, too."""
    value: dict[str, Any]
    """All of it, as JSON; of an item with the key of its `turn`."""
    is_open: bool
    """Whether more is expected: an answer that streams, a tool that runs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tombstone:
    """Something is not part of the conversation any more: it was taken back, or turned out to be something else."""

    kind: Kind
    key: str
    ordinal: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Lifecycle:
    """Something happened."""

    type: str
    """`session.started`, `thread.started`, `turn.started`, `turn.completed`, `turn.failed`, `turn.interrupted`,
    `turn.rolled_back`, `turn.retried`, `turn.steered`, `compacted`, `model.rerouted`, `rate_limit`. In what is told of
    a whole session, `request.failed` stands where the turn went on; as it happens, that is a `turn.failed`."""
    at_ms: float | None
    """Unix time in milliseconds; in a whole session, None where times are canonical."""
    thread_id: str | None
    turn: str | None
    """Key of the turn; None where it belongs to none."""
    data: dict[str, Any]
    """What more is known: `outcome` and `error` of a turn, `asked` and `served` model, `status` of a limit, …"""
    turn_index: int | None = None
    """The index of the turn, where the whole session is known."""

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON; the turn by its index."""
        when = None if self.at_ms is None else datetime.fromtimestamp(self.at_ms / 1000, UTC)
        return {
            "type": self.type,
            "at": when and when.isoformat(timespec="milliseconds"),
            "thread_id": self.thread_id,
            "turn": self.turn_index,
            **self.data,
        }


Mutation = Upsert | Tombstone | Lifecycle


def members_of(one: Mutation) -> dict[str, Any]:
    """Return the members of a mutation, by name; what is in them is not copied."""
    return {field.name: getattr(one, field.name) for field in fields(one)}
