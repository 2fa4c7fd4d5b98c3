"""The traffic of a session, read once. Changes nothing."""

from collections.abc import Callable, Container, Iterator
from pathlib import Path

from pytest_codex_replay.archive.record import Record, UnknownRecord
from pytest_codex_replay.archive.segment_bytes import Damage, ExpansionCount
from pytest_codex_replay.archive.session import Session
from pytest_codex_replay.archive.shared_values import AlikeLists, HeldValues
from pytest_codex_replay.projection.interaction_builder import interactions_of
from pytest_codex_replay.projection.interactions import Interaction

Traffic = tuple[tuple[Interaction, ...], tuple[Damage, ...], tuple[UnknownRecord, ...]]
"""What of a session was read: its interactions, what is damaged, and records of kinds that are not known."""


def read_traffic(
    path: Path,
    *,
    is_live: bool,
    keeps: bool = True,
    unkept: Container[str] = (),
    passes: Callable[[bytes, bytes, float], bool] | None = None,
    held: HeldValues | None = None,
    expansion: ExpansionCount | None = None,
    on_record: Callable[[Record], None] | None = None,
) -> Traffic:
    """Read a session directory.

    Args:
        path: the directory.
        is_live: a recorder writes to it, so stopping anywhere is not damage, and what has no end is running.
        keeps: keep the events of answers, not only what they say; but of the flows `unkept`.
        unkept: see there.
        passes: what of compressed segments need not be decoded.
        held: large values that were parsed before, and that are for later sessions.
        expansion: counts what the session expands to together with others.
        on_record: is given each record.

    Raises:
        ArchiveError: it cannot be read.
    """
    damages: list[Damage] = []
    unknown: list[UnknownRecord] = []
    alike = AlikeLists()

    def seen() -> Iterator[Record]:
        for record in Session(path).records(
            damages.append, keep_runs=True, passes=passes, held=held, expansion=expansion
        ):
            alike.share(record)
            if isinstance(record, UnknownRecord):
                unknown.append(record)
            if on_record is not None:
                on_record(record)
            yield record

    interactions = interactions_of(seen(), packs=True, keeps=keeps, unkept=unkept, is_live=is_live)
    return interactions, tuple(one for one in damages if not (one.cut and is_live)), tuple(unknown)
