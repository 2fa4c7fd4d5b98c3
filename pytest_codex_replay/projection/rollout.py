"""Codex's own transcript (`rollout-*.jsonl`, or `.jsonl.zst` once it is cold): bytes in, typed lines out. No I/O."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import zstandard

from pytest_codex_replay.codex.rollout_meta import RolloutMeta, rollout_meta
from pytest_codex_replay.codex.rollouts import ITEM, META, TURN_CONTEXT, RolloutLine, is_known, rollout_line
from pytest_codex_replay.limits import (
    DAMAGES,
    LINE_BYTES,
    ROLLOUT_LINES,
    WINDOW_BYTES,
    expansion_of,
    is_light,
    rollout_lines_of,
)

_ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
_PIECE_BYTES = 256
"""Decompressed at a time: what came before damage is kept, and this expands to 8 MiB at most, as in a segment."""


class RolloutDecoder:
    """Feed chunks of any size, plain or compressed; take the lines that are whole."""

    def __init__(self) -> None:
        self.meta = RolloutMeta()
        """What the first `session_meta` says; those behind it are of threads that this one goes on with."""
        self.damaged: list[int] = []
        """Numbers of the lines that could not be read; at most `DAMAGES`, behind which the rest is not read."""
        self.unknown: Counter[str] = Counter()
        """Kinds of lines, events and items that are not known here: a later Codex wrote them."""
        self.is_cut = False
        """The file just stops: Codex was killed, or is still writing; known once it has ended."""
        self.raw = b""
        """The line that came last, as it stands in the file."""
        self._head = b""
        self._frame: _Frames | None = None
        self._is_begun = self._has_meta = self._is_too_long = False
        self._pending = bytearray()
        self._number = 0
        self._most = ROLLOUT_LINES

    def feed(self, chunk: bytes) -> Iterator[RolloutLine]:
        """Yield the lines that `chunk` completes. Take all of them before the next chunk.

        Raises:
            ArchiveError: the history mode is unknown.
        """
        if not self._is_begun:
            self._head += chunk
            if len(self._head) < len(_ZSTD_MAGIC):
                return
            chunk = self._begin()
        if self._frame is None:
            yield from self._lines(chunk)
            return
        for text in self._frame.feed(chunk):
            self._most = rollout_lines_of(self._frame.read_bytes)
            yield from self._lines(text)

    def skip(self, chunk: bytes) -> None:
        """Pass over the lines of a chunk: only how the file ends is known afterwards."""
        for text in self._frame.feed(chunk) if self._frame is not None else (chunk,):
            _, line_end, last = text.rpartition(b"\n")
            if line_end:
                self._pending.clear()
                self._is_too_long = False
            self._keep(last)

    def end(self) -> Iterator[RolloutLine]:
        """Yield the last line if it is whole, but for its line break."""
        if not self._is_begun:
            yield from self._lines(self._begin())
        self.is_cut = self._is_enough or (self._frame is not None and not self._frame.is_whole)
        if self._is_too_long:
            self.damaged.append(self._number + 1)
        elif self._pending.strip():
            last = self._line(bytes(self._pending), is_last=True)
            self.is_cut |= last is None
            yield from [last] if last is not None else []

    @property
    def is_compressed(self) -> bool:
        """Whether it is; known once a few bytes have come."""
        return self._frame is not None

    @property
    def _is_enough(self) -> bool:
        return len(self.damaged) >= DAMAGES or self._number >= self._most

    def _begin(self) -> bytes:
        self._is_begun = True
        if self._head.startswith(_ZSTD_MAGIC):
            self._frame = _Frames()
        return self._head

    def _lines(self, text: bytes) -> Iterator[RolloutLine]:
        *whole, rest = text.split(b"\n")
        for line in whole:
            if self._is_enough:
                return
            self._keep(line)
            raw, is_too_long = bytes(self._pending), self._is_too_long
            self._pending.clear()
            self._is_too_long = False
            if is_too_long:
                self._number += 1
                self.damaged.append(self._number)
            elif (found := self._line(raw)) is not None:
                yield found
        self._keep(rest)

    def _keep(self, piece: bytes) -> None:
        if len(self._pending) + len(piece) > LINE_BYTES:
            self._is_too_long = True
            self._pending.clear()
        if not self._is_too_long:
            self._pending += piece

    def _line(self, raw: bytes, *, is_last: bool = False) -> RolloutLine | None:
        self._number += 1
        self.raw = raw
        line = rollout_line(self._number, raw) if is_light(raw) else None
        if line is None:
            if raw.strip() and not is_last:
                self.damaged.append(self._number)
            return None
        if line.type == META and not self._has_meta:
            self._has_meta, self.meta = True, rollout_meta(line.payload)
        if not is_known(line):
            self.unknown[_unknown_kind(line)] += 1
        return line


class _Frames:
    """Compressed bytes in, bytes out."""

    def __init__(self) -> None:
        self._decompressor = zstandard.ZstdDecompressor(max_window_size=WINDOW_BYTES)
        self._frame = self._decompressor.decompressobj()
        self._is_damaged = False
        self.read_bytes = self._out_bytes = 0

    @property
    def is_whole(self) -> bool:
        """Whether the last frame has ended."""
        return self._frame.eof and not self._is_damaged

    def feed(self, raw: bytes) -> Iterator[bytes]:
        """Yield what comes out, piece by piece; nothing more behind damage."""
        for start in range(0, len(raw), _PIECE_BYTES):
            piece = raw[start : start + _PIECE_BYTES]
            self.read_bytes += len(piece)
            while piece and not self._is_damaged:
                if self._frame.eof:
                    self._frame = self._decompressor.decompressobj()
                try:
                    out = self._frame.decompress(piece)
                except zstandard.ZstdError:
                    self._is_damaged = True
                    return
                self._out_bytes += len(out)
                if self._out_bytes > expansion_of(self.read_bytes):
                    self._is_damaged = True
                    return
                yield out
                piece = self._frame.unused_data if self._frame.eof else b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollout:
    """The transcript of one thread."""

    lines: tuple[RolloutLine, ...]
    meta: RolloutMeta = field(default_factory=RolloutMeta)
    """What the thread says about itself; empty when that line is lost."""
    is_cut: bool = False
    """The file just stops: Codex was killed, or is still writing."""
    damaged: tuple[int, ...] = ()
    """Numbers of the other lines that could not be read."""
    unknown: tuple[tuple[str, int], ...] = ()
    """Kinds of lines, events and items that are not known here, with how many there are of each."""

    @property
    def turn_ids(self) -> tuple[str, ...]:
        """Ids of the turns, in order; requests carry them too."""
        found = (line.payload.get("turn_id") for line in self.lines if line.type == TURN_CONTEXT)
        return tuple(dict.fromkeys(turn_id for turn_id in found if isinstance(turn_id, str)))

    @property
    def items(self) -> tuple[dict[str, Any], ...]:
        """The items of the conversation, as the Responses API knows them."""
        return tuple(line.payload for line in self.lines if line.type == ITEM)


def parse_rollout(raw: bytes) -> Rollout:
    """Return the rollout that a file holds, plain or compressed; what cannot be read is reported, not raised.

    Raises:
        ArchiveError: its history mode is unknown.
    """
    decoder = RolloutDecoder()
    lines = (*decoder.feed(raw), *decoder.end())
    return Rollout(
        lines=lines,
        meta=decoder.meta,
        is_cut=decoder.is_cut,
        damaged=tuple(decoder.damaged),
        unknown=tuple(sorted(decoder.unknown.items())),
    )


def _unknown_kind(line: RolloutLine) -> str:
    """Return the kind of a line, with that of what it completes."""
    item = line.payload.get("item")
    inner = item.get("type") if isinstance(item, dict) else None
    return f"{line.kind}/{inner}" if isinstance(inner, str) else line.kind
