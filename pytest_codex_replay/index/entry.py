"""A session, read once, as the rows of an index."""

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

import orjson

from pytest_codex_replay.archive.manifest import Summary
from pytest_codex_replay.archive.session import Session
from pytest_codex_replay.errors import ArchiveError
from pytest_codex_replay.index.figures import TOKENS
from pytest_codex_replay.index.growing import GrowingSession, HasToBeReadWholeError
from pytest_codex_replay.index.kept import LARGE_BYTES, folded_row, step_row
from pytest_codex_replay.index.repeated import Repeated
from pytest_codex_replay.index.session_fold import Folded, SessionFold, fold_of
from pytest_codex_replay.index.stamps import Stamp
from pytest_codex_replay.projection.rollout_search import texts_of_rollouts
from pytest_codex_replay.projection.threads import prompts_to_title
from pytest_codex_replay.reading import RecordedSession, known_session, read_traffic

_LARGE_BYTES = 128 * 1024
"""Of a session that is being recorded: from here on, reading it again takes longer than to keep what was read."""
_NOTHING = MappingProxyType(
    {
        "started_ms": 0.0,
        "ended_ms": 0.0,
        "failed": 0,
        "has_lost": True,
        "asked": (),
        **dict.fromkeys(("helper_kind", "title", "error", "in_part")),
    }
)
_UNREAD = MappingProxyType(
    {
        **dict.fromkeys(("started_at", "ended_at", "duration_ms")),
        **dict.fromkeys(("codex_versions", "originators", "models"), ()),
        **dict.fromkeys(("cwd", "prompt")),
        **dict.fromkeys(("turns", "interactions", "events", "messages"), 0),
        "tokens": dict.fromkeys(TOKENS, 0),
        "bytes": 0,
        "state": "",
        **dict.fromkeys(("incomplete", "broken_off", "damages", "threads"), ()),
    }
)
"""What is listed of a session that cannot be read, in the order of all others."""
Row = tuple[Any, ...]


@dataclass(slots=True)
class Entry:
    """The rows of a session; those of its parts without the number of the session in front."""

    name: str
    stamp: Stamp
    session: dict[str, Any]
    """Columns of the session itself."""
    parts: dict[str, list[Row]] = field(default_factory=dict)
    """By table."""
    texts: dict[int, str] = field(default_factory=dict)
    """The texts that its places name, by digest."""


def entry_of(path: Path, stamp: Stamp, checkpoint: bytes | None = None, repeated: Repeated | None = None) -> Entry:
    """Read a session; from a checkpoint, only what came since. Of one that cannot be read, the entry says why.

    `repeated`: what was made for other sessions of the archive.
    """
    try:
        return _writable(_grown(path, stamp, checkpoint) or _whole(path, stamp, repeated))
    except ArchiveError as error:
        state = f"unreadable: {' '.join(str(error).split())}"
        own = {**_NOTHING, "error": str(error), "summary": {**_UNREAD, "state": state}}
        named = {"name": [("session", path.name, None, None)]}  # so that a user may ask for it
        return _writable(Entry(name=path.name, stamp=stamp, session=own, parts=named))


def _whole(path: Path, stamp: Stamp, repeated: Repeated | None = None) -> Entry:
    is_live, fresh = stamp.is_live, Session(path).fresh_manifest()
    summary = Summary()
    calls, damages, unknown = read_traffic(
        path,
        is_live=is_live,
        keeps=False,
        held=repeated.values if repeated else None,
        expansion=repeated.expansion if repeated else None,
        on_record=None if fresh else summary.add,
    )
    unknown_records = ({"kind": one.kind, **one.payload.fields} for one in unknown)
    fold = fold_of(calls, unknown_records, repeated=repeated)
    folded = fold.folded(path.name)
    traffic, manifest = (folded.calls, damages, unknown), fresh or summary.as_json()
    session = known_session(
        path, traffic, is_live=is_live, manifest=manifest, turns=folded.turns, is_fresh=fresh is not None
    )
    if stamp.has_rollouts:
        _add_rollouts(session, folded, fold)
    entry = _entry(session, stamp, folded, fold.places.texts)
    entry.parts["growth"] = [(b"",)] if _is_growing(stamp) else []  # to be read whole again, without an attempt
    if stamp.bytes >= LARGE_BYTES and not (damages or unknown):
        entry.parts["kept"] = [folded_row(session, fold.fold, folded.order), step_row(calls)]
    return entry


