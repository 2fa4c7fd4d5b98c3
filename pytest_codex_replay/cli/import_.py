"""`codex-replay import`: sessions from files of other tools."""

from pathlib import Path

import click

from pytest_codex_replay import __version__
from pytest_codex_replay.cli.options import json_option
from pytest_codex_replay.cli.page import print_json, tell
from pytest_codex_replay.cli.targets import default_archive
from pytest_codex_replay.counting import count_text
from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.interop.har import HarNotes, exchanges_in, gaps_in, log_in
from pytest_codex_replay.interop.importing import Importer
from pytest_codex_replay.interop.vcr_files import exchanges_in as vcr_exchanges_in
from pytest_codex_replay.interop.vcr_files import interactions_in, serializer_for
from pytest_codex_replay.limits import scanned_of

_EPILOG = """\b
Formats:
  HAR 1.2 of Chromium, Firefox, mitmproxy (hardump, save.har), Playwright (embedded bodies) and `codex-replay export`
  Cassettes of vcrpy, pytest-recording and pydantic-ai: .yaml, .yml, .json

\b
Examples:
  codex-replay import trace.har                    into ~/.codex-replay/sessions
  codex-replay import tests/cassettes/*.yaml --into recorded/
  codex-replay import trace.har --into recorded/   then: codex-replay redact recorded/ cassettes/trace
"""


@click.command("import", epilog=_EPILOG)
@click.argument("sources", metavar="FILE…", nargs=-1, required=True, type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--into",
    "target",
    metavar="DIR",
    type=click.Path(path_type=Path, file_okay=False),
    help="Archive to write to (default: ~/.codex-replay/sessions).",
)
@json_option
def import_command(*, sources: tuple[Path, ...], target: Path | None, as_json: bool) -> None:
    """Read sessions from FILEs of other tools into an archive.

    Credentials are removed as by the recorder: the archive holds what it would have recorded, and is private. Requests
    to others than Codex's upstream are skipped, and named. What is there already is not written over. Either all files
    are imported or none.
    """
    archive = target or default_archive()
    importer = Importer(archive, recorder=f"pytest-codex-replay {__version__} import")
    lines = [line for source in sources for line in _read(source, importer)]
    written = importer.write()
    if as_json:
        sessions = [{"path": str(one.path), "exchanges": one.exchanges} for one in written]
        print_json({"sessions": sessions, "notes": lines})
        return
    for line in lines:
        tell(line, err=True)
    for one in written:
        tell(f"{one.path}: {count_text(one.exchanges, 'exchange')}")


def _read(source: Path, importer: Importer) -> list[str]:
    """Give the exchanges of a file to the importer; return what a user should know about the file."""
    name, notes, count = str(source), HarNotes(), 0
    try:
        raw = source.read_bytes()
    except OSError as error:
        raise UsageError(f"{source}: cannot be read ({error.strerror}).") from error
    is_vcr = serializer_for(name) is not None
    log = {} if is_vcr else log_in(raw, name)
    if is_vcr:
        at_ms = source.stat().st_mtime * 1000
        exchanges = vcr_exchanges_in(interactions_in(raw, name), name, notes, at_ms, most=scanned_of(len(raw)))
    else:
        exchanges = exchanges_in(log["entries"], name, notes)
    for exchange in exchanges:
        importer.add(exchange, unnamed=f"imported-{source.stem}")
        count += 1
    if not count:
        hosts = ", ".join(f"{host} ({number})" for host, number in notes.foreign.most_common(3))
        raise UsageError(f"{name}: no request of Codex or of the Responses API in it; there is {hosts or 'no entry'}.")
    for session, gap in gaps_in(log, name):
        importer.add_gap(session, gap)
    return [f"{name}: {line}" for line in _notes(notes)]


def _notes(notes: HarNotes) -> list[str]:
    hosts = ", ".join(host for host, _ in notes.foreign.most_common(3))
    said = {
        f"skipped, neither Codex's nor of the Responses API: {hosts}": (notes.foreign.total(), "request"),
        "without its body, which the file does not have": (notes.without_body, "answer"),
        "read as UTF-8, which the tool had taken for Latin-1": (notes.re_encoded, "answer"),
        "in one piece: the file has no times of the events": (notes.without_pace, "stream"),
    }
    return [f"{count_text(number, what)} {line}" for line, (number, what) in said.items() if number]
