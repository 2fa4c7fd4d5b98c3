"""Content encodings: decoded the same whole, split anywhere and byte by byte."""

import gzip
import tracemalloc
import zlib
from collections.abc import Callable
from functools import cache

import pytest
import zstandard

from pytest_codex_replay.wire.encoding import UndecodableError, decode_body, stream_decoder
from tests.bytewise import splits
from tests.growth import assert_linear

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

    for first, rest in splits(raw):
        assert decoded(header, [first, rest]) == BODY, len(first)


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


MANY = 50_000_000
BOMBS = {
    "gzip": lambda: gzip.compress(bytes(MANY)),
    "deflate": lambda: zlib.compress(bytes(MANY)),
    "zstd": lambda: zstandard.ZstdCompressor(write_content_size=False).compress(bytes(MANY)),
    "br": lambda: bytes(pytest.importorskip("brotli").compress(bytes(MANY), quality=1)),
    "gzip, gzip": lambda: gzip.compress(gzip.compress(bytes(MANY))),
    "gzip, zstd": lambda: zstandard.compress(gzip.compress(bytes(MANY))),
}


@cache
def bomb(header: str) -> bytes:
    """Return few bytes that say many; they are made once."""
    return BOMBS[header]()


@pytest.mark.parametrize("header", BOMBS)
def test_a_body_has_a_limit(header: str) -> None:
    """At the limit it is decoded to the last byte, beyond it is refused."""
    raw = bomb(header)

    assert decode_body(raw, header, max_bytes=MANY) == bytes(MANY)
    with pytest.raises(ValueError, match=f"more than {MANY - 1} bytes"):
        decode_body(raw, header, max_bytes=MANY - 1)


@pytest.mark.parametrize("step", [1, 100])
@pytest.mark.parametrize("header", BOMBS)
def test_few_bytes_that_say_much_are_decoded_at_once(header: str, step: int) -> None:
    """Nothing waits inside for bytes that do not come."""
    raw = bomb(header)
    decoder = stream_decoder(header)
    assert decoder is not None
    raw = raw[:20_000] if step == 1 else raw

    pieces = [decoder(raw[at : at + step]) for at in range(0, len(raw), step)]
    assert sum(map(len, pieces)) == len(decode_body(raw, header))


@pytest.mark.parametrize("header", BOMBS)
def test_a_refused_body_takes_no_memory(header: str) -> None:
    """However much it would decode to, little more than the limit is ever decoded: of zstd, 32 MiB at once."""
    raw = bomb(header)
    tracemalloc.start()
    try:
        with pytest.raises(UndecodableError) as refused:
            decode_body(raw, header, max_bytes=10_000)
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert refused.value.wire == raw
    assert peak_bytes < 40_000_000


def test_what_lies_between_two_encodings_has_the_same_limit() -> None:
    """Ten megabytes of members that hold nothing, packed into a few kilobytes."""
    raw = gzip.compress(gzip.compress(b"") * (500_000))

    with pytest.raises(ValueError, match="more than"):
        decode_body(raw, "gzip, gzip", max_bytes=5_000_000)


@pytest.mark.parametrize("kind", ["gzip", "zstd", "br", None], ids=str)
def test_a_chunk_without_end_has_a_limit_too(kind: str | None) -> None:
    """Whatever came before it stays as it was decoded; the chunk is given back as it came."""
    if kind is None:
        assert stream_decoder(",".join(["gzip"] * 5)) is None
        return
    raw = bomb(kind)
    decoder = stream_decoder(kind, max_bytes=MANY // 10)
    assert decoder is not None
    decoder(raw[:12])

    with pytest.raises(UndecodableError) as refused:
        decoder(raw[12:])
    assert raw.endswith(refused.value.wire)


@pytest.mark.parametrize("header", ["gzip", "deflate", "zstd", "br", "gzip, zstd"])
@pytest.mark.parametrize("step", [1, 2, 3, 7, 1000])
@pytest.mark.parametrize(
    "raw", [zlib.compress(BODY, wbits=-15), BODY, b"\x1f\x8b\x08 no gzip" * 9, b"x\x9c\xff\xff" * 9]
)
def test_no_byte_is_swallowed_before_the_error(header: str, step: int, raw: bytes) -> None:
    """Raw deflate that calls itself `deflate`, and others that lie: a decoder takes a while to see it."""
    if header == "br":
        pytest.importorskip("brotli")
    decoder = stream_decoder(header)
    assert decoder is not None
    decoded, kept = b"", None
    for at in range(0, len(raw), step):
        try:
            decoded += decoder(raw[at : at + step])
        except UndecodableError as error:
            kept = error.wire + raw[at + step :]
            break

    assert decoded or kept in {None, raw}


def test_a_header_without_end_is_not_held_for_ever() -> None:
    """A file name of gzip may be of any length."""
    decoder = stream_decoder("gzip")
    assert decoder is not None
    decoder(b"\x1f\x8b\x08\x08\0\0\0\0\0\0" + b"n" * 1_000_000)

    with pytest.raises(UndecodableError) as refused:
        decoder(b"n" * 100_000)
    assert len(refused.value.wire) == 1_100_010


@pytest.mark.parametrize(
    ("header", "member"),
    [("gzip", gzip.compress(b"")), ("zstd", zstandard.compress(b"")), ("gzip", gzip.compress(b"a"))],
    ids=["empty gzip", "empty zstd", "short gzip"],
)
def test_members_without_number_take_linear_time(header: str, member: bytes) -> None:
    """Each may be as short as twenty bytes."""
    assert decode_body(member * 4_000, header, max_bytes=MANY) in {b"", b"a" * 4_000}
    assert_linear(lambda count: member * count, lambda body: decode_body(body, header, max_bytes=MANY), 4_000)
