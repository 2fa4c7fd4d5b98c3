"""Content encodings of bodies, decoded whole or chunk by chunk (RFC 9110 §8.4). No I/O.

Codex sends `zstd` request bodies with ChatGPT login (codex-rs/core/src/client.rs, responses_request_compression);
SDKs accept gzip, deflate, br and zstd answers.
"""

import zlib
from collections.abc import Callable
from typing import Protocol

import zstandard

__all__ = ["StreamDecoder", "decode_body", "stream_decoder"]


class StreamDecoder(Protocol):
    """Bytes of an encoded body in, decoded bytes out. Raises ValueError on bytes that cannot be decoded."""

    def __call__(self, chunk: bytes, /) -> bytes: ...


def stream_decoder(content_encoding: str | None) -> StreamDecoder | None:
    """Return a new decoder for a `content-encoding` header; None when the encoding is not known here."""
    decoders: list[StreamDecoder] = []
    for name in reversed((content_encoding or "identity").split(",")):
        make = _DECODERS.get(name.strip().lower())
        decoder = make() if make else None
        if decoder is None:
            return None
        decoders.append(decoder)
    return decoders[0] if len(decoders) == 1 else _chain(decoders)


def decode_body(raw: bytes, content_encoding: str | None) -> bytes:
    """Return the decoded body; of one that is cut short, what there is.

    Raises:
        ValueError: the encoding is unknown, or the bytes do not fit it.
    """
    decoder = stream_decoder(content_encoding)
    if decoder is None:
        raise ValueError(f"unknown content-encoding {content_encoding!r}")
    return decoder(raw)


def _chain(decoders: list[StreamDecoder]) -> StreamDecoder:
    def decode(chunk: bytes) -> bytes:
        for decoder in decoders:
            chunk = decoder(chunk)
        return chunk

    return decode


def _identity() -> StreamDecoder:
    return bytes


def _zlib(wbits: int) -> Callable[[], StreamDecoder]:
    def make() -> StreamDecoder:
        member = zlib.decompressobj(wbits)

        def decode(chunk: bytes) -> bytes:
            nonlocal member
            decoded = b""
            try:
                while chunk:
                    decoded += member.decompress(chunk)
                    chunk = member.unused_data
                    if member.eof:  # RFC 1952 §2.2: more members may follow
                        member = zlib.decompressobj(wbits)
            except zlib.error as error:
                raise ValueError(f"not {'gzip' if wbits > zlib.MAX_WBITS else 'deflate'}: {error}") from error
            return decoded

        return decode

    return make


def _zstd() -> StreamDecoder:
    frame = zstandard.ZstdDecompressor().decompressobj()

    def decode(chunk: bytes) -> bytes:
        nonlocal frame
        decoded = b""
        try:
            while chunk:
                decoded += frame.decompress(chunk)
                chunk = frame.unused_data if frame.eof else b""
                if frame.eof:
                    frame = zstandard.ZstdDecompressor().decompressobj()
        except zstandard.ZstdError as error:
            raise ValueError(f"not zstd: {error}") from error
        return decoded

    return decode


def _brotli() -> StreamDecoder | None:
    try:
        import brotli  # noqa: PLC0415  optional: mitmproxy brings it
    except ModuleNotFoundError:
        return None
    decoder = brotli.Decompressor()

    def decode(chunk: bytes) -> bytes:
        try:
            return bytes(decoder.process(chunk))
        except brotli.error as error:
            raise ValueError(f"not br: {error}") from error

    return decode


_DECODERS: dict[str, Callable[[], StreamDecoder | None]] = {
    "": _identity,
    "identity": _identity,
    "gzip": _zlib(zlib.MAX_WBITS | 16),
    "x-gzip": _zlib(zlib.MAX_WBITS | 16),
    "deflate": _zlib(zlib.MAX_WBITS),
    "zstd": _zstd,
    "br": _brotli,
}
