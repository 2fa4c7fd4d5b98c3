"""An archive, opened to be looked at: its sessions, with their turns and interactions. Changes nothing."""

from collections import Counter, deque
from collections.abc import Callable, Container, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import Any

from pytest_codex_replay.archive.check import is_recording, not_recorded
from pytest_codex_replay.archive.record import CASSETTE_RUN, Record, UnknownRecord
from pytest_codex_replay.archive.segment_bytes import Damage
from pytest_codex_replay.archive.session import DEFAULT_ARCHIVE, Session, find_session, open_sessions, path_given
from pytest_codex_replay.counting import count_text
from pytest_codex_replay.errors import ArchiveError, UsageError
from pytest_codex_replay.projection.answers import Tokens
from pytest_codex_replay.projection.interactions import Interaction, interactions_of
from pytest_codex_replay.projection.threads import Thread, helper_kind_of, prompts_to_title, threads_of, title_of
from pytest_codex_replay.projection.turns import Turn, background_requests_of, turns_of
from pytest_codex_replay.rollouts import BesideTraffic
from pytest_codex_replay.wire.responses import Outcome

_UNATTRIBUTED = "unattributed-"
"""Begins the name of what belongs to no Codex session."""
_EARLIER, _LATER = timedelta(seconds=1), timedelta(minutes=1)
"""How long before the first record of its conversation, and after the last, a helper may begin."""


@dataclass(frozen=True)
class RecordedSession(BesideTraffic):
    """One recorded session of Codex.

    Nothing is read before it is asked for, and then it is kept: let go of a session that you do not need any more.
    Where the traffic is of a newer format or may not be read, `turns`, `interactions`, `background_requests`, `tokens`,
    `damages`, `unknown_kinds`, `threads`, `counts`, `incomplete`, `broken_off`, `joined_turns`, `run_facts`, `manifest`
    and what comes from it (times, versions, originators, models) raise ArchiveError; so do `rollouts` and `bytes_count`
    where its directory is shut. `id`, `path`, `state` and `unreadable` never do: ask `unreadable` first. What is
    damaged is left out, and is listed in `damages`.
    """

    path: Path
    """Its directory."""

    @property
    def id(self) -> str:
        """The session id, or the name that a cassette was given."""
        return self.path.name

    @cached_property
    def manifest(self) -> dict[str, Any]:
        """What `session.json` says (docs/format.md); made from the traffic when it is missing or stale."""
        with _opened(self.path):
            return self._directory.manifest()

    @property
    def started_at(self) -> datetime | None:
        """When its first record was made, in UTC; None without records, and where times are canonical."""
        return self._time("started_at")

    @property
    def ended_at(self) -> datetime | None:
        """When its last record was made, in UTC; None without records, and where times are canonical."""
        return self._time("ended_at")

    @property
    def has_canonical_times(self) -> bool:
        """Whether redaction made its times up (`redact` without `keep_times`): no duration in it was measured."""
        return CASSETTE_RUN in self.manifest["runs"]

    @property
    def codex_version(self) -> str | None:
        """Version of the Codex that was recorded; of several, the last. None when no request names it."""
        return self.codex_versions[-1] if self.codex_versions else None

    @property
    def codex_versions(self) -> tuple[str, ...]:
        """All versions of Codex that took part, in order of appearance."""
        return tuple(self.manifest["codex_versions"])

    @property
    def originators(self) -> tuple[str, ...]:
        """Names of the programs that sent the requests, such as `codex_exec`."""
        return tuple(self.manifest["originators"])

    @property
    def models(self) -> tuple[str, ...]:
        """The models that were asked, in order of appearance."""
        return tuple(self.manifest["models"])

    @property
    def turns(self) -> tuple[Turn, ...]:
        """What Codex and its sub-agents did for one input each, by start time."""
        return self._turns

    @property
    def interactions(self) -> tuple[Interaction, ...]:
        """All requests with their answers, by start time; those of turns, too."""
        return self._read[0]

    @property
    def background_requests(self) -> tuple[Interaction, ...]:
        """The interactions that belong to no turn."""
        return background_requests_of(self.interactions)

    @property
    def threads(self) -> tuple[Thread, ...]:
        """The conversation and its sub-agents, parents before their children: a tree, by `parent` and `children`."""
        return self._threads

    @property
    def helper_kind(self) -> str | None:
        """What it is for, where Codex began it beside a conversation: `title`, `memory consolidation`, …; else None."""
        return helper_kind_of(self.manifest["threads"])

    @property
    def title(self) -> str | None:
        """The title that the model gave when it was asked for one here; see `Archive.helpers_of`."""
        return title_of(self.interactions)

    @property
    def damages(self) -> tuple[Damage, ...]:
        """What of its traffic could not be read; what is being written at this moment is not damaged."""
        return self._read[1]

    @property
    def tokens(self) -> Tokens:
        """The tokens of all turns."""
        return sum((turn.tokens for turn in self.turns), Tokens())

    @property
    def bytes_count(self) -> int:
        """Size of the traffic on disk, in bytes."""
        with _opened(self.path):
            return sum(path.stat().st_size for path in self._directory.segments())

    @property
    def counts(self) -> dict[str, int]:
        """How many turns, interactions, requests, events, messages, gaps and so on there are."""
        return {"turns": len(self.turns), "interactions": len(self.interactions), **self.manifest["counts"]}

    @property
    def incomplete(self) -> tuple[str, ...]:
        """What was not recorded to its end, one line each."""
        return self._lines(not_recorded(self.manifest, is_live=self._is_live))

    @property
    def broken_off(self) -> tuple[str, ...]:
        """What the client or the upstream broke off, one line each. It is recorded as it was, so nothing is missing."""
        lacking = not_recorded(self.manifest, is_live=False)
        return self._lines([entry for entry in self.manifest["incomplete"] if entry not in lacking])

    @property
    def unreadable(self) -> str | None:
        """Why nothing of it can be read; None when it can."""
        try:
            self._read  # noqa: B018  kept from now on
            self.manifest  # noqa: B018  likewise
        except ArchiveError as error:
            return " ".join(str(error).split())
        return None

    @property
    def state(self) -> str:
        """Whether all of it is there, in a few words: `complete`, `1 incomplete`, `a gap`, `unreadable: …`.

        It is `being recorded` as long as a recorder writes to it, and nothing is missing of what was written; and
        `upstream not reached` where no request was answered, since none reached it.
        """
        if (why := self.unreadable) is not None:
            return f"unreadable: {why}"
        lost = [damage for damage in self.damages if not damage.cut]
        gap_count = self.counts["gaps"]
        if self.is_rollout_only:
            return "only its rollout"
        if lost:
            return f"damaged in {len(lost)} places" if len(lost) > 1 else "damaged"
        if gap_count:
            return f"{gap_count} gaps" if gap_count > 1 else "a gap"
        if self.incomplete:
            return f"{len(self.incomplete)} incomplete"
        whole = ("cut short" if self.damages else "complete") if self.interactions else "empty"
        if self.interactions and all(call.outcome is Outcome.REFUSED for call in self.interactions):
            whole = "upstream not reached"
        return "being recorded" if self._is_live else whole

    @property
    def is_rollout_only(self) -> bool:
        """Whether nothing of its traffic was recorded, and `rollouts` are all that is known (`codex-replay import`)."""
        return not self.interactions and not self.damages and bool(self.rollouts)

    @property
    def unknown_kinds(self) -> dict[str, int]:
        """Kinds of records that are not known here, with how many there are of each: a later version wrote them."""
        return dict(Counter(record.kind for record in self._read[2]))

    @property
    def unknown_records(self) -> tuple[dict[str, Any], ...]:
        """The records of these kinds, as JSON objects with their `kind`."""
        return tuple({"kind": record.kind, **record.payload.fields} for record in self._read[2])

    @property
    def _directory(self) -> Session:
        return Session(self.path)

    @cached_property
    def _is_live(self) -> bool:
        with _opened(self.path):
            return is_recording(self._directory)

    def _lines(self, entries: Iterable[dict[str, Any]]) -> tuple[str, ...]:
        lines = []
        for entry in entries:
            flow, why = entry["flow"], entry["why"]
            calls = [call for call in self.interactions if call.flow == flow and call.outcome is not Outcome.COMPLETED]
            lines += [f"interaction {call.index}: {why}" for call in calls] or [f"flow {flow}: {why}"]
        return tuple(lines)

    @cached_property
    def _read(self) -> "Traffic":
        is_live = self._is_live  # looked up first: the recorder may end while we read
        with _opened(self.path):
            summary = self._directory.lacking_summary()
        traffic = read_traffic(self.path, is_live=is_live, on_record=None if summary is None else summary.add)
        if summary is not None:  # else it would be read once more for this
            vars(self).setdefault("manifest", self._directory.manifest_of(summary))
        return traffic

    @cached_property
    def _turns(self) -> tuple[Turn, ...]:
        return turns_of(self.interactions)

    @cached_property
    def _threads(self) -> tuple[Thread, ...]:
        return threads_of(self.interactions, self.turns)

    def _time(self, name: str) -> datetime | None:
        text = None if self.has_canonical_times else self.manifest[name]
        found = None if text is None else datetime.fromisoformat(text)
        return found if found is None or found.tzinfo else found.replace(tzinfo=UTC)  # a hand may have edited it


