"""A scan in a process of its own: the memory that it takes is free when it ends."""

from collections.abc import Sequence
from pathlib import Path

from pytest_codex_replay.redaction.user_rules import UserRules
from pytest_codex_replay.sharing.apart import done_apart
from pytest_codex_replay.sharing.scan.external_scanner import find_external_scanner
from pytest_codex_replay.sharing.scan.files import scan_paths
from pytest_codex_replay.sharing.scan.pieces import Report
from pytest_codex_replay.sharing.scan.scan import Scan, check_clean


def check_apart(paths: Sequence[Path], user: UserRules, report: Report, *, advice: str) -> None:
    """Check that the scan finds no secret in files.

    Args:
        paths: files and directories. A recording that just stops is not a fault.
        user: the rules of a user, and the findings that they accept.
        report: is told what cannot be scanned, in the other process; what it raises is raised here.
        advice: what an error says to do.

    Raises:
        SecretsLeftError: it finds one.
    """

    def check(_: int) -> None:
        found = scan_paths(paths, Scan(user, find_external_scanner()), report, tells_ends=False)
        check_clean(found, user.allow, advice=advice)

    ((_, error),) = done_apart(check, 1, is_heavy=True)
    if error is not None:
        raise error
