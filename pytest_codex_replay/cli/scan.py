"""`codex-replay scan`: reports secrets that are left."""

import sys
from dataclasses import asdict
from itertools import chain
from pathlib import Path

import click

from pytest_codex_replay.cli.group import CANNOT
from pytest_codex_replay.cli.options import allow_option, identity_option, json_option, user_rules
from pytest_codex_replay.cli.page import UNVERIFIED, print_json, tell
from pytest_codex_replay.cli.targets import SessionPath
from pytest_codex_replay.limits import SCANNED_STDIN_BYTES
from pytest_codex_replay.sharing.cassette import unverified_below
from pytest_codex_replay.sharing.scan.content import scan_bytes
from pytest_codex_replay.sharing.scan.external_scanner import find_external_scanner
from pytest_codex_replay.sharing.scan.files import scan_paths
from pytest_codex_replay.sharing.scan.scan import Scan

_FOUND = 1
_STDIN = Path("-")
_EPILOG = """\b
Examples:
  codex-replay scan cassettes
  codex-replay scan --allow identity ~/.codex-replay/sessions notes.txt
  git diff main | codex-replay scan -
  codex-replay scan --json cassettes | jq -r '.[].file' | sort -u
"""


@click.command("scan", epilog=_EPILOG)
@click.argument("paths", metavar="PATH…", nargs=-1, required=True, type=SessionPath(tells=True))
@identity_option
@allow_option
@json_option
def scan(*, paths: tuple[Path, ...], allow: tuple[str, ...], identity: str | None, as_json: bool) -> None:
    """Look for secrets in archives, cassettes and any other files (-: stdin); change nothing.

    A finding is a line `file:record: kind:number: place`. The secret itself is never printed. The exit code is 1 if
    there are findings. It is 2 if there are none but a file could not be scanned, which is reported on stderr. With the
    extra `scan` an independent scanner is used, too.
    """
    unread: list[str] = []
    user = user_rules(allow, identity)
    look = Scan(user, find_external_scanner())
    found = scan_paths([path for path in paths if path != _STDIN], look, unread.append)
    if _STDIN in paths:
        raw = sys.stdin.buffer.read(SCANNED_STDIN_BYTES)
        found = chain(found, scan_bytes(str(_STDIN), raw, look, unread.append))
        if sys.stdin.buffer.read(1):
            what = f"{_STDIN}: longer than the {SCANNED_STDIN_BYTES:,} bytes that were looked at"
            unread.append(f"{what}. Save it to a file, and scan that")
    left = [finding for finding in found if not finding.is_allowed(user.allow)]
    unread += [
        f"{path}: no file in it" for path in paths if path.is_dir() and not any(map(Path.is_file, path.rglob("*")))
    ]
    for session in unverified_below(paths):
        tell(f"{session.path} {UNVERIFIED}", err=True)
    for one in unread:
        tell(f"not scanned: {one}", err=True)
    if as_json:
        print_json([asdict(finding) for finding in left])
    for finding in left if not as_json else ():
        tell(str(finding))
    sys.exit(_FOUND if left else CANNOT if unread else 0)
