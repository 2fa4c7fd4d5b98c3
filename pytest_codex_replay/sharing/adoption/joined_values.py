"""Values of a client's own that stand in the same place of a recorded request and of a live one. No I/O.

A cassette has pseudonyms for them: the live request takes these over, so that what joined before still joins.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any

import orjson

from pytest_codex_replay.codex.minted import UUID
from pytest_codex_replay.codex.places import codex_homes, working_directories

_UUID = re.compile(rf"(?<![0-9a-zA-Z]){UUID}(?![0-9a-zA-Z])")


def joined_values(recorded: Any, live: Any) -> Iterator[tuple[str, str]]:
    """Yield live values, each with the recorded one that stands in its place: UUIDs, directories."""
    if isinstance(recorded, dict) and isinstance(live, dict):
        for name in recorded:
            if name in live:
                yield from joined_values(recorded[name], live[name])
    elif isinstance(recorded, list | tuple) and isinstance(live, list | tuple):
        for one, other in zip(recorded, live, strict=False):
            yield from joined_values(one, other)
    elif isinstance(recorded, str) and isinstance(live, str) and recorded != live:
        yield from _in_texts(recorded, live)


def _in_texts(recorded: str, live: str) -> Iterator[tuple[str, str]]:
    old, new = _object_in(recorded), _object_in(live)
    if old is not None and new is not None:
        yield from joined_values(old, new)
        return
    yield from _paired(_UUID.findall(recorded), _UUID.findall(live))
    yield from _paired(working_directories(recorded), working_directories(live))
    yield from _paired(codex_homes(recorded), codex_homes(live))


def _paired(recorded: Iterable[str], live: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield pairs where both sides have as many different values, in the order of their appearance."""
    old, new = dict.fromkeys(recorded), dict.fromkeys(live)
    if len(old) == len(new):
        yield from zip(new, old, strict=True)


def _object_in(text: str) -> dict[str, Any] | None:
    """Return the JSON object that a text is: headers and members of metadata are such."""
    if not text.startswith("{"):
        return None
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    return value if isinstance(value, dict) else None
