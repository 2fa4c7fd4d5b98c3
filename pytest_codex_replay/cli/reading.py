"""A session as the verbs look at it: read once, with what is wrong with it."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from pytest_codex_replay.archive.record import Record, UnknownRecord
from pytest_codex_replay.archive.segment import Damage
from pytest_codex_replay.archive.session import Session
from pytest_codex_replay.projection.interactions import Interaction, interactions_of
from pytest_codex_replay.projection.turns import Turn, background_requests_of, turns_of
from pytest_codex_replay.wire.responses import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The content of a session directory."""

    session: Session
    manifest: dict[str, Any]
    interactions: tuple[Interaction, ...]
    turns: tuple[Turn, ...]
    background_requests: tuple[Interaction, ...]
    damages: tuple[Damage, ...]
    unknown_kinds: dict[str, int] = field(default_factory=dict)
    """Kinds of records that are not known here, with how many there are of each."""

    @property
    def counts(self) -> dict[str, int]:
        """The counts of the manifest, and those of turns and interactions."""
        counts: dict[str, int] = self.manifest.get("counts", {})
        return {"turns": len(self.turns), "interactions": len(self.interactions), **counts}

    @property
    def bytes_count(self) -> int:
        """Size of the traffic on disk."""
        return sum(path.stat().st_size for path in self.session.segments())

    @property
    def incomplete(self) -> tuple[str, ...]:
        """What did not get its whole answer into the recording, one line each."""
        lines = []
        for entry in self.manifest.get("incomplete", []):
            flow, why = entry.get("flow"), entry.get("why")
            calls = [call for call in self.interactions if call.flow == flow and call.outcome is not Outcome.COMPLETED]
            lines += [f"interaction {call.index}: {why}" for call in calls] or [f"flow {flow}: {why}"]
        return tuple(lines)

    @property
    def state(self) -> str:
        """Whether all of it is there, in a few words."""
        lost = [damage for damage in self.damages if not damage.cut]
        gap_count = self.counts.get("gaps", 0)
        if lost:
            return f"damaged in {len(lost)} places" if len(lost) > 1 else "damaged"
        if gap_count:
            return f"{gap_count} gaps" if gap_count > 1 else "a gap"
        if self.incomplete:
            return f"{len(self.incomplete)} incomplete"
        return "complete" if self.interactions else "empty"


def read_session(session: Session) -> Reading:
    """Read all of a session.

    Raises:
        ArchiveError: it is of a newer format, or cannot be read.
    """
    damages: list[Damage] = []
    unknown: Counter[str] = Counter()
    interactions = interactions_of(_counted(session.records(damages.append), unknown))
    return Reading(
        session=session,
        manifest=session.manifest(),
        interactions=interactions,
        turns=turns_of(interactions),
        background_requests=background_requests_of(interactions),
        damages=tuple(damages),
        unknown_kinds=dict(unknown),
    )


def _counted(records: Iterable[Record], unknown: Counter[str]) -> Iterator[Record]:
    for record in records:
        if isinstance(record, UnknownRecord):
            unknown[record.kind] += 1
        yield record
