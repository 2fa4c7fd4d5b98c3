"""Content encodings: decoded the same whole, split anywhere and byte by byte."""

import gzip
import zlib
from collections.abc import Callable

import pytest
import zstandard

from pytest_codex_replay.wire.encoding import decode_body, stream_decoder

BODY = '{"text":"häßlich 🦀 '.encode() + b"ab" * 40 + b'"}'
HALF = len(BODY) // 2


def brotlied(body: bytes) -> bytes:
    """Compress with br, or skip: it is optional."""
    return bytes(pytest.importorskip("brotli").compress(body))


def zstd_streamed(body: bytes) -> bytes:
    """A frame without content size, flushed in between, as a server writes it."""
    frame = zstandard.ZstdCompressor(write_content_size=False, write_checksum=True).compressobj()
    first = frame.compress(body[:HALF]) + frame.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK)
    return first + frame.compress(body[HALF:]) + frame.flush()


ENCODINGS: dict[str, tuple[str | None, Callable[[bytes], bytes]]] = {
    "none": (None, bytes),
    "empty": ("", bytes),
    "identity": ("identity", bytes),
    "gzip": ("gzip", gzip.compress),
    "x-gzip": ("X-GZip", gzip.compress),
    "gzip members": ("gzip", lambda body: gzip.compress(body[:HALF]) + gzip.compress(b"") + gzip.compress(body[HALF:])),
    "deflate": ("deflate", zlib.compress),
    "zstd": ("zstd", zstandard.compress),
    "zstd streamed": ("zstd", zstd_streamed),
    "zstd frames": ("zstd", lambda body: zstandard.compress(body[:HALF]) + zstd_streamed(body[HALF:])),
    "zstd skippable": ("zstd", lambda body: b"\x50\x2a\x4d\x18\x03\0\0\0abc" + zstandard.compress(body)),
    "br": ("br", brotlied),
    "gzip in zstd": ("gzip, zstd", lambda body: zstandard.compress(gzip.compress(body))),
    "identity and gzip": ("identity ,GZIP", gzip.compress),
}
ALL = pytest.mark.parametrize(("header", "encode"), ENCODINGS.values(), ids=ENCODINGS)


def decoded(header: str | None, chunks: list[bytes]) -> bytes:
    """Decode chunk by chunk."""
    decoder = stream_decoder(header)
    assert decoder is not None
    return b"".join(decoder(chunk) for chunk in chunks)


@ALL
def test_a_whole_body_is_decoded(header: str | None, encode: Callable[[bytes], bytes]) -> None:
    """`decode_body` undoes what the header names."""
    raw = encode(BODY)

    assert decode_body(raw, header) == BODY


@ALL
def test_a_body_split_anywhere_is_decoded(header: str | None, encode: Callable[[bytes], bytes]) -> None:
    """Chunk borders carry no meaning, not even between members and frames."""
    raw = encode(BODY)

    for cut in range(len(raw) + 1):
        assert decoded(header, [raw[:cut], raw[cut:]]) == BODY, cut


@ALL
def test_a_body_byte_by_byte_is_decoded(header: str | None, encode: Callable[[bytes], bytes]) -> None:
    """A chunk of one byte is a chunk like any other, and so is an empty one."""
    raw = encode(BODY)

    assert decoded(header, [b"", *(bytes([byte]) for byte in raw), b""]) == BODY


@ALL
def test_a_body_cut_anywhere_gives_a_prefix(header: str | None, encode: Callable[[bytes], bytes]) -> None:
    """What came before the cut is neither lost nor altered."""
    raw = encode(BODY)

    for length in range(len(raw)):
        assert BODY.startswith(decoded(header, [raw[:length]])), length


@ALL
def test_an_empty_body_stays_empty(header: str | None, encode: Callable[[bytes], bytes]) -> None:
    """Answers without a body carry the header all the same (HEAD, 304)."""
    assert decode_body(b"", header) == b""


def test_a_flushed_block_is_handed_out_at_once() -> None:
    """A streamed answer is readable while it comes."""
    compressor = zlib.compressobj(wbits=zlib.MAX_WBITS | 16)
    first = compressor.compress(b"data: 1\n\n") + compressor.flush(zlib.Z_SYNC_FLUSH)
    decoder = stream_decoder("gzip")
    assert decoder is not None

    assert decoder(first) == b"data: 1\n\n"


@pytest.mark.parametrize("header", ["gzip", "deflate", "zstd", "br"])
def test_bytes_of_another_kind_raise_value_error(header: str) -> None:
    """So that the caller can keep them as they are."""
    if header == "br":
        pytest.importorskip("brotli")

    with pytest.raises(ValueError, match=f"not {header}"):
        decode_body(b'{"plain":"json"}' * 4, header)


@pytest.mark.parametrize(
    ("header", "raw"), [("gzip", gzip.compress(BODY)), ("zstd", zstandard.compress(BODY))], ids=["gzip", "zstd"]
)
def test_what_follows_the_body_is_not_dropped_in_silence(header: str, raw: bytes) -> None:
    """Trailing bytes that are no further member are an error, not nothing."""
    with pytest.raises(ValueError, match=f"not {header}"):
        decode_body(raw + b"trailing garbage", header)


@pytest.mark.parametrize("header", ["snappy", "gzip, snappy", "x;q=1"])
def test_an_unknown_encoding_has_no_decoder(header: str) -> None:
    """The caller keeps such a body encoded."""
    assert stream_decoder(header) is None
    with pytest.raises(ValueError, match="unknown content-encoding"):
        decode_body(b"x", header)
