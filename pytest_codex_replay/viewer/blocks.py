"""Requests and answers as compressed blocks, for a page in one file: what requests repeat stands once. No I/O.

The page reads the summary first, and a block when something in it is asked for. `x<N>` is interaction N; `v<N>` are
values that requests refer to by their number.
"""

import gzip
from collections.abc import Iterable
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
    blocks = {
        f"x{call.index}": _compressed(compact_json(_with_numbers(exchange_of(call), values))) for call in interactions
    }
    blocks |= {f"v{at}": _compressed(b"[" + b",".join(block) + b"]") for at, block in enumerate(values.blocks)}
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
    return exchange | {"refs": refs}


def _compressed(raw: bytes) -> bytes:
    return gzip.compress(raw, _LEVEL, mtime=0)
