"""`codex-replay tail`: follows sessions as they happen."""

import re
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import click

from pytest_codex_replay.archive.check import is_recording
from pytest_codex_replay.archive.segment_bytes import Damage
from pytest_codex_replay.archive.session import Session, find_session
from pytest_codex_replay.archive.tail import SessionTail
from pytest_codex_replay.cli.page import Page, print_json_line
from pytest_codex_replay.cli.render import print_call, print_items, print_output
from pytest_codex_replay.cli.targets import (
    GivenText,
    SessionPath,
    complete_session,
    default_archive,
    has_segments,
    names_in,
)
from pytest_codex_replay.counting import count_text
from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.projection.items import Reasoning, ToolCall, item_from_json
from pytest_codex_replay.projection.mutations import Lifecycle, Mutation, Upsert
from pytest_codex_replay.projection.reducer import Reducer

_POLL_S = 0.03
"""With the 200 ms that a recorder lets events wait for company, an event is printed within 300 ms."""
_TICK_NS = 50_000_000
"""What file systems round times to, at most."""
_USUAL = ("completed", 101)
"""What tells nothing: how most turns end, and the status of a WebSocket, which says nothing of its answers."""
_TOLD = {"turn.failed": "red", "turn.interrupted": "yellow", "rate_limit": "red", "model.rerouted": "yellow"}
_NOT_LETTERS = re.compile("[._]")
_ID_CHARS, _UUID_CHARS = 13, 36
_EPILOG = """\b
Examples:
  codex-replay tail                      all sessions that are being recorded, and those that begin
  codex-replay tail 01a1fd22-40 --all    one session, from its beginning on
  codex-replay tail --json | jq -c 'select(.type == "turn.failed")'
"""


@click.command("tail", epilog=_EPILOG)
@click.argument("path", required=False, type=SessionPath())
@click.argument("sessions", nargs=-1, type=GivenText(), shell_complete=complete_session)
@click.option("--all", "is_whole", is_flag=True, help="Also print what was recorded before now.")
@click.option("--until-end", is_flag=True, help="End with the last recording (default: at Ctrl-C).")
@click.option("--full", is_flag=True, help="Do not shorten long texts and outputs.")
@click.option("--json", "as_json", is_flag=True, help="Print each change as a line of JSON, for programs.")
def tail(
    *, path: Path | None, sessions: tuple[str, ...], is_whole: bool, until_end: bool, full: bool, as_json: bool
) -> None:
    """Print what is exchanged in sessions while they are recorded.

    PATH is an archive or a session directory (default ~/.codex-replay/sessions); SESSIONS are beginnings of session ids
    in it. Without them, the sessions that are being recorded are followed, and those that begin meanwhile.
    """
    place = path or default_archive()
    wanted = _wanted(place, sessions)
    follow(place, wanted, is_whole=is_whole, until_end=until_end, is_full=full, as_json=as_json)


def follow(
    place: Path, wanted: Sequence[Path], *, is_whole: bool, until_end: bool, is_full: bool, as_json: bool
) -> None:
    """Print what happens in sessions until they end, or a user has seen enough.

    Args:
        place: their archive, or the directory of the only one.
        wanted: their directories; empty: all that are being recorded, and those that begin.
        is_whole: print what was recorded before now, too.
        until_end: end with the last recording.
        is_full: do not shorten long texts.
        as_json: print each change as a line of JSON.
    """
    following = _Following(Page(), is_full=is_full, as_json=as_json)
    try:
        _follow(following, place, wanted, is_whole=is_whole, until_end=until_end)
    except KeyboardInterrupt:
        click.echo(err=True)
    finally:
        following.close()


def _wanted(place: Path, names: Sequence[str]) -> list[Path]:
    """Return the sessions that are named; empty: all of the archive."""
    if names:
        return [find_session(place, name).path for name in names]
    if not place.is_dir():
        raise UsageError(f"{place}: no such directory. Record something: codex-replay record -- codex.")
    return [place] if has_segments(place) else []


def _follow(following: "_Following", place: Path, wanted: Sequence[Path], *, is_whole: bool, until_end: bool) -> None:
    arrivals = _Arrivals(place)
    there = wanted or arrivals.look()
    for path in there if wanted or is_whole else list(filter(_is_live, there)):
        following.add(path, is_whole=is_whole)
    if not until_end:
        following.begin(place)
    while True:
        for path in () if wanted else arrivals.look():
            following.add(path, is_whole=True)
        is_live = any(map(_is_live, following.paths))
        following.tell()
        if until_end and not is_live:
            return
        time.sleep(_POLL_S)  # other processes write: no event says so on every file system


def _is_live(path: Path) -> bool:
    try:
        return is_recording(Session(path))
    except OSError:  # it is shut, or gone
        return False


