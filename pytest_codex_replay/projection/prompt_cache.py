"""Why the prompt cache missed: each model call beside the one before it in its thread. No I/O.

The upstream keeps the beginning of a prompt: tools, instructions, then input. A later prompt that begins alike is read
from there, up to its first change (OpenAI's guide on prompt caching: prefixes from 1,024 tokens on, in steps of 128).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from pytest_codex_replay.projection.answers import Tokens, tokens_of
from pytest_codex_replay.projection.interactions import Interaction
from pytest_codex_replay.wire.json_differences import MISSING, first_difference

LEAST_TOKENS = 1024
"""A shorter prompt is not kept."""
_STEP_TOKENS = 128
_ROUTES = ("model", "prompt_cache_key")
"""What decides where a prompt is kept, whatever it says."""
_PREFIX = ("tools", "instructions")
"""What stands before the input of a prompt, in this order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheStep:
    """A model call, and what of its prompt the upstream had kept."""

    interaction: int
    """Its index."""
    before: int | None
    """That of the model call before it in its thread; None: it is the first."""
    thread_id: str | None
    input_tokens: int
    cached_tokens: int
    missed_tokens: int
    """Tokens that the call before had sent as well, and that were read anew all the same; 0: none, or not known."""
    changed: str | None
    """The first part of the prompt that differs from the call before, such as `tools[3].description`; None: none."""
    old: Any = None
    """What stood there before, and what stands there now; None: nothing."""
    new: Any = None
    waited_ms: float | None = None
    """Milliseconds from the end of the answer before to this request; None where times are canonical."""

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON: what makes an equal one."""
        return {name: getattr(self, name) for name in self.__slots__}


def cache_steps(interactions: Iterable[Interaction]) -> Iterator[CacheStep]:
    """Yield a step for each model call, by start time. A prewarm is what its first call continues."""
    last: dict[str | None, Interaction] = {}
    for call in interactions:
        if call.request is None or not isinstance(call.request.json, dict):
            continue
        thread = call.identity.thread_id
        if call.is_model_call:
            yield _step(call, last.get(thread))
            last[thread] = call


def _step(call: Interaction, before: Interaction | None) -> CacheStep:
    tokens = tokens_of(call)
    changed, old, new = (None, None, None) if before is None else _first_change(before, call)
    return CacheStep(
        interaction=call.index,
        before=None if before is None else before.index,
        thread_id=call.identity.thread_id,
        input_tokens=tokens.input,
        cached_tokens=tokens.cached,
        missed_tokens=0 if before is None else _missed(tokens, tokens_of(before)),
        changed=changed,
        old=old,
        new=new,
        waited_ms=_waited(before, call),
    )


def _waited(before: Interaction | None, call: Interaction) -> float | None:
    if before is None or before.ended_at_ms is None or call.has_canonical_times:
        return None
    return round(call.started_at_ms - before.ended_at_ms, 3)


def _missed(tokens: Tokens, before: Tokens) -> int:
    """Return how many tokens of the prompt before were not taken from the cache; less than a step is none."""
    could = min(tokens.input, before.input)
    missed = could - tokens.cached
    return missed if could >= LEAST_TOKENS and missed > _STEP_TOKENS else 0


def _first_change(before: Interaction, call: Interaction) -> tuple[Any, ...]:
    """Return where a prompt first differs from the one before it; what is only added behind does not count."""
    old, new = _fields(before), _fields(call)
    for name in (*_ROUTES, *_PREFIX):
        if old.get(name) != new.get(name):
            where, *values = first_difference(old.get(name), new.get(name))
            return f"{name}{where}", *_shown(values)
    if before.response_id is not None and new.get("previous_response_id") == before.response_id:
        return None, None, None  # it repeats nothing: the upstream has what it continues
    had, has = before.input, call.input
    for index, pair in enumerate(zip(had, has, strict=False)):
        if pair[0] is not pair[1] and pair[0] != pair[1]:
            where, *values = first_difference(*pair)
            return f"input[{index}]{where}", *_shown(values)
    if len(has) < len(had):
        return f"input[{len(has)}]", had[len(has)], None
    return None, None, None


def _shown(values: Iterable[Any]) -> list[Any]:
    return [None if value is MISSING else value for value in values]


def _fields(call: Interaction) -> dict[str, Any]:
    assert call.request is not None
    return call.request.fields
