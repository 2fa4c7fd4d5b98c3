"""Content encodings of bodies, decoded whole or chunk by chunk (RFC 9110 §8.4). No I/O.

Codex sends `zstd` request bodies with ChatGPT login (codex-rs/core/src/client.rs, responses_request_compression);
SDKs accept gzip, deflate, br and zstd answers.
"""

import zlib
from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

import zstandard

MAX_DECODED_BYTES = 128 * 1024 * 1024
"""What is longer, once decoded, is refused: a megabyte of gzip may hold a gibibyte, one of zstd thirty.

Far above the longest conversation with images in it, and so low that handling it takes a few hundred MiB.
"""
_MAX_HELD_BYTES = 1024 * 1024
"""Bytes that decode to nothing. No encoding needs as many for the first one; an endless name in a gzip header does."""
_MAX_ENCODINGS = 4
_PIECE_BYTES = 1024 * 1024


class UndecodableError(ValueError):
    """Bytes are not of their encoding, or decode to too much."""

    def __init__(self, reason: str, wire: bytes) -> None:
        super().__init__(reason)
        self.wire = wire
        """What was fed since the decoder last gave something, the last chunk included: no caller has seen it yet."""


class TooLongError(UndecodableError):
    """Bytes decode to more than is taken."""


class StreamDecoder(Protocol):
    """Bytes of an encoded body in, decoded bytes out. Raises UndecodableError on bytes that cannot be decoded."""

    def __call__(self, chunk: bytes, /) -> bytes: ...


def stream_decoder(content_encoding: str | None, *, max_bytes: int = MAX_DECODED_BYTES) -> StreamDecoder | None:
    """Return a new decoder for a `content-encoding` header; None when the encoding is not known here.

    A chunk that decodes to more than `max_bytes` cannot be decoded.
    """
    names = [name.strip().lower() for name in (content_encoding or "identity").split(",")]
    names = [name for name in reversed(names) if name not in {"", "identity"}]
    if not names:
        return bytes
    if len(names) > _MAX_ENCODINGS:
        return None
    steps = [make() if (make := _STEPS.get(name)) else None for name in names]
    known = [step for step in steps if step is not None]
    return _Decoder(known, max_bytes) if len(known) == len(steps) else None


def decode_body(raw: bytes, content_encoding: str | None, *, max_bytes: int = MAX_DECODED_BYTES) -> bytes:
    """Return the decoded body; of one that is cut short, what there is.

    Raises:
        ValueError: the encoding is unknown, or the bytes are not of it, or they decode to more than `max_bytes`.
    """
    decoder = stream_decoder(content_encoding, max_bytes=max_bytes)
    if decoder is None:
        raise ValueError(f"unknown content-encoding {content_encoding!r}")
    return decoder(raw)


class _TooMuchError(ValueError):
    pass


_Step = Callable[[bytes], Iterator[bytes]]
"""One encoding: a chunk in, pieces of bounded size out, each made when it is asked for."""


class _Decoder:
    def __init__(self, steps: list[_Step], max_bytes: int) -> None:
        self._steps = steps
        self._max_bytes = max_bytes
        self._held = bytearray()

    def __call__(self, chunk: bytes) -> bytes:
        self._held += chunk
        pieces: Iterable[bytes] = (chunk,)
        for step in self._steps:
            pieces = self._bounded(step, pieces)
        try:
            decoded = b"".join(pieces)
        except ValueError as error:
            kind = TooLongError if isinstance(error, _TooMuchError) else UndecodableError
            raise kind(str(error), bytes(self._held)) from error
        if decoded:
            self._held.clear()
        elif len(self._held) > _MAX_HELD_BYTES:
            raise UndecodableError("decodes to nothing", bytes(self._held))
        return decoded

    def _bounded(self, step: _Step, chunks: Iterable[bytes]) -> Iterator[bytes]:
        length = 0
        for chunk in chunks:
            for piece in step(chunk):
                length += len(piece)
                if length > self._max_bytes:
                    raise _TooMuchError(f"decodes to more than {self._max_bytes} bytes")
                yield piece


def _slices(chunk: bytes, length: int) -> Iterator[bytes]:
    for start in range(0, len(chunk), length):
        yield chunk[start : start + length]


_ZLIB_SLICE_BYTES = 16 * 1024
"""What follows a member is copied: once a slice, not once a member of a body of thousands."""


def _zlib(wbits: int) -> Callable[[], _Step]:
    def make() -> _Step:
        member = zlib.decompressobj(wbits)

        def decode(chunk: bytes) -> Iterator[bytes]:
            nonlocal member
            piece = b""
            try:
                for rest in _slices(chunk, _ZLIB_SLICE_BYTES):
                    while rest or len(piece) == _PIECE_BYTES:
                        piece = member.decompress(rest, _PIECE_BYTES)
                        yield piece
                        rest = member.unused_data if member.eof else member.unconsumed_tail  # noqa: PLW2901  its end
                        if member.eof:  # RFC 1952 §2.2: more members may follow
                            member = zlib.decompressobj(wbits)
            except zlib.error as error:
                raise ValueError(f"not {'gzip' if wbits > zlib.MAX_WBITS else 'deflate'}: {error}") from error

        return decode

    return make


_ZSTD_SLICE_BYTES = 1024
"""Four bytes may stand for a block of 128 KiB (RFC 8878 §3.1.1.2), so a slice gives at most 32 MiB."""


def _zstd() -> _Step:
    context = zstandard.ZstdDecompressor()
    frame = context.decompressobj()

    def decode(chunk: bytes) -> Iterator[bytes]:
        nonlocal frame
        try:
            for rest in _slices(chunk, _ZSTD_SLICE_BYTES):
                while rest:
                    yield frame.decompress(rest)
                    rest = frame.unused_data if frame.eof else b""  # noqa: PLW2901  its end
                    if frame.eof:
                        frame = context.decompressobj()
        except zstandard.ZstdError as error:
            raise ValueError(f"not zstd: {error}") from error

    return decode


_BROTLI_SLICE_BYTES = 16
"""Before brotli 1.2 output has no limit, and a few bytes may stand for 16 MiB (RFC 7932 §9.2)."""


def _brotli() -> _Step | None:
    try:
        import brotli  # noqa: PLC0415  optional: mitmproxy brings it
    except ModuleNotFoundError:
        return None
    decoder = brotli.Decompressor()

    def decode(chunk: bytes) -> Iterator[bytes]:
        try:
            if not hasattr(decoder, "can_accept_more_data"):
                yield from map(decoder.process, _slices(chunk, _BROTLI_SLICE_BYTES))
                return
            piece = decoder.process(chunk, output_buffer_limit=_PIECE_BYTES)
            while piece:
                yield piece
                piece = decoder.process(b"", output_buffer_limit=_PIECE_BYTES)
        except brotli.error as error:
            raise ValueError(f"not br: {error}") from error

    return decode


_STEPS: dict[str, Callable[[], _Step | None]] = {
    "gzip": _zlib(zlib.MAX_WBITS | 16),
    "x-gzip": _zlib(zlib.MAX_WBITS | 16),
    "deflate": _zlib(zlib.MAX_WBITS),
    "zstd": _zstd,
    "br": _brotli,
}
