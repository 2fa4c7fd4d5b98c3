"""Bytes that are held compressed, in memory."""

import zstandard


def pack(*parts: bytes, level: int = 1) -> bytes:
    """Return bytes, compressed, in no more room than they take."""
    packed = zstandard.ZstdCompressor(level=level).compress(b"".join(parts))
    return bytes(memoryview(packed))  # the other has room for a block that nothing compresses


def unpack(packed: bytes) -> bytes:
    """Return the bytes."""
    return zstandard.ZstdDecompressor().decompress(packed)
