"""`codex-replay ls`: lists sessions."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from pytest_codex_replay.cli.filters import filter_of, filter_options, form_options, print_rows, tell_parts
from pytest_codex_replay.cli.options import archive_argument, asks_rollouts, rollout_options
from pytest_codex_replay.cli.page import Page
from pytest_codex_replay.cli.targets import GivenText, ask_index
from pytest_codex_replay.counting import count_text
from pytest_codex_replay.index.sessions import SessionPage, sessions_in

_EPILOG = """\b
Examples:
  codex-replay ls                  what the recorder has put into ~/.codex-replay/sessions
  codex-replay ls cassettes        the cassettes of a project
  codex-replay ls --since 7d --cwd . --failed
  codex-replay ls --text "rate limit" --model gpt-5.4
  codex-replay ls --rollouts       Codex's own transcripts, the newest first; which of them have traffic
  codex-replay ls --json | jq -r '.[] | select(.state == "complete") | .path'
"""
_PAGE = 50
"""Sessions in the table, where the user does not say."""
_CSV = (
    "id path started_at ended_at duration_ms codex_versions originators models cwd turns failed_turns interactions "
    "events messages input_tokens cached_tokens output_tokens bytes state helper_kind title prompt"
).split()


@click.command("ls", epilog=_EPILOG)
@archive_argument
@filter_options
@rollout_options("List Codex's own transcripts; PATH is where traffic is looked for.")
@click.option("--text", type=GivenText(), help="Sessions that contain this text; case is ignored.")
@click.option("-n", "limit", type=click.IntRange(min=1), metavar="N", help="At most N sessions (table: 50).")
@click.option("--cursor", metavar="CURSOR", help="The next page, by the cursor that the page before names.")
@form_options
def ls(
    *, path: Path | None, text: str | None, limit: int | None, cursor: str | None, form: str | None, **options: Any
) -> None:
    """List sessions, the newest first, each with its sub-agents and its title.

    What Codex began beside a conversation, such as the session in which it asked for a title, is listed below it.

    PATH is an archive, a cassette or a session directory (default ~/.codex-replay/sessions). The column `state` is
    `complete`, or names what is missing. `failed` counts turns that failed, `broken off` counts requests that Codex or
    the upstream ended early; they are recorded as they were. What the table leaves out is in `--json`.

    The answer comes from an index beside the archive; only what has changed is read (docs/format.md).
    """
    if asks_rollouts(options):
        from pytest_codex_replay.cli.ls_rollouts import list_rollouts  # noqa: PLC0415  heavy

        list_rollouts(path, {**options, "text": text}, limit=limit, cursor=cursor, form=form)
        return
    most, wanted = limit or (_PAGE if form is None else None), filter_of(options, text=text)
    directory, found = ask_index(
        path,
        lambda database, place: (
            place.archive,
            sessions_in(
                database,
                replace(wanted, only=place.only),
                archive=place.archive,
                limit=most,
                cursor=cursor,
                has_names=form is None,
            ),
        ),
        tells_deeper=True,
    )
    rows = (_with_path(row, directory) for row in found.rows)
    if form is None:
        from pytest_codex_replay.cli.session_table import print_table  # noqa: PLC0415  heavy

        print_table(list(rows), found.short_names)
    else:
        print_rows(form, map(_flat, rows) if form == "csv" else rows, _CSV)
    tell_parts(Page(), found.in_part, directory)
    _tell_rest(Page(), found)


def _tell_rest(page: Page, found: SessionPage) -> None:
    if not found.count:
        page.warn("No session matches.")
    if found.timeless_count:
        which = count_text(found.timeless_count, "session")
        page.warn(f"Left out by --since: {which} without a time of their own, as those of a cassette.")
    if found.next is not None:
        page.warn(f"{len(found.rows):,} of {found.count:,} sessions. The next ones: add --cursor {found.next}")


def _with_path(row: dict[str, Any], directory: Path) -> dict[str, Any]:
    helpers = [_with_path(helper, directory) for helper in row["helpers"]]
    return {"id": row["id"], "path": str(directory / row["id"]), **row, "helpers": helpers}


def _flat(row: dict[str, Any]) -> dict[str, Any]:
    return row | {f"{name}_tokens": count for name, count in row["tokens"].items()}
