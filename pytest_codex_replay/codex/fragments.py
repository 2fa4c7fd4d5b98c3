"""What Codex writes into messages by itself, in the user's place or the developer's. No I/O.

Sources: codex-rs/core/src/context and core/src/event_mapping.rs (2026-07); `tests/codex/test_fragments.py` holds the
table against the tags that stand in the program.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from pytest_codex_replay.codex.item_types import METADATA_MEMBER


class Author(Enum):
    """Who wrote a text."""

    USER = auto()
    MODEL = auto()
    PROGRAM = auto()
    """A tool, or Codex itself, with what it read from files."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fragment:
    """One kind of text that Codex adds to a conversation."""

    name: str
    """Its tag without attributes; a short name where it has no tag."""
    start: str
    """How it begins."""
    end: str = ""
    """How it ends; empty: its beginning is enough to know it."""
    role: str = "user"
    """The role of the message that carries it. What stands in a message of the developer is always Codex's."""
    author: Author = Author.PROGRAM
    """Whose words are in it."""
    parts: tuple[str, ...] = ()
    """Tags within it."""
    volatile: tuple[str, ...] = ()
    """Names in `minted.MINTED` of what differs in it from run to run."""
    is_conversation: bool = False
    """It moves the conversation on: a request without it asks for something else."""
    is_prompt: bool = False
    """Codex passes on in it what a hook, a model or another thread asks for: its words count as a user's do."""
    kept: re.Pattern[str] | None = None
    """Matches what in it is not Codex's wording, but the user's, a file's or a model's; None: nothing is. Where it
    does not match, all of the text may be."""
    is_unordered: bool = False
    """It comes when another thread is done, so any request may be the first that has it."""


_ALL = re.compile(r".+", re.DOTALL)
_OWN_SKILL = re.compile(r"\s*<skill>\s*(?P<kept><name>[^<]*</name>)\s*<path>[^<]*[/\\]\.system[/\\]")
"""Of a skill that Codex brings along, the name is kept; any other matches not, and is kept as a whole."""


def _within(names: str) -> re.Pattern[str]:
    """Return a pattern for what stands in an element of one of these names."""
    return re.compile(rf"<({names})>(?P<kept>.*)</\1>", re.DOTALL)


def _tags(names: str, *, role: str = "user") -> tuple[Fragment, ...]:
    return tuple(_tag(name, role=role) for name in names.split())


def _tag(name: str, **more: Any) -> Fragment:
    return Fragment(**{"name": name, "start": f"<{name}", "end": f"</{name}>", **more})


LOCAL_SUMMARY = Fragment(
    name="local_summary",
    start="Another language model started to solve this problem",
    author=Author.MODEL,
    kept=re.compile(r"\n(?P<kept>.+)", re.DOTALL),
    is_conversation=True,
)
"""What local compaction leaves in place of the history."""

TURN_ABORTED = _tag("turn_aborted")
"""What tells the model that the user stopped its last turn."""

FRAGMENTS: tuple[Fragment, ...] = (
    _tag(
        "environment_context",
        end="",
        parts=tuple(
            "cwd current_date environment environments file_system filesystem network permission_profile root shell "
            "shell_version status subagents timezone workspace_roots".split()
        ),
        volatile=("environment", "date"),
    ),
    Fragment(name="agents_md", start="# AGENTS.md instructions", parts=("INSTRUCTIONS",), kept=_within("INSTRUCTIONS")),
    _tag("user_instructions", end="", kept=_ALL),
    _tag("skills_instructions", end=""),
    _tag("skill", parts=("name", "path", "resource_access"), kept=_OWN_SKILL),
    _tag("user_shell_command", parts=("command", "result"), volatile=("duration",), kept=_within("command")),
    _tag("subagent_notification", volatile=("nickname", "uuid"), is_unordered=True),
    _tag("agent_message_board_notification"),
    _tag("user_action", parts=("action", "context", "results"), kept=_within("results")),
    _tag("codex_delegation", parts=("input", "source_orbit_id", "source_thread_id"), is_prompt=True),
    _tag("realtime_delegation", parts=("input", "source", "transcript_delta"), is_prompt=True),
    _tag("hook_prompt", is_prompt=True),
    _tag("context_window_reminder", is_conversation=True),
    _tag(
        "guardian_sync_review",
        parts=("guardian_context_omission", "guardian_tool_descriptions", "node_repl_review_evidence"),
        is_prompt=True,
    ),
    _tag(
        "codex_internal_context",
        parts=("objective", "untrusted_objective"),
        kept=_within("objective|untrusted_objective"),
    ),
    _tag("goal_context", kept=_within("objective|untrusted_objective")),
    _tag("managed_developer_instructions", kept=_ALL),
    *_tags(
        "command_sessions content_filter_guidance current_time_reminder current_time_unavailable "
        "image_resize_notice model_instructions plugins_instructions recommended_plugins side_conversation "
        "startup_context user_verification_notice"
    ),
    TURN_ABORTED,
    *_tags(
        "apps_instructions catalog_apps_instructions collaboration_mode context_window context_window_guidance "
        "environments_instructions git_attribution mcp_tools model_catalog model_switch multi_agent_mode "
        "multi_agent_role persistent_mode personality_spec realtime_conversation rollout_budget token_budget tools",
        role="developer",
    ),
    _tag("permissions", role="developer", parts=("thread_defaults", "thread_network_requirements")),
    Fragment(name="local_compaction", start="You are performing a CONTEXT CHECKPOINT COMPACTION", is_conversation=True),
    LOCAL_SUMMARY,
)
_IN_USERS_PLACE = tuple(one for one in FRAGMENTS if one.role == "user")
_BY_TAG = {one.start[1:]: one for one in _IN_USERS_PLACE if one.start.startswith("<")}
_BY_ANY_TAG = {one.start[1:]: one for one in FRAGMENTS if one.start.startswith("<")}
_IN_WORDS = tuple(one for one in _IN_USERS_PLACE if not one.start.startswith("<"))
_TAG = re.compile(r"<([a-z]+(?:_[a-z]+)*)(?=[\s>])")
_BASE_INSTRUCTIONS = re.compile(r"You are [^\n]{0,80}\bCodex\b|# Review guidelines")
"""How the instructions begin that Codex brings along. Nothing else tells them from a file of the user's."""
_INSTRUCTING = frozenset({"developer", "system"})
"""Roles of messages that say how the model has to be."""
_KINDS = "content_item_kinds"
_USERS_KINDS = "user."
"""How the kinds begin of what the user wrote, in the metadata that Codex sends to its own upstream."""

