"""WebSocket frames as bytes, where a message is to be sent in several: libraries send it in one. No I/O.

RFC 6455 §5.2 has the frame, §5.4 fragments. They are not compressed, which permessage-deflate leaves free (RFC 7692,
section 6).
"""

from collections.abc import Iterable
from itertools import pairwise

_CONTINUATION = 0x0
_TEXT = 0x1
_BINARY = 0x2
_FINAL = 0x80
_MAX_SHORT = 125
_MAX_16_BIT = 0xFFFF


def fragments(message: bytes, cuts: Iterable[int], *, is_binary: bool = False) -> bytes:
    """Return one message as the frames of a server; a cut, where a new one begins, may lie inside a character."""
    borders = [0, *sorted(cuts), len(message)]
    pieces = [message[start:end] for start, end in pairwise(borders)]
    opcodes = [_BINARY if is_binary else _TEXT, *[_CONTINUATION] * (len(pieces) - 1)]
    opcodes[-1] |= _FINAL
    return b"".join(_frame(opcode, piece) for opcode, piece in zip(opcodes, pieces, strict=True))


def _frame(first_byte: int, payload: bytes) -> bytes:
    length = len(payload)
    if length <= _MAX_SHORT:
        return bytes((first_byte, length)) + payload
    if length <= _MAX_16_BIT:
        return bytes((first_byte, _MAX_SHORT + 1)) + length.to_bytes(2, "big") + payload
    return bytes((first_byte, _MAX_SHORT + 2)) + length.to_bytes(8, "big") + payload
