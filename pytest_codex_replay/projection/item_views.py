"""Items of the Responses API, as they come over the wire, to what they say: typed. No I/O.

Sources: codex-rs/protocol/src/models.rs (ResponseItem) and core/src/context (2026-07); seen with Codex 0.169.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from pytest_codex_replay.codex.approvals import ACCEPT, DECLINE, decisions_in
from pytest_codex_replay.codex.commands import duration_in, exit_codes
from pytest_codex_replay.codex.fragments import (
    AGENT_ENVELOPE,
    LOCAL_SUMMARY,
    TURN_ABORTED,
    message_fragment,
    typed_pieces,
)
from pytest_codex_replay.codex.item_types import AGENT_MESSAGE, CALL_SUFFIX, COMPACTIONS, OUTPUT_SUFFIX, STATED
from pytest_codex_replay.codex.tool_output import HEADER
from pytest_codex_replay.projection.items import (
    AgentMessage,
    ApprovalRequest,
    AssistantText,
    Compaction,
    Item,
    OtherItem,
    Reasoning,
    ToolCall,
    ToolList,
    UserText,
)
from pytest_codex_replay.wire.hosted_tools import (
    arguments_of,
    citations_of,
    error_in,
    is_hosted,
    output_of_shell,
    result_of,
)
from pytest_codex_replay.wire.json_values import text_or_json


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
    status, error = _name(value, "status") or call.status, error_in(value)
    if (shell := output_of_shell(_output_in(value))) is not None:
        return replace(call, output=shell[0], exit_code=shell[1], status=status, error=error)
    output = output_text(value)
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


def output_text(value: dict[str, Any]) -> str:
    """Return the output that a `…_call_output` item brings."""
    found = _output_in(value)
    if (shell := output_of_shell(found)) is not None:
        return shell[0]
    output = result_of(value) if "tools" in value else text_of(found) or text_or_json(found)
    return "" if output is None else output


def _output_in(value: dict[str, Any]) -> Any:
    return value.get("output", value.get("tools"))


def _milliseconds(seconds: str) -> float | None:
    """Return a duration as a program printed it; None where that is not a number of a sensible size."""
    is_number = re.fullmatch(r"\d{1,9}(?:\.\d*)?|\.\d+", seconds) is not None
    return round(float(seconds) * 1000, 3) if is_number else None


def _name(value: dict[str, Any], name: str) -> str | None:
    found = value.get(name)
    return found if isinstance(found, str) and found else None


def text_of(content: Any) -> str:
    """Return the text of a content list; other content is named in brackets."""
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return ""
    return "\n".join(_piece(piece) for piece in content)


def _piece(piece: Any) -> str:
    if not isinstance(piece, dict):
        return text_or_json(piece)
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


Said = UserText | AgentMessage
"""What can be said to a model."""


def fresh_texts(items: Sequence[Any]) -> tuple[Said, ...]:
    """Return what was said to the model since it spoke last, or a tool, or since the history was compacted."""
    return tail_of(items)[1]


def tail_of(items: Sequence[Any], end: int | None = None) -> tuple[int, tuple[Said, ...], int]:
    """Return where the fresh texts before `end` begin, these texts, and how often the user stopped a turn there."""
    found: list[Said] = []
    start, abortions = len(items) if end is None else end, 0
    for at in range(start - 1, -1, -1):
        item = items[at]
        if isinstance(item, str):  # as some clients write a message
            found.append(UserText(text=item))
        elif not isinstance(item, dict):
            break
        else:
            kind, role = str(item.get("type", "message")), str(item.get("role"))  # a stranger's may be of any type
            if kind == AGENT_MESSAGE:
                found.append(_agent_message(item))
            elif kind == "message" and role == "user":
                fragment = message_fragment(item)
                if fragment is LOCAL_SUMMARY:
                    break
                abortions += fragment is TURN_ABORTED
                found += _typed(item)
            elif kind == "input_text":
                found.append(UserText(text=text_of([item])))
            elif kind not in STATED and not (kind == "message" and role in _DEVELOPERS):
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
        author=text_or_json(item.get("author", "")),
        recipient=text_or_json(item.get("recipient", "")),
        message_type=envelope[1] if envelope else None,
        text=text[envelope.end() :].strip() if envelope else text,
    )