AGENT_ENVELOPE = re.compile(r"^Message Type: (\w+)\n(?:[^\n]*\n)*?Payload:\n")
"""What stands in front of a message between agents (Codex 0.169, `collaboration` tools)."""
_NEW_TASK = "NEW_TASK"
"""Its type when an agent is given something to do: with its first one its thread begins."""


def fragment_of(text: str) -> Fragment | None:
    """Return which fragment a text in the user's place is, from its first word to its last; None: the user's."""
    bare = text.strip()
    tag = _TAG.match(bare)
    if tag is None:
        return next((one for one in _IN_WORDS if bare.startswith(one.start)), None)
    found = _BY_TAG.get(tag[1])
    return found if found is not None and bare.endswith(found.end) else None


def message_fragment(item: Any) -> Fragment | None:
    """Return the fragment that a message in the user's place is; of several, the one that says most about it.

    None when a piece of it is the user's. The text alone decides: through another provider the same message comes
    without metadata.
    """
    if not isinstance(item, dict) or item.get("role") != "user":
        return None
    found = [fragment_of(text) for text in texts_of(item) if text.strip()]
    if not found or None in found or len(list(_pieces(item))) > len(list(texts_of(item))):
        return None
    return max(
        (one for one in found if one), key=lambda one: (one.is_prompt, one.is_conversation, not one.is_unordered)
    )


def is_base_instructions(text: str) -> bool:
    """Return whether Codex's own instructions begin like this."""
    return _BASE_INSTRUCTIONS.match(text.lstrip()) is not None


def is_instructing(role: Any) -> bool:
    """Return whether messages of a role say how the model has to be: Codex writes them."""
    return role in _INSTRUCTING


def is_repeated(role: Any, text: str) -> bool:
    """Return whether many sessions have a text of a message alike: the developer's, and context that does not change.

    What a person, a model or a hook said is another one in each of them, and so are notes of what happened.
    """
    if role != "user":
        return is_instructing(role)
    one = fragment_of(text)
    return (
        one is not None
        and one.author is Author.PROGRAM
        and not (one.volatile or one.is_prompt or one.is_conversation or one.is_unordered)
    )


def foreign_words(item: dict[str, Any]) -> tuple[list[Any], list[Any]]:
    """Return what in a message of Codex's is not its wording.

    Returns:
        What surely is the user's, a file's or a model's; and pieces of the developer that may be the user's.
    """
    kept: list[Any] = []
    unknown: list[Any] = []
    for piece in _pieces(item):
        text = _text(piece)
        fragment = None if text is None else fragment_of(text) or _of_developer(text)
        if fragment is not None and fragment.kept is not None:
            found = fragment.kept.search(text or "")
            kept.append(text if found is None else found.groupdict().get("kept", text))
        elif fragment is None and (text is None or (text.strip() and not is_base_instructions(text))):
            unknown.append(piece)
    return kept, unknown


def _of_developer(text: str) -> Fragment | None:
    bare = text.strip()
    tag = _TAG.match(bare)
    is_closed = tag is not None and re.search(rf"</{tag[1]}[ \w]*>$", bare) is not None
    return _BY_ANY_TAG.get(tag[1]) if tag is not None and is_closed else None


def is_task(item: dict[str, Any]) -> bool:
    """Return whether a message between agents says what its recipient is to do."""
    found = AGENT_ENVELOPE.match(next(texts_of(item), ""))
    return found is not None and found[1] == _NEW_TASK


def typed_pieces(item: dict[str, Any]) -> list[Any]:
    """Return the pieces of a user's message that the user typed: Codex's metadata says which, else the table."""
    pieces = list(_pieces(item))
    metadata = item.get(METADATA_MEMBER)
    kinds = metadata.get(_KINDS) if isinstance(metadata, dict) else None
    if isinstance(kinds, list):
        return [piece for piece, kind in zip(pieces, kinds, strict=False) if str(kind).startswith(_USERS_KINDS)]
    return [piece for piece in pieces if (text := _text(piece)) is None or (text.strip() and not fragment_of(text))]


def texts_of(item: dict[str, Any]) -> Iterator[str]:
    """Yield the texts of a message, piece by piece."""
    return (text for piece in _pieces(item) if (text := _text(piece)) is not None)


def _pieces(item: dict[str, Any]) -> Iterator[Any]:
    content = item.get("content")
    if isinstance(content, str):
        yield content
    elif isinstance(content, list):
        yield from content


def _text(piece: Any) -> str | None:
    text = piece.get("text") if isinstance(piece, dict) else piece
    return text if isinstance(text, str) else None
