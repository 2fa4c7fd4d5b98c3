"""`codex-replay find`."""

import sys
from dataclasses import asdict
from pathlib import Path

import click

from pytest_codex_replay.cli.options import archive_argument, json_option
from pytest_codex_replay.cli.page import Page, print_json
from pytest_codex_replay.cli.targets import short_names
from pytest_codex_replay.counting import count_text
from pytest_codex_replay.errors import ArchiveError, UsageError
from pytest_codex_replay.projection.search import find_text
from pytest_codex_replay.reading import open_archive

_EPILOG = """\b
Examples:
  codex-replay find req_8f4e2c            which interaction has this request id
  codex-replay find "rate limit" cassettes
  codex-replay find resp_0a1b --json | jq -r '.[0] | "\\(.path) \\(.interaction)"'
"""


@click.command("find", epilog=_EPILOG)
@click.argument("text")
@archive_argument
@json_option
def find(*, text: str, path: Path | None, as_json: bool) -> None:
    """Find TEXT in recordings: the id of a request, response, call, turn or thread, or any other text.

    PATH is an archive, a cassette or a session directory (default ~/.codex-replay/sessions). The search covers URLs,
    headers, requests and answers. Streamed text is searched as a whole, too. Upper and lower case are the same. Each
    place is one line, with the first excerpt and how often TEXT stands there. Exit code 1 when TEXT is not found.
    """
    if not text:
        raise UsageError("TEXT is empty: every text contains it.")
    archive = open_archive(path)
    names, page = short_names(archive.ids), Page()
    rows = []
    for session in archive:
        try:
            hits = find_text(text, session.interactions, session.turns, session.unknown_records)
        except ArchiveError as error:  # an unreadable session does not hide the others
            page.warn(f"{session.id}: {error}")
            continue
        rows += [{"session": session.id, "path": str(session.path), **asdict(hit)} for hit in hits]
        for hit in hits if not as_json else ():
            turn = "" if hit.turn is None else f"turn {hit.turn}, "
            call = "" if hit.interaction is None else f"interaction {hit.interaction}, "
            times = "" if hit.count == 1 else f" ({hit.count:,} times)"
            page.plain(f"{names[session.id]}  {turn}{call}{hit.place}{times}: {hit.excerpt}")
    if as_json:
        print_json(rows)
    elif rows:
        first = rows[0]
        which = "" if first["interaction"] is None else f" --interaction {first['interaction']}"
        sessions = count_text(len({row["session"] for row in rows}), "session")
        total = sum(row["count"] for row in rows)
        page.warn(f"{count_text(total, 'hit')} in {count_text(len(rows), 'place')}, {sessions}.")
        page.warn(f"Show the first of them: codex-replay show {first['path']}{which}")
    else:
        page.warn(f"{text!r}: not found in {count_text(len(archive), 'session')}.")
    sys.exit(0 if rows else 1)
