"""Requests and answers as compressed blocks, for a page in one file: what requests repeat stands once. No I/O.

They are made one after the other, and nothing but what is still to be written is held of them.

The page reads the summary first, and a block when something in it is asked for. `x<N>` is interaction N; `v<N>` are
values that requests refer to by their number.
"""

import zlib
from collections.abc import Iterable, Iterator, Sequence
from hashlib import blake2b
from itertools import pairwise
from typing import Any

from pytest_codex_replay.projection.exchange import exchange_json
from pytest_codex_replay.projection.interactions import Interaction, body_of
from pytest_codex_replay.wire.json_values import compact_json, json_pieces

Json = dict[str, Any]
_BLOCK_BYTES = 256 * 1024
_SHARED = ("instructions", "tools")
_LEVEL = 9
_GZIP = 31
"""The largest window, with the head of gzip (zlib, `deflateInit2`)."""
_DEPTH = 2
"""How far members and items are written one by one: a summary has a list of turns, and that is large."""


class _Values:
    """Values, each once, in blocks; a value is known by its number."""

    def __init__(self) -> None:
        self.first: list[int] = []
        """The number of the first value of each block."""
        self._whole: list[bytes] = []
        """The blocks that are full, compressed."""
        self._open: list[bytes] = []
        self._open_bytes = _BLOCK_BYTES
        self._numbers: dict[bytes, int] = {}
        """By digest: the values themselves take as much room as the session."""

    def number(self, value: Any) -> int:
        raw = compact_json(value)
        digest = blake2b(raw, digest_size=16).digest()
        known = self._numbers.get(digest)
        if known is not None:
            return known
        number = self._numbers[digest] = len(self._numbers)
        if self._open_bytes >= _BLOCK_BYTES:
            self._close()
            self.first.append(number)
        self._open.append(raw)
        self._open_bytes += len(raw)
        return number

    def blocks(self) -> list[bytes]:
        """Return all of them, compressed; no more values come."""
        self._close()
        return self._whole

    def _close(self) -> None:
        if self._open:
            self._whole.append(_gzip([b"[", b",".join(self._open), b"]"]))
        self._open, self._open_bytes = [], 0


class Blocks:
    """The blocks of a session's requests and answers."""

    def __init__(self, interactions: Iterable[Interaction]) -> None:
        self._interactions = interactions
        self._values = _Values()

    @property
    def first_values(self) -> list[int]:
        """The number of the first value in each block of values; known once all blocks are made."""
        return self._values.first

    def made(self) -> Iterator[tuple[str, bytes]]:
        """Make them, once; yield the name and the gzip-compressed JSON of each."""
        for call in self._interactions:
            yield f"x{call.index}", compressed(_with_numbers(exchange_of(call), self._values))
        for at, block in enumerate(self._values.blocks()):
            yield f"v{at}", block


def exchange_of(call: Interaction) -> Json:
    """Return a request and its answer as the page shows them, with the whole input that the model saw."""
    return exchange_json(call) | {"context": list(call.input) or body_of(call.request).get("input", [])}


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
    """Return a JSON value as a block; the text of a large one is not held."""
    return _gzip(json_pieces(value, _DEPTH))


def _gzip(pieces: Iterable[bytes]) -> bytes:
    """Return pieces, compressed as one text."""
    stream = zlib.compressobj(_LEVEL, wbits=_GZIP)
    return b"".join([*map(stream.compress, pieces), stream.flush()])