class _Arrivals:
    """Sees the sessions of an archive that are new since the last look; of ten thousand it looks at few each time."""

    def __init__(self, place: Path) -> None:
        self._place = place
        self._changed_ns = 0
        self._known: set[str] = set()
        self._without: set[str] = set()
        """Directories that hold no segment still."""

    def look(self) -> list[Path]:
        try:
            changed_ns = self._place.stat().st_mtime_ns
            if changed_ns != self._changed_ns:
                is_settled = time.time_ns() - changed_ns > _TICK_NS
                self._changed_ns = changed_ns if is_settled else 0  # else it may change again without another time
                names = set(names_in(self._place, is_checked=False)) - self._known
                self._known |= names
                self._without |= names
        except OSError:  # an archive that is still to come, or is gone
            return []
        found = {name for name in self._without if has_segments(self._place / name)}
        self._without -= found
        return [self._place / name for name in sorted(found)]


class _Following:
    """Several sessions, each with its reducer; prints what changes in them."""

    def __init__(self, page: Page, *, is_full: bool, as_json: bool) -> None:
        self._page = page
        self._is_full = is_full
        self._as_json = as_json
        self._tails: dict[Path, tuple[SessionTail, Reducer]] = {}
        self._called: set[str] = set()
        """Keys of the tool calls that are printed, and wait for their output."""
        self._last: tuple[Path, str] | None = None
        """The session and the turn that was printed last."""

    @property
    def paths(self) -> set[Path]:
        return set(self._tails)

    def add(self, path: Path, *, is_whole: bool) -> None:
        """Follow a session; what is there already is printed if `is_whole`."""
        tail, reducer = self._tails[path] = SessionTail(path, keep_runs=True), Reducer()
        if not is_whole:
            for record in tail.records(self._damaged):
                reducer.feed(record)

    def begin(self, place: Path) -> None:
        """Tell what is followed: it may be a while until something comes."""
        self._page.warn(f"Following {count_text(len(self._tails), 'session')} at {place}. Ctrl-C ends it.")

    def tell(self) -> None:
        """Print what is new, at once."""
        for path, (tail, reducer) in self._tails.items():
            for record in tail.records(self._damaged):
                for mutation in reducer.feed(record):
                    self._print_json(path, mutation) if self._as_json else self._print(path, mutation)
        sys.stdout.flush()

    def close(self) -> None:
        for tail, _ in self._tails.values():
            tail.close()

    def _damaged(self, damage: Damage) -> None:
        self._page.warn(f"{damage.path.parent.name}/{damage}; it is followed no further")

    def _print_json(self, path: Path, mutation: Mutation) -> None:
        kind, value = type(mutation).__name__.lower(), asdict(mutation)
        value.pop("turn_index", None)  # of a whole session
        print_json_line({"session": path.name, "mutation": kind, **value})

    def _print(self, path: Path, mutation: Mutation) -> None:
        if isinstance(mutation, Lifecycle):
            self._print_happened(path, mutation)
        elif isinstance(mutation, Upsert) and mutation.kind == "item":
            self._print_item(path, mutation)

    def _print_happened(self, path: Path, what: Lifecycle) -> None:
        if what.type in {"session.started", "thread.started", "turn.started"}:
            return
        told = ", ".join(str(value) for value in what.data.values() if value and value not in _USUAL)
        self._title(path, what.turn or "")
        text = f"{_NOT_LETTERS.sub(' ', what.type)}{f': {told}' if told else ''}"
        self._page.entry("", text, _TOLD.get(what.type, "dim"))

    def _print_item(self, path: Path, one: Upsert) -> None:
        item = item_from_json(one.value)
        key = f"{path}/{one.key}"
        if isinstance(item, ToolCall):
            is_new = key not in self._called
            if is_new or not one.is_open:
                self._title(path, one.value["turn"])
            if is_new:
                self._called.add(key)
                print_call(self._page, item, is_full=self._is_full)
            if not one.is_open:
                print_output(self._page, item, is_full=self._is_full)
        elif not one.is_open and not (isinstance(item, Reasoning) and not item.text):
            self._title(path, one.value["turn"])
            print_items(self._page, [item], is_full=self._is_full)

    def _title(self, path: Path, turn: str) -> None:
        """Print whose turn goes on, where it is another than before."""
        if (path, turn) != self._last:
            self._last = path, turn
            name = path.name[:_ID_CHARS] if len(path.name) == _UUID_CHARS else path.name
            self._page.title(name, self._prompt(path, turn))

    def _prompt(self, path: Path, turn: str) -> str:
        _, reducer = self._tails[path]
        told, turns = reducer.turns, reducer.fold.turns
        found = next((told[number][0] for number in reversed(range(len(told))) if turns[number].key == turn), None)
        if found is None:
            return ""
        name = found["agent_path"] or ""
        return f"{name} {' '.join((found['prompt'] or '').split())[:60]}".strip()
