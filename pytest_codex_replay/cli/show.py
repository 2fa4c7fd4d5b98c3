"""`codex-replay show`: prints one session, turn by turn."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import click

from pytest_codex_replay.cli.ids import find_call, id_options
from pytest_codex_replay.cli.options import json_option
from pytest_codex_replay.cli.page import Page, print_json
from pytest_codex_replay.cli.rollout_target import SessionOrRollout
from pytest_codex_replay.cli.targets import GivenText, find_target, is_rollout, session_argument
from pytest_codex_replay.errors import UsageError

if TYPE_CHECKING:  # what interprets traffic is imported where it is needed: one request needs little of it
    from pytest_codex_replay.reading import RecordedSession

_EPILOG = """\b
Examples:
  codex-replay show                              the newest of ~/.codex-replay/sessions
  codex-replay show --follow                     the newest, as it goes on
  codex-replay show 01a1fd22-40                  a session by the beginning of its id
  codex-replay show cassettes fix_bug            a session of another archive
  codex-replay show cassettes/fix_bug --turn 2 --full
  codex-replay show --interaction 3              request and answer, headers and all
  codex-replay show --interaction 3 --context    what the model saw
  codex-replay show --interaction 3 --raw | grep delta
  codex-replay show 01a1fd22 --rollout           what Codex's own transcript knows, and the traffic does not
  codex-replay show ~/.codex/sessions/2026/11/28/rollout-….jsonl
  codex-replay show --request req_8f4e2c         the same, of the request with this id, in whatever session
  codex-replay show --json | jq '.turns[].items[] | select(.kind == "tool_call")'
