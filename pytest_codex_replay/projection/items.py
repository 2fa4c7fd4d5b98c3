"""What the user, the model and the tools said in a turn: items of the Responses API, typed. No I/O.

Sources: codex-rs/protocol/src/models.rs (ResponseItem) and core/src/context (2026-07); seen with Codex 0.169.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from types import MappingProxyType
from typing import Any, ClassVar

import orjson

from pytest_codex_replay.codex.approvals import ACCEPT, DECLINE, decisions_in
from pytest_codex_replay.codex.commands import duration_in, exit_codes, patch_operations, scripted_commands
from pytest_codex_replay.codex.fragments import (
    AGENT_ENVELOPE,
    LOCAL_SUMMARY,
    TURN_ABORTED,
    message_fragment,
    typed_pieces,
)
from pytest_codex_replay.codex.item_types import AGENT_MESSAGE, CALL_SUFFIX, COMPACTIONS, OUTPUT_SUFFIX, TOOL_LIST
from pytest_codex_replay.codex.minted import steady
from pytest_codex_replay.codex.tool_output import HEADER
from pytest_codex_replay.wire.hosted_tools import (
    arguments_of,
    citations_of,
    error_in,
    is_hosted,
    output_of_shell,
    result_of,
)
from pytest_codex_replay.wire.json_values import compact_json


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """What every item has."""

    kind: ClassVar[str]
    """Its name in JSON, such as `tool_call`."""

    def as_json(self) -> dict[str, Any]:
        """Return all of it as JSON."""
        return {"kind": self.kind, **{field.name: getattr(self, field.name) for field in fields(self)}}

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
            return "\n".join(map(_text, several))
        found = self.parameters.get("cmd") or self.parameters.get("command")
        if isinstance(found, list):
            words = [_text(word) for word in found]
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


def item_of(value: dict[str, Any]) -> Item:
    """Return the typed view of an item that the model finished."""
    kind = value.get("type")
    if not isinstance(kind, str):
        return OtherItem(value=value)
    if kind in COMPACTIONS:
        return Compaction(text=text_of(value.get("summary")))
    if (view := _VIEWS.get(kind)) is not None:
        return view(value)
    return _tool_call(value, kind) if kind.endswith(CALL_SUFFIX) else OtherItem(value=value)


def _message(value: dict[str, Any]) -> Item:
    content = value.get("content")
    return AssistantText(text=text_of(content), phase=_name(value, "phase"), citations=citations_of(content))


def _reasoning(value: dict[str, Any]) -> Item:
    return Reasoning(text=text_of(value.get("summary")) or text_of(value.get("content")))


def _approval_request(value: dict[str, Any]) -> Item:
    name, server = _name(value, "name") or "", _name(value, "server_label")
    return ApprovalRequest(name=name, server=server, arguments=arguments_of(value), id=_name(value, "id"))


def _tool_list(value: dict[str, Any]) -> Item:
    tools = value.get("tools")
    named = [one.get("name") for one in tools if isinstance(one, dict)] if isinstance(tools, list) else []
    names = tuple(name for name in named if isinstance(name, str))
    return ToolList(server=_name(value, "server_label"), names=names, error=error_in(value))


_VIEWS: Mapping[str, Callable[[dict[str, Any]], Item]] = MappingProxyType(
    {
        "message": _message,
        "reasoning": _reasoning,
        "mcp_approval_request": _approval_request,
        "mcp_list_tools": _tool_list,
    }
)


def items_of(values: Iterable[dict[str, Any]]) -> list[Item]:
    """Return the typed views of what an answer finished; outputs in it belong to the calls before them."""
    items: list[Item] = []
    for value in values:
        waiting = (at for at in range(len(items) - 1, -1, -1) if is_answered_by(items[at], value))
        if (place := next(waiting, None)) is None:
            items.append(item_of(value))
        else:
            items[place] = with_answer(items[place], value)
    return items


def is_answered_by(item: Item, value: dict[str, Any]) -> bool:
    """Return whether an item of the same answer brings what a tool gave back: without an id, the last of its kind."""
    kind, call_id = value.get("type"), value.get("call_id")
    if not isinstance(item, ToolCall) or not isinstance(kind, str) or not kind.endswith(OUTPUT_SUFFIX):
        return False
    return item.call_id == call_id if call_id else item.output is None and kind.startswith(item.name)


def with_answer(item: Item, value: dict[str, Any]) -> Item:
    """Return a call or a question with what answers it."""
    if isinstance(item, ApprovalRequest):
        return replace(item, decision=ACCEPT if value.get("approve") is True else DECLINE)
    return output_of(item, value) if isinstance(item, ToolCall) else item


def output_of(call: ToolCall, value: dict[str, Any]) -> ToolCall:
    """Return `call` with the output that a `…_call_output` item brings."""
    found = value.get("output", value.get("tools"))
    status, error = _name(value, "status") or call.status, error_in(value)
    if (shell := output_of_shell(found)) is not None:
        return replace(call, output=shell[0], exit_code=shell[1], status=status, error=error)
    output = result_of(value) if "tools" in value else text_of(found) or _text(found)
    output = "" if output is None else output
    codes, header = list(exit_codes(output)), HEADER.match(output)
    seconds = header["seconds"] if header else None
    return replace(
        call,
        output=output,
        approvals=decisions_in(output),
        exit_code=codes[0] if len(codes) == 1 else None,
        duration_ms=_milliseconds(seconds) if seconds else duration_in(output),
        status=status,
        error=error,
    )


def _milliseconds(seconds: str) -> float | None:
    """Return a duration as a program printed it; None where that is not a number of a sensible size."""
    is_number = re.fullmatch(r"\d{1,9}(?:\.\d*)?|\.\d+", seconds) is not None
    return round(float(seconds) * 1000, 3) if is_number else None


def _name(value: dict[str, Any], name: str) -> str | None:
    found = value.get(name)
    return found if isinstance(found, str) and found else None


def text_of(content: Any) -> str:
    """Return the text of a content list; what is no text is named in brackets."""
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return ""
    return "\n".join(_piece(piece) for piece in content)


def _piece(piece: Any) -> str:
    if not isinstance(piece, dict):
        return _text(piece)
    found = next(
        (piece[name] for name in ("text", "refusal", "encrypted_content") if isinstance(piece.get(name), str)), None
    )
    return f"[{piece.get('type', 'unknown')}]" if found is None else found


def _tool_call(value: dict[str, Any], kind: str) -> ToolCall:
    hosted = is_hosted(value)
    return ToolCall(
        name=_name(value, "name") or kind.removesuffix(CALL_SUFFIX),
        namespace=_name(value, "namespace"),
        arguments=arguments_of(value),
        call_id=_name(value, "call_id"),
        type=kind,
        is_hosted=hosted,
        server=_name(value, "server_label"),
        output=result_of(value) if hosted else None,
        status=_name(value, "status") if hosted else None,
        error=error_in(value),
    )


def _text(value: Any) -> str:
    return value if isinstance(value, str) else compact_json(value).decode()


_DEVELOPERS = ("developer", "system")


def answered_call(item: Any) -> str | None:
    """Return the id of the call, or the question, that an item of an input answers; None when it answers none."""
    if not isinstance(item, dict) or not isinstance(kind := item.get("type"), str):
        return None
    if kind == "mcp_approval_response":
        return _name(item, "approval_request_id")
    return _name(item, "call_id") if kind.endswith(OUTPUT_SUFFIX) else None


def awaited_by(item: Item) -> str | None:
    """Return the id by which a later request answers an item; None where nothing is to come, or has come."""
    if isinstance(item, ApprovalRequest):
        return item.id if item.decision is None else None
    return item.call_id if isinstance(item, ToolCall) and not item.is_hosted and item.output is None else None


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

Said = UserText | AgentMessage
"""What can be said to a model."""


def fresh_texts(items: Sequence[Any]) -> tuple[Said, ...]:
    """Return what was said to the model since it spoke last, or a tool, or since the history was compacted."""
    return tail_of(items)[1]


def tail_of(items: Sequence[Any]) -> tuple[int, tuple[Said, ...], int]:
    """Return where the fresh texts begin, these texts, and how often they say that the user stopped a turn."""
    found: list[Said] = []
    start, abortions = len(items), 0
    for item in reversed(items):
        if isinstance(item, str):  # as some clients write a message
            found.append(UserText(text=item))
        elif not isinstance(item, dict):
            break
        else:
            kind = item.get("type", "message")
            if kind == AGENT_MESSAGE:
                found.append(_agent_message(item))
            elif kind == "message" and item.get("role") == "user":
                fragment = message_fragment(item)
                if fragment is LOCAL_SUMMARY:
                    break
                abortions += fragment is TURN_ABORTED
                found += _typed(item)
            elif kind == "input_text":
                found.append(UserText(text=text_of([item])))
            elif kind != TOOL_LIST and not (kind == "message" and item.get("role") in _DEVELOPERS):
                break
        start -= 1
    return start, tuple(reversed(found)), abortions


def _typed(item: dict[str, Any]) -> Iterator[UserText]:
    if pieces := typed_pieces(item):
        yield UserText(text=text_of(pieces))


def _agent_message(item: dict[str, Any]) -> AgentMessage:
    text = text_of(item.get("content"))
    envelope = AGENT_ENVELOPE.match(text)
    return AgentMessage(
        author=_text(item.get("author", "")),
        recipient=_text(item.get("recipient", "")),
        message_type=envelope[1] if envelope else None,
        text=text[envelope.end() :].strip() if envelope else text,
    )
