"""What the requests of a replay have otherwise than the recorded ones, in a user's words. No I/O."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

from pytest_codex_replay.codex.fragments import is_base_instructions, texts_of
from pytest_codex_replay.codex.item_types import FOUND_TOOLS, TOOL_LIST
from pytest_codex_replay.codex.places import Places
from pytest_codex_replay.counting import count_text
from pytest_codex_replay.matching.difference import Difference, differences
from pytest_codex_replay.matching.normalise import Normaliser
from pytest_codex_replay.matching.normalizer import RequestNormalizer, places_of
from pytest_codex_replay.matching.request_view import DriftKind, RequestView
from pytest_codex_replay.replay.report import Answered

_OF_CODEX = frozenset({DriftKind.WORDING, DriftKind.TOOLS, DriftKind.SETTINGS, DriftKind.INSTRUCTIONS})
"""What an upgrade of Codex changes; anything else is the conversation."""
_OF_CONVERSATION = {
    DriftKind.TOOL_OUTPUT: "an output of a tool",
    DriftKind.INSTRUCTIONS: "instructions that may be yours",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One kind of difference, and where it was seen first."""

    what: str
    requests: int
    """How many requests have it."""
    path: str
    recorded: str
    live: str

    def __str__(self) -> str:
        return (
            f"{self.what}: {count_text(self.requests, 'request')}, first {self.path} ({self.recorded} -> {self.live})"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """All that differs."""

    found: tuple[Change, ...]
    """What Codex says about itself, by kind."""
    volatile: tuple[Difference, ...]
    """Volatile text of the conversation that strict does not accept. It stays as it was recorded."""
    refusal: str
    """Why the conversation itself is another one; empty when it is not."""


def changes_in(
    answered: Iterable[Answered], normalisers: Iterable[Normaliser] = (), *, may_be_users: bool = False
) -> Changes:
    """Compare requests with what was recorded of them.

    Args:
        answered: those that were answered; what is answered by its role is left out.
        normalisers: what else differs without a meaning.
        may_be_users: instructions that may be the user's own may differ.
    """
    pairs = [(one.interaction, one.recorded, one.live) for one in answered if one.recorded and one.live]
    views = [(index, old, new) for index, old, new in pairs if old is not None and new is not None]
    views.sort(key=lambda pair: not pair[1].conversation)  # what prewarms say, requests say better
    strict = RequestNormalizer(_places(chain.from_iterable(pair[1:] for pair in views)), normalisers, is_strict=True)
    found: dict[str, list[Difference]] = {}
    volatile: dict[str, Difference] = {}
    refusals: list[str] = []
    for index, old, new in views:
        refusals += _refusals(index, old, new, may_be_users=may_be_users)
        here: dict[str, Difference] = {}
        for one in differences(strict.anew(old), strict.anew(new)):
            if one.drift in _OF_CODEX:
                here.setdefault(_what(one, old, new), one)
            else:
                volatile.setdefault(one.path, one)
        for what, one in here.items():
            found.setdefault(what, []).append(one)
    return Changes(
        found=tuple(_change(what, several) for what, several in found.items()),
        volatile=tuple(volatile.values()),
        refusal=refusals[0] if refusals else "",
    )


def _places(views: Iterable[RequestView]) -> Places:
    return places_of(item.value for view in views for item in view.items)


def _change(what: str, several: list[Difference]) -> Change:
    first = several[0]
    return Change(what=what, requests=len(several), path=first.path, recorded=first.recorded, live=first.live)


def _refusals(index: int, old: RequestView, new: RequestView, *, may_be_users: bool) -> Iterator[str]:
    """Yield why the conversation is another one."""
    for one in differences(old, new):
        is_let = may_be_users and one.drift is DriftKind.INSTRUCTIONS
        if one.drift in _OF_CONVERSATION and not is_let:
            more = "; if Codex wrote it, --codex-replay-match=loose adopts it" * (one.drift is DriftKind.INSTRUCTIONS)
            yield f"interaction {index} differs in {_OF_CONVERSATION[one.drift]}, {one}{more}"


def _what(one: Difference, old: RequestView, new: RequestView) -> str:
    """Return what a difference concerns."""
    is_tools, is_base = one.path.startswith("tools"), one.path.startswith("instructions")
    if one.path.startswith("input["):
        index = int(one.path[len("input[") : one.path.index("]")])
        items = [view.items[index].value for view in (new, old) if index < len(view.items)]
        item = items[0] if items and isinstance(items[0], dict) else {}
        is_tools = str(item.get("type")) in {TOOL_LIST, FOUND_TOOLS}
        is_base = not is_tools and any(map(is_base_instructions, texts_of(item)))
    if one.drift is DriftKind.SETTINGS:
        return "settings"
    if is_tools:
        return "descriptions of tools" if one.drift is DriftKind.WORDING else "names and schemas of tools"
    if one.drift is DriftKind.INSTRUCTIONS:
        return "instructions"
    return "wording of the instructions" if is_base else "messages in which Codex says how it runs"
