"""Bytes that are held compressed."""

import sys

import pytest

from pytest_codex_replay.packed_bytes import pack, unpack


@pytest.mark.parametrize("parts", [(), (b"",), (b"a", b"b" * 100_000), (bytes(range(256)),)])
@pytest.mark.parametrize("level", [1, 3])
def test_they_come_back(parts: tuple[bytes, ...], level: int) -> None:
    """Joined, whatever they are."""
    assert unpack(pack(*parts, level=level)) == b"".join(parts)


def test_they_take_no_more_room_than_they_are_long() -> None:
    """What zstandard returns has room for what does not become smaller."""
    packed = pack(b"line\n" * 50_000)

    assert sys.getsizeof(packed) < len(packed) + 64
