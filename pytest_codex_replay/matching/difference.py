"""Where two request views differ, in words that fit on a line. No I/O."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import zip_longest
from typing import Any

from pytest_codex_replay.matching.redacted import matches_redacted, put_back, without_secrets
from pytest_codex_replay.matching.request_view import Comparable, DriftKind, Placed, RequestPart, RequestView
from pytest_codex_replay.visible import visible
from pytest_codex_replay.wire.json_differences import MISSING, first_difference
from pytest_codex_replay.wire.json_values import compact_json, text_or_json

_SHOWN_LENGTH = 60
"""Characters of a value that are shown around the first difference."""
_LEAD_LENGTH = 15
"""Characters that are shown before it."""
_SEEN_LENGTH = 1024
"""Characters on either side of it that are searched for secrets: the longest tokens are not longer."""
_Pair = tuple[Placed | None, Placed | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One place where the live request is not what was recorded."""

    path: str
    """E.g. `input[2].content[0].text`, in the whole logical input."""
    recorded: str
    """The recorded value, shortened around the first difference; volatile text in it is rewritten."""
    live: str
    drift: DriftKind | None
    """The kind of drift that it is where it is tolerated; None: it never is."""
    author: str = ""
    """The agent that said it, when it is a message between agents."""

    def __str__(self) -> str:
        where = f"{self.path}{self.author and f' from {self.author}'}"
        return visible(f"{where} ({self.recorded} -> {self.live})")


def differences(recorded: RequestView, live: RequestView, *, is_exact: bool = False) -> Iterator[Difference]:
    """Yield what differs beyond volatile text: settings, the input in its order, instructions, tools.

    Args:
        recorded: the view of a recorded request.
        live: the view of the request that came.
        is_exact: volatile text counts, too.
    """
    for name in ("model", "endpoint"):
        if getattr(recorded, name) != getattr(live, name):
            old, new = shortened(str(getattr(recorded, name)), str(getattr(live, name)))
            yield Difference(path=name, recorded=old, live=new, drift=None)
    yield from message_differences(recorded, live, is_exact=is_exact)
    for path, old_part, new_part in _pairs(recorded, live):
        if old_part is None or new_part is None:
            yield _one_sided(path, old_part, new_part)
        elif (found := _difference(path, old_part, new_part, is_exact=is_exact)) is not None:
            yield found


def drift_kinds(recorded: RequestView, live: RequestView) -> Iterator[DriftKind | None]:
    """Yield the kind of what differs, part by part, without looking for the words to say it."""
    if (recorded.model, recorded.endpoint) != (live.model, live.endpoint):
        yield None
    yield from (one.drift for one in message_differences(recorded, live))
    for _, old, new in _pairs(recorded, live):
        if old is None or new is None:
            yield _absence(old, new)
        elif not matches(old, new):
            yield _drift(old, new)


def message_differences(recorded: RequestView, live: RequestView, *, is_exact: bool = False) -> Iterator[Difference]:
    """Yield what agents said otherwise to the same recipient; what only one side has got so far is no difference."""
    if not recorded.input.unordered_count or not live.input.unordered_count:
        return
    new_messages = live.messages
    for agents, old in recorded.messages.items():
        for (_, old_part), (index, new_part) in zip(old, new_messages.get(agents, ()), strict=False):
            found = _difference(f"input[{index}]", old_part, new_part, is_exact=is_exact)
            if found is not None:
                yield found


@dataclass(frozen=True, slots=True, kw_only=True)
class UnlikePart:
    """A part of two requests that is not the same, whole."""

    path: str
    recorded: Any
    """Without what carries no meaning; None: the recorded request has no such part."""
    live: Any
    is_volatile: bool
    """Whether only volatile text differs."""


def unlike_parts(recorded: RequestView, live: RequestView) -> Iterator[UnlikePart]:
    """Yield all parts that are not the same, to be looked at; `differences` says what counts."""
    if recorded.model != live.model:
        yield UnlikePart(path="model", recorded=recorded.model, live=live.model, is_volatile=False)
    for path, old, new in _pairs(recorded, live):
        if old is None or new is None or not _matches_exactly(old, new):
            yield UnlikePart(
                path=path or "settings",
                recorded=old and old.exact.value,
                live=new and new.exact.value,
                is_volatile=old is not None and new is not None and matches(old, new),
            )


def matches(recorded: RequestPart, live: RequestPart) -> bool:
    """Return whether the parts are equal, but for what was redacted from the recorded one."""
    if recorded.normalised == live.normalised:
        return True
    return recorded.is_redacted and (
        matches_redacted(recorded.exact.value, live.exact.value)
        or matches_redacted(recorded.normalised.value, live.normalised.value)
    )


def _matches_exactly(recorded: RequestPart, live: RequestPart) -> bool:
    return recorded.exact == live.exact or (
        recorded.is_redacted and matches_redacted(recorded.exact.value, live.exact.value)
    )


