"""The comparable view of a model request, the same for every transport. No I/O."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from pytest_codex_replay.codex.endpoints import Endpoint


class DriftKind(StrEnum):
    """A part that may differ between recording and replay without changing what the conversation is about."""

    PROMPT = "prompt"
    """Volatile text in what the user wrote."""
    TOOL_OUTPUT = "tool-output"
    WORDING = "wording"
    """What Codex says about itself: its instructions, the messages around the conversation, descriptions of tools."""
    INSTRUCTIONS = "instructions"
    """Those that may be the user's own, in the member of that name or a message of the developer."""
    TOOLS = "tools"
    """Names and schemas of tools."""
    SETTINGS = "settings"
    """Reasoning, verbosity, parallel calls and the like."""


@dataclass(frozen=True, slots=True)
class Comparable:
    """A JSON value with its digest: two are equal when their digests are."""

    value: Any = field(compare=False)
    digest: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestPart:
    """An item of the input, or the instructions, tools or settings, as it is compared for each kind of match."""

    value: Any
    """As it was sent."""
    exact: Comparable
    """Without what carries no meaning."""
    normalised: Comparable
    """With volatile text rewritten, too."""
    skeleton: Comparable
    """What must never drift."""
    drift: DriftKind | None = None
    """The kind of a difference here; None: it must not differ."""
    frame: Comparable | None = None
    """What stays where Codex words otherwise what it says about itself; None: it says nothing of that kind here."""
    absence: DriftKind | None = None
    """The kind of a difference when only one side has it; None: both must."""
    is_redacted: bool = False
    """Whether something was redacted from it."""
    is_context: bool = False
    """Whether Codex says in it where and how it runs: it stands beside the conversation."""
    is_nondeterministic: bool = False
    """Whether it comes from another thread, so that any request may be the first to carry it."""
    agents: tuple[str, str] | None = None
    """Author and recipient, when one agent tells another something."""
    is_task: bool = False
    """Whether it tells the recipient what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestView:
    """What a model request asks for, whatever the transport."""

    model: str
    endpoint: Endpoint
    settings: RequestPart
    """Reasoning, text format, tool choice and every other member that matters."""
    instructions: RequestPart
    tools: RequestPart
    items: tuple[RequestPart, ...]
    """The whole logical input: what `previous_response_id` stands for, then what was sent."""
    is_stream: bool
    """Whether the client wants events; otherwise one JSON object."""
    exact: bytes = field(init=False)
    normalised: bytes = field(init=False)
    skeleton: bytes = field(init=False)
    unordered: frozenset[int] = field(init=False)
    """Positions of the items that come when another thread is done."""

    def __post_init__(self) -> None:
        head = f"{self.model}\0{self.endpoint}\0".encode(errors="surrogatepass")
        object.__setattr__(self, "unordered", frozenset(self._unordered()))
        items = [item for index, item in enumerate(self.items) if index not in self.unordered]
        steady = (self.settings, *items, self.instructions, self.tools)
        conversation = [item for _, item in self.conversation]
        for name, parts in (("exact", self.parts), ("normalised", steady), ("skeleton", conversation)):
            object.__setattr__(self, name, digest_of(head + b"".join(getattr(part, name).digest for part in parts)))

    def _unordered(self) -> Iterator[int]:
        """The first task of an agent is not among them: with it, the thread begins."""
        tasked: set[str] = set()
        for index, item in enumerate(self.items):
            if item.is_task and item.agents and item.agents[1] not in tasked:
                tasked.add(item.agents[1])
            elif item.is_nondeterministic:
                yield index

    @property
    def parts(self) -> tuple[RequestPart, ...]:
        """Everything that is compared, in the order in which it matters."""
        return (self.settings, *self.items, self.instructions, self.tools)

    @property
    def conversation(self) -> tuple[tuple[int, RequestPart], ...]:
        """What user, model and tools said, each with its position in the input."""
        return tuple(
            (index, item)
            for index, item in enumerate(self.items)
            if index not in self.unordered and not item.is_context
        )

    @property
    def context(self) -> tuple[tuple[int, RequestPart], ...]:
        """What Codex says about itself around it, each with its position in the input."""
        return tuple(
            (index, item) for index, item in enumerate(self.items) if item.is_context and not item.is_nondeterministic
        )

    @property
    def messages(self) -> dict[tuple[str, str], list[tuple[int, RequestPart]]]:
        """What other agents said beyond the first task, by author and recipient, each with its position."""
        found: dict[tuple[str, str], list[tuple[int, RequestPart]]] = {}
        for index in sorted(self.unordered):
            if (agents := self.items[index].agents) is not None:
                found.setdefault(agents, []).append((index, self.items[index]))
        return found


def digest_of(text: bytes) -> bytes:
    """Return the digest by which JSON texts are compared."""
    return hashlib.blake2b(text, digest_size=16).digest()
