"""Compresses a stream of events, so that each event can be read once it has arrived. No I/O."""

import zlib
from dataclasses import dataclass
from typing import Any

import zstandard


@dataclass(frozen=True, slots=True)
class Encoder:
    """One stream in one content encoding."""

    name: str
    """As `content-encoding` has it; empty for none."""
    compressor: Any = None
    """Of `zlib` or `zstandard`: they are called alike."""
    flush_mode: int = 0

    def add(self, raw: bytes) -> bytes:
        """Return an event, encoded and whole."""
        if self.compressor is None:
            return raw
        return bytes(self.compressor.compress(raw) + self.compressor.flush(self.flush_mode))

    def end(self) -> bytes:
        """Return the end of the stream."""
        return b"" if self.compressor is None else bytes(self.compressor.flush())


def best_encoder(accept_encoding: str) -> Encoder:
    """Return the best encoder that a client accepts: zstd, gzip, or one that does nothing."""
    accepted = {part.partition(";")[0].strip() for part in accept_encoding.split(",")}
    if "zstd" in accepted:
        return Encoder("zstd", zstandard.ZstdCompressor().compressobj(), zstandard.COMPRESSOBJ_FLUSH_BLOCK)
    if "gzip" in accepted:
        return Encoder("gzip", zlib.compressobj(wbits=zlib.MAX_WBITS | 16), zlib.Z_SYNC_FLUSH)
    return Encoder("")