Traffic = tuple[tuple[Interaction, ...], tuple[Damage, ...], tuple[UnknownRecord, ...]]
"""What of a session was read: its interactions, what is damaged, and records of kinds that are not known."""


def read_traffic(
    path: Path,
    *,
    is_live: bool,
    keeps: bool = True,
    unkept: Container[str] = (),
    passes: Callable[[bytes, bytes, float], bool] | None = None,
    on_record: Callable[[Record], None] | None = None,
) -> Traffic:
    """Read a session directory.

    Args:
        path: the directory.
        is_live: a recorder writes to it, so it may stop anywhere: that does not count as damage.
        keeps: keep the events of answers, not only what they say; but of the flows `unkept`.
        unkept: see there.
        passes: what of compressed segments need not be decoded.
        on_record: is given each record.

    Raises:
        ArchiveError: it cannot be read.
    """
    damages: list[Damage] = []
    unknown: list[UnknownRecord] = []

    def seen() -> Iterator[Record]:
        for record in Session(path).records(damages.append, keep_runs=True, passes=passes):
            if isinstance(record, UnknownRecord):
                unknown.append(record)
            if on_record is not None:
                on_record(record)
            yield record

    interactions = interactions_of(seen(), packs=True, keeps=keeps, unkept=unkept)
    return interactions, tuple(one for one in damages if not (one.cut and is_live)), tuple(unknown)


def known_session(
    path: Path,
    traffic: Traffic,
    *,
    is_live: bool,
    manifest: dict[str, Any] | None = None,
    turns: tuple[Turn, ...] | None = None,
) -> RecordedSession:
    """Return a session whose traffic was read already, so that it is not read again."""
    session = RecordedSession(path)
    known = {"_read": traffic, "_is_live": is_live, "manifest": manifest, "_turns": turns}
    vars(session).update((name, value) for name, value in known.items() if value is not None)
    return session


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


@contextmanager
def _opened(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ArchiveError(f"{path}: cannot be read ({error.strerror})") from error


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
