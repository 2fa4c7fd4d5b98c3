"""Parts of a session, read without the rest where an index knows what they are made of."""

from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

from pytest_codex_replay.cli.filters import tell_lost
from pytest_codex_replay.cli.page import Page
from pytest_codex_replay.cli.targets import asked_of
from pytest_codex_replay.counting import count_text
from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.index.happened import kept_lifecycle
from pytest_codex_replay.index.kept import kept_session, kept_steps
from pytest_codex_replay.index.part import calls_of, read_first, read_interactions, read_lean
from pytest_codex_replay.projection.interactions import MODEL_CALLS, Interaction
from pytest_codex_replay.projection.prompt_cache import CacheStep, cache_steps
from pytest_codex_replay.projection.turns import Turn
from pytest_codex_replay.reading import RecordedSession

_Numbered = TypeVar("_Numbered")


def find_requests(session: RecordedSession, *numbers: int) -> list[Interaction]:
    """Return interactions of a session by their numbers, each with what it continues; they may lack their answers.

    Raises:
        UsageError: there are fewer.
    """
    calls = asked_of(session.path, calls_of) or []
    if (alone := read_interactions(session.path, numbers, calls)) is not None:
        by_number = {call.index: call for call in alone}
        if all(number in by_number for number in numbers):
            return [by_number[number] for number in numbers]
    whole = (read_first(session.path, max(numbers), calls) or read_lean(session.path, calls)) if calls else session
    return [numbered(whole.interactions, number, "interaction") for number in numbers]


def call_before(session: RecordedSession, number: int) -> int:
    """Return the number of the model call before a request in its thread.

    Raises:
        UsageError: it is the first; or there are fewer requests.
    """
    known = [(call.number, call.thread, call.role) for call in asked_of(session.path, calls_of) or []]
    calls = sorted(known) or [(one.index, one.identity.thread_id, one.role) for one in session.interactions]
    _, thread, _ = numbered(calls, number, "interaction")
    earlier = (at for at, of, role in reversed(calls[: number - 1]) if of == thread and role in MODEL_CALLS)
    if (found := next(earlier, None)) is None:
        raise UsageError(f"interaction {number}: is the first request of its thread; name another to compare with.")
    return found


def find_turn(session: RecordedSession, number: int) -> Turn:
    """Return a turn of a session by its number; without the pieces of its answers where an index knows it.

    Raises:
        UsageError: there are fewer.
    """
    return numbered(kept(session).turns, number, "turn")


def turns_of_thread(session: RecordedSession, name: str) -> Sequence[Turn]:
    """Return the turns of a thread, by the beginning of its id or its agent path.

    Raises:
        UsageError: it was not found, or several match.
    """
    threads = [one for one in session.threads if one.id.startswith(name) or name in {one.agent_path, one.agent_name}]
    if len(threads) != 1:
        there = ", ".join(one.agent_path or one.agent_name or one.id for one in session.threads)
        raise UsageError(f"--thread {name}: {'several threads match' if threads else 'not found'}. There are: {there}")
    return threads[0].turns


def lean(session: RecordedSession) -> RecordedSession:
    """Return a session without the pieces of completed answers, where an index knows it."""
    calls = asked_of(session.path, calls_of)
    return read_lean(session.path, calls) if calls else session


def kept(session: RecordedSession) -> RecordedSession:
    """Return a session without its traffic, as an index keeps a large one: turns, and `KeptCall`s for interactions."""
    found = asked_of(session.path, lambda database, name: kept_session(database, session.path, name))
    return session if found is None else found


def lifecycle_json(session: RecordedSession) -> list[dict[str, Any]]:
    """Return what happened in a session, as JSON."""
    found = asked_of(session.path, lambda database, name: kept_lifecycle(database, session, name))
    return [one.as_json() for one in session.lifecycle] if found is None else found


def steps_of(session: RecordedSession) -> Iterable[CacheStep]:
    """Return why the prompt cache missed in a session."""
    found = asked_of(session.path, kept_steps)
    return cache_steps(lean(session).interactions) if found is None else found


def tell_lost_of(page: Page, session: RecordedSession) -> None:
    """Say where an answer about one session lacks something."""
    query = "SELECT has_lost AND error IS NULL FROM session WHERE name = ?"
    known = asked_of(session.path, lambda database, name: database.execute(query, (name,)).fetchone())
    tell_lost(page, session.has_lost if known is None else known[0], session.path)


def numbered(things: Sequence[_Numbered], number: int, noun: str) -> _Numbered:
    """Return the thing that has a number, from 1.

    Raises:
        UsageError: there are fewer.
    """
    if number > len(things):
        raise UsageError(f"{noun} {number}: not found. The session has {count_text(len(things), noun)}.")
    return things[number - 1]
