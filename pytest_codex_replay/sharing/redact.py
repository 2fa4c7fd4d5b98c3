"""From archive to cassette: reads sessions, writes them redacted, all or nothing."""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from pytest_codex_replay.archive.segment import PLAIN_SEGMENT, Damage
from pytest_codex_replay.archive.session import open_sessions
from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.redaction.redactor import Redactor
from pytest_codex_replay.redaction.user_rules import UserRules
from pytest_codex_replay.sharing.canonical import canonical_records, has_canonical_times
from pytest_codex_replay.sharing.machine import names_of_machine
from pytest_codex_replay.sharing.proof import Deviation, check_proven, deviations_of
from pytest_codex_replay.sharing.records import redact_records, texts_of
from pytest_codex_replay.sharing.scan import ExternalScanner, Scan, check_clean
from pytest_codex_replay.sharing.sessions import read_whole, write_session
from pytest_codex_replay.sharing.target import check_target, is_single, written_to

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
    verify: bool = True,
    verify_option: str = "verify=False",
    keep_times: bool = False,
) -> list[Redacted]:
    """Write a cassette from an archive, as `redact` does; errors are the same.

    `allow` adds to what the rules of the `user` accept. `names` are those of users and hosts, which are removed
    everywhere; None: those of this machine. `force_option` and `verify_option` are how errors
    spell `force` and the opposite of `verify`.
    """
    sessions = open_sessions(source)
    check_target(source, target, force=force, force_option=force_option)
    user = user or UserRules()
    redactor = Redactor(user, names_of_machine() if names is None else names)
    read = [(session, *read_whole(session)) for session in sessions]
    untimed = next((session for session, records, _ in read if has_canonical_times(records)), None)
    if keep_times and untimed is not None:
        raise UsageError(
            f"{untimed.path}: its times are canonical already. Keep those of the archive it was made from."
        )
    for _, records, _ in read:
        for text in texts_of(records):
            redactor.reserve(text)
    for _, records, _ in read:
        redact_records(records, redactor)
    redactor.again()
    is_one = is_single(source)
    redacted = []
    deviations: list[Deviation] = []
    scan = Scan(user, external_scanner)
    with written_to(target, force=force) as beside:
        for session, records, damages in read:
            name = "" if is_one else redactor.text(session.name)
            clean = canonical_records(redact_records(records, redactor), keep_times=keep_times)
            findings = list(scan.records(f"{target}/{PLAIN_SEGMENT}", clean))
            check_clean(findings, (*allow, *user.allow), advice=_ADVICE)
            deviations += deviations_of(session.name, records, clean) if verify else ()
            write_session(beside / name, clean, is_verified=verify)
            done = Redacted(source=session.path, target=target / name, records=len(records), damages=damages)
            redacted.append(done)
        check_proven(deviations, option=verify_option)
    return redacted
