"""A config.toml with another base URL in it: changed in its text, so that all else stays as it was written. No I/O.

A change is tried where it may be meant, and taken when the file then reads as wanted: the parser is the judge.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from copy import deepcopy
from difflib import SequenceMatcher
from typing import Any

import orjson

Change = tuple[str, str]
"""The text that stands in the changed file, and what it stands for in the file of the user; empty: it was added."""
_STRING = re.compile(r'"(?:[^"\\\n]|\\.)*"|\'[^\'\n]*\'')
_HEADER = re.compile(r"^[ \t]*\[[^\n]*\n?", re.MULTILINE)
_BARE = re.compile(r"[A-Za-z0-9_-]+")


def with_text(text: str, path: tuple[str, ...], value: str) -> tuple[str, Change] | None:
    """Return a config.toml with a text at a path, and the change; None where it cannot be written there.

    Raises:
        TOMLDecodeError: the file does not parse.
    """
    config = tomllib.loads(text)
    wanted = deepcopy(config)
    if not _set(wanted, path, value):
        return None
    for start, end, new in _places(text, path, _at(config, path), orjson.dumps(value).decode()):
        changed = text[:start] + new + text[end:]
        if _reads_as(changed, wanted):
            return changed, (new, text[start:end])
    return None


def parsed(text: str) -> dict[str, Any]:
    """Return what a config.toml sets; nothing where it does not parse, which Codex reports."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return {}


def restored(text: str, changes: list[Change]) -> str:
    """Return a changed file with what the user wrote; what was written since stays."""
    for new, old in reversed(changes):
        text = text.replace(new, old, 1)
    return text


def combined(base: str, ours: str, theirs: str) -> str | None:
    """Return a file with the lines that two writers changed; None where the result is not a config.toml.

    Where both changed the same lines, ours hold; where both added lines, both are there.
    """
    if theirs in (base, ours):
        return ours
    lines, mine, other = (text.splitlines(keepends=True) for text in (base, ours, theirs))
    result: list[str] = []
    at, at_mine, at_other = 0, 0, 0
    for start, start_mine, start_other, count in _unchanged(lines, mine, other):
        was, here, there = lines[at:start], mine[at_mine:start_mine], other[at_other:start_other]
        is_alone = there in (was, here)
        result += there if here == was else here if is_alone or was else there + here
        result += lines[start : start + count]
        at, at_mine, at_other = start + count, start_mine + count, start_other + count
    text = "".join(result)
    return text if _parses(text) else None


def _unchanged(base: list[str], ours: list[str], theirs: list[str]) -> Iterator[tuple[int, int, int, int]]:
    """Yield the runs of lines that both writers left: where they begin in each of the three, and how many they are."""
    blocks = [SequenceMatcher(None, base, text, autojunk=False).get_matching_blocks() for text in (ours, theirs)]
    for mine in blocks[0]:
        for other in blocks[1]:
            start = max(mine.a, other.a)
            count = min(mine.a + mine.size, other.a + other.size) - start
            if count > 0:
                yield start, mine.b + start - mine.a, other.b + start - other.a, count
    yield len(base), len(ours), len(theirs), 0


def _places(text: str, path: tuple[str, ...], current: Any, literal: str) -> Iterator[tuple[int, int, str]]:
    """Yield where the value may be written: first and last place of what it replaces, and the new text."""
    key = ".".join(name if _BARE.fullmatch(name) else orjson.dumps(name).decode() for name in path)
    parent, _, last = key.rpartition(".") if len(path) > 1 else ("", "", key)
    line = f"{last if parent else key} = {literal}\n"
    if current is not None:
        for match in _STRING.finditer(text):
            if _value(match[0]) == current:
                yield *match.span(), literal
        return
    yield 0, 0, f"{key} = {literal}\n"
    for match in _HEADER.finditer(text) if parent else ():
        yield match.end(), match.end(), line if match[0].endswith("\n") else f"\n{line}"
    for match in re.finditer(r"\{", text) if parent else ():
        yield match.end(), match.end(), f" {last} = {literal},"
    yield len(text), len(text), f"\n[{parent}]\n{line}"


def _value(literal: str) -> Any:
    try:
        return tomllib.loads(f"value = {literal}")["value"]
    except tomllib.TOMLDecodeError:
        return None  # a part of a longer text


def _at(config: Mapping[str, Any], path: tuple[str, ...]) -> Any:
    value: Any = config
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _set(config: dict[str, Any], path: tuple[str, ...], value: str) -> bool:
    """Set a text at a path; return whether there is a table for it."""
    table: Any = config
    for name in path[:-1]:
        table = table.setdefault(name, {})
        if not isinstance(table, dict):
            return False
    table[path[-1]] = value
    return True


def _reads_as(text: str, wanted: Mapping[str, Any]) -> bool:
    try:
        return tomllib.loads(text) == wanted
    except tomllib.TOMLDecodeError:
        return False


def _parses(text: str) -> bool:
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return False
    return True
