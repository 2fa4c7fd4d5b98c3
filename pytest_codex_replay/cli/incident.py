"""`codex-replay incident`: a failed turn as a text for a bug report."""

import sys
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

import click

from pytest_codex_replay.cli.options import archive_argument, json_option, user_rules
from pytest_codex_replay.cli.page import Page, duration_text, print_json, tell, visible_line
from pytest_codex_replay.cli.parts import kept, numbered, tell_lost_of
from pytest_codex_replay.cli.targets import find_target, session_argument
from pytest_codex_replay.counting import count_text
from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.projection.incident import Attempt, Incident, attempts_in, incidents_in
from pytest_codex_replay.reading import RecordedSession
from pytest_codex_replay.sharing.machine import redactor_here
from pytest_codex_replay.wire.json_values import map_texts

_EPILOG = """\b
Examples:
  codex-replay incident                        the last failed turn of the newest session
  codex-replay incident 01a1fd22-40 --turn 3   a turn, failed or not
  codex-replay incident --all | wl-copy        all turns with a failed request, to paste into a report

Exit code 0: printed; 1: no turn failed.
"""


@click.command("incident", epilog=_EPILOG)
@archive_argument
@session_argument
@click.option("--turn", type=click.IntRange(min=1), help="This turn, by its number (default: the last that failed).")
@click.option("--all", "is_all", is_flag=True, help="All turns in which a request failed, also those that went on.")
@json_option
def incident(*, path: Path | None, session: str | None, turn: int | None, is_all: bool, as_json: bool) -> None:
    """Print what happened in a failed turn, as a text for a bug report: one paragraph for each request.

    It has request ids, statuses, errors, close codes, times, and what Codex did next. It is redacted by the rules of
    `redact`; no prompt, no output and no code is in it. Errors are quoted as the upstream worded them.
    """
    if turn is not None and is_all:
        raise UsageError("--turn and --all: give one of them.")
    found = kept(RecordedSession(find_target(path, session)))
    incidents = _incidents(found, turn, is_all=is_all)
    tell_lost_of(Page(), found)
    if not incidents:
        Page().warn(f"{found.id}: {_nothing(found)}")
        sys.exit(1)
    redactor = redactor_here(user_rules(), None)
    if as_json:
        value = [_facts(found) | one.as_json() for one in incidents]
        print_json(map_texts(value, lambda _, text: redactor.text(text)))
        return
    text = "\n\n".join("\n".join(map(visible_line, _lines(found, one))) for one in incidents)
    redactor.text(text)  # learns what it has to know from the beginning on
    redactor.again()
    for line in redactor.text(text).split("\n"):
        tell(line)


def _incidents(session: RecordedSession, turn: int | None, *, is_all: bool) -> list[Incident]:
    if turn is not None:
        return [numbered(list(attempts_in(session.turns)), turn, "turn")]
    found = list(incidents_in(session.turns))
    return found if is_all else [one for one in found if one.turn.outcome.is_failed][-1:]


def _nothing(session: RecordedSession) -> str:
    """Say that no turn failed, and where a request did, after which its turn went on."""
    count = count_text(len(session.turns), "turn")
    if any(True for _ in incidents_in(session.turns)):
        return f"no turn failed of {count}, but requests did after which Codex went on. To see these turns: --all"
    return f"nothing failed in {count}. A turn that did not fail: --turn N"


def _facts(session: RecordedSession) -> dict[str, Any]:
    return {
        "session": session.id,
        "codex_version": session.codex_version,
        "originators": list(session.originators),
        "state": session.state,
    }


def _lines(session: RecordedSession, incident: Incident) -> Iterator[str]:
    turn = incident.turn
    failed = sum(attempt.is_failed for attempt in incident.attempts)
    of = count_text(len(incident.attempts), "request")
    yield f"Turn {turn.index} of session {session.id}: {turn.outcome}, {failed} of {of} failed"
    client = ", ".join(session.originators) or "unknown client"
    yield f"  Codex {session.codex_version or 'of unknown version'} ({client}), model {turn.model or 'unknown'}"
    if turn.thread_id is not None:
        yield f"  thread {turn.thread_id}" + (f", turn id {turn.turn_id}" if turn.turn_id else "")
    if not session.has_canonical_times and session.started_at is not None:
        yield f"  recorded {session.started_at.isoformat(timespec='seconds')}"
    if session.state != "complete":
        yield f"  the recording itself: {session.state}"
    for _, alike in groupby(enumerate(incident.attempts, start=1), key=_failure):
        first, *again = alike
        yield from _attempt_lines(*first)
        if again:
            yield f"     (and {count_text(len(again), 'more time')}, up to {again[-1][0]})"
    yield f"  Then Codex {incident.followed}."


def _failure(numbered_attempt: tuple[int, Attempt]) -> tuple[object, ...]:
    """Return what two attempts have in common that failed alike; of another attempt, what no other has."""
    number, attempt = numbered_attempt
    call = attempt.interaction
    if not attempt.is_failed or call.response_id is not None:
        return (number,)
    what = (call.role, call.transport, call.status, call.outcome, call.method, call.url)
    return (*what, attempt.error, call.close_code, attempt.headers)


def _attempt_lines(number: int, attempt: Attempt) -> Iterator[str]:
    call = attempt.interaction
    after = "" if attempt.after_ms is None or number == 1 else f" {duration_text(attempt.after_ms)} later"
    status = "no answer" if call.status is None else f"status {call.status}"
    yield f"  {number}.{after} {call.role} over {call.transport}: {status}, {call.outcome}"
    yield f"     {call.method} {call.url}"
    if attempt.error:
        yield f"     error: {' '.join(attempt.error.split())}"
    if call.close_code is not None:
        yield f"     close code: {call.close_code}"
    if call.response_id is not None:
        yield f"     response: {call.response_id}"
    for name, value in attempt.headers:
        yield f"     {name}: {value}"
    times = [
        "" if attempt.first_event_ms is None else f"first event after {duration_text(attempt.first_event_ms)}",
        "" if attempt.duration_ms is None else f"{duration_text(attempt.duration_ms)} in all",
    ]
    if any(times):
        yield f"     {', '.join(filter(None, times))}"
