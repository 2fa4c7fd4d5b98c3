"""A session as spans, by OpenTelemetry's GenAI conventions: what they are, without OpenTelemetry. No I/O.

Source: open-telemetry/semantic-conventions-genai, docs/gen-ai (2026-11; status: Development).
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import Any

from pytest_codex_replay.interop.otel_messages import answer_of, messages_of, text_message
from pytest_codex_replay.projection.answer import type_of
from pytest_codex_replay.projection.answers import tokens_of
from pytest_codex_replay.projection.interactions import Interaction, Role, Transport
from pytest_codex_replay.projection.item_views import item_of
from pytest_codex_replay.projection.items import ToolCall
from pytest_codex_replay.projection.turns import Turn
from pytest_codex_replay.reading import RecordedSession
from pytest_codex_replay.wire.json_values import compact_json
from pytest_codex_replay.wire.responses import Outcome
from pytest_codex_replay.wire.url import port_of, split_url

AGENT = "codex"
_PORTS = {"https": 443, "wss": 443, "http": 80, "ws": 80}
_OF_MODELS = frozenset({Role.TURN, Role.COMPACTION, Role.MEMORY, Role.TITLE, Role.PREWARM})
_FAILED_STATUS = 400
"""RFC 9110 §15.5, §15.6: from here on it is an error."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Something that took time."""

    key: str
    """Of what it is, in its session: `turn 3`, `request 7`, `tool 7.1`. The same in each export."""
    parent: str | None
    """Key of the span in which it happened."""
    name: str
    is_client: bool = False
    """Whether it waits for another machine."""
    started_at_ms: float
    ended_at_ms: float
    attributes: dict[str, Any]
    error: str | None = None
    """What went wrong; None when nothing did."""


def spans_of(session: RecordedSession, *, has_content: bool) -> Iterator[Span]:
    """Yield the session, its turns, requests and tool calls, each behind the one that it happened in.

    `has_content`: what people, the model and tools said, too.

    Raises:
        ArchiveError: nothing of it can be read.
    """
    calls = session.interactions
    if not calls:
        return
    workflow = {"gen_ai.operation.name": "invoke_workflow", "gen_ai.workflow.name": AGENT}
    times = "canonical" if session.has_canonical_times else "recorded"
    root = Span(
        key="session",
        parent=None,
        name=f"invoke_workflow {AGENT}",
        started_at_ms=calls[0].started_at_ms,
        ended_at_ms=max(map(_ended, calls)),
        attributes={**workflow, "codex_replay.state": session.state, "codex_replay.times": times},
    )
    yield root
    for turn in session.turns:
        yield from _turn_spans(turn, has_content=has_content)
    for call in session.background_requests:
        yield _request(call, root.key, has_content=has_content)


def _turn_spans(turn: Turn, *, has_content: bool) -> Iterator[Span]:
    key, name = f"turn {turn.index}", _agent(turn)
    attributes = {
        "gen_ai.operation.name": "invoke_agent",
        "gen_ai.provider.name": "openai",
        "gen_ai.agent.name": name,
        "gen_ai.agent.id": turn.thread_id,
        "gen_ai.agent.version": turn.interactions[0].identity.codex_version,
        "gen_ai.conversation.id": turn.thread_id,
        "gen_ai.request.model": turn.model,
        "codex_replay.turn": turn.index,
        "codex_replay.turn_id": turn.turn_id,
        "codex_replay.outcome": str(turn.outcome),
    }
    if has_content and turn.prompt is not None:
        attributes["gen_ai.input.messages"] = _json([text_message("user", turn.prompt)])
    if has_content and turn.text:
        attributes["gen_ai.output.messages"] = _json([text_message("assistant", turn.text) | {"finish_reason": "stop"}])
    span = Span(
        key=key,
        parent="session" if turn.parent_index is None else f"turn {turn.parent_index}",
        name=f"invoke_agent {name}",
        started_at_ms=turn.started_at_ms,
        ended_at_ms=max(turn.started_at_ms, turn.ended_at_ms or 0.0),
        attributes=attributes,
    )
    yield _failed(span, turn.outcome, turn.error, has_content=has_content) if turn.outcome.is_failed else span
    for call in turn.connections:
        yield _request(call, key, has_content=has_content)
    known = {tool.call_id: tool for tool in turn.tool_calls if tool.call_id}
    for call, following in zip_longest(turn.interactions, turn.interactions[1:]):
        yield _request(call, key, has_content=has_content)
        until_ms = following.started_at_ms if following else 0.0
        yield from _tools(call, key, until_ms, has_content=has_content, known=known)


def _agent(turn: Turn) -> str:
    own = (turn.agent_path or "").rpartition("/")[2]
    return turn.subagent or AGENT if own in {"", "root"} else own


def _request(call: Interaction, parent: str, *, has_content: bool) -> Span:
    where = split_url(call.url)
    of_model = call.role in _OF_MODELS
    model = call.request.fields.get("model") if call.request else None
    attributes: dict[str, Any] = {
        "server.address": where.hostname,
        "server.port": port_of(where) or _PORTS.get(where.scheme),
        "codex_replay.request": call.index,
        "codex_replay.role": str(call.role),
        "codex_replay.transport": str(call.transport),
        "codex_replay.outcome": str(call.outcome),
    }
    if of_model:
        attributes |= _inference(call, model)
        name = f"chat {model}" if isinstance(model, str) else "chat"
    else:
        address = where._replace(query="", fragment="", netloc=where.netloc.rpartition("@")[2]).geturl()
        attributes |= {"http.request.method": call.method, "url.full": address}
        name = call.method
    attributes["http.response.status_code"] = call.status
    if has_content and of_model:
        attributes |= _content(call)
    span = Span(
        key=f"request {call.index}",
        parent=parent,
        name=name,
        is_client=True,
        started_at_ms=call.started_at_ms,
        ended_at_ms=_ended(call),
        attributes=attributes,
    )
    if not call.outcome.is_failed:
        return span
    is_status = call.status is not None and call.status >= _FAILED_STATUS
    return _failed(span, call.status if is_status else call.outcome, call.error, has_content=has_content)


