"""Events that are compressed while they stream."""

import zlib

import pytest
import zstandard

from pytest_codex_replay.upstream.encoder import best_encoder


@pytest.mark.parametrize(
    ("accepted", "name"),
    [("zstd,gzip", "zstd"), ("gzip;q=0.5, br", "gzip"), ("br", ""), ("", ""), ("x-gzip", "")],
)
def test_the_best_encoding_that_is_accepted(accepted: str, name: str) -> None:
    """Zstd before gzip before none."""
    assert best_encoder(accepted).name == name


@pytest.mark.parametrize("name", ["zstd", "gzip", ""])
def test_each_event_can_be_read_at_once(name: str) -> None:
    """Nothing waits for the next event, and the end adds nothing."""
    encoder = best_encoder(name)
    decoders = {
        "zstd": zstandard.ZstdDecompressor().decompressobj().decompress,
        "gzip": zlib.decompressobj(wbits=zlib.MAX_WBITS | 16).decompress,
        "": bytes,
    }

    read = [decoders[name](encoder.add(event)) for event in (b"data: 1\n\n", b"data: 2\n\n")]

    assert read == [b"data: 1\n\n", b"data: 2\n\n"]
    assert decoders[name](encoder.end()) == b""
