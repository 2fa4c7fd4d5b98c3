"""What the answer of one interaction says: items, tokens, and what went wrong. No I/O."""

from dataclasses import dataclass
from typing import Any

from pytest_codex_replay.limits import MAX_COUNT
from pytest_codex_replay.projection.interactions import Interaction, Role
from pytest_codex_replay.projection.item_views import items_of
from pytest_codex_replay.projection.items import AssistantText, Compaction, Failure, Item
from pytest_codex_replay.wire.responses import Outcome


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
        return other if self is NO_TOKENS else self._with(other, 1)

    def __sub__(self, other: "Tokens") -> "Tokens":
        return self if other is NO_TOKENS else self._with(other, -1)

    def _with(self, other: "Tokens", sign: int) -> "Tokens":
        return Tokens(
            input=self.input + sign * other.input,
            cached=self.cached + sign * other.cached,
            output=self.output + sign * other.output,
            reasoning=self.reasoning + sign * other.reasoning,
            total=self.total + sign * other.total,
        )

    def as_json(self) -> dict[str, int]:
        """Return the counts by name."""
        return {  # by hand: `asdict` copies deeply, and each call of a turn is told several times
            "input": self.input,
            "cached": self.cached,
            "output": self.output,
            "reasoning": self.reasoning,
            "total": self.total,
        }


NO_TOKENS = Tokens()
"""Of what has cost nothing so far."""


def answer_items(interaction: Interaction) -> list[Item]:
    """Return what the model answered; at its end a `Failure` when the answer is not whole."""
    items = items_of(interaction.output)
    if interaction.role is Role.COMPACTION:
        items = _compacted(items)
    if interaction.outcome is not Outcome.COMPLETED:
        items += [AssistantText(text=text, is_cut=True, phase=phase) for text, phase in interaction.open_texts]
    if interaction.outcome not in {Outcome.COMPLETED, Outcome.RUNNING}:
        items.append(Failure(outcome=str(interaction.outcome), message=interaction.error or ""))
    return items


def tokens_of(interaction: Interaction) -> Tokens:
    """Return the usage that the answer reports; zeros when it reports none."""
    usage = interaction.usage
    if not usage:
        return NO_TOKENS
    return Tokens(
        input=_count(usage, "input_tokens"),
        cached=_count(usage.get("input_tokens_details"), "cached_tokens"),
        output=_count(usage, "output_tokens"),
        reasoning=_count(usage.get("output_tokens_details"), "reasoning_tokens"),
        total=_count(usage, "total_tokens"),
    )


def _compacted(items: list[Item]) -> list[Item]:
    """A compaction answers with an opaque item, or with a summary in words; kept messages are no news."""
    if any(isinstance(item, Compaction) for item in items):
        return [item for item in items if isinstance(item, Compaction)]
    text = "\n".join(item.text for item in items if isinstance(item, AssistantText))
    return [Compaction(text=text)] if items else []


def _count(usage: Any, name: str) -> int:
    found = usage.get(name) if isinstance(usage, dict) else None
    return found if isinstance(found, int) and 0 <= found <= MAX_COUNT else 0
