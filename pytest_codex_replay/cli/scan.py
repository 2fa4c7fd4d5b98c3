"""`codex-replay scan`: says whether a secret is left."""

import sys
from dataclasses import asdict
from itertools import chain
from pathlib import Path

import click
import orjson

from pytest_codex_replay.cli.group import CANNOT
from pytest_codex_replay.cli.options import json_option
from pytest_codex_replay.cli.user_rules import allowed, user_rules
from pytest_codex_replay.sharing.external_scanner import find_external_scanner
from pytest_codex_replay.sharing.scan import Scan
from pytest_codex_replay.sharing.scan_files import scan_bytes, scan_paths

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
@click.argument("paths", metavar="PATH…", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--allow", metavar="KIND[:N]", multiple=True, help="Let this one pass (or all of its kind); repeatable.")
@json_option
def scan(*, paths: tuple[Path, ...], allow: tuple[str, ...], as_json: bool) -> None:
    """Look for secrets in archives, cassettes, or files of any kind (-: stdin); change nothing.

    Each finding is a line `file:record: kind:number: place`; the secret is never printed. The exit code is 1 when
    there is any, and else 2 when something could not be looked at, which is said on stderr. Install the `scan` extra
    to have an independent scanner look, too.
    """
    unread: list[str] = []
    user = user_rules()
    allow = allowed(allow, user)
    look = Scan(user, find_external_scanner())
    found = scan_paths([path for path in paths if path != _STDIN], look, unread.append)
    if _STDIN in paths:
        raw = sys.stdin.buffer.read()
        found = chain(found, scan_bytes(str(_STDIN), raw, look, unread.append))
    left = [finding for finding in found if not finding.is_allowed(allow)]
    for one in unread:
        click.echo(f"not scanned: {one}", err=True)
    if as_json:
        click.echo(orjson.dumps([asdict(finding) for finding in left], option=orjson.OPT_INDENT_2))
    else:
        for finding in left:
            click.echo(str(finding))
    if left:
        sys.exit(_FOUND)
    sys.exit(CANNOT if unread else 0)
