"""`session.json`: what is in a session directory. Derived from the traffic, and rebuilt when missing or stale."""

import hashlib
import os
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

import orjson

from pytest_codex_replay.archive.files import open_regular, size_of
from pytest_codex_replay.archive.members import END_OF_TIME_MS
from pytest_codex_replay.archive.names import MANIFEST as MANIFEST  # noqa: PLC0414  writers take it from here
from pytest_codex_replay.archive.names import is_plain, is_segment
from pytest_codex_replay.archive.record import (
    CASSETTE_RUN,
    FORMAT,
    EndRecord,
    EventRecord,
    FlowEnd,
    FlowRecord,
    GapRecord,
    MessageRecord,
    Record,
    RequestRecord,
    ResponseRecord,
    RunRecord,
    SegmentRecord,
)
from pytest_codex_replay.codex.identity import identify
from pytest_codex_replay.codex.threads import HELPERS
from pytest_codex_replay.wire.responses import CREATE, ended_by
from pytest_codex_replay.wire.sse import is_whole


class Summary:
    """Folds records into what the manifest says about them."""

    def __init__(self) -> None:
        self.threads: dict[str, dict[str, str]] = {}
        """Thread id -> its parent and kind, and its source where Codex began it by itself; in order of appearance."""
        self._said: dict[str, dict[str, None]] = {
            name: {} for name in ("codex_versions", "originators", "models", "runs")
        }
        self._counts: Counter[str] = Counter()
        self._first_ms: float | None = None
        self._last_ms: float | None = None
        self._session: str | None = None
        self._ruleset = 0
        self._open: dict[str, str] = {}
        self._broken: dict[str, str] = {}
        self._is_all_hit = False
        """Whether a gap has hit all that is open."""

    def state(self) -> dict[str, Any]:
        """Return all that it knows, as a JSON value: `Summary.of_state` goes on from there."""
        return {name: getattr(self, name) for name in _STATE}

    @classmethod
    def of_state(cls, state: dict[str, Any]) -> Self:
        """Return what goes on where `state` was made."""
        summary = cls()
        for name in _STATE:
            setattr(summary, name, state[name])
        summary._counts = Counter(summary._counts)
        summary._said = {name: dict.fromkeys(values) for name, values in summary._said.items()}
        return summary

    @classmethod
    def of(cls, manifest: dict[str, Any]) -> Self:
        """Return what goes on from a manifest, which is not stale, as if its records had been added."""
        summary = cls()
        summary.threads = {one["id"]: dict(one) for one in manifest["threads"]}
        for about in summary.threads.values():
            del about["id"]
        summary._said = {name: dict.fromkeys(manifest[name]) for name in summary._said}
        summary._counts.update(manifest["counts"])
        summary._first_ms, summary._last_ms = _ms(manifest["started_at"]), _ms(manifest["ended_at"])
        for entry in manifest["incomplete"]:
            why = summary._open if entry["why"] == _NO_END else summary._broken
            why[entry["flow"]] = entry["why"]
        return summary

    def add(self, record: Record) -> None:
        """Take the next record."""
        if record.at_ms or not isinstance(record, GapRecord):  # else no record tells when it was
            self._first_ms = record.at_ms if self._first_ms is None else min(self._first_ms, record.at_ms)
            self._last_ms = record.at_ms if self._last_ms is None else max(self._last_ms, record.at_ms)
        if isinstance(record, EventRecord):
            self._counts["events"] += 1
            self._event(record)
        elif isinstance(record, RunRecord):
            self._counts["messages" if record.is_messages else "events"] += len(record.times_ms)
            self._last_ms = max(self._last_ms or 0.0, record.times_ms[-1])
        elif isinstance(record, MessageRecord):
            self._message(record)
        elif isinstance(record, RequestRecord):
            self._request(record)
        elif isinstance(record, SegmentRecord):
            self._segment(record)
        elif isinstance(record, GapRecord):
            self._counts["gaps"] += 1
            self._counts["lost"] += record.lost_count
            self._gap(record)
        elif isinstance(record, FlowRecord):
            self._flow(record)

    def add_alike(self, first: EventRecord, others: Sequence[EventRecord]) -> None:
        """Take events that differ in a piece of text alone from the `first` one, which was the last that was taken."""
        if not others or b'"response.' not in first.raw or self.span_ms is None:
            for record in others:
                self.add(record)
            return
        times_ms = *self.span_ms, *(record.at_ms for record in others)
        self._first_ms, self._last_ms = min(times_ms), max(times_ms)
        self._counts["events"] += len(others)  # all else, the first one has told

    @property
    def span_ms(self) -> tuple[float, float] | None:
        """The times of the first and the last record (Unix time in milliseconds); None without records."""
        return None if self._first_ms is None or self._last_ms is None else (self._first_ms, self._last_ms)

    def as_json(self) -> dict[str, Any]:
        """Return the manifest's fields that come from the records."""
        incomplete = {**dict.fromkeys(self._open, _NO_END), **self._broken}
        return {
            "format": FORMAT,
            "session": self._session,
            "ruleset": self._ruleset,
            "started_at": _iso(self._first_ms),
            "ended_at": _iso(self._last_ms),
            "times": "canonical" if CASSETTE_RUN in self._said["runs"] else "recorded",
            **{name: list(values) for name, values in self._said.items()},
            "threads": [{"id": thread, **about} for thread, about in self.threads.items()],
            "counts": {name: self._counts[name] for name in COUNTS},
            "incomplete": [{"flow": flow, "why": why} for flow, why in incomplete.items()],
        }

    def _gap(self, record: GapRecord) -> None:
        if record.flows or not self._is_all_hit:
            self._broken.update(dict.fromkeys(record.flows or self._open, "gap"))
        self._is_all_hit |= not record.flows

    def _segment(self, record: SegmentRecord) -> None:
        self._session, self._ruleset = record.session, record.ruleset
        self._say("runs", record.run)

    def _request(self, record: RequestRecord) -> None:
        self._counts["requests"] += 1
        self._begin(record.flow)
        self._identify(record, record.payload.fields if record.payload else {})

    def _begin(self, flow: str) -> None:
        self._open[flow] = _NO_END
        self._is_all_hit = False

    def _message(self, record: MessageRecord) -> None:
        self._counts["messages"] += 1
        if record.from_client:
            if (fields := record.payload.fields).get("type") == CREATE:
                self._begin(record.flow)
                self._identify(record, fields)
        elif _may_end(record.payload.raw) and ended_by(record.payload.json):
            self._open.pop(record.flow, None)

    def _event(self, record: EventRecord) -> None:
        if b'"response.' not in record.raw:
            return
        if _TERMINAL.search(record.raw) and is_whole(record.raw) and ended_by(record.payload.json):
            self._open.pop(record.flow, None)
        elif record.flow in self._open:
            self._open[record.flow] = _NO_TERMINAL_EVENT

    def _flow(self, record: FlowRecord) -> None:
        if isinstance(record, ResponseRecord):
            self._counts["responses"] += 1
            if record.status == 101:  # noqa: PLR2004  RFC 6455: open for frames; nothing is asked yet
                self._open.pop(record.flow, None)
        elif isinstance(record, EndRecord):
            self._counts["ends"] += 1
            missing = self._open.pop(record.flow, None)
            if missing and record.how is not FlowEnd.FINISHED:
                self._broken.setdefault(record.flow, record.how)
            elif missing == _NO_TERMINAL_EVENT:
                self._broken.setdefault(record.flow, missing)

    def _identify(self, record: FlowRecord, fields: dict[str, Any]) -> None:
        identity = identify(record.headers if isinstance(record, RequestRecord) else (), fields)
        for name, value in (
            ("codex_versions", identity.codex_version),
            ("originators", identity.originator),
            ("models", fields.get("model")),
        ):
            self._say(name, value)
        if identity.thread_id is not None:
            known = self.threads.setdefault(identity.thread_id, {})
            known |= {"parent": identity.parent_thread_id} if identity.parent_thread_id else {}
            known |= {"subagent": identity.subagent} if identity.subagent else {}
            source = identity.thread_source
            known |= {"source": source} if source is not None and source in HELPERS else {}

    def _say(self, name: str, value: Any) -> None:
        if isinstance(value, str):
            self._said[name][value] = None


