"""`codex-replay show`: prints one session, turn by turn."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

from pytest_codex_replay.cli.exchange import exchange_json, print_exchange
from pytest_codex_replay.cli.options import archive_argument, json_option
from pytest_codex_replay.cli.page import Page, print_json
from pytest_codex_replay.cli.render import print_background_requests, print_header, print_turn, title_beside
from pytest_codex_replay.cli.targets import complete_session, find_call, find_target, helpers_beside, id_options
from pytest_codex_replay.counting import count_text
from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.reading import RecordedSession

_Numbered = TypeVar("_Numbered")
_EPILOG = """\b
Examples:
  codex-replay show                              the newest of ~/.codex-replay/sessions
  codex-replay show 01a1fd22-40                  a session by the beginning of its id
  codex-replay show cassettes fix_bug            a session of another archive
  codex-replay show cassettes/fix_bug --turn 2 --full
  codex-replay show --interaction 3              request and answer, headers and all
  codex-replay show --request req_8f4e2c         the same, of the request with this id, in whatever session
  codex-replay show --json | jq '.turns[].items[] | select(.kind == "tool_call")'
"""


@click.command("show", epilog=_EPILOG)
@archive_argument
@click.argument("session", required=False, shell_complete=complete_session)
@click.option("--turn", type=click.IntRange(min=1), help="Only this turn, by its number.")
@click.option("--interaction", type=click.IntRange(min=1), help="Only this interaction, as it went over the wire.")
@id_options
@click.option("--full", is_flag=True, help="Do not shorten long texts and outputs.")
@json_option
def show(
    *,
    path: Path | None,
    session: str | None,
    turn: int | None,
    interaction: int | None,
    full: bool,
    as_json: bool,
    **ids: str | None,
) -> None:
    """Print a session: prompts, reasoning, tool calls, texts, tokens, times, and what is missing.

    PATH is an archive, a cassette, a session directory, or the beginning of a session id in ~/.codex-replay/sessions.
    SESSION is the beginning of a session id at PATH; without it, the newest session is shown.
    """
    if any(ids.values()):
        (found, interaction), among_count = find_call(path, session, ids), 1
    else:
        found, among_count = find_target(path, session)
    page = Page()
    if among_count > 1:
        where = "" if path is None else f" {path}"
        page.warn(f"This is the newest of {among_count} sessions. List them: codex-replay ls{where}")
    if interaction is not None:
        one = _numbered(found.interactions, interaction, "interaction")
        print_json(exchange_json(one)) if as_json else print_exchange(page, one)
    elif as_json:
        _show_json(found, turn)
    else:
        _show_turns(page, found, turn, is_full=full)


def _show_json(session: RecordedSession, turn: int | None) -> None:
    if turn is not None:
        print_json(_numbered(session.turns, turn, "turn").as_json())
        return
    background_requests = [
        {
            "index": call.index,
            "role": str(call.role),
            "method": call.method,
            "url": call.url,
            "status": call.status,
            "outcome": str(call.outcome),
        }
        for call in session.background_requests
    ]
    helpers = helpers_beside(session)
    value: dict[str, Any] = {
        "id": session.id,
        "path": str(session.path),
        "state": session.state,
        "incomplete": session.incomplete,
        "broken_off": session.broken_off,
        "title": title_beside(session, helpers),
        "manifest": session.manifest,
        "threads": [thread.as_json() for thread in session.threads if thread.parent is None],
        "helpers": [
            {"id": one.id, "path": str(one.path), "helper_kind": one.helper_kind, "title": one.title} for one in helpers
        ],
        "turns": [one.as_json() for one in session.turns],
        "background_requests": background_requests,
        "unknown_kinds": session.unknown_kinds,
        "damages": [str(damage) for damage in session.damages],
    }
    print_json(value)


def _show_turns(page: Page, session: RecordedSession, turn: int | None, *, is_full: bool) -> None:
    if turn is not None:
        print_turn(page, _numbered(session.turns, turn, "turn"), is_full=is_full)
        return
    print_header(page, session, helpers_beside(session))
    for one in session.turns:
        print_turn(page, one, is_full=is_full)
    print_background_requests(page, session.background_requests)


def _numbered(things: Sequence[_Numbered], number: int, noun: str) -> _Numbered:
    if number > len(things):
        raise UsageError(f"{noun} {number}: not found. The session has {count_text(len(things), noun)}.")
    return things[number - 1]
