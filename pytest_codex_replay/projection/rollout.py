"""Codex's own transcript (`rollout-*.jsonl`, or `.jsonl.zst` once it is cold): bytes in, typed lines out. No I/O.

Source: codex-rs/protocol/src/protocol.rs (RolloutLine) and codex-rs/rollout (2026-07); seen with Codex 0.169.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
import zstandard

_ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
_PIECE_BYTES = 64 * 1024
"""Decompressed at a time: what came before damage is kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RolloutLine:
    """One line of a rollout."""

    number: int
    """Its line number in the file, from 1."""
    type: str
    """`session_meta`, `turn_context`, `response_item`, `event_msg`, `compacted`, …"""
    payload: dict[str, Any]
    timestamp: str | None = None
    """ISO 8601, UTC, with milliseconds."""
    ordinal: int | None = None
    """Its number in the thread, where Codex counts them."""

    @property
    def at_ms(self) -> float | None:
        """Unix time in milliseconds; None when the line has no readable timestamp."""
        try:
            return datetime.fromisoformat(self.timestamp or "").timestamp() * 1000
        except ValueError:
            return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollout:
    """The transcript of one thread."""

    lines: tuple[RolloutLine, ...]
    is_cut: bool = False
    """The file just stops: Codex was killed, or is still writing."""
    damaged: tuple[int, ...] = ()
    """Numbers of the other lines that could not be read."""

    @property
    def meta(self) -> dict[str, Any]:
        """What the thread says about itself (`session_meta`); empty when that line is lost."""
        return next((line.payload for line in self.lines if line.type == "session_meta"), {})

    @property
    def thread_id(self) -> str | None:
        """Id of the thread; its requests carry it too."""
        return _text(self.meta.get("id"))

    @property
    def session_id(self) -> str | None:
        """Id of the session. Older releases did not tell it from the thread."""
        return _text(self.meta.get("session_id")) or self.thread_id

    @property
    def codex_version(self) -> str | None:
        """Version of the Codex that began the thread."""
        return _text(self.meta.get("cli_version"))

    @property
    def turn_ids(self) -> tuple[str, ...]:
        """Ids of the turns, in order; requests carry them too."""
        found = (line.payload.get("turn_id") for line in self.lines if line.type == "turn_context")
        return tuple(dict.fromkeys(turn_id for turn_id in found if isinstance(turn_id, str)))

    @property
    def items(self) -> tuple[dict[str, Any], ...]:
        """The items of the conversation, as the Responses API knows them."""
        return tuple(line.payload for line in self.lines if line.type == "response_item")


def parse_rollout(raw: bytes) -> Rollout:
    """Return the rollout that a file holds, plain or compressed; what cannot be read is reported, not raised."""
    text, is_cut = _plain(raw)
    *whole, rest = text.split(b"\n")
    lines: list[RolloutLine] = []
    damaged: list[int] = []
    for number, line in enumerate(whole, start=1):
        parsed = _line(number, line)
        if parsed is not None:
            lines.append(parsed)
        elif line.strip():
            damaged.append(number)
    if rest.strip():
        last = _line(len(whole) + 1, rest)  # without its newline, but whole?
        lines += [last] if last is not None else []
        is_cut = is_cut or last is None
    return Rollout(lines=tuple(lines), is_cut=is_cut, damaged=tuple(damaged))


def _line(number: int, line: bytes) -> RolloutLine | None:
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(value, dict) or not isinstance(value.get("type"), str):
        return None
    payload, ordinal = value.get("payload"), value.get("ordinal")
    return RolloutLine(
        number=number,
        type=value["type"],
        payload=payload if isinstance(payload, dict) else {},
        timestamp=_text(value.get("timestamp")),
        ordinal=ordinal if isinstance(ordinal, int) else None,
    )


def _plain(raw: bytes) -> tuple[bytes, bool]:
    """Return the text, and whether a compressed file stops, or breaks, before its end."""
    if not raw.startswith(_ZSTD_MAGIC):
        return raw, False
    out = bytearray()
    frame = zstandard.ZstdDecompressor().decompressobj()
    for start in range(0, len(raw), _PIECE_BYTES):
        piece = raw[start : start + _PIECE_BYTES]
        while piece:
            if frame.eof:
                frame = zstandard.ZstdDecompressor().decompressobj()
            try:
                out += frame.decompress(piece)
            except zstandard.ZstdError:
                return bytes(out), True
            piece = frame.unused_data if frame.eof else b""
    return bytes(out), not frame.eof


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None