_STATE = ("threads", "_said", "_counts", "_first_ms", "_last_ms", "_session", "_ruleset", "_open", "_broken")
_NO_END = "no end"
_NO_TERMINAL_EVENT = "no terminal event"
_PIECE_BYTES = 1024 * 1024
_TERMINAL = re.compile(rb'"response\.(?:completed|done|failed|incomplete)"')
"""Looked for first: parsing every delta would cost too much."""


def _may_end(raw: bytes) -> bool:
    return b"error" in raw or _TERMINAL.search(raw) is not None


COUNTS = ("requests", "responses", "events", "messages", "ends", "gaps", "lost")


def segment_entry(path: Path, *, is_closed: bool = True) -> dict[str, Any]:
    """Return what a manifest says about a segment: name, bytes, and the SHA-256 of one that grows no more."""
    if not is_closed:
        return {"name": path.name, "bytes": path.stat().st_size}
    with open_regular(path) as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return {"name": path.name, "bytes": file.tell(), "sha256": digest}


def manifest_of(summary: Summary, segments: Iterable[dict[str, Any]], **more: Any) -> bytes:
    """Return the text of `session.json`."""
    return as_text({**summary.as_json(), "segments": list(segments), **more})


def as_text(manifest: dict[str, Any]) -> bytes:
    """Return a manifest as it is written: for people, too."""
    return orjson.dumps(manifest, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def is_stale(manifest: Any, directory: Path) -> bool:
    """Return whether the traffic has changed since the manifest was written, or it is not a manifest at all."""
    if not is_manifest(manifest):
        return True
    said = {entry["name"]: entry["bytes"] for entry in manifest["segments"]}
    return said != sizes_in(directory) or manifest["format"] != FORMAT


def sizes_in(directory: Path) -> dict[str, int]:
    """Return how long each segment in a directory is, by its name."""
    return {name: size_of(f"{directory}/{name}") for name in os.listdir(directory) if is_segment(name)}  # noqa: PTH208


def digests_in(manifest: Any) -> dict[str, str]:
    """Return the digests that a manifest has of segments, by name; none where it is not a manifest."""
    segments = manifest.get("segments") if isinstance(manifest, dict) else None
    return {
        entry["name"]: entry["sha256"]
        for entry in (segments if isinstance(segments, list) else ())
        if isinstance(entry, dict) and isinstance(entry.get("name"), str) and isinstance(entry.get("sha256"), str)
    }


def is_manifest(value: Any) -> bool:
    """Whether a value has the members of a manifest, each of its type: anyone may have edited it."""
    if not isinstance(value, dict):
        return False
    return (
        all(name in value and _is_moment(value[name]) for name in ("started_at", "ended_at"))
        and all(_is_list(value.get(name), str) for name in ("codex_versions", "originators", "models", "runs"))
        and all(_is_list(value.get(name), dict) for name in ("threads", "incomplete", "segments"))
        and all(isinstance(thread.get("id"), str) for thread in value["threads"])
        and all(isinstance(entry.get(name), str) for entry in value["incomplete"] for name in ("flow", "why"))
        and all(isinstance(one.get("name"), str) and type(one.get("bytes")) is int for one in value["segments"])
        and isinstance(counts := value.get("counts"), dict)
        and all(type(counts.get(name)) is int and counts[name] >= 0 for name in COUNTS)
        and "format" in value
    )


def _is_list(value: Any, kind: type) -> bool:
    return isinstance(value, list) and {kind}.issuperset(map(type, value))


def _is_moment(value: Any) -> bool:
    try:
        return value is None or datetime.fromisoformat(value).astimezone(UTC).timestamp() * 1000 < END_OF_TIME_MS
    except (TypeError, ValueError, OverflowError):
        return False


def is_altered(path: Path, digest: str) -> bool:
    """Return whether a segment has another digest. Other line ends, which git may make in a cassette, are no change."""
    if segment_entry(path)["sha256"] == digest:
        return False
    return not is_plain(path.name) or _unix_digest(path) != digest


def _unix_digest(path: Path) -> str:
    """Return the SHA-256 of a file with the line ends of Unix."""
    digest, held = hashlib.sha256(), b""
    with open_regular(path) as file:
        while piece := file.read(_PIECE_BYTES):
            text = held + piece
            held = b"\r" if text.endswith(b"\r") else b""  # its line end may go on
            digest.update(text[: len(text) - len(held)].replace(b"\r\n", b"\n"))
    digest.update(held)
    return digest.hexdigest()


def _iso(at_ms: float | None) -> str | None:
    if at_ms is None:
        return None
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="milliseconds")


def _ms(iso: str | None) -> float | None:
    return None if iso is None else datetime.fromisoformat(iso).timestamp() * 1000
