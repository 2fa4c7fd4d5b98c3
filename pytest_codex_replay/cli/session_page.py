"""A session as `show` prints it."""

from typing import Any

from pytest_codex_replay.cli.page import Page, print_json, print_long_json
from pytest_codex_replay.cli.parts import find_turn, kept, lifecycle_json, turns_of_thread
from pytest_codex_replay.cli.render import print_background_requests, print_header, print_turn, title_beside
from pytest_codex_replay.cli.rollout_page import print_rollouts
from pytest_codex_replay.cli.tail import follow
from pytest_codex_replay.cli.targets import helpers_beside
from pytest_codex_replay.reading import RecordedSession


def follow_session(page: Page, session: RecordedSession, *, is_full: bool, as_json: bool) -> None:
    """Print a session as far as it has come, and what comes since."""
    if not as_json:
        print_header(page, kept(session), helpers_beside(session))
    follow(session.path, [session.path], is_whole=True, until_end=True, is_full=is_full, as_json=as_json)


def print_session_json(session: RecordedSession, turn: int | None, thread: str | None) -> None:
    """Print a session, one of its turns, or those of one of its threads, as JSON."""
    if turn is not None:
        print_json(find_turn(session, turn).as_json())
        return
    if thread is not None:
        print_json([one.as_json() for one in turns_of_thread(session, thread)])
        return
    lifecycle = lifecycle_json(session)  # before the session is read for the rest: both at once take more memory
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
        "turns": (one.as_json() for one in session.turns),
        "lifecycle": lifecycle,
        "background_requests": background_requests,
        "unknown_kinds": session.unknown_kinds,
        "damages": [str(damage) for damage in session.damages],
        **({"rollouts": [one.as_json() for one in session.rollouts]} if session.is_rollout_only else {}),
    }
    print_long_json(value)


def print_session(page: Page, session: RecordedSession, turn: int | None, thread: str | None, *, is_full: bool) -> None:
    """Print a session, one of its turns, or those of one of its threads."""
    if turn is not None:
        print_turn(page, find_turn(session, turn), is_full=is_full)
        return
    turns = session.turns if thread is None else turns_of_thread(session, thread)
    if thread is None:
        print_header(page, session, helpers_beside(session))
    for one in turns:
        print_turn(page, one, is_full=is_full)
    if thread is None:
        print_background_requests(page, session.background_requests)
    if thread is None and session.is_rollout_only:
        print_rollouts(page, session, is_full=is_full)
