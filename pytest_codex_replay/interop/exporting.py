"""Sessions, as a format takes them; with a note of each thing that it cannot carry."""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from pytest_codex_replay.archive.record import Record
from pytest_codex_replay.archive.segment_bytes import Damage
from pytest_codex_replay.archive.session import Session
from pytest_codex_replay.errors import ArchiveError
from pytest_codex_replay.interop.session_exchanges import Exchanges, exchanges_of
from pytest_codex_replay.interop.vcr_export import Pair, vcr_pairs
from pytest_codex_replay.projection.interaction_builder import interactions_of


def told_of(session: Session, lines: list[str]) -> Iterator[tuple[Session, Iterator[Record]]]:
    """Yield a session with its records; note what no format carries once these are read."""
    damages: list[Damage] = []
    yield session, session.records(damages.append, keep_runs=True)
    _note(lines, session, {"rollouts of Codex: not exported": len(session.rollouts())})
    _note(lines, session, {"damaged places: not exported": len(damages)})


def all_flows(
    told: Iterator[tuple[Session, Iterator[Record]]], lines: list[str], counts: dict[str, int]
) -> Iterator[Exchanges]:
    """Yield the flows of each session; note which cannot be read."""
    for session, records in told:
        with left_out(session, lines, counts):
            yield as_flows(session, records, lines, counts)


@contextmanager
def left_out(session: Session, lines: list[str], counts: dict[str, int]) -> Iterator[None]:
    """Note a session that cannot be read; unless it is the only one.

    Raises:
        ArchiveError: it is.
    """
    try:
        yield
    except ArchiveError as error:
        if counts["sessions"] == 1:
            raise
        counts["sessions"] -= 1
        counts["left_out"] += 1
        lines.append(f"{session.name}: left out: {' '.join(str(error).split())}")


def as_flows(session: Session, records: Iterator[Record], lines: list[str], counts: dict[str, int]) -> Exchanges:
    """Return the flows of a session, counted; note which records are not among them."""
    exchanges = exchanges_of(records, session.name)
    counts["exchanges"] += len(exchanges.all)
    counts["messages"] += exchanges.message_count
    lone = 0 if exchanges.all else len(exchanges.gaps)
    _note(lines, session, {"records of an unknown kind: not exported": exchanges.unknown})
    _note(lines, session, {"gaps without an exchange: not imported again": lone})
    return exchanges


def as_vcr(
    told: Iterator[tuple[Session, Iterator[Record]]], lines: list[str], counts: dict[str, int]
) -> Iterator[Pair]:
    """Yield the requests of all sessions with their responses, as vcrpy has them; note what of each it cannot hold."""
    for session, records in told:
        with left_out(session, lines, counts):
            not_held = Counter[str]()
            for pair in vcr_pairs(interactions_of(records, packs=True), not_held):
                counts["exchanges"] += 1
                yield pair
            _note(lines, session, not_held)


def _note(lines: list[str], session: Session, found: Mapping[str, int]) -> None:
    """Note what is not carried, with how often it is there."""
    for what, number in found.items():
        if number:
            lines.append(f"{session.name}: {number} {what}")
