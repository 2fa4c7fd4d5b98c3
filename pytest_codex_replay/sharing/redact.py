"""From archive to cassette: reads sessions, writes them redacted, all or nothing."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

from pytest_codex_replay.archive.segment import PLAIN_SEGMENT, Damage, is_segment
from pytest_codex_replay.archive.session import open_sessions
from pytest_codex_replay.errors import ArchiveError, UsageError
from pytest_codex_replay.redaction.redactor import Redactor
from pytest_codex_replay.redaction.user_rules import UserRules
from pytest_codex_replay.sharing.canonical import canonical_records
from pytest_codex_replay.sharing.cassette import keep_settings, why_not_replaced
from pytest_codex_replay.sharing.machine import names_of_machine
from pytest_codex_replay.sharing.records import redact_records, texts_of
from pytest_codex_replay.sharing.replacing import check_name, put_back, replacing
from pytest_codex_replay.sharing.scan import ExternalScanner, Scan, check_clean
from pytest_codex_replay.sharing.sessions import read_each, write_session

_ADVICE = (
    "If it is a secret, describe it by secret-env or secret-patterns in pyproject.toml. Please report the kind and the "
    "place of what was left, never the secret."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Redacted:
    """The result for one session."""

    source: Path
    target: Path
    records: int
    damages: tuple[Damage, ...]
    """The places that could not be read, and so are not in the cassette."""


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
    on_unreadable: Callable[[ArchiveError], None] | None = None,
) -> list[Redacted]:
    """Write a cassette from an archive, as `redact` does; errors are the same.

    `allow` adds to what the rules of the `user` accept. `names` are those of users and hosts, which are removed
    everywhere; None: those of this machine. `force_option` is how errors spell `force`.
    `on_unreadable` is told of each session of several that cannot be read; None: it is an error.
    """
    sessions = open_sessions(source)
    _check(source, target, force=force, force_option=force_option)
    user = user or UserRules()
    redactor = Redactor(user, names_of_machine() if names is None else names)
    read = list(read_each(sessions, on_unreadable))
    for _, records, _ in read:
        for text in texts_of(records):
            redactor.reserve(text)
    for _, records, _ in read:
        redact_records(records, redactor)
    redactor.again()
    is_single = _is_single(source)
    redacted = []
    scan = Scan(user, external_scanner)
    with replacing(target, force=force) as beside:
        keep_settings(target, beside)
        for session, records, damages in read:
            name = "" if is_single else redactor.text(session.name)
            clean = canonical_records(redact_records(records, redactor))
            findings = list(scan.records(f"{target}/{PLAIN_SEGMENT}", clean))
            check_clean(findings, (*allow, *user.allow), advice=_ADVICE)
            write_session(beside / name, clean)
            done = Redacted(source=session.path, target=target / name, records=len(records), damages=damages)
            redacted.append(done)
    return redacted


def _check(source: Path, target: Path, *, force: bool, force_option: str) -> None:
    check_name(target)
    put_back(target)
    inner, outer = source.resolve(), target.resolve()
    if inner.is_relative_to(outer) or outer.is_relative_to(inner):
        raise UsageError(f"{target}: is inside {source}, or holds it. Choose a target elsewhere.")
    if not target.exists():
        return
    if not force:
        raise UsageError(f"{target}: exists already; {force_option} replaces it.")
    if (why := why_not_replaced(target, by_one=_is_single(source))) is not None:
        raise UsageError(f"{target}: {why}; {force_option} replaces a cassette and nothing else.")


def _is_single(source: Path) -> bool:
    return any(is_segment(child.name) for child in source.iterdir())
