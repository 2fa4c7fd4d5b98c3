"""JSON values as an index keeps them: compressed, and written piece by piece, for they may be large."""

from typing import Any

import zstandard

from pytest_codex_replay.limits import WINDOW_BYTES, ValueCount, expansion_of, separators_in, values_of
from pytest_codex_replay.projection.checkpoint import state_in
from pytest_codex_replay.wire.json_values import exact_json, json_pieces

_SLICE_BYTES = 1024
"""Decompressed at once: they give at most 32 MiB (RFC 8878 §3.1.1.2)."""
_DEPTH = 2
"""How far members and items are written one by one: those of a state's lists are small."""


class KeptError(ValueError):
    """What is kept is damaged."""


def packed(value: Any) -> bytes:
    """Return a JSON value as it is kept."""
    compressor = zstandard.ZstdCompressor(level=1, write_checksum=True).compressobj()
    return b"".join(
        [*map(compressor.compress, json_pieces({"kept": value}, _DEPTH + 1, exact_json)), compressor.flush()]
    )


def unpacked(body: bytes) -> Any:
    """Return what is kept; None: another program packed it, or it has more values than are read.

    Raises:
        KeptError: it is damaged.
    """
    text, _ = expanded(body)
    return state_in(text).get("kept") if is_light_for(len(body), text) else None


def is_light_for(body_bytes: int, json_text: bytes) -> bool:
    """Return whether a JSON text has no more values than a compressed segment of so many bytes."""
    most = values_of(body_bytes)
    return separators_in(json_text) <= most or ValueCount().add(json_text, most) <= most


def expanded(body: bytes) -> tuple[bytes, int]:
    """Return what the first frame in a body holds, and how many bytes of the body it takes.

    Raises:
        KeptError: it is damaged, or expands to more than a segment: an index may come from anyone, too.
    """
    frame = zstandard.ZstdDecompressor(max_window_size=WINDOW_BYTES).decompressobj()
    pieces, left = list[bytes](), expansion_of(len(body))
    for at in range(0, len(body), _SLICE_BYTES):
        try:
            pieces.append(frame.decompress(body[at : at + _SLICE_BYTES]))
        except zstandard.ZstdError as error:
            raise KeptError(str(error)) from error
        if (left := left - len(pieces[-1])) < 0:
            raise KeptError("it expands to more than is kept")
        if frame.eof:
            return b"".join(pieces), min(at + _SLICE_BYTES, len(body)) - len(frame.unused_data)
    raise KeptError("its end is missing")
