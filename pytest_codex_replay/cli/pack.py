"""`codex-replay pack` and `unpack`: a cassette in one file."""

from pathlib import Path

import click

from pytest_codex_replay.cli.user_rules import allowed, user_rules
from pytest_codex_replay.counting import count_text
from pytest_codex_replay.sharing.external_scanner import find_external_scanner
from pytest_codex_replay.sharing.pack import pack, unpack
from pytest_codex_replay.sharing.scan import Scan


@click.command("pack")
@click.argument("source", metavar="CASSETTE", type=click.Path(path_type=Path))
@click.argument("target", metavar="FILE", type=click.Path(path_type=Path))
@click.option("--allow", metavar="KIND[:N]", multiple=True, help="Let this finding of the scan pass; repeatable.")
def pack_command(*, source: Path, target: Path, allow: tuple[str, ...]) -> None:
    """Write CASSETTE into one FILE (.tar.zst) that can be attached to a bug report.

    The same cassette gives the same bytes. What was not redacted is refused, and what does not pass the scan.
    """
    user = user_rules()
    count = pack(source, target, scan=Scan(user, find_external_scanner()), allow=allowed(allow, user))
    click.echo(f"{target}: {count_text(count, 'session')}")


@click.command("unpack")
@click.argument("source", metavar="FILE", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.argument("target", metavar="DST", type=click.Path(path_type=Path))
def unpack_command(*, source: Path, target: Path) -> None:
    """Write what is packed in FILE into the new directory DST.

    Only the two files of a cassette are taken: whatever else is in FILE, nothing is written outside of DST.
    """
    for path in unpack(source, target):
        click.echo(str(path))
