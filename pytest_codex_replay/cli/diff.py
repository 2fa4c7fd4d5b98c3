"""`codex-replay diff`: what differs between two sessions, turns or requests."""

import difflib
import re
import sys
from collections.abc import Iterator, Sequence
from itertools import repeat
from pathlib import Path
from typing import Any, NamedTuple

import click

from pytest_codex_replay.cli.options import json_option
from pytest_codex_replay.cli.page import Page, command_text, print_json, visible_line
from pytest_codex_replay.cli.parts import call_before, find_requests, find_turn, kept, tell_lost_of
from pytest_codex_replay.cli.targets import SessionPath, complete_session
from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.projection.interactions import Interaction
from pytest_codex_replay.reading import RecordedSession, open_archive
from pytest_codex_replay.wire.json_differences import MISSING, json_differences
from pytest_codex_replay.wire.json_values import text_or_json

_TWO = 2
_CONTEXT_LINES = 2
_HUNK = re.compile(r"([-+])(\d+)")
_STYLES = {"+": "green", "-": "red", "@": "cyan"}
_EPILOG = """\b
Examples:
  codex-replay diff 01a1fd22-40 01a2c7de-11        two sessions, turn by turn
  codex-replay diff cassettes/a cassettes/b --turn 2
  codex-replay diff cassettes/a --turn 1 --turn 2  two turns of one session
  codex-replay diff cassettes/a --interaction 5    what request 5 added to the one before it
  codex-replay diff cassettes/a --interaction 3 --interaction 5

Exit code 0: nothing differs; 1: something does.
"""


class _Side(NamedTuple):
    """What is compared, and what it is called."""

    name: str
    value: Any


@click.command("diff", epilog=_EPILOG)
@click.argument("a", type=SessionPath(), shell_complete=complete_session)
@click.argument("b", type=SessionPath(), required=False, shell_complete=complete_session)
@click.option(
    "--turn", "turns", type=click.IntRange(min=1), multiple=True, help="Only this turn; twice: of A and of B."
)
@click.option(
    "--interaction",
    "calls",
    type=click.IntRange(min=1),
    multiple=True,
    help="Only this request; twice: of A and of B. Of one session: against the request before it in its thread.",
)
@json_option
def diff(*, a: Path, b: Path | None, turns: tuple[int, ...], calls: tuple[int, ...], as_json: bool) -> None:
    """Print what differs between two sessions, two turns, or two requests.

    A and B are session directories, or beginnings of session ids in ~/.codex-replay/sessions. Sessions and turns are
    compared by their content; times, ids and transport are ignored. Requests are compared whole, with all input that
    the model saw.
    """
    if turns and calls:
        raise UsageError("--turn and --interaction: give one of them.")
    old, new = _sides(a, b, turns, calls)
    differences = list(json_differences(old.value, new.value))
    if as_json:
        print_json([_as_json(one.path, one.old, one.new) for one in differences])
    elif differences:
        _print_lines(old, new)
    else:
        Page().warn(f"{old.name} and {new.name}: nothing differs.")
    sys.exit(1 if differences else 0)


def _sides(a: Path, b: Path | None, turns: Sequence[int], calls: Sequence[int]) -> tuple[_Side, _Side]:
    old = _session(a)
    new = old if b is None else _session(b)
    noun, numbers = ("turn", turns) if turns else ("interaction", calls)
    if len(numbers) > _TWO:
        raise UsageError(f"--{noun}: give it once or twice.")
    if calls and b is None and len(calls) == 1:
        return _request_sides(old, old, call_before(old, calls[0]), calls[0])
    if b is None and len(numbers) < _TWO:
        raise UsageError("B is missing: with one session, give --interaction N, or --turn or --interaction twice.")
    if not numbers:
        return _session_side(old), _session_side(new)
    first, last = numbers[0], numbers[-1]
    return (_turn_side(old, first), _turn_side(new, last)) if turns else _request_sides(old, new, first, last)


def _request_sides(old: RecordedSession, new: RecordedSession, first: int, last: int) -> tuple[_Side, _Side]:
    if old is new:
        one, other = find_requests(old, first, last)
    else:
        (one,), (other,) = find_requests(old, first), find_requests(new, last)
    return _request_side(old, one), _request_side(new, other)


def _session(path: Path) -> RecordedSession:
    archive = open_archive(path)
    if len(archive) > 1:
        raise UsageError(f"{path}: holds {len(archive)} sessions; name one of them: {command_text('ls', path)}")
    tell_lost_of(Page(), archive[0])
    return archive[0]


def _session_side(session: RecordedSession) -> _Side:
    return _Side(session.id, {"turns": [turn.summary() for turn in kept(session).turns]})


def _turn_side(session: RecordedSession, number: int) -> _Side:
    return _Side(f"{session.id} turn {number}", find_turn(session, number).summary())


def _request_side(session: RecordedSession, call: Interaction) -> _Side:
    request = call.request.json if call.request else None
    whole = {**request, "input": list(call.input)} if isinstance(request, dict) and "input" in request else request
    if whole is None and call.request is not None:
        whole = call.request.raw.decode(errors="replace")
    return _Side(f"{session.id} interaction {call.index}", whole)


def _as_json(path: str, old: Any, new: Any) -> dict[str, Any]:
    """Return a difference; a side that has nothing there lacks its member."""
    return {"path": path} | {name: value for name, value in (("old", old), ("new", new)) if value is not MISSING}


def _print_lines(old: _Side, new: _Side) -> None:
    page = Page()
    before, after = list[str](), list[str]()
    _add_lines(before, old.value)
    _add_lines(after, _in_order_of(old.value, new.value))
    for line in _unified(old, new, before, after):
        page.plain(visible_line(line), _STYLES.get(line[:1], ""))


def _unified(old: _Side, new: _Side, before: list[str], after: list[str]) -> Iterator[str]:
    """Yield a unified diff. What both begin with, most often nearly all, is not compared line by line again."""
    differing = next((at for at, (one, other) in enumerate(zip(before, after, strict=False)) if one != other), None)
    skipped = max((min(len(before), len(after)) if differing is None else differing) - _CONTEXT_LINES, 0)
    lines = difflib.unified_diff(before[skipped:], after[skipped:], old.name, new.name, lineterm="", n=_CONTEXT_LINES)
    for line in lines:
        yield _HUNK.sub(lambda found: f"{found[1]}{int(found[2]) + skipped}", line) if line.startswith("@@") else line


def _in_order_of(old: Any, new: Any) -> Any:
    """Return a value with its members in the order in which another has them: Codex sends some in any order."""
    if isinstance(old, dict) and isinstance(new, dict):
        names = [*(name for name in old if name in new), *(name for name in new if name not in old)]
        return {name: _in_order_of(old.get(name), new[name]) for name in names}
    if isinstance(old, list) and isinstance(new, list):
        return [*map(_in_order_of, old, new), *new[len(old) :]]
    return new


def _add_lines(lines: list[str], value: Any, margin: str = "", label: str = "") -> None:
    """Add a JSON value line by line: one member a line, and texts as they read."""
    if isinstance(value, dict | list) and value:
        if label:
            lines.append(f"{margin}{label}:")
        inner = f"{margin}  " if label else margin
        for name, member in value.items() if isinstance(value, dict) else zip(repeat("-"), value, strict=False):
            _add_lines(lines, member, inner, name)
    elif isinstance(value, str) and "\n" in value:
        lines.append(f"{margin}{label}:")
        lines += [f"{margin}  | {line}" for line in value.split("\n")]
    else:
        lines.append(f"{margin}{label}: {text_or_json(value)}")
