"""From archive to cassette: reads sessions, writes them redacted, all or nothing."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from pytest_codex_replay.archive.segment_bytes import Damage
from pytest_codex_replay.archive.session import Session, open_sessions
from pytest_codex_replay.errors import CodexReplayError
from pytest_codex_replay.redaction.user_rules import UserRules
from pytest_codex_replay.replay.cassette import uncollected
from pytest_codex_replay.sharing.inspection import Inspection
from pytest_codex_replay.sharing.proof import check_length
from pytest_codex_replay.sharing.review.decisions import Decisions, read_decisions
from pytest_codex_replay.sharing.scan.scan import ExternalScanner
from pytest_codex_replay.sharing.sessions import read_each
from pytest_codex_replay.sharing.target import check_replaced, check_target, is_single, written_to
from pytest_codex_replay.sharing.work import Part, Work


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


@uncollected()
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
    jobs: int | None = None,
    on_progress: Callable[[int, int], None] | None = None,
    on_left_out: Callable[[CodexReplayError], None] | None = None,
) -> list[Redacted]:
    """Write a cassette from an archive, as `redact` does; errors are the same.

    `allow` adds to what the rules of the `user` accept. `names` are those of users and hosts, which are removed
    everywhere; None: those of this machine. `force_option` and `verify_option` are how errors spell `force` and the
    opposite of `verify`. `decisions` of a person are given, or beside a cassette; None: beside the `target`. With
    `again` it is `source` itself that is redacted anew. Of several sessions, each is finished in a process of its own,
    `jobs` at once (None: as many as cores): `on_progress` is told how many of how many are, and `on_left_out` of each
    that cannot be read or shared; None: that is an error.
    """
    sessions = open_sessions(source)
    if not again:
        check_target(source, target, force=force, force_option=force_option)
    decisions = decisions if isinstance(decisions, Decisions) else read_decisions(decisions or target)
    user = decisions.added_to(user or UserRules())

    check = partial(check_length, option=verify_option) if verify else None
    read, is_one = list(read_each(sessions, on_left_out, check)), is_single(source)

    def left_out(session: Session, error: CodexReplayError) -> None:
        if is_one or on_left_out is None:
            raise error
        on_left_out(CodexReplayError(f"{session.path}: {error}"))

    work = Work(user, names, read, left_out, keep_times=keep_times, verify_option=verify_option)
    parts = work.learn(is_one=is_one)
    is_clean = work.redactor.is_clean
    inspection = Inspection(
        target, user=user, decisions=decisions, allow=allow, scanner=external_scanner, verify=verify, is_clean=is_clean
    )
    with written_to(target, force=force or again) as beside:
        if is_one:
            inspection.review(parts[0].session.name, work.finish(parts[0], beside, inspection))
        else:
            parts = work.finish_all(parts, beside, inspection, jobs, on_progress)
            if force and not again:  # of those that were to replace others, some may be left out, or named otherwise
                check_replaced(target, [part.name for part in parts], by_one=False, force_option=force_option)
        unreviewed = inspection.undecided()
    return [_redacted(one, target, unreviewed[one.session.name]) for one in parts]


def _redacted(part: Part, target: Path, unreviewed: int) -> Redacted:
    return Redacted(
        source=part.session.path,
        target=target / part.name,
        records=len(part.records),
        damages=part.damages,
        unreviewed=unreviewed,
    )
