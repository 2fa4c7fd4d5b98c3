"""Differences between two JSON values. No I/O."""

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import zip_longest
from typing import Any

from pytest_codex_replay.wire.json_values import MAX_DEPTH, compact_json


class Missing:
    """Stands for a value that only the other side has."""

    def __repr__(self) -> str:
        return "nothing"


MISSING = Missing()


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonDifference:
    """A value that differs. It is as small as it can be: a text, a number, or a member that one side lacks."""

    path: str
    """Where it stands, such as `input[3].content[0].text`; in the new value, where that has it."""
    old: Any
    new: Any


def first_difference(old: Any, new: Any, depth: int = MAX_DEPTH) -> tuple[str, Any, Any]:
    """Return the path of the innermost value in which the first difference lies, and that value on both sides.

    The path begins with `.` or `[`; it is empty where the values themselves differ. List elements are compared by
    their position. What is nested more than `depth` deep is compared as a whole.
    """
    for step, old_member, new_member in _members(old, new) if depth else ():
        if old_member != new_member:
            where, old_value, new_value = first_difference(old_member, new_member, depth - 1)
            return step + where, old_value, new_value
    return "", old, new


def json_differences(old: Any, new: Any) -> Iterator[JsonDifference]:
    """Yield all that differs, in order. Of a list, elements that are equal stay together, wherever they stand."""
    for where, old_value, new_value in _differences("", old, new, MAX_DEPTH):
        yield JsonDifference(path=where.lstrip("."), old=old_value, new=new_value)


def _differences(path: str, old: Any, new: Any, depth: int) -> Iterator[tuple[str, Any, Any]]:
    if old == new:
        return
    if depth and isinstance(old, list) and isinstance(new, list):
        pairs = _aligned(old, new)
    elif depth and isinstance(old, dict) and isinstance(new, dict):
        pairs = _members(old, new)
    else:
        yield path, old, new
        return
    for step, old_member, new_member in pairs:
        yield from _differences(path + step, old_member, new_member, depth - 1)


def _members(old: Any, new: Any) -> Iterator[tuple[str, Any, Any]]:
    if isinstance(old, dict) and isinstance(new, dict):
        for name in {**old, **new}:
            yield f".{name}", old.get(name, MISSING), new.get(name, MISSING)
    elif isinstance(old, list) and isinstance(new, list):
        for index, (old_member, new_member) in enumerate(zip_longest(old, new, fillvalue=MISSING)):
            yield f"[{index}]", old_member, new_member


def _aligned(old: list[Any], new: list[Any]) -> Iterator[tuple[str, Any, Any]]:
    old_keys, new_keys = ([compact_json(one) for one in side] for side in (old, new))
    blocks = SequenceMatcher(None, old_keys, new_keys, autojunk=False).get_opcodes()
    for tag, old_at, old_end, new_at, new_end in blocks:
        if tag == "equal":
            continue
        changed = zip_longest(old[old_at:old_end], new[new_at:new_end], fillvalue=MISSING)
        for offset, (old_member, new_member) in enumerate(changed):
            at = (old_at if new_member is MISSING else new_at) + offset
            yield f"[{at}]", old_member, new_member
