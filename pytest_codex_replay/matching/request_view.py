"""The comparable view of a model request, the same for every transport. No I/O."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import chain
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


@dataclass(frozen=True, slots=True, kw_only=True, weakref_slot=True)
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


Placed = tuple[int, RequestPart]
"""An item with its position in the input."""


class Input:
    """A whole logical input: what `previous_response_id` stands for, then what was sent.

    All that continue an input share it. So the inputs of a conversation grow with it, and not with its square.
    """

    __slots__ = (
        *("behind", "own", "length", "conversation_count", "context_count", "unordered_count", "is_redacted"),
        *("own_conversation", "own_context", "own_unordered", "last_said", "tasked", "digests"),
    )

    def __init__(self, own: Iterable[RequestPart] = (), behind: "Input | None" = None) -> None:
        """Continue an input that is `behind` by the items `own`."""
        self.behind, self.own = behind, tuple(own)
        start = 0 if behind is None else behind.length
        self.length: int = start + len(self.own)
        self.tasked: frozenset[str] = frozenset() if behind is None else behind.tasked
        """Agents that have a task."""
        self._sort(start)
        last = self.own_conversation[-1][1] if self.own_conversation else None
        self.last_said: RequestPart | None = last or (behind.last_said if behind is not None else None)
        """The last item of the conversation."""
        is_redacted = behind is not None and behind.is_redacted
        self.is_redacted: bool = is_redacted or any(one.is_redacted for one in self.own)
        counts = (0, 0, 0)
        if behind is not None:
            counts = behind.conversation_count, behind.context_count, behind.unordered_count
        self.conversation_count: int = counts[0] + len(self.own_conversation)
        self.context_count: int = counts[1] + len(self.own_context)
        self.unordered_count: int = counts[2] + len(self.own_unordered)
        self.digests: tuple[bytes, ...] = self._digested()
        """Of the items exactly; of those that have an order, normalised; and of what must never drift."""

    def _sort(self, start: int) -> None:
        """Sort the own items. The first task of an agent has a place of its own: with it, the thread begins."""
        conversation: list[Placed] = []
        context: list[Placed] = []
        unordered: list[Placed] = []
        for index, item in enumerate(self.own, start):
            is_first = item.is_task and item.agents is not None and item.agents[1] not in self.tasked
            if is_first and item.agents:
                self.tasked |= {item.agents[1]}
            elif item.is_nondeterministic:
                unordered.append((index, item))
                continue
            if not item.is_context:
                conversation.append((index, item))
            elif not item.is_nondeterministic:
                context.append((index, item))
        self.own_conversation, self.own_context, self.own_unordered = conversation, context, unordered

    def _digested(self) -> tuple[bytes, ...]:
        """Go on with what was digested before."""
        steady: Iterable[RequestPart] = self.own
        if self.own_unordered:
            left_out, start = {index for index, _ in self.own_unordered}, self.length - len(self.own)
            steady = [one for index, one in enumerate(self.own, start) if index not in left_out]
        digests = (
            [one.exact.digest for one in self.own],
            [one.normalised.digest for one in steady],
            [one.skeleton.digest for _, one in self.own_conversation],
        )
        before = (b"", b"", b"") if self.behind is None else self.behind.digests
        return tuple(map(_chained, before, digests))

    @property
    def nodes(self) -> list["Input"]:
        """The inputs that it continues, the first one first, and itself."""
        found: list[Input] = []
        node: Input | None = self
        while node is not None:
            found.append(node)
            node = node.behind
        return found[::-1]

    @property
    def items(self) -> tuple[RequestPart, ...]:
        """All of its items."""
        return tuple(chain.from_iterable(node.own for node in self.nodes))

    @property
    def conversation(self) -> tuple[Placed, ...]:
        """What user, model and tools said."""
        return tuple(chain.from_iterable(node.own_conversation for node in self.nodes))

    @property
    def context(self) -> tuple[Placed, ...]:
        """What Codex says about itself around it."""
        return tuple(chain.from_iterable(node.own_context for node in self.nodes)) if self.context_count else ()

    @property
    def unordered(self) -> tuple[Placed, ...]:
        """What comes when another thread is done."""
        return tuple(chain.from_iterable(node.own_unordered for node in self.nodes)) if self.unordered_count else ()

    def without_last(self, count: int) -> "Input":
        """Return it without its last items."""
        node = self
        while node.behind is not None and count >= len(node.own):
            count -= len(node.own)
            node = node.behind
        return Input(node.own[: max(0, len(node.own) - count)], node.behind) if count else node


_MOST_PAIRS = 1000
"""Pairs that are kept: of thousands that are alike, each is compared with each, and such a pair is seldom met again."""


class InputPairs:
    """Pairs of inputs that were compared: of what continues both, only what is new has to be looked at."""

    def __init__(self) -> None:
        self._results: dict[tuple[int, int], tuple[Input, Input, bool]] = {}
        """With the inputs, which are kept so that their ids stay their own."""

    def add(self, old: Input, new: Input, *, result: bool = True) -> None:
        """Keep the result for a pair: a good one is that of what both continue, too."""
        self._keep(old, new, result=result)
        if result and old.behind is not None and new.behind is not None:
            self._keep(old.behind, new.behind, result=result)

    def _keep(self, old: Input, new: Input, *, result: bool) -> None:
        if (old.conversation_count, old.context_count) == (new.conversation_count, new.context_count):
            if len(self._results) >= _MOST_PAIRS:
                self._results.clear()
            self._results[id(old), id(new)] = old, new, result

    def since(self, old: Input, new: Input) -> tuple[bool | None, list[Input], list[Input]]:
        """Return the result for the last pair that both continue, and what comes behind it; None: for none."""
        behind_old: list[Input] = []
        behind_new: list[Input] = []
        one: Input | None = old
        other: Input | None = new
        result = None
        while one is not None or other is not None:
            if one is not None and other is not None and (known := self._results.get((id(one), id(other)))):
                result = known[2]
                break
            ahead = _steady_count(one) - _steady_count(other)
            if one is not None and ahead >= 0:
                behind_old.append(one)
                one = one.behind
            if other is not None and ahead <= 0:
                behind_new.append(other)
                other = other.behind
        return result, behind_old[::-1], behind_new[::-1]


def _steady_count(one: Input | None) -> int:
    return -1 if one is None else one.conversation_count + one.context_count


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestView:
    """What a model request asks for, whatever the transport."""

    model: str
    endpoint: Endpoint
    settings: RequestPart
    """Reasoning, text format, tool choice and every other member that matters."""
    instructions: RequestPart
    tools: RequestPart
    input: Input
    is_stream: bool
    """Whether the client wants events; otherwise one JSON object."""
    exact: bytes = field(init=False)
    normalised: bytes = field(init=False)
    skeleton: bytes = field(init=False)

    def __post_init__(self) -> None:
        head = f"{self.model}\0{self.endpoint}\0".encode(errors="surrogatepass")
        exact, normalised, skeleton = self.input.digests
        before, behind = self.settings, (self.instructions, self.tools)
        whole = head + before.exact.digest + exact + b"".join(one.exact.digest for one in behind)
        steady = head + before.normalised.digest + normalised + b"".join(one.normalised.digest for one in behind)
        for name, text in (("exact", whole), ("normalised", steady), ("skeleton", head + skeleton)):
            object.__setattr__(self, name, digest_of(text))

    @property
    def items(self) -> tuple[RequestPart, ...]:
        """The whole logical input; made each time that it is asked for, as all that follows."""
        return self.input.items

    @property
    def unordered(self) -> frozenset[int]:
        """Positions of the items that come when another thread is done."""
        return frozenset(index for index, _ in self.input.unordered)

    @property
    def conversation(self) -> tuple[Placed, ...]:
        """What user, model and tools said, each with its position in the input."""
        return self.input.conversation

    @property
    def context(self) -> tuple[Placed, ...]:
        """What Codex says about itself around it, each with its position in the input."""
        return self.input.context

    @property
    def is_redacted(self) -> bool:
        """Whether something was redacted from it."""
        others = (self.settings, self.instructions, self.tools)
        return self.input.is_redacted or any(part.is_redacted for part in others)

    @property
    def messages(self) -> dict[tuple[str, str], list[Placed]]:
        """What other agents said beyond the first task, by author and recipient, each with its position."""
        found: dict[tuple[str, str], list[Placed]] = {}
        for index, item in self.input.unordered:
            if item.agents is not None:
                found.setdefault(item.agents, []).append((index, item))
        return found


def digest_of(text: bytes) -> bytes:
    """Return the digest by which JSON texts are compared."""
    return hashlib.blake2b(text, digest_size=16).digest()


def _chained(digest: bytes, more: Iterable[bytes]) -> bytes:
    """Return the digest of a list that is continued: the same, however many of its values came at once."""
    for one in more:
        digest = digest_of(digest + one)
    return digest
