"""`codex-replay redact`: from archive to cassette."""

from pathlib import Path

import click

from pytest_codex_replay.cli.user_rules import allowed, user_rules
from pytest_codex_replay.counting import count_text
from pytest_codex_replay.sharing.external_scanner import find_external_scanner
from pytest_codex_replay.sharing.redact import redact_archive

_EPILOG = """\b
Examples:
  codex-replay redact ~/.codex-replay/sessions/0199… cassettes/fix_bug
  codex-replay redact ./sessions ./cassettes
"""


@click.command("redact", epilog=_EPILOG)
@click.argument("source", metavar="SRC", type=click.Path(path_type=Path))
@click.argument("target", metavar="DST", type=click.Path(path_type=Path))
@click.option("--force", is_flag=True, help="Replace DST when it is a cassette; its settings stay.")
@click.option("--allow", metavar="KIND[:N]", multiple=True, help="Let this finding of the scan pass; repeatable.")
def redact(*, source: Path, target: Path, force: bool, allow: tuple[str, ...]) -> None:
    """Write the cassette DST from the archive SRC: no secret, nobody's name, plain text.

    When SRC is one session directory, DST becomes the session directory; from an archive, DST holds one for each
    session. SRC stays as it is. The result is scanned before it is written; if a secret is left, nothing is, and the
    exit code is 1. It is 2 when it cannot be done at all.
    """
    user = user_rules()
    allow = allowed(allow, user)
    for one in redact_archive(
        source, target, force=force, allow=allow, external_scanner=find_external_scanner(), user=user
    ):
        click.echo(f"{one.target}: {count_text(one.records, 'record')}")
        for damage in one.damages:
            click.echo(f"  damaged, left out: {damage}", err=True)