def _is_same(old: Comparable | None, new: Comparable | None, *, is_redacted: bool) -> bool:
    if old is None or new is None:
        return False
    return old == new or (is_redacted and matches_redacted(old.value, new.value))


def _drift(recorded: RequestPart, live: RequestPart) -> DriftKind | None:
    is_redacted = recorded.is_redacted
    if recorded.drift is not live.drift or not _is_same(recorded.skeleton, live.skeleton, is_redacted=is_redacted):
        return None
    return DriftKind.WORDING if _is_same(recorded.frame, live.frame, is_redacted=is_redacted) else recorded.drift


def _pairs(recorded: RequestView, live: RequestView) -> Iterator[tuple[str, RequestPart | None, RequestPart | None]]:
    yield "", recorded.settings, live.settings
    pairs = [*zip_longest(recorded.conversation, live.conversation), *aligned(recorded.context, live.context)]
    for old, new in sorted(pairs, key=_position):
        yield f"input[{_position((old, new))}]", old[1] if old else None, new[1] if new else None
    yield "instructions", recorded.instructions, live.instructions
    yield "tools", recorded.tools, live.tools


def _position(pair: _Pair) -> int:
    old, new = pair
    return (new or old or (0, None))[0]


def aligned(recorded: tuple[Placed, ...], live: tuple[Placed, ...]) -> Iterator[_Pair]:
    """Pair the messages in which Codex says how it runs, so that one more or less leaves the others alike."""
    for is_equal, old, new in _blocks(recorded, live, lambda part: part.normalised.digest):
        if is_equal:
            yield from zip(old, new, strict=True)
            continue
        for _, old_in, new_in in _blocks(old, new, lambda part: part.frame.digest if part.frame else b""):
            yield from zip_longest(old_in, new_in)


def _blocks(
    recorded: tuple[Placed, ...], live: tuple[Placed, ...], key: Callable[[RequestPart], bytes]
) -> Iterator[tuple[bool, tuple[Placed, ...], tuple[Placed, ...]]]:
    old, new = [key(part) for _, part in recorded], [key(part) for _, part in live]
    for tag, old_from, old_to, new_from, new_to in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        yield tag == "equal", recorded[old_from:old_to], live[new_from:new_to]


def _one_sided(path: str, recorded: RequestPart | None, live: RequestPart | None) -> Difference:
    """A part of the conversation is never missing; one in which Codex says how it runs may be, as drift."""
    shown = ["nothing" if part is None else shortened(_text(part.normalised.value), "")[0] for part in (recorded, live)]
    return Difference(path=path, recorded=shown[0], live=shown[1], drift=_absence(recorded, live))


def _absence(recorded: RequestPart | None, live: RequestPart | None) -> DriftKind | None:
    part = recorded or live
    return part.absence if part is not None and part.is_context else None


def _difference(path: str, recorded: RequestPart, live: RequestPart, *, is_exact: bool) -> Difference | None:
    if is_exact and not _matches_exactly(recorded, live):
        old, new = recorded.exact.value, live.exact.value
    elif not matches(recorded, live):
        old, new = recorded.normalised.value, live.normalised.value
    else:
        return None
    drift = _drift(recorded, live)
    if drift is DriftKind.TOOLS and recorded.frame and live.frame:  # descriptions may be reworded before it
        old, new = recorded.frame.value, live.frame.value
    if recorded.is_redacted:
        new = put_back(old, new)
    where, old, new = first_difference(old, new)
    shown_old, shown_new = shortened(_text(old), _text(new))
    return Difference(
        path=(path + where).lstrip("."),
        recorded=shown_old,
        live=shown_new,
        drift=drift,
        author=live.agents[0] if live.agents else "",
    )


def _text(value: Any) -> str:
    if value is MISSING:
        return "nothing"
    return text_or_json(value)


def shortened(old: str, new: str) -> tuple[str, str]:
    """Return both texts, quoted, without secrets, and cut to the surroundings of their first difference."""
    begin = max(0, _same_length(old, new) - _SEEN_LENGTH)
    end = begin + 2 * _SEEN_LENGTH
    is_cut = begin > 0
    old, new = without_secrets(old[begin:end], new[begin:end])
    is_long = max(len(old), len(new)) > _SHOWN_LENGTH
    start = max(0, _same_length(old, new) - _LEAD_LENGTH) if is_long else 0
    return _cut(old, start, is_cut=is_cut), _cut(new, start, is_cut=is_cut)


def _same_length(old: str, new: str) -> int:
    """Return how long two texts are the same."""
    return next((index for index, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))


def _cut(text: str, start: int, *, is_cut: bool) -> str:
    head = "…" if start or is_cut else ""
    tail = "…" if len(text) > start + _SHOWN_LENGTH else ""
    quoted = compact_json(text[start : start + _SHOWN_LENGTH]).decode()
    return f'"{head}{quoted[1:-1]}{tail}"'
