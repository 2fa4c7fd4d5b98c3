"""What the answer of one interaction says: items, tokens, and what went wrong. No I/O."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from pytest_codex_replay.projection.interactions import Interaction, Role, Transport
from pytest_codex_replay.projection.items import AssistantText, Compaction, Failure, Item, item_of, text_of
from pytest_codex_replay.wire.json_values import compact_json
from pytest_codex_replay.wire.payload import Payload
from pytest_codex_replay.wire.responses import Outcome, output_item

_GLANCE = 200
"""Characters of an error body that is not JSON."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """Token counts, as the model reported them."""

    input: int = 0
    cached: int = 0
    """Those of `input` that came from the prompt cache."""
    output: int = 0
    reasoning: int = 0
    """Those of `output` that were spent on reasoning."""
    total: int = 0

    def __add__(self, other: "Tokens") -> "Tokens":
        return Tokens(**{name: count + getattr(other, name) for name, count in asdict(self).items()})

    def as_json(self) -> dict[str, int]:
        """Return the counts by name."""
        return asdict(self)


def answer_items(interaction: Interaction) -> list[Item]:
    """Return what the model answered; at its end a `Failure` when the answer is not whole."""
    items = [item_of(value) for value in _output(interaction)]
    if interaction.role is Role.COMPACTION:
        items = _compacted(items)
    items += [AssistantText(text=text, is_cut=True) for text in _unfinished_texts(interaction)]
    if interaction.outcome is not Outcome.COMPLETED:
        items.append(Failure(outcome=str(interaction.outcome), message=error_of(interaction) or ""))
    return items


def tokens_of(interaction: Interaction) -> Tokens:
    """Return the usage that the answer reports; zeros when it reports none."""
    usage = next(
        (found for response in _responses(interaction) if isinstance(found := response.get("usage"), dict)), {}
    )
    return Tokens(
        input=_count(usage, "input_tokens"),
        cached=_count(usage.get("input_tokens_details"), "cached_tokens"),
        output=_count(usage, "output_tokens"),
        reasoning=_count(usage.get("output_tokens_details"), "reasoning_tokens"),
        total=_count(usage, "total_tokens"),
    )


def error_of(interaction: Interaction) -> str | None:
    """Return what went wrong; None when nothing did."""
    if interaction.outcome is Outcome.COMPLETED:
        return None
    if interaction.has_gap:
        return "part of the answer was not recorded"
    if interaction.status is not None and interaction.status >= 400:  # noqa: PLR2004  RFC 9110 §15.5, §15.6
        text: str = _message(Payload(interaction.body).json) or interaction.body.decode(errors="replace")[:_GLANCE]
        return f"HTTP {interaction.status}: {' '.join(text.split())}" if text else f"HTTP {interaction.status}"
    said = next((found for event in reversed(interaction.events) if (found := _message(event))), None)
    if said is not None:
        return said
    if interaction.end is None:
        return "the recording stops before the end of the answer"
    return interaction.end.error or f"the flow ended before the answer did ({interaction.end.how})"


def _output(interaction: Interaction) -> list[dict[str, Any]]:
    if interaction.transport is not Transport.HTTP:
        return list(interaction.output)
    found = _body(interaction).get("output")
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def _body(interaction: Interaction) -> dict[str, Any]:
    return Payload(interaction.body).fields if interaction.transport is Transport.HTTP else {}


def _responses(interaction: Interaction) -> Iterator[dict[str, Any]]:
    """Yield the response objects of the answer, the last one first."""
    if interaction.transport is Transport.HTTP:
        yield _body(interaction)
    for event in reversed(interaction.events):
        if isinstance(event, dict) and isinstance(event.get("response"), dict):
            yield event["response"]


def _compacted(items: list[Item]) -> list[Item]:
    """A compaction answers with an opaque item, or with a summary in words; kept messages are no news."""
    if any(isinstance(item, Compaction) for item in items):
        return [item for item in items if isinstance(item, Compaction)]
    text = "\n".join(item.text for item in items if isinstance(item, AssistantText))
    return [Compaction(text=text)] if items else []


def _unfinished_texts(interaction: Interaction) -> list[str]:
    """Return the text of messages that began and were not finished."""
    if interaction.outcome is Outcome.COMPLETED:
        return []
    texts: dict[bytes, str] = {}
    for event in interaction.events:
        if not isinstance(event, dict):
            continue
        if event.get("type") == "response.output_text.delta":
            item_id = compact_json(event.get("item_id"))
            texts[item_id] = texts.get(item_id, "") + text_of(event.get("delta", ""))
        elif (item := output_item(event)) is not None:
            texts.pop(compact_json(item.get("id")), None)
    return [text for text in texts.values() if text]


def _message(value: Any) -> str | None:
    """Return the error text of an error body, an `error` frame, or a `response.failed` or `.incomplete` event."""
    if not isinstance(value, dict):
        return None
    response = value.get("response") if isinstance(value.get("response"), dict) else value
    assert isinstance(response, dict)
    error, details = response.get("error"), response.get("incomplete_details")
    if isinstance(error, dict) and isinstance(error.get("message"), str):
        code = error.get("code") or error.get("type")
        return f"{error['message']} ({code})" if isinstance(code, str | int) and code else str(error["message"])
    if isinstance(details, dict) and isinstance(details.get("reason"), str):
        return f"incomplete: {details['reason']}"
    said = error if isinstance(error, str) else response.get("detail")
    return said if isinstance(said, str) else None


def _count(usage: Any, name: str) -> int:
    found = usage.get(name) if isinstance(usage, dict) else None
    return found if isinstance(found, int) else 0
