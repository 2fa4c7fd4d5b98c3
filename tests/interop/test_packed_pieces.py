"""Pieces in little room come back as they were."""

import pytest

from pytest_codex_replay.interop.packed_pieces import PackedPieces, Piece, in_one_file
from pytest_codex_replay.wire.payload import Payload

AT_MS = 1_790_000_000_123.457
MANY = [Piece(AT_MS + at, b"piece %d " % at * 40, at % 4) for at in range(3000)]


def packed(pieces):
    found = PackedPieces()
    found.extend(pieces)
    found.pack()
    return found


@pytest.mark.parametrize("pieces", [[], MANY[:1], MANY, [Piece(7, b"a" * 5000), Piece(8.0, b"")]])
def test_pieces_come_back_as_they_were(pieces):
    """From the first one on, and from the last; a time that is a whole number stays one."""
    found = packed(pieces)

    assert (list(found), list(reversed(found))) == (pieces, pieces[::-1])
    assert [type(one.at_ms) for one in found] == [type(one.at_ms) for one in pieces]


def test_the_last_piece_can_grow():
    """Also one that is compressed already; where nothing came, nothing is given."""
    found = packed(MANY)

    assert found.lengthen(b"!")
    assert list(found) == [*MANY[:-1], MANY[-1]._replace(data=MANY[-1].data + b"!")]
    assert not PackedPieces().lengthen(b"!")


def test_a_piece_that_is_made_of_a_value_stays_in_its_place():
    """Its bytes are those of the value."""
    found = PackedPieces()
    found.extend(MANY[:1])

    found.add(AT_MS, Payload.of({"a": 1}), 2)
    found.add(AT_MS, Payload(b"{}"))

    assert list(found) == [MANY[0], Piece(AT_MS, b'{"a":1}', 2), Piece(AT_MS, b"{}", 0)]


def test_several_are_kept_in_one_file() -> None:
    """Each gives back its own."""
    new_pieces = in_one_file()
    first, second = new_pieces(), new_pieces()
    for number, one in enumerate((first, second)):
        one.extend([Piece(float(at), b"%d of %d" % (at, number)) for at in range(3)])
        one.pack(1)

    assert [piece.data for piece in second] == [b"0 of 1", b"1 of 1", b"2 of 1"]
    assert [piece.data for piece in first] == [b"0 of 0", b"1 of 0", b"2 of 0"]
