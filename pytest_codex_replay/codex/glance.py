"""A request, an event or a frame in a few lines, for those who look on: what was added, what was answered. No I/O."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from pytest_codex_replay.codex.identity import Identity, identify
from pytest_codex_replay.wire.responses import CREATE, ended_by
from pytest_codex_replay.wire.sse import SseDecoder, begins_like_events, split_event

FINE = ("completed", "interrupted")
"""Outcomes that need no mark."""
_SHOWN_CHARS = 300
_MODELS_OWN = frozenset({"reasoning", "function_call", "custom_tool_call", "local_shell_call", "web_search_call"})


def glance(data: bytes, headers: Iterable[tuple[str, str]] = ()) -> str | None:
    """Return the lines; None where it is neither a request nor an answer that Codex takes."""
    if begins_like_events(data):
        return "\n".join(_of_events(data))
    body = _object(data)
    if body is None:
        return None
    if isinstance(body.get("input"), list) or body.get("type") == CREATE:
        return "\n".join(_of_request(body, identify(headers, body)))
    return _line(body) if isinstance(body.get("type"), str) else None


def asked_by(data: bytes, headers: Iterable[tuple[str, str]] = ()) -> Identity | None:
    """Return whose request for a model's answer this is; None: it is none."""
    body = _object(data)
    if body is None or not (isinstance(body.get("input"), list) or body.get("type") == CREATE):
        return None
    return identify(headers, body)


def comment_on(who: Identity, turns: dict[str, int]) -> str:
    """Return what a request is, for a list of flows: its turn by number, its kind. `turns` has those seen, by id."""
    turn = turns.setdefault(who.turn_id, len(turns) + 1) if who.turn_id else None
    kind = "" if turn and who.request_kind == "turn" else who.request_kind
    return " ".join(filter(None, [f"turn {turn}" if turn else "", kind])) or "request"


def with_outcome(comment: str, outcome: str) -> str:
    """Return a comment on a request with how it ended, in place of how it ended before."""
    return f"{comment.partition(': ')[0] or 'request'}: {outcome}"


def outcome_in(data: bytes) -> str | None:
    """Return how the events or the frame end an answer; None: they do not."""
    found = [ended_by(value) for value in (_events(data) if begins_like_events(data) else [_object(data)])]
    return next((str(one) for one in found if one is not None), None)


def _of_request(body: dict[str, Any], who: Identity) -> Iterator[str]:
    items = body.get("input") if isinstance(body.get("input"), list) else []
    assert isinstance(items, list)
    yield f"model   {body.get('model', '')}"
    for name, value in (("thread", who.thread_id), ("turn", who.turn_id), ("kind", who.request_kind)):
        if value:
            yield f"{name:7} {value}"
    if before := body.get("previous_response_id"):
        yield f"behind  {before}"
    added = _added(items)
    yield f"added   {len(added)} of {len(items)} input items"
    yield from (f"  {_item(item)}" for item in added)
    tools = body.get("tools")
    yield f"tools   {len(tools) if isinstance(tools, list) else 0}"


def _added(items: list[Any]) -> list[Any]:
    """Return what stands behind the last item that the model wrote: a request repeats all that was before."""
    own = [at for at, item in enumerate(items) if _is_models(item)]
    return items[own[-1] + 1 :] if own else items


def _is_models(item: Any) -> bool:
    return isinstance(item, dict) and (item.get("role") == "assistant" or item.get("type") in _MODELS_OWN)


def _item(item: Any) -> str:
    if not isinstance(item, dict):
        return _short(item)
    kind = item.get("type") if item.get("type") != "message" else None
    kind = kind or item.get("role") or "item"
    if isinstance(tools := item.get("tools"), list):
        return f"{kind}: {len(tools)}"
    said = next((item[name] for name in ("content", "output", "arguments", "input", "summary") if item.get(name)), "")
    if isinstance(said, list):
        said = " ".join(str(part.get("text", part.get("type", ""))) for part in said if isinstance(part, dict))
    return f"{kind}: {_short(said)}"


def _of_events(data: bytes) -> Iterator[str]:
    """Yield a line for each event; deltas of the same kind are one line."""
    kind, pieces = "", list[str]()
    for value in _events(data):
        if kind == value.get("type") and isinstance(value.get("delta"), str):
            pieces.append(value["delta"])
            continue
        if pieces:
            yield _deltas(kind, pieces)
        kind, pieces = str(value.get("type")), [value["delta"]] if isinstance(value.get("delta"), str) else []
        if not pieces:
            yield _line(value)
    if pieces:
        yield _deltas(kind, pieces)


def _deltas(kind: str, pieces: list[str]) -> str:
    return f"{kind} x{len(pieces)}: {_short(''.join(pieces))}"


def _line(value: dict[str, Any]) -> str:
    response = value.get("response") if isinstance(value.get("response"), dict) else {}
    assert isinstance(response, dict)
    error = response.get("error") or value.get("error")
    parts = [_item(value["item"])] if isinstance(value.get("item"), dict) else []
    parts += [str(value["delta"])] if isinstance(value.get("delta"), str) else []
    parts += [str(response["id"])] if response.get("id") else []
    parts += [json.dumps(response["usage"])] if response.get("usage") else []
    parts += [str(error.get("message", error) if isinstance(error, dict) else error)] if error else []
    return f"{value['type']}  {_short(' '.join(parts))}".rstrip()


def _events(data: bytes) -> Iterator[dict[str, Any]]:
    decoder = SseDecoder()
    for event in (*decoder.feed(data, at_ms=0), *decoder.flush()):
        name, text = split_event(event.raw)
        value = _object(text or b"")
        if value is not None:
            yield value if isinstance(value.get("type"), str) else value | {"type": name or "message"}


def _object(data: bytes) -> dict[str, Any] | None:
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _short(text: Any) -> str:
    line = " ".join(str(text).split())
    return line if len(line) <= _SHOWN_CHARS else f"{line[:_SHOWN_CHARS]}… ({len(line):,} characters)"
