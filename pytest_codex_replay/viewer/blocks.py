"""Requests and answers as compressed blocks, for a page in one file: what requests repeat stands once. No I/O.

The page reads the summary first, and a block when something in it is asked for. `x<N>` is interaction N; `v<N>` are
values that requests refer to by their number.
"""

import gzip
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

from pytest_codex_replay.projection.exchange import exchange_json
from pytest_codex_replay.projection.interactions import Interaction, body_of
from pytest_codex_replay.wire.json_values import compact_json

Json = dict[str, Any]
_BLOCK_BYTES = 256 * 1024
_SHARED = ("instructions", "tools")
_LEVEL = 9


class _Values:
    """Values, each once, in blocks; a value is known by its number."""

    def __init__(self) -> None:
        self.blocks: list[list[bytes]] = []
        self.first: list[int] = []
        """The number of the first value of each block."""
        self._numbers: dict[bytes, int] = {}
        self._open_bytes = _BLOCK_BYTES

    def number(self, value: Any) -> int:
        raw = compact_json(value)
        known = self._numbers.get(raw)
        if known is not None:
            return known
        number = self._numbers[raw] = len(self._numbers)
        if self._open_bytes >= _BLOCK_BYTES:
            self.blocks.append([])
            self.first.append(number)
            self._open_bytes = 0
        self.blocks[-1].append(raw)
        self._open_bytes += len(raw)
        return number


def exchange_of(call: Interaction) -> Json:
    """Return a request and its answer as the page shows them, with the whole input that the model saw."""
    return exchange_json(call) | {"context": list(call.input) or body_of(call.request).get("input", [])}


def blocks_of(interactions: Iterable[Interaction]) -> tuple[dict[str, bytes], list[int]]:
    """Return the blocks by name, gzip-compressed JSON, and the number of the first value in each block of values."""
    values = _Values()
    blocks = {f"x{call.index}": compressed(_with_numbers(exchange_of(call), values)) for call in interactions}
    blocks |= {f"v{at}": _gzip(b"[" + b",".join(block) + b"]") for at, block in enumerate(values.blocks)}
    return blocks, values.first


def _with_numbers(exchange: Json, values: _Values) -> Json:
    """Take out of a request what others repeat; `refs` has the numbers."""
    refs: Json = {"context": [values.number(item) for item in exchange.pop("context")]}
    request = exchange["request"]
    if isinstance(request, dict):
        request = dict(request)
        exchange["request"] = request
        if isinstance(request.get("input"), list):
            refs["input"] = [values.number(item) for item in request["input"]]
            request["input"] = None  # keeps its place
        for name in _SHARED:
            if name in request:
                refs[name] = values.number(request[name])
                request[name] = None
    return exchange | {"refs": refs, "answer": _in_columns(exchange["answer"])}


def _in_columns(parts: Sequence[Json]) -> Json:
    """Return the parts of an answer member by member: times, each since the one before, do not part alike values."""
    times = [part["at_ms"] for part in parts]
    is_timed = None not in times
    return {
        "after_ms": [round(at - before, 3) for at, before in pairwise([*times[:1], *times])] if is_timed else None,
        "first_ms": times[0] if times else None,
        "kinds": [part["kind"] for part in parts],
        "values": [part["value"] for part in parts],
    }


def compressed(value: Any) -> bytes:
    """Return a JSON value as a block."""
    return _gzip(compact_json(value))


def _gzip(raw: bytes) -> bytes:
    return gzip.compress(raw, _LEVEL, mtime=0)
