"""An archive, opened to be looked at: its sessions, and which of them belong together. Changes nothing."""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from os import PathLike
from pathlib import Path

from pytest_codex_replay.archive.names import DEFAULT_ARCHIVE
from pytest_codex_replay.archive.session import find_session, open_sessions, path_given
from pytest_codex_replay.counting import count_text
from pytest_codex_replay.errors import ArchiveError, UsageError
from pytest_codex_replay.projection.threads import prompts_to_title
from pytest_codex_replay.reading.session import RecordedSession

_UNATTRIBUTED = "unattributed-"
"""Begins the name of what belongs to no Codex session."""
_EARLIER, _LATER = timedelta(seconds=1), timedelta(minutes=1)
"""How long before the first record of its conversation, and after the last, a helper may begin."""


class Archive:
    """The sessions of a directory, by id: iterate over it, or take one by its place or its id, which may be shortened.

    A session is made anew each time that it is asked for, so that nothing of it is kept here. What is recorded later is
    there when the archive is opened again.
    """

    def __init__(self, path: Path) -> None:
        """List the sessions at `path`: an archive, a cassette directory, or one session directory.

        Raises:
            UsageError: the directory does not exist, or holds no session.
        """
        self._path = path
        self._directories = tuple(open_sessions(path))

    def __repr__(self) -> str:
        return f"Archive({str(self._path)!r}: {count_text(len(self), 'session')})"

    def __iter__(self) -> Iterator[RecordedSession]:
        """Yield the sessions, by id. None is read yet, so that a damaged one hides no other.

        Of one that cannot be read, `id`, `path`, `state` and `unreadable` raise nothing; `turns`, `interactions` and
        whatever else reads it raise ArchiveError. A loop skips it with `if session.unreadable: continue`.
        """
        return (RecordedSession(directory.path) for directory in self._directories)

    def __len__(self) -> int:
        return len(self._directories)

    def __contains__(self, session: object) -> bool:
        """Return whether `archive[session]` finds one by its id or the beginning of it."""
        if not isinstance(session, str):
            return any(session == one for one in self)
        try:
            self[session]
        except UsageError:
            return False
        return True

    def __getitem__(self, session_id: str | int) -> RecordedSession:
        """Return the session whose id is `session_id`, or the only one whose id begins with it; or that of a place.

        Raises:
            UsageError: none does, or several do; the message names those that there are.
            IndexError: there are fewer sessions.
        """
        if isinstance(session_id, int):
            return RecordedSession(self._directories[session_id].path)
        return RecordedSession(find_session(self._path, session_id, self._directories).path)

    @property
    def path(self) -> Path:
        """The directory."""
        return self._path

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of its sessions."""
        return tuple(directory.name for directory in self._directories)

    @property
    def newest(self) -> RecordedSession:
        """The conversation that began last; a helper, or an unattributed session, only if nothing else is recorded."""
        if len(self) == 1:
            return self[0]
        newest_first = sorted(self._glances, key=lambda one: one.began, reverse=True)
        of_codex = [one for one in newest_first if not one.path.name.startswith(_UNATTRIBUTED)]
        found = next((one for one in of_codex if one.helper_kind is None), (of_codex or newest_first)[0])
        return RecordedSession(found.path)

    @property
    def conversations(self) -> tuple[RecordedSession, ...]:
        """Its sessions without the helpers: what Codex began beside a conversation, such as a request for a title."""
        return tuple(RecordedSession(one.path) for one in self._glances if one.helper_kind is None)

    def helpers_of(self, session: RecordedSession) -> tuple[RecordedSession, ...]:
        """Return the sessions that Codex began beside a conversation.

        They name no conversation. One belongs to the conversation of the same program that was open when it began; a
        title request, to the last of these that has the prompt which it repeats.
        """
        if len(self) == 1:
            return ()
        beside = [(RecordedSession(helper.path), near) for helper, near in self._beside.get(session.path, ())]
        return tuple(helper for helper, near in beside if _conversation_of(helper, near, session) == session.path)

    @cached_property
    def _glances(self) -> tuple["_Glance", ...]:
        return tuple(map(_glance, self))

    @cached_property
    def _beside(self) -> dict[Path, list[tuple["_Glance", list[Path]]]]:
        """The helpers that may belong to a conversation, each with all conversations to which it may."""
        found: dict[Path, list[tuple[_Glance, list[Path]]]] = {}
        for helper, near in _beside(self._glances):
            for one in near:
                found.setdefault(one, []).append((helper, near))
        return found


def open_archive(path: str | PathLike[str] | None = None) -> Archive:
    """Open an archive, a cassette directory, or one session directory, to look at what is recorded.

    Args:
        path: the directory; `~` is expanded. None: where the recorder puts sessions, `~/.codex-replay/sessions`.

    Raises:
        UsageError: the directory does not exist, or holds no session; or `path` is not a path.
    """
    place = path_given(DEFAULT_ARCHIVE if path is None else path, "open_archive")
    if path is None and not place.is_dir():
        raise UsageError(f"{place}: nothing recorded yet. Record something (codex-replay record), or name an archive.")
    return Archive(place)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Glance:
    """What is kept of a session to tell which conversation a helper belongs to."""

    path: Path
    began: datetime
    ended: datetime
    originators: frozenset[str]
    helper_kind: str | None


_NEVER = datetime.fromtimestamp(0, UTC)


def _glance(session: RecordedSession) -> _Glance:
    try:
        began, ended = session.started_at or _NEVER, session.ended_at or _NEVER
        kind, originators = session.helper_kind, frozenset(session.originators)
    except ArchiveError:  # it does not hide the others
        began, ended, kind, originators = _NEVER, _NEVER, None, frozenset()
    return _Glance(path=session.path, began=began, ended=ended, originators=originators, helper_kind=kind)


def _beside(sessions: Iterable[_Glance]) -> Iterator[tuple[_Glance, list[Path]]]:
    """Yield each helper with the conversations of the same program that were open when it began, oldest first."""
    by_start = sorted(sessions, key=lambda one: (one.began, one.path))
    coming = deque(one for one in by_start if one.helper_kind is None)
    open_then: list[_Glance] = []
    for helper in (one for one in by_start if one.helper_kind is not None):
        while coming and coming[0].began <= helper.began + _EARLIER:
            open_then.append(coming.popleft())
        open_then = [one for one in open_then if helper.began - _LATER <= one.ended]
        yield helper, [one.path for one in open_then if one.originators & helper.originators]


def _conversation_of(helper: RecordedSession, near: list[Path], known: RecordedSession) -> Path | None:
    """Return the latest that has the prompt for which a title was asked; where none is repeated, the only one.

    One of those `near` is `known`, and may be read already.
    """
    try:
        prompts = [" ".join(prompt.split()) for prompt in prompts_to_title(helper.interactions)]
        if not prompts:
            return near[0] if len(near) == 1 else None
        sessions = (known if path == known.path else RecordedSession(path) for path in reversed(near))
        return next((one.path for one in sessions if _has_prompt(one, prompts)), None)
    except ArchiveError:  # it does not hide the others
        return None


def _has_prompt(session: RecordedSession, beginnings: list[str]) -> bool:
    prompts = (" ".join((turn.prompt or "").split()) for turn in session.turns)
    return any(prompt.startswith(beginning) for prompt in prompts for beginning in beginnings)
