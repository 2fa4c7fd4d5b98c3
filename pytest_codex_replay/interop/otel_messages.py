"""Items of the Responses API as the messages of OpenTelemetry's GenAI conventions. No I/O.

Source: open-telemetry/semantic-conventions-genai, gen-ai-input-messages.json and gen-ai-output-messages.json (2026-11).
"""

from collections.abc import Iterable
from typing import Any

import orjson

from pytest_codex_replay.codex.item_types import COMPACTIONS, OUTPUT_SUFFIX
from pytest_codex_replay.projection.item_views import item_of, output_of, text_of
from pytest_codex_replay.projection.items import ToolCall
from pytest_codex_replay.wire.json_values import text_or_json

Message = dict[str, Any]
_BASE64 = ";base64,"
_ANY_CALL = ToolCall(name="", arguments="")


def messages_of(items: Iterable[Any]) -> list[Message]:
    """Return what a model was told, a message for each item that says something."""
    found = ((_role(one), _parts(one)) for one in items)
    return [{"role": role, "parts": parts} for role, parts in found if parts]


def answer_of(items: Iterable[Any], finish_reason: str) -> list[Message]:
    """Return what a model answered: one message."""
    parts = [part for one in items for part in _parts(one)]
    return [{"role": "assistant", "parts": parts, "finish_reason": finish_reason}]


def text_message(role: str, text: str) -> Message:
    """Return a message that is a text."""
    return {"role": role, "parts": [_text(text)]}


def value_of(text: str) -> Any:
    """Return arguments or a result as the JSON value that they are, else as text."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return text


def _role(item: Any) -> str:
    if not isinstance(item, dict):
        return "user"
    if isinstance(role := item.get("role"), str):
        return role
    return "tool" if str(item.get("type")).endswith(OUTPUT_SUFFIX) else "assistant"


def _parts(item: Any) -> list[dict[str, Any]]:
    if not isinstance(item, dict):
        return [_text(text_or_json(item))]
    kind = str(item.get("type", "message"))
    if kind == "message":
        content = item.get("content")
        return [_piece(one) for one in (content if isinstance(content, list) else [content])]
    if kind == "reasoning":
        text = text_of(item.get("summary")) or text_of(item.get("content"))
        return [{"type": "reasoning", "content": text}] if text else []
    if kind in COMPACTIONS:
        return [{"type": "compaction", "content": text_of(item.get("summary")) or None}]
    if kind.endswith(OUTPUT_SUFFIX):
        return [
            {"type": "tool_call_response", "id": item.get("call_id"), "response": output_of(_ANY_CALL, item).output}
        ]
    tool = item_of(item)
    return [_call(tool, item)] if isinstance(tool, ToolCall) else [{**item, "type": kind}]


def _call(tool: ToolCall, item: dict[str, Any]) -> dict[str, Any]:
    if tool.is_hosted:
        return {"type": "server_tool_call", "id": item.get("id"), "name": tool.name, "server_tool_call": item}
    return {"type": "tool_call", "id": tool.call_id, "name": tool.name, "arguments": value_of(tool.arguments)}


def _piece(piece: Any) -> dict[str, Any]:
    """Return a piece of a message: a text, something attached, or what it is."""
    if not isinstance(piece, dict):
        return _text(text_or_json(piece))
    for name in ("text", "refusal"):
        if isinstance(text := piece.get(name), str):
            return _text(text)
    kind = str(piece.get("type"))
    modality = next((one for one in ("image", "audio", "video") if one in kind), "document")
    place = next(
        (one for name in ("image_url", "file_data", "file_url") if isinstance(one := piece.get(name), str)), ""
    )
    if _BASE64 in place:
        mime, _, data = place.removeprefix("data:").partition(_BASE64)
        return {"type": "blob", "modality": modality, "mime_type": mime, "content": data}
    if place:
        return {"type": "uri", "modality": modality, "uri": place}
    if isinstance(file := piece.get("file_id"), str):
        return {"type": "file", "modality": modality, "file_id": file}
    return {**piece, "type": kind}


def _text(text: str) -> dict[str, Any]:
    return {"type": "text", "content": text}
