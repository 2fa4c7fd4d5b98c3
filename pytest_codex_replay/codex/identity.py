"""Which session, thread and turn a request belongs to, as Codex says it. No I/O.

Sources: codex-rs/core/src/responses_metadata.rs and login/src/auth/default_client.rs (revision of 2026-07).
Older releases spelled the headers with underscores and called the thread a conversation; both are read.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from functools import lru_cache
from typing import Any

import orjson

from pytest_codex_replay.codex.words import TURN_METADATA


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What a request says about where it comes from; None where it says nothing."""

    session_id: str | None = None
    thread_id: str | None = None
    parent_thread_id: str | None = None
    turn_id: str | None = None
    request_kind: str | None = None
    """`turn`, `prewarm`, `compaction`, `memory`; from the turn metadata."""
    subagent: str | None = None
    """`review`, `collab_spawn`, …: the kind of sub-agent that speaks."""
    window_id: str | None = None
    """`<thread id>:<number of compactions>`."""
    originator: str | None = None
    codex_version: str | None = None
    """From the `version` header, else the user agent."""
    thread_source: str | None = None
    """Who began the thread: `user`, `subagent`, `thread_title`, …; `threads.py` knows them."""
    agent_name: str | None = None
    """Path of the agent in the tree of agents: `/root`, `/root/greeter`. The first generation says `/root` of each."""
    root_turn_id: str | None = None
    """The user's turn in which it happens, for a sub-agent, too."""
    turn_trigger: str | None = None
    """What began the turn: `user`, `exec`, …"""
    window_number: int | None = None
    """How often the thread was compacted."""
    context_window_id: str | None = None
    history_initialization: str | None = None
    """`new`, `cold_resume`, …"""
    model: str | None = None
    """The model, as the turn metadata name it."""

    def merged(self, other: "Identity") -> "Identity":
        """Fill what this one does not say from `other`."""
        if other == self:  # of most requests of a turn
            return self
        missing = {
            name: said for name in _NAMES if getattr(self, name) is None and (said := getattr(other, name)) is not None
        }
        return replace(self, **missing) if missing else self


_NAMES = tuple(one.name for one in fields(Identity))


_SPELLINGS: dict[str, tuple[str, ...]] = {
    "session_id": ("session_id", "x_codex_session_id"),
    "thread_id": ("thread_id", "conversation_id", "x_codex_conversation_id"),
    "parent_thread_id": ("parent_thread_id", "x_codex_parent_thread_id"),
    "turn_id": ("turn_id",),
    "request_kind": ("request_kind",),
    "subagent": ("x_openai_subagent", "subagent_kind"),
    "window_id": ("x_codex_window_id", "window_id"),
    "originator": ("originator",),
    "codex_version": ("version",),
    "thread_source": ("thread_source",),
    "agent_name": ("agent_name",),
    "root_turn_id": ("root_turn_id", "x_codex_root_turn_id"),
    "turn_trigger": ("turn_trigger",),
    "window_number": ("window_number",),
    "context_window_id": ("context_window_id",),
    "history_initialization": ("history_initialization",),
    "model": ("model",),
}
_FIELDS = {name: field for field, names in _SPELLINGS.items() for name in names}
_METADATA = TURN_METADATA.replace("-", "_")
_USER_AGENT = re.compile(r"^[^/]+/(\d[\w.+-]*)")


def identify(headers: Iterable[tuple[str, str]], body: Any = None) -> Identity:
    """Read the identity of a request: its body's metadata first, since WebSocket headers may be stale.

    Args:
        headers: names and values of the request (or of the WebSocket upgrade).
        body: the JSON value of the body or of the `response.create` frame, if there is one.
    """
    metadata = body.get("client_metadata") if isinstance(body, dict) else None
    found, agent = _in_headers(tuple(headers))
    if isinstance(metadata, dict):
        found = found | _read({_spell(name): value for name, value in metadata.items()})
    if "codex_version" not in found and "originator" in found:
        version = _USER_AGENT.match(agent)
        found = found | ({"codex_version": version[1]} if version else {})
    if "session_id" not in found and "thread_id" in found:
        found = found | {"session_id": found["thread_id"]}
    return Identity(**found)


@lru_cache(maxsize=64)  # all requests of a turn have the same
def _in_headers(headers: tuple[tuple[str, str], ...]) -> tuple[dict[str, Any], str]:
    """Return what headers say, by field, and the user agent."""
    by_name = {_spell(name): value for name, value in headers}
    return _read(by_name), by_name.get("user_agent", "")


def _read(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values by field: of several spellings the first, and the turn metadata last."""
    metadata = _metadata(values.get(_METADATA))
    found: dict[str, Any] = {}
    for field in dict.fromkeys(_FIELDS[name] for name in (*values, *metadata) if name in _FIELDS):
        for name in _SPELLINGS[field]:
            if (name in values and _is_said(field, value := values[name])) or (
                name in metadata and _is_said(field, value := metadata[name])
            ):
                found[field] = value
                break
    return found


def _metadata(blob: Any) -> dict[str, Any]:
    try:
        value = orjson.loads(blob) if isinstance(blob, str) else blob
    except orjson.JSONDecodeError:
        return {}
    return {_spell(k): v for k, v in value.items()} if isinstance(value, dict) else {}


def _is_said(field: str, value: Any) -> bool:
    return type(value) is int if field == "window_number" else isinstance(value, str) and value != ""


@lru_cache(maxsize=256)  # all requests have the same few names
def _spell(name: str) -> str:
    return name.lower().replace("-", "_")
