"""A session, read once, as the rows of an index."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from pathlib import Path
from types import MappingProxyType
from typing import Any

import orjson

from pytest_codex_replay.codex.places import working_directories
from pytest_codex_replay.errors import ArchiveError
from pytest_codex_replay.index.figures import TOKENS, WHOLE, event_types, interaction_row, turn_row
from pytest_codex_replay.index.names import names_of
from pytest_codex_replay.index.stamps import Stamp
from pytest_codex_replay.projection.answers import Tokens
from pytest_codex_replay.projection.connections import connections_by_turn
from pytest_codex_replay.projection.rollout_search import documents_of_rollouts
from pytest_codex_replay.projection.search import Document, documents_of
from pytest_codex_replay.projection.threads import prompts_to_title
from pytest_codex_replay.reading import RecordedSession

_NOTHING = MappingProxyType(
    {"started_ms": 0.0, "ended_ms": 0.0, "failed": 0, **dict.fromkeys(("helper_kind", "title", "error")), "asked": ()}
)
_UNREAD = MappingProxyType(
    {
        **dict.fromkeys(("started_at", "ended_at", "duration_ms")),
        **dict.fromkeys(("codex_versions", "originators", "models"), ()),
        **dict.fromkeys(("cwd", "prompt")),
        **dict.fromkeys(("turns", "interactions", "events", "messages"), 0),
        "tokens": Tokens().as_json(),
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


def entry_of(path: Path, stamp: Stamp) -> Entry:
    """Read a session. Of one that cannot be read, the entry says why."""
    session = RecordedSession(path)
    try:
        return _writable(_entry(session, stamp))
    except ArchiveError as error:
        state = f"unreadable: {' '.join(str(error).split())}"
        own = {**_NOTHING, "error": str(error), "summary": {**_UNREAD, "state": state}}
        return _writable(Entry(name=session.id, stamp=stamp, session=own))


def digest_of(text: str) -> int:
    """Return the number by which equal texts are known."""
    return int.from_bytes(blake2b(text.encode(errors="replace"), digest_size=8).digest(), "big", signed=True)


def _entry(session: RecordedSession, stamp: Stamp) -> Entry:
    calls, turns = session.interactions, session.turns
    documents = list(documents_of(calls, turns, session.unknown_records))
    if session.rollouts:
        documents += documents_of_rollouts(session.joined_turns, documents)
    where = list(dict.fromkeys(_directories(documents)))
    said = [("model", one) for one in session.models] + [("originator", one) for one in session.originators]
    turn_of = {call.index: turn.index for turn in turns for call in turn.interactions}
    connections = connections_by_turn(turns, session.background_requests)
    entry = Entry(
        name=session.id,
        stamp=stamp,
        session={
            "started_ms": _ms(session.started_at),
            "ended_ms": _ms(session.ended_at),
            "failed": sum(turn.outcome not in WHOLE for turn in turns),
            "helper_kind": session.helper_kind,
            "title": session.title,
            "error": None,
            "asked": [" ".join(prompt.split()) for prompt in prompts_to_title(calls)],
            "summary": _summary(session, stamp, where),
        },
        parts={
            "said": list(dict.fromkeys(said + [("cwd", one) for one in where])),
            "thread": [(one.id, one.parent_id, one.agent_path or one.agent_name) for one in session.threads],
            "turn": [turn_row(turn, connections.get(turn.index, ())) for turn in turns],
            "interaction": [interaction_row(call, turn_of.get(call.index)) for call in calls],
            "event": list(event_types(calls).items()),
            "name": list(names_of(session.id, calls, turn_of)),
        },
    )
    _add_texts(entry, documents)
    return entry


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
        "bytes": sum(int(one.split(":")[1]) for one in stamp.segments.split("|")),
        "state": session.state,
        "incomplete": session.incomplete,
        "broken_off": session.broken_off,
        "damages": [str(damage) for damage in session.damages],
        "threads": [thread.as_json() for thread in session.threads if thread.parent is None],
    }


def _directories(documents: Iterable[Document]) -> Iterator[str]:
    return (path for one in documents if one.place == "context" for path in working_directories(one.text))


def _add_texts(entry: Entry, documents: Sequence[Document]) -> None:
    places: list[Row] = []
    for number, one in enumerate(documents):
        text = one.text.replace("\0", " ")  # ends a text of SQLite's functions
        if text:
            digest = digest_of(text)
            entry.texts[digest] = text
            places.append((number, digest, int(one.rank), one.place, one.turn, one.interaction))
    entry.parts["place"] = places


def _writable(entry: Entry) -> Entry:
    """Return an entry without lone surrogates, which SQLite refuses."""
    try:
        orjson.dumps((entry.session, entry.parts, list(entry.texts.values())))
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
