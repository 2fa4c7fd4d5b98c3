"""Sessions as they grow, printed: items and what happens, each text as it comes."""

import re
import sys
from pathlib import Path

from pytest_codex_replay.cli.followed_session import FollowedSession
from pytest_codex_replay.cli.growing_entry import GrowingEntry
from pytest_codex_replay.cli.page import Page, beginning, print_json_line, shortened
from pytest_codex_replay.cli.render import print_call, print_citations, print_items, print_output, text_entry
from pytest_codex_replay.counting import count_text
from pytest_codex_replay.projection.items import AssistantText, Reasoning, ToolCall, item_from_json
from pytest_codex_replay.projection.mutations import Lifecycle, Mutation, Upsert, members_of

_USUAL = ("completed", 101)
"""What tells nothing: how most turns end, and the status of a WebSocket, which says nothing of its answers."""
_TOLD = {"turn.failed": "red", "turn.interrupted": "yellow", "rate_limit": "red", "model.rerouted": "yellow"}
_NOT_LETTERS = re.compile("[._]")
_ID_CHARS, _UUID_CHARS = 13, 36


class Following:
    """Several sessions, each with its reducer; prints what changes in them."""

    def __init__(self, page: Page, *, is_full: bool, as_json: bool) -> None:
        """`is_full`: do not shorten long texts; `as_json`: print each change as a line of JSON."""
        self._page = page
        self._is_full = is_full
        self._as_json = as_json
        self._sessions: dict[Path, FollowedSession] = {}
        self._called: set[str] = set()
        """Keys of the tool calls that are printed."""
        self._waiting: dict[str, tuple[Path, str, ToolCall]] = {}
        """By key: those that wait for their output, each with its session and its turn."""
        self._growing: tuple[str, GrowingEntry] | None = None
        """The text that is printed as it comes, by the key of its item."""
        self._last: tuple[Path, str] | None = None
        """The session and the turn that was printed last."""

    def add(self, path: Path, *, is_whole: bool) -> None:
        """Follow a session; what is there already is printed if `is_whole`."""
        self._sessions[path] = FollowedSession(path, self._warn, wants_all=self._as_json and is_whole)
        if not is_whole:
            for _ in self._sessions[path].mutations():
                pass

    def begin(self, place: Path) -> None:
        """Tell what is followed: it may be a while until something comes."""
        self._page.warn(f"Following {count_text(len(self._sessions), 'session')} at {place}. Ctrl-C ends it.")

    def tell(self) -> bool:
        """Print what is new, at once; return whether any session is being recorded."""
        for path, session in self._sessions.items():
            for mutation in session.mutations():
                self._print_json(path, mutation) if self._as_json else self._print(path, mutation)
        sys.stdout.flush()
        return not all(session.is_over for session in self._sessions.values())

    def end(self) -> None:
        """Tell of which tools no output comes."""
        for path, turn, call in self._waiting.values():
            self._title(path, turn)
            print_output(self._page, call, is_full=self._is_full)

    def close(self) -> None:
        """End the line, and close the sessions."""
        self._rest()
        for session in self._sessions.values():
            session.close()

    def _warn(self, text: str) -> None:
        self._rest()
        self._page.warn(text)

    def _print_json(self, path: Path, mutation: Mutation) -> None:
        kind, value = type(mutation).__name__.lower(), members_of(mutation)
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
            self._print_call(path, key, one, item)
        elif isinstance(item, AssistantText):
            self._print_text(path, key, one, item)
        elif not one.is_open and not (isinstance(item, Reasoning) and not item.text):
            self._title(path, one.value["turn"])
            print_items(self._page, [item], is_full=self._is_full)

    def _print_call(self, path: Path, key: str, one: Upsert, call: ToolCall) -> None:
        """Print a call when it is made, and its output when it is there."""
        turn, is_new = one.value["turn"], key not in self._called
        if is_new or not one.is_open:
            self._title(path, turn)
        if is_new:
            self._called.add(key)
            print_call(self._page, call, is_full=self._is_full)
        if one.is_open:
            self._waiting[key] = path, turn, call
            return
        self._waiting.pop(key, None)
        print_output(self._page, call, is_full=self._is_full)

    def _print_text(self, path: Path, key: str, one: Upsert, text: AssistantText) -> None:
        """Print a text as it comes; of several at once the one that began first, and others when they end."""
        growing = self._growing[1] if self._growing is not None and self._growing[0] == key else None
        if one.is_open and self._growing is not None and growing is None:
            return
        if growing is None or growing.is_resting:
            self._title(path, one.value["turn"])
        label, whole = text_entry(text, lambda whole: shortened(whole, is_full=self._is_full))
        growing = growing or GrowingEntry(self._page, label)
        if one.is_open:
            self._growing = key, growing
            growing.show(beginning(text.text, is_full=self._is_full))
            return
        if self._growing is not None and self._growing[1] is growing:
            self._growing = None
            growing.end(whole)
        else:
            self._page.entry(label, whole)
        print_citations(self._page, text)

    def _rest(self) -> None:
        """Let others print: the text that grows goes on in a line of its own."""
        if self._growing is not None:
            self._growing[1].rest()

    def _title(self, path: Path, turn: str) -> None:
        """Print whose turn goes on, where it is another than before."""
        self._rest()
        if (path, turn) != self._last:
            self._last = path, turn
            name = path.name[:_ID_CHARS] if len(path.name) == _UUID_CHARS else path.name
            self._page.title(name, self._sessions[path].title(turn))
