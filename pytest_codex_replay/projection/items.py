"""What the user, the model and the tools said in a turn: items of the Responses API, typed. No I/O.

Sources: codex-rs/protocol/src/models.rs (ResponseItem) and core/src/context (2026-07); seen with Codex 0.169.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from types import MappingProxyType
from typing import Any, ClassVar

import orjson

from pytest_codex_replay.codex.commands import exit_codes, patch_operations, scripted_commands
from pytest_codex_replay.codex.minted import steady
from pytest_codex_replay.codex.tool_output import HEADER
from pytest_codex_replay.wire.json_values import text_or_json


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """What every item has."""

    kind: ClassVar[str]
    """Its name in JSON, such as `tool_call`."""

    def as_json(self) -> dict[str, Any]:
        """Return all of it as JSON."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}  # `kind` is the first

    def summary(self) -> dict[str, Any]:
        """Return what is the same in the next run too: no ids, and no volatile text in what programs wrote."""
        return self.as_json()


@dataclass(frozen=True, slots=True, kw_only=True)
class UserText(Item):
    """What the user typed."""

    kind: ClassVar[str] = "user"
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentMessage(Item):
    """What one agent of the thread tree told another."""

    kind: ClassVar[str] = "agent_message"
    author: str
    recipient: str
    message_type: str | None
    """`NEW_TASK`, `FINAL_ANSWER`, …; None without such an envelope."""
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AssistantText(Item):
    """What the model said to the user."""

    kind: ClassVar[str] = "assistant"
    text: str
    is_cut: bool = False
    """The stream ended before the message did."""
    phase: str | None = None
    """`commentary`: a preamble, said before it goes on; `final_answer`; None where the model does not say."""
    citations: tuple[str, ...] = ()
    """Addresses and files that it refers to."""

    def summary(self) -> dict[str, Any]:
        """Return what it says, and whether that is cut: what it cites may move."""
        return {"kind": self.kind, "text": self.text, "is_cut": self.is_cut}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reasoning(Item):
    """What the model lets be known of its reasoning."""

    kind: ClassVar[str] = "reasoning"
    text: str
    """The summary; empty when all of it is encrypted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A shell command that a tool ran."""

    text: str
    exit_code: int | None
    """None when it has not ended, or the output of the tool does not tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCall(Item):
    """A tool that the model called, and what it gave back."""

    kind: ClassVar[str] = "tool_call"
    name: str
    namespace: str | None = None
    arguments: str
    """As the model wrote them: JSON text, or free text for a custom tool."""
    call_id: str | None = None
    output: str | None = None
    """What the next request brought back, or the answer itself; None when neither did."""
    type: str = "function_call"
    """That of its item: `custom_tool_call`, `mcp_call`, `web_search_call`, …"""
    is_hosted: bool = False
    """The upstream ran it. It need not tell what came of it."""
    server: str | None = None
    """Name of the MCP server that it is a tool of."""
    status: str | None = None
    """`completed`, `failed`, `incomplete`, …, where its output or the call itself says."""
    error: str | None = None
    """Why it failed, where that is told."""
    exit_code: int | None = None
    """Of the command; None when it has not ended, there were several, or the output does not tell."""
    duration_ms: float | None = None
    """How long it took, where the output tells."""
    approvals: tuple[str, ...] = ()
    """What the user answered when asked to allow it: `accept`, `decline`, …; empty when that is not known."""

    @property
    def parameters(self) -> dict[str, Any]:
        """The arguments as a JSON object; empty when they are none."""
        try:
            value = orjson.loads(self.arguments)
        except orjson.JSONDecodeError:
            return {}
        return value if isinstance(value, dict) else {}

    @property
    def output_text(self) -> str | None:
        """The output without what Codex writes above it."""
        header = None if self.output is None else HEADER.match(self.output)
        return self.output if self.output is None or header is None else self.output[header.end() :].lstrip("\n")

    @property
    def running_session(self) -> str | None:
        """The number of the shell session in which its command goes on; None where it has ended."""
        header = HEADER.match(self.output or "")
        return header["session"] if header else None

    @property
    def operations(self) -> tuple[tuple[str, str], ...]:
        """What a patch does: `update`, `add`, `delete` or `move`, each with the path."""
        if self.type == "apply_patch_call":
            kind, path = (str(self.parameters.get(name, "")) for name in ("type", "path"))
            return ((kind.removesuffix("_file").replace("create", "add"), path),)
        return tuple(patch_operations(self.arguments if self.command is None else self.command))

    @property
    def command(self) -> str | None:
        """The shell command that it runs, if it runs one."""
        if isinstance(several := self.parameters.get("commands"), list):
            return "\n".join(map(text_or_json, several))
        found = self.parameters.get("cmd") or self.parameters.get("command")
        if isinstance(found, list):
            words = [text_or_json(word) for word in found]
            return words[2] if len(words) == 3 and words[1] in {"-c", "-lc"} else " ".join(words)  # noqa: PLR2004
        return found if isinstance(found, str) else None

    @property
    def commands(self) -> tuple[Command, ...]:
        """The shell commands that it ran, those of a script in code mode included."""
        texts = (self.command,) if self.command is not None else tuple(scripted_commands(self.arguments))
        codes = tuple(exit_codes(self.output or ""))
        known = codes if len(codes) == len(texts) else (None,) * len(texts)
        return tuple(Command(text=text, exit_code=code) for text, code in zip(texts, known, strict=True))

    def summary(self) -> dict[str, Any]:
        """Return name, arguments and output without ids, durations and process numbers."""
        output = None if self.output is None else steady(self.output)
        return {"kind": self.kind, "name": self.name, "arguments": steady(self.arguments), "output": output}


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalRequest(Item):
    """The upstream asks whether it may call a tool of an MCP server."""

    kind: ClassVar[str] = "approval_request"
    name: str
    server: str | None
    arguments: str
    id: str | None = None
    decision: str | None = None
    """`accept` or `decline`, as the next request says; None when none did."""

    def summary(self) -> dict[str, Any]:
        """Return what was asked and answered, without ids."""
        return {name: value for name, value in self.as_json().items() if name != "id"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolList(Item):
    """The tools that an MCP server has, as the upstream found them."""

    kind: ClassVar[str] = "tool_list"
    server: str | None
    names: tuple[str, ...]
    error: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Compaction(Item):
    """The history was replaced by something shorter."""

    kind: ClassVar[str] = "compaction"
    text: str
    """The summary in words; empty when it is opaque."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure(Item):
    """A request that did not get its whole answer. Codex may have tried again."""

    kind: ClassVar[str] = "failure"
    outcome: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Interruption(Item):
    """The user broke off the answer, or the tools that it had called."""

    kind: ClassVar[str] = "interruption"
    how: str
    """`steered`: the turn went on, with what the user said. `interrupted`: it ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherItem(Item):
    """An item of a type that is not known here."""

    kind: ClassVar[str] = "other"
    value: dict[str, Any]

    def summary(self) -> dict[str, Any]:
        """Return its type alone: what else it holds may be volatile."""
        return {"kind": self.kind, "type": self.value.get("type")}


def item_from_json(value: dict[str, Any]) -> Item:
    """Return the item whose `as_json` gave a value."""
    kind = _CLASSES[value["kind"]]
    named = {one.name: value[one.name] for one in fields(kind)}
    return kind(**{name: tuple(one) if isinstance(one, list) else one for name, one in named.items()})


_CLASSES: Mapping[str, type[Item]] = MappingProxyType(
    {
        one.kind: one
        for one in (
            *(UserText, AgentMessage, AssistantText, Reasoning, ToolCall, ApprovalRequest, ToolList),
            *(Compaction, Failure, Interruption, OtherItem),
        )
    }
)
