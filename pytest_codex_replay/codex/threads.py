"""Threads that Codex opens by itself, and what it asks in them. No I/O.

Sources: ThreadSource and SubAgentSource (codex-rs/protocol/src/protocol.rs), strings of the 0.171 program; the title
request was seen with its TUI: a session of its own, not a word about the conversation but the user's prompt.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from pytest_codex_replay.codex.identity import Identity

TITLE = "title"
"""The kind of a thread that only asks for a title of a conversation."""
HELPERS: Mapping[str, str] = MappingProxyType(
    {
        "thread_title": TITLE,
        "memory_consolidation": "memory consolidation",
        "guardian": "guardian review",
        "guardian_review": "guardian review",
        "system": "system",
    }
)
"""Sources of threads, and kinds of sub-agents, that no user talks to -> what they are. All others are conversations."""
ROOT = "/root"
"""Path of the agent that the user talks to."""
NICKNAME = re.compile(r'"agent_id": ?"(?P<id>[^"]+)", ?"nickname": ?"(?P<name>[^"]+)"')
"""In the output of the tool that begins a sub-agent of the first generation, which has no path."""
_ASKED = re.compile(r"\nUser prompt:\n(?P<prompt>.*)", re.DOTALL)


def helper_kind(identity: Identity) -> str | None:
    """Return what a thread is that runs beside conversations; None for a conversation and its sub-agents."""
    return helper_of_source(identity.thread_source, identity.subagent)


def helper_of_source(source: object, subagent: object) -> str | None:
    """Return what a thread of this source, and of this kind of sub-agent, is for; None for a conversation."""
    named = (HELPERS.get(name) for name in (source, subagent) if isinstance(name, str))
    return next(filter(None, named), None)


def asks_for_title(identity: Identity, body: Mapping[str, Any]) -> bool:
    """Whether a request asks for a title: as the TUI does, or in a system thread, as others were seen to."""
    kind = helper_kind(identity)
    return kind == TITLE or (kind == "system" and "title" in _properties(body))


def titled_prompt(text: str) -> str | None:
    """Return the user's prompt, or the beginning of it, out of what a title request asks; None where it has none."""
    found = _ASKED.search(text)
    return found["prompt"] if found else None


def title_answer(body: Mapping[str, Any], title: str) -> dict[str, Any]:
    """Return the JSON value that answers a title request: what its schema requires, cut to the length it allows."""
    properties = _properties(body) or {"title": {}}
    limits = [one.get("maxLength") for one in properties.values() if isinstance(one, dict)]
    longest = min((one for one in limits if type(one) is int and one > 0), default=len(title))
    return dict.fromkeys(properties, title[:longest].rstrip() or "?")


def agent_path(identity: Identity) -> str | None:
    """Return the path of the agent that speaks; None of a sub-agent of the first generation, which has none."""
    is_sub = identity.parent_thread_id is not None or identity.subagent is not None
    return None if is_sub and identity.agent_name == ROOT else identity.agent_name


def _properties(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return the properties of the JSON schema that an answer is asked to have."""
    value: Any = body
    for name in ("text", "format", "schema", "properties"):
        value = value.get(name) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}