def _grown(path: Path, stamp: Stamp, checkpoint: bytes | None) -> Entry | None:
    """Return the entry of a session that is being recorded; None where it has to be read whole."""
    if stamp.has_rollouts or not (checkpoint or (checkpoint is None and _is_growing(stamp))):
        return None
    try:
        found = GrowingSession(path) if checkpoint is None else GrowingSession.known(path, checkpoint)
        found.read_on()
    except (HasToBeReadWholeError, OSError):
        return None
    growth = [(found.checkpoint(),)] if _is_growing(stamp) else []
    folded, manifest = found.folded(is_live=stamp.is_live), found.summary.as_json()
    session = known_session(path, (folded.calls, (), ()), is_live=stamp.is_live, manifest=manifest, turns=folded.turns)
    entry = _entry(session, stamp, folded, found.texts)
    entry.parts["growth"] = growth
    if stamp.bytes >= LARGE_BYTES and not found.has_unknown:
        entry.parts["kept"] = [folded_row(session, found.fold, folded.order)]
    return entry


def _is_growing(stamp: Stamp) -> bool:
    return stamp.is_live and stamp.bytes >= _LARGE_BYTES and not stamp.has_rollouts


def _add_rollouts(session: RecordedSession, folded: Folded, fold: SessionFold) -> None:
    """Put what only rollouts have behind the other texts."""
    rows, places = folded.parts["place"], fold.places
    for turn, (rank, place, text) in texts_of_rollouts(session.joined_turns, places.wordings):
        if (digest := places.digest(text)) is not None:
            rows.append((len(rows), digest, int(rank), place, turn, None))


def _entry(session: RecordedSession, stamp: Stamp, folded: Folded, texts: dict[int, str]) -> Entry:
    where = folded.directories
    said = [("model", one) for one in session.models] + [("originator", one) for one in session.originators]
    return Entry(
        name=session.id,
        stamp=stamp,
        session={
            "started_ms": _ms(session.started_at),
            "ended_ms": _ms(session.ended_at),
            "failed": sum(turn.outcome.is_failed for turn in session.turns),
            "has_lost": session.has_lost,
            "helper_kind": session.helper_kind,
            "title": session.title,
            "error": None,
            "in_part": ", ".join(map(str, folded.searched_in_part)) or None,
            "asked": [" ".join(prompt.split()) for prompt in prompts_to_title(session.interactions)],
            "summary": _summary(session, stamp, where),
        },
        parts={
            **folded.parts,
            "said": list(dict.fromkeys(said + [("cwd", one) for one in where])),
            "thread": [(one.id, one.parent_id, one.agent_path or one.agent_name) for one in session.threads],
        },
        texts=texts,
    )


def _summary(session: RecordedSession, stamp: Stamp, where: list[str]) -> dict[str, Any]:
    """Return what `ls` says about a session."""
    began, ended, counts = session.started_at, session.ended_at, session.counts
    return {
        "started_at": _iso(began),
        "ended_at": _iso(ended),
        "duration_ms": None if began is None or ended is None else round((ended - began).total_seconds() * 1000),
        "codex_versions": session.codex_versions,
        "originators": session.originators,
        "models": session.models,
        "cwd": where[0] if where else None,
        "prompt": next((turn.prompt for turn in session.turns if turn.prompt), None),
        "turns": counts["turns"],
        "interactions": counts["interactions"],
        "events": counts["events"],
        "messages": counts["messages"],
        "tokens": {name: sum(getattr(turn.tokens, name) for turn in session.turns) for name in TOKENS},
        "bytes": stamp.bytes,
        "state": session.state,
        "incomplete": session.incomplete,
        "broken_off": session.broken_off,
        "damages": [str(damage) for damage in session.damages],
        "threads": [thread.as_json() for thread in session.threads if thread.parent is None],
    }


def _writable(entry: Entry) -> Entry:
    """Return an entry without lone surrogates, which SQLite refuses."""
    try:
        texts = [text for text in entry.texts.values() if not text.isascii()]
        for some in (entry.session, *entry.parts.values(), texts):  # in turn: they may be large
            orjson.dumps(some, default=lambda _: None)  # of bytes
    except orjson.JSONEncodeError:
        entry.session = {name: _encodable(value) for name, value in entry.session.items()}
        parts = {table: [tuple(map(_encodable, row)) for row in rows] for table, rows in entry.parts.items()}
        entry.parts, entry.texts = parts, {digest: _encodable(text) for digest, text in entry.texts.items()}
    return entry


def _encodable(value: Any) -> Any:
    return value.encode(errors="replace").decode() if isinstance(value, str) else value


def _ms(when: datetime | None) -> float:
    return 0.0 if when is None else when.timestamp() * 1000


def _iso(when: datetime | None) -> str | None:
    return None if when is None else when.isoformat(timespec="milliseconds")