"""


@click.command("show", epilog=_EPILOG)
@click.argument("path", required=False, type=SessionOrRollout())
@session_argument
@click.option("--turn", type=click.IntRange(min=1), help="Only this turn, by its number.")
@click.option("--interaction", type=click.IntRange(min=1), help="Only this interaction, as it went over the wire.")
@click.option(
    "--thread",
    metavar="ID",
    type=GivenText(),
    help="Only turns of this thread, by the beginning of its id or its agent path.",
)
@click.option("--context", is_flag=True, help="What the model saw with --interaction N, or first in --turn N.")
@click.option("--headers", is_flag=True, help="Only the headers of --interaction N.")
@click.option("--raw", is_flag=True, help="The bytes of the answer of --interaction N, as they came.")
@click.option(
    "--rollout",
    is_flag=True,
    help="What Codex's own transcript knows of each turn, and the traffic does not; and the reverse.",
)
@click.option("--follow", "is_followed", is_flag=True, help="Go on while it is being recorded, and end with it.")
@id_options
@click.option("--full", is_flag=True, help="Do not shorten long texts and outputs.")
@json_option
def show(
    *,
    path: Path | None,
    session: str | None,
    turn: int | None,
    interaction: int | None,
    thread: str | None,
    context: bool,
    headers: bool,
    raw: bool,
    rollout: bool,
    is_followed: bool,
    full: bool,
    as_json: bool,
    **ids: str | None,
) -> None:
    """Print a session: prompts, reasoning, tool calls, texts, tokens, times, and what is missing.

    PATH is an archive, a cassette, a session directory, or the beginning of a session id in ~/.codex-replay/sessions.
    It may be a rollout of Codex, too: a file rollout-*.jsonl or rollout-*.jsonl.zst, or the beginning of the thread id
    of a rollout in CODEX_HOME.
    SESSION is the beginning of a session id at PATH; without it, the newest session is shown.
    """
    if path is not None and is_rollout(path):
        if any((session, interaction, thread, context, headers, raw, rollout, is_followed, *ids.values())):
            raise UsageError(
                f"{path}: is a rollout; it has no sessions and no interactions. Give only --turn or --full."
            )
        from pytest_codex_replay.cli.rollout_page import show_rollout  # noqa: PLC0415  heavy

        show_rollout(path, turn=turn, is_full=full, as_json=as_json)
        return
    given = {"turn": turn, "interaction": interaction, "thread": thread, **ids, "as_json": as_json}
    _check(given | {"context": context, "headers": headers, "raw": raw, "rollout": rollout, "follow": is_followed})
    page = Page()
    place, interaction = _find(path, session, interaction, ids)
    if interaction is not None and not context:
        from pytest_codex_replay.cli.exchange import show_exchange  # noqa: PLC0415  heavy

        show_exchange(page, place, interaction, only_headers=headers, is_raw=raw, as_json=as_json)
        return
    from pytest_codex_replay.reading import RecordedSession  # noqa: PLC0415  heavy

    found = RecordedSession(place)
    if context:
        _show_context(page, found, interaction, turn, is_full=full, as_json=as_json)
    elif is_followed:
        from pytest_codex_replay.cli.session_page import follow_session  # noqa: PLC0415  heavy

        follow_session(page, found, is_full=full, as_json=as_json)
    elif rollout:
        from pytest_codex_replay.cli.rollout_page import show_joined  # noqa: PLC0415  heavy

        show_joined(found, turn=turn, is_full=full, as_json=as_json)
    else:
        _show_session(page, found, turn, thread, is_full=full, as_json=as_json)


def _show_context(
    page: Page, session: "RecordedSession", number: int | None, turn: int | None, *, is_full: bool, as_json: bool
) -> None:
    from pytest_codex_replay.cli.context import context_json, print_context  # noqa: PLC0415  heavy
    from pytest_codex_replay.cli.parts import find_requests, find_turn  # noqa: PLC0415  heavy

    if number is None:
        assert turn is not None
        number = find_turn(session, turn).interactions[0].index
    (one,) = find_requests(session, number)
    if as_json:
        print_json(context_json(one))
    else:
        print_context(page, one, is_full=is_full)


def _show_session(
    page: Page, session: "RecordedSession", turn: int | None, thread: str | None, *, is_full: bool, as_json: bool
) -> None:
    from pytest_codex_replay.cli.parts import kept, tell_lost_of  # noqa: PLC0415  heavy
    from pytest_codex_replay.cli.session_page import print_session, print_session_json  # noqa: PLC0415  heavy

    session = kept(session)
    if as_json:
        print_session_json(session, turn, thread)
        tell_lost_of(page, session)
        return
    tell_lost_of(page, session)
    with page.paged():
        print_session(page, session, turn, thread, is_full=is_full)


_REQUEST = frozenset({"interaction", "item", "call", "response", "request"})
_CHOICES = ("turn", "interaction", "thread", "item", "call", "response", "request")
"""What is shown."""
_VIEWS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "context": _REQUEST | {"turn"},
        "headers": _REQUEST,
        "raw": _REQUEST,
        "rollout": frozenset({"turn"}),
        "follow": frozenset(),
    }
)
"""How it is shown -> of which choices."""


def _check(given: Mapping[str, Any]) -> None:
    """Refuse options of which one would be ignored.

    Raises:
        UsageError: there are such.
    """
    chosen = [name for name in _CHOICES if given[name] is not None]
    views = [name for name in _VIEWS if given[name]]
    is_of_request = bool(views) and _VIEWS[views[0]] >= _REQUEST
    refused = [name for view in views[:1] for name in chosen if name not in _VIEWS[view]]
    refused += ["json"] if views == ["raw"] and given["as_json"] else []
    pair = next((pair for pair in (chosen[:2], views[:2], [*views[:1], *refused[:1]]) if len(pair) > 1), None)
    if is_of_request and (not chosen or refused[:1] == chosen):
        raise UsageError(f"--{views[0]}: is of one request: give --interaction N.")
    if pair is not None:
        raise UsageError(f"--{pair[0]} and --{pair[1]}: give one of them.")


def _find(
    path: Path | None, session: str | None, interaction: int | None, ids: Mapping[str, str | None]
) -> tuple[Path, int | None]:
    """Return the directory of the session that is meant, and the number of the interaction."""
    if any(ids.values()):
        return find_call(path, session, ids)
    return find_target(path, session), interaction
