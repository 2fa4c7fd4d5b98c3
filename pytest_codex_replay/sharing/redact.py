"""From archive to cassette: reads sessions, writes them redacted, all or nothing."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from pathlib import Path

from pytest_codex_replay.archive.segment_bytes import Damage
from pytest_codex_replay.archive.session import open_sessions
from pytest_codex_replay.errors import ArchiveError
from pytest_codex_replay.redaction.user_rules import UserRules
from pytest_codex_replay.sharing.canonical import canonical_records, check_has_times
from pytest_codex_replay.sharing.decisions import Decisions, read_decisions
from pytest_codex_replay.sharing.inspection import Inspection
from pytest_codex_replay.sharing.machine import redactor_here
from pytest_codex_replay.sharing.records import Streams, redact_records, texts_of
from pytest_codex_replay.sharing.scan import ExternalScanner
from pytest_codex_replay.sharing.sessions import read_each, write_session
from pytest_codex_replay.sharing.target import check_target, is_single, written_to


@dataclass(frozen=True, slots=True, kw_only=True)
class Redacted:
    """The result for one session."""

    source: Path
    target: Path
    records: int
    damages: tuple[Damage, ...]
    """The places that could not be read, and so are not in the cassette."""
    unreviewed: int = 0
    """How many values in it could be secrets and are undecided: `codex-replay review`."""


def redact_archive(
    source: Path,
    target: Path,
    *,
    force: bool = False,
    force_option: str = "force=True",
    allow: Collection[str] = (),
    external_scanner: ExternalScanner | None = None,
    user: UserRules | None = None,
    names: Collection[str] | None = None,
    verify: bool = True,
    verify_option: str = "verify=False",
    keep_times: bool = False,
    decisions: Decisions | Path | None = None,
    again: bool = False,
    on_unreadable: Callable[[ArchiveError], None] | None = None,
) -> list[Redacted]:
    """Write a cassette from an archive, as `redact` does; errors are the same.

    `allow` adds to what the rules of the `user` accept. `names` are those of users and hosts, which are removed
    everywhere; None: those of this machine. `force_option` and `verify_option` are how errors spell `force` and the
    opposite of `verify`. `decisions` of a person are given, or beside a cassette; None: beside the `target`. With
    `again` it is `source` itself that is redacted anew. `on_unreadable` is told of each session of several that cannot
    be read; None: it is an error.
    """
    sessions = open_sessions(source)
    if not again:
        check_target(source, target, force=force, force_option=force_option)
    decisions = decisions if isinstance(decisions, Decisions) else read_decisions(decisions or target)
    user = decisions.added_to(user or UserRules())
    redactor = redactor_here(user, names)
    read = list(read_each(sessions, on_unreadable))
    for session, records, _ in read if keep_times else ():
        check_has_times(session.path, records)
    for _, records, _ in read:
        for text in texts_of(records, within="[[REDACTED:"):
            redactor.reserve(text)
    streams = [Streams(records) for _, records, _ in read]
    for (_, records, _), own in zip(read, streams, strict=True):
        redact_records(records, redactor, own)
    redactor.again()
    is_one = is_single(source)
    redacted = []
    inspection = Inspection(
        target,
        user=user,
        decisions=decisions,
        allow=allow,
        scanner=external_scanner,
        verify=verify,
        is_clean=redactor.is_clean,
    )
    with written_to(target, force=force or again) as beside:
        for (session, records, damages), own in zip(read, streams, strict=True):
            name = "" if is_one else redactor.text(session.name)
            clean = canonical_records(redact_records(records, redactor, own), keep_times=keep_times)
            inspection.session(session.name, records, clean, Streams(clean, own))
            write_session(beside / name, clean, is_verified=verify)
            done = Redacted(source=session.path, target=target / name, records=len(records), damages=damages)
            redacted.append(done)
        unreviewed = inspection.finish(verify_option=verify_option)
    return [replace(one, unreviewed=unreviewed[one.source.name]) for one in redacted]
