"""JSON values as an index keeps them: compressed, and written piece by piece, for they may be large."""

from collections.abc import Iterator
from typing import Any

import zstandard

from pytest_codex_replay.projection.checkpoint import state_in
from pytest_codex_replay.wire.json_values import exact_json

_DEPTH = 2
"""How far members and items are written one by one: those of a state's lists are small."""


class KeptError(ValueError):
    """What is kept is damaged."""


def packed(value: Any) -> bytes:
    """Return a JSON value as it is kept."""
    compressor = zstandard.ZstdCompressor(level=1, write_checksum=True).compressobj()
    return b"".join([*map(compressor.compress, _pieces({"kept": value}, _DEPTH + 1)), compressor.flush()])


def unpacked(body: bytes) -> Any:
    """Return what is kept; None: it is no value that was packed here.

    Raises:
        KeptError: it is damaged.
    """
    decompressor = zstandard.ZstdDecompressor().decompressobj()
    try:
        text = decompressor.decompress(body)
    except zstandard.ZstdError as error:
        raise KeptError(str(error)) from error
    if not decompressor.eof:
        raise KeptError("its end is missing")
    return state_in(text).get("kept")


def _pieces(value: Any, depth: int) -> Iterator[bytes]:
    """Yield the JSON text of a value in pieces."""
    if not depth or not value or not isinstance(value, dict | list):
        yield exact_json(value)
    elif isinstance(value, list):
        for at, one in enumerate(value):
            yield b"," if at else b"["
            yield from _pieces(one, depth - 1)
        yield b"]"
    else:
        for at, (name, one) in enumerate(value.items()):
            yield (b",%b:" if at else b"{%b:") % exact_json(name)
            yield from _pieces(one, depth - 1)
        yield b"}"
