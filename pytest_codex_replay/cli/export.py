"""`codex-replay export`: sessions as files of other tools."""

from collections.abc import Iterator
from pathlib import Path

import click
from rich.console import Console
from rich.progress import track

from pytest_codex_replay import __version__
from pytest_codex_replay.archive.files import Files
from pytest_codex_replay.archive.record import Record
from pytest_codex_replay.archive.session import Session, open_sessions
from pytest_codex_replay.cli.options import json_option
from pytest_codex_replay.cli.page import print_json, tell
from pytest_codex_replay.cli.targets import SessionPath
from pytest_codex_replay.counting import count_text
from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.interop.exporting import as_flows, as_vcr, told_of
from pytest_codex_replay.interop.har import write_har
from pytest_codex_replay.interop.vcr_files import serializer_for

_EPILOG = """\b
Formats:
  har   HAR 1.2, for the network panel of a browser and for Playwright's trace viewer.
        Kept: all exchanges, bodies, WebSocket messages, times. Not in it: Codex's rollouts.
  vcr   A cassette of vcrpy, YAML or JSON by the name of OUT, for suites that replay with vcrpy.
        Kept: each request and answer as it is over HTTP. Not in it: times, prewarms, answers that broke off.

\b
Examples:
  codex-replay export --format vcr cassettes/sdk tests/cassettes/test_sdk.yaml
  codex-replay export --format har cassettes/fix_bug fix_bug.har
  codex-replay export --format har 01a1fd22 session.har
"""


@click.command("export", epilog=_EPILOG)
@click.option("--format", "form", type=click.Choice(["har", "vcr"]), required=True, help="What to write.")
@click.argument("path", metavar="PATH", type=SessionPath())
@click.argument("out", metavar="OUT", type=click.Path(path_type=Path))
@json_option
def export(*, form: str, path: Path, out: Path, as_json: bool) -> None:
    """Write the sessions at PATH into the new file OUT, in the format of another tool.

    What the format cannot carry is printed. `codex-replay import` reads the file again. A file made from an archive is
    as private as the archive: redact first what is to be shared.
    """
    serializer = serializer_for(out.name)
    if form == "vcr" and serializer is None:
        raise UsageError(f"{out}: vcrpy reads .yaml, .yml and .json. Name OUT like that.")
    found = open_sessions(path)
    lines: list[str] = []
    counts = {"sessions": len(found), "exchanges": 0, "messages": 0}
    try:
        descriptor = Files().open_new(out)
    except FileExistsError as error:
        raise UsageError(f"{out}: is there already. Name a new file, or remove it.") from error
    except OSError as error:
        raise UsageError(f"{out}: cannot be written ({error.strerror}).") from error
    try:
        with open(descriptor, "wb") as file:  # noqa: PTH123  a descriptor, made private
            told = _told(found, lines, is_quiet=as_json)
            if form == "vcr" and serializer is not None:
                file.write(as_vcr(told, lines, counts).written(serializer))
            else:
                har = (as_flows(session, records, lines, counts) for session, records in told)
                write_har(har, file.write, __version__)
    except BaseException:
        out.unlink(missing_ok=True)  # half an export is none
        raise
    if as_json:
        print_json({"format": form, "path": str(out), **counts, "not_carried": lines})
        return
    for line in lines:
        tell(line, err=True)
    tell(f"{out}: {count_text(len(found), 'session')}, {count_text(counts['exchanges'], 'exchange')}")


def _told(sessions: list[Session], lines: list[str], *, is_quiet: bool) -> Iterator[tuple[Session, Iterator[Record]]]:
    """Yield each session with its records; note what neither format carries."""
    console = Console(stderr=True)
    hidden = is_quiet or not console.is_terminal
    for session in track(sessions, "exporting", console=console, disable=hidden, transient=True):
        yield from told_of(session, lines)
