"""`codex-replay find`."""

import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import click

from pytest_codex_replay.cli.filters import filter_of, filter_options, form_options, print_rows, tell_lost, tell_parts
from pytest_codex_replay.cli.options import archive_argument, asks_rollouts, rollout_options
from pytest_codex_replay.cli.page import Page, command_text
from pytest_codex_replay.cli.targets import ask_index
from pytest_codex_replay.counting import count_text
from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.index.find import RANKS, Findings, Found, find_in

_EPILOG = """\b
Examples:
  codex-replay find req_8f4e2c            which interaction has this request id
  codex-replay find "rate limit" cassettes
  codex-replay find panic --since 7d --in tools
  codex-replay find "rate limit" --rollouts     in Codex's own transcripts, also where nothing was recorded
  codex-replay find resp_0a1b --json | jq -r '.[0] | "\\(.path) \\(.interaction)"'
"""
_PAGE = 50
"""Places that are listed, where the user does not say."""
_CSV = ("session", "path", "turn", "interaction", "place", "count", "excerpt")


@click.command("find", epilog=_EPILOG)
@click.argument("text")
@archive_argument
@filter_options
@rollout_options("Search Codex's own transcripts; PATH is where traffic is looked for.")
@click.option("--in", "ranks", multiple=True, type=click.Choice(RANKS), help="Only there. Repeatable.")
@click.option("-n", "limit", type=click.IntRange(min=1), metavar="N", help="At most N places (default 50).")
@form_options
def find(
    *, text: str, path: Path | None, ranks: Sequence[str], limit: int | None, form: str | None, **options: Any
) -> None:
    """Find TEXT in recordings: the id of a request, response, call, turn or thread, or any other text.

    PATH is an archive, a cassette or a session directory (default ~/.codex-replay/sessions). Upper and lower case are
    the same. Ids come first, then prompts, what the model wrote, what tools did, what Codex told the model, and last
    URLs, headers and settings; of each, the newest session first. Each place is one line. A text that later requests
    repeat is listed where it first stands. What only Codex's own transcript has comes last in its group. Encrypted
    content, and images and files in base64, are not searched. Exit code 1 when TEXT is not found.

    --rollouts searches the rollouts in CODEX_HOME instead, all that are there. It takes --since, --until, --cwd,
    --originator, --parent and --ancestor.
    """
    if not text:
        raise UsageError("TEXT is empty: every text contains it.")
    most = limit or (_PAGE if form is None else None)
    if asks_rollouts(options):
        from pytest_codex_replay.cli.find_rollouts import find_rollouts  # noqa: PLC0415  heavy

        sys.exit(0 if find_rollouts(text, path, options, ranks=ranks or RANKS, limit=most, form=form) else 1)
    wanted = filter_of(options)
    directory, found = ask_index(
        path,
        lambda database, place: (
            place.archive,
            find_in(database, text, replace(wanted, only=place.only), limit=most, ranks=ranks or RANKS),
        ),
        tells_deeper=True,
    )
    page = Page()
    for session, reason in found.unreadable:  # it does not hide the others
        page.warn(f"{session}: {reason}")
    tell_lost(page, found.lost_count - len(found.unreadable), path)
    tell_parts(page, found.in_part, directory)
    if form is not None:
        print_rows(form, [_row(one, directory) for one in found.places], _CSV)
    else:
        _print_places(page, found.places, found.short_names)
    _tell(page, text, found, directory)
    sys.exit(0 if found.places else 1)


def _row(one: Found, directory: Path) -> dict[str, Any]:
    return {"session": one.session, "path": str(directory / one.session), **asdict(one)}


def _print_places(page: Page, places: Sequence[Found], names: dict[str, str]) -> None:
    for one in places:
        turn = "" if one.turn is None else f"turn {one.turn}, "
        call = "" if one.interaction is None else f"interaction {one.interaction}, "
        times = "" if one.count == 1 else f" ({one.count:,} times)"
        head = f"{names[one.session]}  {turn}{call}{one.place}{times}: "
        start, end = one.hit
        page.marked(head + one.excerpt[:start], one.excerpt[start:end], one.excerpt[end:])


def _tell(page: Page, text: str, found: Findings, directory: Path) -> None:
    if not found.places:
        page.warn(f"{text!r}: not found in {count_text(found.searched_count, 'session')}.")
        return
    first, shown = found.places[0], len(found.places)
    shown_of = "" if shown == found.place_count else f"The first {shown:,} of "
    page.warn(f"{shown_of}{count_text(found.place_count, 'place')} in {count_text(found.session_count, 'session')}.")
    which = [] if first.interaction is None else ["--interaction", str(first.interaction)]
    page.warn(f"Show the first of them: {command_text('show', directory / first.session, *which)}")
