"""`codex-replay pack` and `unpack`: a cassette in one file."""

from pathlib import Path

import click

from pytest_codex_replay.cli.ending import cleaned_up
from pytest_codex_replay.cli.options import allow_option, user_rules
from pytest_codex_replay.cli.page import command_text, tell
from pytest_codex_replay.cli.targets import GivenPath, SessionPath
from pytest_codex_replay.counting import count_text
from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.sharing.pack import pack, unpack
from pytest_codex_replay.sharing.review.review import Review
from pytest_codex_replay.sharing.scan.external_scanner import find_external_scanner
from pytest_codex_replay.sharing.scan.scan import Scan


@click.command("pack")
@click.argument("source", metavar="CASSETTE", type=SessionPath())
@click.argument("target", metavar="FILE", type=GivenPath())
@click.option("--reviewed", is_flag=True, help="Refuse while a value that could be a secret is undecided.")
@allow_option
def pack_command(*, source: Path, target: Path, reviewed: bool, allow: tuple[str, ...]) -> None:
    """Write CASSETTE into one FILE (.tar.zst), to attach to a bug report.

    The same cassette gives the same bytes. An archive that was not redacted is refused. So is a cassette in which the
    scan finds a secret.

    \b
    Example:
      codex-replay pack cassettes/fix_bug fix_bug.tar.zst
    """
    user = user_rules(allow)
    unreviewed = len(Review(source).open)
    if unreviewed:
        said = f"{count_text(unreviewed, 'value')} unreviewed: {command_text('review', source)}"
        if reviewed:
            raise UsageError(f"{source}: {said}")
        tell(said, err=True)
    count = pack(source, target, scan=Scan(user, find_external_scanner()), allow=user.allow)
    tell(f"{target}: {count_text(count, 'session')}")


@click.command("unpack")
@click.argument("source", metavar="FILE", type=GivenPath(exists=True, dir_okay=False))
@click.argument("target", metavar="DST", type=GivenPath())
def unpack_command(*, source: Path, target: Path) -> None:
    """Restore the cassette that is packed in FILE into the new directory DST.

    FILE may come from a stranger: a file that holds anything but a cassette is refused, and nothing is written outside
    of DST.

    \b
    Example:
      codex-replay unpack fix_bug.tar.zst ./received && codex-replay show ./received
    """
    with cleaned_up():
        written = unpack(source, target)
    for path in written:
        tell(str(path))
