"""JSON values as an index keeps them."""

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from pytest_codex_replay.index.kept_json import KeptError, expanded, packed, unpacked
from pytest_codex_replay.limits import SEGMENT_BYTES

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.just("\ud800"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text() | st.just("\udfff"), inner, max_size=3),
)


@given(VALUES)
def test_what_is_packed_comes_back(value):
    """Of any shape and depth; empty ones, large integers and lone surrogates included."""
    assert unpacked(packed(value)) == value


def test_what_is_damaged_is_said():
    """A body that ends too early, at any byte, and one of which any byte is another."""
    body = packed({"turns": [{"text": "a text that is long enough"} for _ in range(9)]})
    for at, byte in enumerate(body):
        with pytest.raises(KeptError):
            unpacked(body[:at])
        with pytest.raises(KeptError):
            unpacked(body[:at] + bytes([byte ^ 0xFF]) + body[at + 1 :])


def test_another_value_is_nothing():
    """What another program put there is not taken for a value."""
    assert unpacked(zstandard.ZstdCompressor().compress(b"[1]")) is None


def test_what_is_kept_expands_within_limits():
    """An index of a stranger may hold a row that expands without end."""
    frames = zstandard.compress(b'{"kept":1}') + zstandard.compress(bytes(SEGMENT_BYTES + 1))

    assert expanded(frames) == (b'{"kept":1}', len(zstandard.compress(b'{"kept":1}')))
    with pytest.raises(KeptError, match="expands"):
        unpacked(zstandard.compress(bytes(SEGMENT_BYTES + 1)))


def test_what_is_kept_has_values_within_limits():
    """An index of a stranger may hold a row of millions: the session is read."""
    assert unpacked(zstandard.compress(b'{"kept":[%b0]}' % (b"0," * 10_000))) is not None
    assert unpacked(zstandard.compress(b'{"kept":[%b0]}' % (b"{}," * 1_000_000))) is None
    assert unpacked(zstandard.compress(b'{"kept":"%b"}' % (b"{}," * 1_000_000))) is not None
