"""`codex-replay import`: sessions from files of other tools."""

from pathlib import Path

import click

from pytest_codex_replay import __version__
from pytest_codex_replay.cli.options import json_option
from pytest_codex_replay.cli.page import print_json, tell
from pytest_codex_replay.cli.targets import GivenPath, default_archive
from pytest_codex_replay.counting import count_text
from pytest_codex_replay.interop.importing import Importer
from pytest_codex_replay.interop.sources import read_sources

_EPILOG = """\b
Formats:
  HAR 1.2 of Chromium, Firefox, mitmproxy (hardump, save.har), Playwright (embedded bodies) and `codex-replay export`
  Hourly archives of codex-lb: .jsonl.gz; those of a day at once, since a request may begin in one and end in the next
  Rollouts of Codex: rollout-*.jsonl, rollout-*.jsonl.zst. The session is marked: only its rollout is known
  Flows of mitmproxy (mitmdump -w): where mitmproxy is installed
  Cassettes of vcrpy, pytest-recording and pydantic-ai: .yaml, .yml, .json

\b
Examples:
  codex-replay import trace.har                    into ~/.codex-replay/sessions
  codex-replay import flows.mitm --into recorded/
  codex-replay import tests/cassettes/*.yaml --into recorded/
  codex-replay import --vcr tests/cassettes --into cassettes/
  codex-replay import trace.har --into recorded/   then: codex-replay redact recorded/ cassettes/trace
"""


@click.command("import", epilog=_EPILOG)
@click.argument("sources", metavar="FILE…", nargs=-1, required=True, type=GivenPath())
@click.option(
    "--into",
    "target",
    metavar="DIR",
    type=GivenPath(file_okay=False),
    help="Archive to write to (default: ~/.codex-replay/sessions); of --vcr: directory of cassettes (cassettes/).",
)
@click.option(
    "--vcr", "is_suite", is_flag=True, help="Move a suite: FILEs are vcrpy's cassettes, or directories of them."
)
@json_option
def import_command(*, sources: tuple[Path, ...], target: Path | None, is_suite: bool, as_json: bool) -> None:
    """Read sessions from FILEs of other tools into an archive.

    Credentials are removed as by the recorder: the archive holds what it would have recorded, and is private. Requests
    to others than Codex's upstream are skipped, and named; so is a file that holds nothing else. What is there already
    is not written over. Either all files are imported or none.

    With --vcr, each cassette of vcrpy becomes a cassette of its own, redacted and proven by a replay, under the name
    that its test looks for. What to change in the tests is printed. One that cannot be moved is named, and stays.
    """
    if is_suite:
        from pytest_codex_replay.cli.import_suite import import_suite  # noqa: PLC0415  heavy

        import_suite(sources, target or Path("cassettes"), as_json=as_json)
        return
    importer = Importer(target or default_archive(), recorder=f"pytest-codex-replay {__version__} import")
    lines = read_sources(sources, importer)
    written = importer.write()
    if as_json:
        sessions = [{"path": str(one.path), "exchanges": one.exchanges, "rollouts": one.rollouts} for one in written]
        print_json({"sessions": sessions, "notes": lines})
        return
    for line in lines:
        tell(line, err=True)
    for one in written:
        rollouts = f", {count_text(one.rollouts, 'rollout')}" if one.rollouts else ""
        tell(f"{one.path}: {count_text(one.exchanges, 'exchange')}{rollouts}")
