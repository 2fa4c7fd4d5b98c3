"""`redact` and `scan`, as a program calls them: by the rules of the project in which it runs."""

import warnings
from collections.abc import Collection
from dataclasses import dataclass
from os import PathLike

from pytest_codex_replay.archive.session import path_given
from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.redaction.user_rules import UserRules
from pytest_codex_replay.sharing.config import rules_here
from pytest_codex_replay.sharing.redact import Redacted, redact_archive
from pytest_codex_replay.sharing.scan.external_scanner import find_external_scanner
from pytest_codex_replay.sharing.scan.files import scan_paths
from pytest_codex_replay.sharing.scan.scan import LeftSecret, Scan

_CALLER = 5
"""Frames between a warning and the program that it is for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanResult:
    """What a scan found."""

    left: tuple[LeftSecret, ...]
    """The secrets that are left; none of them is shown."""
    unread: tuple[str, ...]
    """What could not be looked at, and why."""

    @property
    def is_clean(self) -> bool:
        """Whether everything was looked at, and no secret is left."""
        return not (self.left or self.unread)


def redact(
    source: str | PathLike[str],
    target: str | PathLike[str],
    *,
    force: bool = False,
    allow: Collection[str] = (),
    verify: bool = True,
    keep_times: bool = False,
) -> tuple[Redacted, ...]:
    """Write a cassette from an archive: without secrets and names, as plain text. `source` stays as it is.

    The cassette is scanned, and replayed against the archive, before it is written. The rules of the closest
    pyproject.toml at or above the current directory hold, and an independent scanner looks as well where one is
    installed (docs/redaction.md).

    Args:
        source: an archive, or one session directory, which then becomes `target` itself.
        target: where the cassette goes.
        force: replace a cassette that is there; its settings stay.
        allow: findings of the scan that pass, as `kind` or `kind:number`.
        verify: prove that each recorded request finds its answer in the cassette; if not, its manifest says so.
        keep_times: keep recorded durations and gaps, e.g. of a stall to report; two recordings then always differ.

    Returns:
        What became of each session.

    Raises:
        SecretsLeftError: the scan still finds something; nothing is written.
        NotProvenError: a request would not find its answer, or find another one; nothing is written.
        UsageError: `source` holds no session, `target` is there, or `allow` names an unknown kind.
        ArchiveError: nothing of a session can be read.
    """
    here, there = path_given(source, "redact"), path_given(target, "redact")
    user, scanner = _rules_for(allow), find_external_scanner()
    return tuple(
        redact_archive(
            here, there, force=force, external_scanner=scanner, user=user, verify=verify, keep_times=keep_times
        )
    )


def scan(*paths: str | PathLike[str], allow: Collection[str] = ()) -> ScanResult:
    """Look for secrets in archives, cassettes, or files of any kind. Changes nothing.

    Args:
        *paths: files, or directories with all that is in them.
        allow: findings that pass, as `kind` or `kind:number`; beside those that the project lets pass.

    Raises:
        UsageError: no path is given, one does not exist, or `allow` names an unknown kind.
        ArchiveError: traffic is of a newer format.
    """
    if not paths:
        raise UsageError("scan: no path given; name files or directories, e.g. scan('cassettes').")
    places = [path_given(path, "scan") for path in paths]
    user = _rules_for(allow)
    unread: list[str] = []
    found = scan_paths(places, Scan(user, find_external_scanner()), unread.append)
    left = tuple(one for one in found if not one.is_allowed(user.allow))
    return ScanResult(left=left, unread=tuple(unread))


def _rules_for(allow: Collection[str]) -> UserRules:
    return rules_here(allow, lambda line: warnings.warn(line, stacklevel=_CALLER))
