"""What the user, the model and the tools said in a turn: items of the Responses API, typed. No I/O.

Sources: codex-rs/protocol/src/models.rs (ResponseItem) and core/src/context (2026-07); seen with Codex 0.169.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, ClassVar

import orjson

from pytest_codex_replay.codex.approvals import decisions_in
from pytest_codex_replay.codex.commands import exit_codes, scripted_commands
from pytest_codex_replay.codex.fragments import (
    AGENT_ENVELOPE,
    LOCAL_SUMMARY,
    TURN_ABORTED,
    message_fragment,
    typed_pieces,
)
from pytest_codex_replay.codex.item_types import AGENT_MESSAGE, CALL_SUFFIX, COMPACTIONS, OUTPUT_SUFFIX, TOOL_LIST
from pytest_codex_replay.codex.minted import steady
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
    """What the next request brought back; None when none did."""
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
    def command(self) -> str | None:
        """The shell command that it runs, if it runs one."""
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
    if kind == "message":
        return AssistantText(text=text_of(value.get("content")))
    if kind == "reasoning":
        return Reasoning(text=text_of(value.get("summary")) or text_of(value.get("content")))
    if not isinstance(kind, str):
        return OtherItem(value=value)
    if kind in COMPACTIONS:
        return Compaction(text=text_of(value.get("summary")))
    return _tool_call(value, kind) if kind.endswith(CALL_SUFFIX) else OtherItem(value=value)


def output_of(call: ToolCall, value: dict[str, Any]) -> ToolCall:
    """Return `call` with the output that a `…_call_output` item brings."""
    found = value.get("output", value.get("tools"))
    output = text_of(found) or _text(found)
    return replace(call, output=output, approvals=decisions_in(output))


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
    arguments = next((value[name] for name in ("arguments", "input", "action") if name in value), "")
    name, namespace, call_id = value.get("name"), value.get("namespace"), value.get("call_id")
    return ToolCall(
        name=name if isinstance(name, str) else kind.removesuffix(CALL_SUFFIX),
        namespace=namespace if isinstance(namespace, str) else None,
        arguments=_text(arguments),
        call_id=call_id if isinstance(call_id, str) else None,
    )


def _text(value: Any) -> str:
    return value if isinstance(value, str) else compact_json(value).decode()


_DEVELOPERS = ("developer", "system")


def answered_call(item: Any) -> str | None:
    """Return the id of the call whose output an item of an input is; None when it is none."""
    if not isinstance(item, dict) or not isinstance(kind := item.get("type"), str) or not kind.endswith(OUTPUT_SUFFIX):
        return None
    call_id = item.get("call_id")
    return call_id if isinstance(call_id, str) else None


def item_from_json(value: dict[str, Any]) -> Item:
    """Return the item whose `as_json` gave a value."""
    kind = next(one for one in Item.__subclasses__() if one.kind == value["kind"])
    named = {one.name: value[one.name] for one in fields(kind)}
    return kind(**{name: tuple(one) if isinstance(one, list) else one for name, one in named.items()})


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
