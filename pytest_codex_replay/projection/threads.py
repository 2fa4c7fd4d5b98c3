"""Turns in, threads out: the tree of agents of a session, and the titles that were asked for. No I/O."""

from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from pytest_codex_replay.codex.identity import Identity
from pytest_codex_replay.codex.threads import NICKNAME, agent_path, helper_kind, helper_of_source, titled_prompt
from pytest_codex_replay.projection.interactions import Interaction, Role
from pytest_codex_replay.projection.item_views import fresh_texts, item_of
from pytest_codex_replay.projection.items import AssistantText, ToolCall, UserText
from pytest_codex_replay.projection.turns import Turn


@dataclass(frozen=True, kw_only=True, eq=False)
class Thread:
    """A conversation, one of its sub-agents, or a thread that Codex began by itself."""

    id: str
    source: str | None = None
    """Who began it, as Codex says it: `user`, `subagent`, `thread_title`, `memory_consolidation`, …"""
    subagent: str | None = None
    """Kind of sub-agent: `review`, `collab_spawn`, …"""
    helper_kind: str | None = None
    """What it is for, such as `title`, where no user talks to it; None: a conversation, or a sub-agent of one."""
    agent_path: str | None = None
    """Its place in the tree of agents, such as `/root/greeter`; None where Codex names none."""
    agent_name: str | None = None
    """The last part of the path, or the nickname that Codex gave it."""
    parent_id: str | None = None
    """The thread that spawned it."""
    parent: "Thread | None" = field(default=None, repr=False)
    """The same, if it is recorded."""
    turns: tuple[Turn, ...] = field(default=(), repr=False)
    _children: list["Thread"] = field(default_factory=list, init=False, repr=False)

    @property
    def children(self) -> tuple["Thread", ...]:
        """The threads that it spawned, in order of appearance."""
        return tuple(self._children)

    def walk(self, depth: int = 0) -> Iterator[tuple[int, "Thread"]]:
        """Yield it and all threads below it, each with its depth."""
        yield depth, self
        for child in self._children:
            yield from child.walk(depth + 1)

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON, with its children in it; turns by their index."""
        names = ("id", "source", "subagent", "helper_kind", "agent_path", "agent_name", "parent_id")
        return {
            **{name: getattr(self, name) for name in names},
            "turns": [turn.index for turn in self.turns],
            "children": [child.as_json() for child in self._children],
        }


def threads_of(interactions: Iterable[Interaction], turns: Sequence[Turn]) -> tuple[Thread, ...]:
    """Return the threads of a session, parents before their children. Requests of SDKs belong to none."""
    identities: dict[str, Identity] = {}
    for call in interactions:
        own = call.identity
        if own.thread_id is not None:
            identities[own.thread_id] = identities.get(own.thread_id, own).merged(own)
    by_thread: dict[str | None, list[Turn]] = defaultdict(list)
    for turn in turns:
        by_thread[turn.thread_id].append(turn)
    nicknames = dict(_nicknames(turns))
    threads: dict[str, Thread] = {}
    for thread_id in identities:
        for one in _lineage(thread_id, identities, threads):
            parent = threads.get(identities[one].parent_thread_id or "")
            threads[one] = _thread(one, identities[one], parent, by_thread[one], nicknames.get(one))
    return tuple(threads.values())


def title_of(interactions: Iterable[Interaction]) -> str | None:
    """Return the title that was given last; None when none was asked for, or answered."""
    asked = [one for one in interactions if one.role is Role.TITLE]
    return next((title for one in reversed(asked) if (title := given_title(one)) is not None), None)


def helper_kind_of(threads: Iterable[Mapping[str, str]]) -> str | None:
    """Return what a session is for, if Codex began all its threads by itself; they are as a manifest has them."""
    kinds = [helper_of_source(thread.get("source"), thread.get("subagent")) for thread in threads]
    return kinds[0] if kinds and all(kinds) else None


def given_title(interaction: Interaction) -> str | None:
    """Return the title that answers a title request; None when there is none."""
    items = map(item_of, interaction.output)
    text = next((item.text for item in items if isinstance(item, AssistantText) and item.text), None)
    if text is None:
        return None
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        return text
    title = value.get("title") if isinstance(value, dict) else None
    return title if isinstance(title, str) else text


def prompts_to_title(interactions: Iterable[Interaction]) -> tuple[str, ...]:
    """Return the prompts for which titles were asked, or their beginnings."""
    asked = (prompt_to_title(one.input) for one in interactions if one.role is Role.TITLE)
    return tuple(prompt for prompt in asked if prompt is not None)


def prompt_to_title(items: tuple[Any, ...]) -> str | None:
    """Return the user's prompt that is in the input of a title request."""
    said = (item.text for item in reversed(fresh_texts(items)) if isinstance(item, UserText))
    return next((prompt for text in said if (prompt := titled_prompt(text)) is not None), None)


def _lineage(thread_id: str, identities: Mapping[str, Identity], known: Container[str]) -> list[str]:
    """Return a thread behind those that spawned it, as far as they are recorded and not `known` yet."""
    lineage: list[str] = []
    while thread_id in identities and thread_id not in known and thread_id not in lineage:
        lineage.append(thread_id)
        thread_id = identities[thread_id].parent_thread_id or ""
    return lineage[::-1]


def _thread(
    thread_id: str, identity: Identity, parent: Thread | None, turns: Iterable[Turn], nickname: str | None
) -> Thread:
    path = agent_path(identity)
    thread = Thread(
        id=thread_id,
        source=identity.thread_source,
        subagent=identity.subagent,
        helper_kind=helper_kind(identity),
        agent_path=path,
        agent_name=path.rpartition("/")[2] if path else nickname,
        parent_id=identity.parent_thread_id,
        parent=parent,
        turns=tuple(turns),
    )
    if parent is not None:
        parent._children.append(thread)  # noqa: SLF001  read-only from outside
    return thread


def _nicknames(turns: Iterable[Turn]) -> Iterator[tuple[str, str]]:
    """Yield the nicknames of sub-agents, by thread id."""
    calls = (item for turn in turns for item in turn.items if isinstance(item, ToolCall) and item.output)
    for call in calls:
        for found in NICKNAME.finditer(call.output or ""):
            yield found["id"], found["name"]
