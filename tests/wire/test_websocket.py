"""A message in several frames."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_codex_replay.wire.websocket import fragments

TEXT = "grüß 👋".encode()


def read(data: bytes) -> list[tuple[int, bool, bytes]]:
    """Return opcode, FIN bit and payload of each frame (RFC 6455 §5.2); no client that masks, no extension."""
    frames = []
    while data:
        first, length, data = data[0], data[1], data[2:]
        assert first & 0x70 == 0
        more = {126: 2, 127: 8}.get(length, 0)
        length, data = int.from_bytes(data[:more], "big") if more else length, data[more:]
        frames.append((first & 0x0F, bool(first & 0x80), data[:length]))
        data = data[length:]
    return frames


@pytest.mark.parametrize("cut", range(len(TEXT) + 1))
def test_a_text_may_be_cut_anywhere(cut: int) -> None:
    """Inside a letter, and into nothing and all: a text frame, and its continuation."""
    frames = read(fragments(TEXT, [cut]))

    assert frames == [(1, False, TEXT[:cut]), (0, True, TEXT[cut:])]


@given(data=st.data(), message=st.binary(max_size=300))
def test_nothing_is_lost(data: st.DataObject, message: bytes) -> None:
    """However many pieces there are, in whichever order the cuts are named; only the last one is final."""
    cuts = data.draw(st.lists(st.integers(0, len(message)), max_size=6))

    frames = read(fragments(message, cuts, is_binary=True))

    assert b"".join(payload for _, _, payload in frames) == message
    assert [opcode for opcode, _, _ in frames] == [2] + [0] * len(cuts)
    assert [is_final for _, is_final, _ in frames] == [False] * len(cuts) + [True]


@pytest.mark.parametrize("length", [125, 126, 65535, 65536])
def test_each_form_of_a_length(length: int) -> None:
    """Seven, sixteen and sixty-four bits."""
    assert read(fragments(b"x" * length, [])) == [(1, True, b"x" * length)]


def test_the_bytes() -> None:
    """Those of RFC 6455 §5.7: a fragmented unmasked text message."""
    assert fragments(b"Hello", [3]) == bytes.fromhex("010348656c") + bytes.fromhex("80026c6f")
