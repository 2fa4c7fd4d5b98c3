"""A recorded session, opened to be looked at: its turns and interactions. Changes nothing."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from pytest_codex_replay.archive.check import has_canonical_times, is_cassette, is_recording, not_recorded
from pytest_codex_replay.archive.segment_bytes import Damage
from pytest_codex_replay.archive.session import Session
from pytest_codex_replay.errors import ArchiveError
from pytest_codex_replay.projection.answers import Tokens
from pytest_codex_replay.projection.interactions import Interaction
from pytest_codex_replay.projection.lifecycle import Lifecycle, lifecycle_of
from pytest_codex_replay.projection.threads import Thread, helper_kind_of, threads_of, title_of
from pytest_codex_replay.projection.turns import Turn, background_requests_of, turns_of
from pytest_codex_replay.reading.traffic import Traffic, read_traffic
from pytest_codex_replay.rollouts import BesideTraffic
from pytest_codex_replay.wire.responses import Outcome

_NONE_LOST: tuple[Sequence[str], Sequence[str]] = ((), ())
"""Segments that are missing, and that are shorter than they were."""


@dataclass(frozen=True)
class RecordedSession(BesideTraffic):
    """One recorded session of Codex.

    Nothing is read before it is asked for, and then it is kept: let go of a session that you do not need any more.
    Where the traffic is of a newer format or may not be read, `turns`, `interactions`, `background_requests`, `tokens`,
    `damages`, `missing_segments`, `has_lost`, `unknown_kinds`, `threads`, `lifecycle`, `counts`, `incomplete`,
    `broken_off`, `joined_turns`, `run_facts`, `manifest` and what comes from it (times, versions, originators, models)
    raise ArchiveError; so do `rollouts` and `bytes_count` where its directory is shut. `id`, `path`, `state` and
    `unreadable` never do: ask `unreadable` first. What is damaged is left out, and is listed in `damages`.
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
        return has_canonical_times(self.manifest)

    @property
    def is_cassette(self) -> bool:
        """Whether redaction made it: what Codex wrote itself is not in it."""
        return is_cassette(self.manifest)

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
        return background_requests_of(self.interactions, self.turns)

    @cached_property
    def lifecycle(self) -> tuple[Lifecycle, ...]:
        """What happened, in order: turns that started, completed, failed, were steered or rolled back, and the like."""
        return lifecycle_of(self._directory.records(keep_runs=True), lambda: self.turns, is_live=self._is_live)

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
            return sum(self._directory.sizes().values())

    @property
    def counts(self) -> dict[str, int]:
        """How many turns, interactions, requests, events, messages, gaps and so on there are."""
        return {"turns": len(self.turns), "interactions": len(self.interactions), **self.manifest["counts"]}

    @cached_property
    def incomplete(self) -> tuple[str, ...]:
        """What was not recorded to its end, one line each."""
        return self._lines(not_recorded(self.manifest, is_live=self._is_live))

    @cached_property
    def broken_off(self) -> tuple[str, ...]:
        """What the client or the upstream broke off, one line each. It is recorded as it was, so nothing is missing."""
        lacking = {(entry["flow"], entry["why"]) for entry in not_recorded(self.manifest, is_live=False)}
        entries = self.manifest["incomplete"]
        return self._lines([entry for entry in entries if (entry["flow"], entry["why"]) not in lacking])

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
        if self.is_rollout_only and not self.missing_segments:
            return "only its rollout"
        if (lacks := self._lacks()) is not None:
            return lacks
        whole = "complete" if self.interactions else "empty"
        if any(self._lost_segments) or (self.damages and (self.interactions or self.bytes_count)):
            whole = "cut short"
        if self.interactions and all(call.outcome is Outcome.REFUSED for call in self.interactions):
            whole = "upstream not reached"
        return "being recorded" if self._is_live else whole

    def _lacks(self) -> str | None:
        """Say what is missing, the worst first; None: nothing, but for an end that is cut short."""
        lost_count = sum(not damage.cut for damage in self.damages)
        gap_count = self.manifest["counts"]["gaps"]
        if count := len(self.missing_segments):
            return f"{count} segments missing" if count > 1 else "a segment missing"
        if lost_count:
            return f"damaged in {lost_count} places" if lost_count > 1 else "damaged"
        if gap_count:
            return f"{gap_count} gaps" if gap_count > 1 else "a gap"
        return f"{len(self.incomplete)} incomplete" if self.incomplete else None

    @property
    def has_lost(self) -> bool:
        """Whether something of it is damaged, missing, or was not recorded: turns and figures lack it."""
        lacks = self.damages or any(self._lost_segments) or self.incomplete
        return bool(lacks) or self.manifest["counts"]["gaps"] > 0

    @property
    def missing_segments(self) -> tuple[str, ...]:
        """Files of its traffic that are not there, though `session.json` names them; none while it is recorded."""
        return tuple(self._lost_segments[0])

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
    def _lost_segments(self) -> tuple[Sequence[str], Sequence[str]]:
        """Files of its traffic that are not there, and those that are shorter than they were."""
        with _opened(self.path):
            return _NONE_LOST if self._is_live else self._directory.lost_segments()

    @cached_property
    def _is_live(self) -> bool:
        with _opened(self.path):
            return is_recording(self._directory)

    def _lines(self, entries: list[dict[str, Any]]) -> tuple[str, ...]:
        calls: dict[str, list[int]] = {}
        for call in self.interactions if entries else ():
            if call.outcome is not Outcome.COMPLETED:
                calls.setdefault(call.flow, []).append(call.index)
        lines: list[str] = []
        for flow, why in ((entry["flow"], entry["why"]) for entry in entries):
            lines += [f"interaction {index}: {why}" for index in calls.get(flow, ())] or [f"flow {flow}: {why}"]
        return tuple(lines)

    @cached_property
    def _read(self) -> Traffic:
        is_live = self._is_live  # looked up first: the recorder may end while we read
        with _opened(self.path):
            manifest, summary = self._directory.manifest_or_summary()
        traffic = read_traffic(self.path, is_live=is_live, on_record=None if summary is None else summary.add)
        if summary is not None:
            manifest = self._directory.manifest_of(summary)
        else:
            vars(self).setdefault("_lost_segments", _NONE_LOST)
        vars(self).setdefault("manifest", manifest)  # else it would be read once more for this
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


def known_session(
    path: Path,
    traffic: Traffic,
    *,
    is_live: bool,
    manifest: dict[str, Any] | None = None,
    turns: tuple[Turn, ...] | None = None,
    is_fresh: bool = False,
) -> RecordedSession:
    """Return a session whose traffic was read already, so that it is not read again.

    `is_fresh`: the manifest is that of all segments as they are, so that none of them is lost.
    """
    session = RecordedSession(path)
    known = {"_read": traffic, "_is_live": is_live, "manifest": manifest, "_turns": turns}
    known |= {"_lost_segments": _NONE_LOST} if is_fresh else {}
    vars(session).update((name, value) for name, value in known.items() if value is not None)
    return session


@contextmanager
def _opened(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ArchiveError(f"{path}: cannot be read ({error.strerror})") from error