def _inference(call: Interaction, model: Any) -> dict[str, Any]:
    fields = call.request.fields if call.request else {}
    first_ms = None if call.has_canonical_times else call.first_part_at_ms
    is_stream = call.transport is not Transport.HTTP
    finish_reason = _finish_reason(call)
    return {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.conversation.id": call.identity.thread_id,
        "gen_ai.request.model": model,
        "gen_ai.request.stream": is_stream,
        "gen_ai.response.id": call.response_id,
        "gen_ai.response.model": call.served_model,
        "gen_ai.response.finish_reasons": [finish_reason] if finish_reason else None,
        "gen_ai.response.time_to_first_chunk": (
            round((first_ms - call.started_at_ms) / 1000, 6) if is_stream and first_ms is not None else None
        ),
        "openai.api.type": "responses",
        "openai.request.service_tier": fields.get("service_tier"),
        **(_usage(tokens_of(call).as_json()) if call.usage else {}),
    }


def _usage(tokens: dict[str, int]) -> dict[str, int]:
    """Return the counts by the names of the convention; cached ones are among those of the input, as there."""
    return {
        "gen_ai.usage.input_tokens": tokens["input"],
        "gen_ai.usage.cache_read.input_tokens": tokens["cached"],
        "gen_ai.usage.output_tokens": tokens["output"],
        "gen_ai.usage.reasoning.output_tokens": tokens["reasoning"],
    }


def _finish_reason(call: Interaction) -> str | None:
    if call.outcome is Outcome.COMPLETED:
        tools = (item for item in map(item_of, call.output) if isinstance(item, ToolCall))
        return "tool_call" if any(not tool.is_hosted for tool in tools) else "stop"
    if call.outcome is Outcome.INCOMPLETE:
        return "content_filter" if "content_filter" in (call.message or "") else "length"
    return "error" if call.outcome in {Outcome.FAILED, Outcome.ERROR} else None


def _content(call: Interaction) -> dict[str, Any]:
    fields = call.request.fields if call.request else {}
    instructions, tools = fields.get("instructions"), fields.get("tools")
    found = {"gen_ai.input.messages": _json(messages_of(call.input))}
    if call.output:
        found["gen_ai.output.messages"] = _json(answer_of(call.output, _finish_reason(call) or "error"))
    if isinstance(instructions, str) and instructions:
        found["gen_ai.system_instructions"] = _json([{"type": "text", "content": instructions}])
    if tools:
        found["gen_ai.tool.definitions"] = _json(tools)
    return found


def _tools(
    call: Interaction, parent: str, until_ms: float, *, has_content: bool, known: dict[str, ToolCall]
) -> Iterator[Span]:
    """Yield the tools that an answer called: those of the client ran from its end to the next request."""
    views = [(value, item_of(value)) for value in call.output]
    tools = [(value, known.get(view.call_id or "", view)) for value, view in views if isinstance(view, ToolCall)]
    spans = _hosted_times(call) if any(tool.is_hosted for _, tool in tools) else {}
    ended = _ended(call)
    for number, (value, tool) in enumerate(tools, start=1):
        key = f"request {call.index}" if tool.is_hosted else parent
        began, until = spans.get(str(value.get("id")), (ended, ended)) if tool.is_hosted else (ended, until_ms)
        span = Span(
            key=f"tool {call.index}.{number}",
            parent=key,
            name=f"execute_tool {tool.name}",
            started_at_ms=began,
            ended_at_ms=max(began, until),
            attributes=_tool_attributes(tool, has_content=has_content),
        )
        is_failed = tool.error is not None or tool.status == "failed"
        yield _failed(span, tool.status or "error", tool.error, has_content=has_content) if is_failed else span


def _tool_attributes(tool: ToolCall, *, has_content: bool) -> dict[str, Any]:
    return {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": tool.name,
        "gen_ai.tool.type": "extension" if tool.is_hosted else "function",
        "gen_ai.tool.call.id": tool.call_id,
        "gen_ai.tool.call.arguments": tool.arguments if has_content else None,
        "gen_ai.tool.call.result": tool.output if has_content else None,
        "process.exit.code": tool.exit_code,
    }


def _hosted_times(call: Interaction) -> dict[Any, tuple[float, float]]:
    """Return when the items of a streamed answer began and were finished, by their id."""
    found: dict[Any, tuple[float, float]] = {}
    for part in call.parts if call.transport is not Transport.HTTP else ():
        if b"output_item" in part.payload.raw and type_of(part.payload.json).startswith("response.output_item."):
            item = part.payload.fields.get("item")
            key = item.get("id") if isinstance(item, dict) else None
            if isinstance(key, str):
                found[key] = (found.get(key, (part.at_ms,))[0], part.at_ms)
    return found


def _failed(span: Span, kind: object, why: str | None, *, has_content: bool) -> Span:
    """Return a span that failed. What was said about it may quote anything: it is content."""
    told = why if has_content and why else str(kind)
    return replace(span, attributes={**span.attributes, "error.type": str(kind)}, error=told)


def _ended(call: Interaction) -> float:
    return max(call.started_at_ms, call.ended_at_ms or 0.0)


def _json(value: Any) -> str:
    return compact_json(value).decode(errors="replace")
