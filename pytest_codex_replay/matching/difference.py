"""Where two request views differ, in words that fit on a line. No I/O."""

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import zip_longest
from typing import Any

import orjson

from pytest_codex_replay.matching.redacted import matches_redacted, put_back, without_secrets
from pytest_codex_replay.matching.request_view import DriftKind, RequestPart, RequestView

_SHOWN_LENGTH = 60
"""Characters of a value that are shown around the first difference."""
_LEAD_LENGTH = 15
"""Characters that are shown before it."""
_SEEN_LENGTH = 1024
"""Characters on either side of it that are searched for secrets: the longest tokens are not longer."""
_MISSING = object()
_Placed = tuple[int, RequestPart]
"""An item with its position in the input."""
_Pair = tuple[_Placed | None, _Placed | None]


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

    def __str__(self) -> str:
        return f"{self.path} ({self.recorded} -> {self.live})"


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
    for path, old_part, new_part in _pairs(recorded, live):
        if old_part is None or new_part is None:
            yield _one_sided(path, old_part, new_part)
        elif is_exact and not _matches_exactly(old_part, new_part):
            yield _difference(path, old_part, new_part, old_part.exact.value, new_part.exact.value)
        elif not _matches(old_part, new_part):
            yield _difference(path, old_part, new_part, old_part.normalised.value, new_part.normalised.value)


def _matches(recorded: RequestPart, live: RequestPart) -> bool:
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


def _has_same_skeleton(recorded: RequestPart, live: RequestPart) -> bool:
    if recorded.skeleton == live.skeleton:
        return True
    return recorded.is_redacted and matches_redacted(recorded.skeleton.value, live.skeleton.value)


def _pairs(recorded: RequestView, live: RequestView) -> Iterator[tuple[str, RequestPart | None, RequestPart | None]]:
    yield "", recorded.settings, live.settings
    pairs = [*zip_longest(recorded.conversation, live.conversation), *_aligned(recorded.context, live.context)]
    for old, new in sorted(pairs, key=_position):
        yield f"input[{_position((old, new))}]", old[1] if old else None, new[1] if new else None
    yield "instructions", recorded.instructions, live.instructions
    yield "tools", recorded.tools, live.tools


def _position(pair: _Pair) -> int:
    old, new = pair
    return (new or old or (0, None))[0]


def _aligned(recorded: tuple[_Placed, ...], live: tuple[_Placed, ...]) -> Iterator[_Pair]:
    """Pair the messages in which Codex says how it runs, so that one more or less leaves the others alike."""
    old, new = [part.normalised.digest for _, part in recorded], [part.normalised.digest for _, part in live]
    for _, old_from, old_to, new_from, new_to in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        yield from zip_longest(recorded[old_from:old_to], live[new_from:new_to])


def _one_sided(path: str, recorded: RequestPart | None, live: RequestPart | None) -> Difference:
    """A part of the conversation is never missing; one in which Codex says how it runs may be, as drift."""
    shown = ["nothing" if part is None else shortened(_text(part.normalised.value), "")[0] for part in (recorded, live)]
    part = recorded or live
    drift = part.drift if part is not None and part.is_context else None
    return Difference(path=path, recorded=shown[0], live=shown[1], drift=drift)


def _difference(path: str, recorded: RequestPart, live: RequestPart, old: Any, new: Any) -> Difference:
    if recorded.is_redacted:
        new = put_back(old, new)
    where, old, new = _first(old, new)
    shown_old, shown_new = shortened(_text(old), _text(new))
    drift = recorded.drift if recorded.drift is live.drift and _has_same_skeleton(recorded, live) else None
    return Difference(path=(path + where).lstrip("."), recorded=shown_old, live=shown_new, drift=drift)


def _first(old: Any, new: Any) -> tuple[str, Any, Any]:
    """Return the path of the innermost value in which the first difference lies, and that value on both sides."""
    if isinstance(old, dict) and isinstance(new, dict):
        members = ((f".{name}", old.get(name, _MISSING), new.get(name, _MISSING)) for name in {**old, **new})
    elif isinstance(old, list) and isinstance(new, list):
        pairs = enumerate(zip_longest(old, new, fillvalue=_MISSING))
        members = ((f"[{index}]", old_member, new_member) for index, (old_member, new_member) in pairs)
    else:
        return "", old, new
    for step, old_member, new_member in members:
        if old_member != new_member:
            where, old_value, new_value = _first(old_member, new_member)
            return step + where, old_value, new_value
    return "", old, new


def _text(value: Any) -> str:
    if value is _MISSING:
        return "nothing"
    return value if isinstance(value, str) else orjson.dumps(value).decode()


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
    quoted = orjson.dumps(text[start : start + _SHOWN_LENGTH]).decode()
    return f'"{head}{quoted[1:-1]}{tail}"'
