"""The same bytes in other chunks: where a client's parser must not care, but might. No I/O."""

import re
from collections.abc import Iterable
from itertools import pairwise
from random import Random

from pytest_codex_replay.replay.reply import Piece

_TRICKY = re.compile(
    rb"[\x80-\xbf]|(?<=\r)\n|(?<=\n)[\r\n]|(?<=\\)[\"\\/bfnrtu]|(?<=\\u)[0-9a-fA-F]|(?<=data):|(?<=\") "
)
"""A cut before any of these is inside something: a character, a line end, a blank line, an escape, a field."""
_TRICKY_SHARE = 0.5
_MEAN_CHUNK_BYTES = 40
_MAX_CUTS = 2_000
"""Of each kind in one answer: beyond that, more chunks find nothing new."""


def recut(parts: Iterable[Piece], seed: str) -> tuple[Piece, ...]:
    """Cut the bytes of an answer anew; the same seed cuts in the same places, and every byte keeps its time.

    Args:
        parts: the answer as it was recorded.
        seed: e.g. `7:3`, of the run and of the interaction.
    """
    waits_ms: dict[int, float] = {}
    body = bytearray()
    for part in parts:
        waits_ms[len(body)] = waits_ms.get(len(body), 0.0) + part.delay_ms
        body += part.data
    raw = bytes(body)
    kept = {start for start, wait_ms in waits_ms.items() if wait_ms}
    borders = sorted({0, len(raw)} | kept | _cuts(raw, Random(seed)))  # noqa: S311  random cuts that must come again
    pieces = [Piece(delay_ms=waits_ms.get(start, 0.0), data=raw[start:end]) for start, end in pairwise(borders)]
    if late_ms := waits_ms.get(len(raw), 0.0):
        pieces.append(Piece(delay_ms=late_ms, data=b""))
    return tuple(pieces)


def fragmented(frames: Iterable[Piece], seed: str) -> tuple[Piece, ...]:
    """Cut WebSocket messages into fragments; the same seed cuts in the same places."""
    random = Random(seed)  # noqa: S311  random cuts that must come again
    return tuple(frame._replace(cuts=tuple(sorted(_cuts(frame.data, random)))) for frame in frames)


def _cuts(raw: bytes, random: Random) -> set[int]:
    tricky = [found.start() for found in _TRICKY.finditer(raw) if found.start()]
    wanted = max(1, int(len(tricky) * _TRICKY_SHARE))
    chosen = set(random.sample(tricky, min(wanted, len(tricky), _MAX_CUTS)))
    if len(raw) > 1:
        count = min(_MAX_CUTS, max(1, len(raw) // _MEAN_CHUNK_BYTES))
        chosen.update(random.randrange(1, len(raw)) for _ in range(count))
    return chosen
