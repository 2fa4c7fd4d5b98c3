"""A HAR, read entry by entry: those of a long session are many, and the messages of a WebSocket are one entry."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import orjson

from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.interop.har import MESSAGES, OURS
from pytest_codex_replay.interop.packed_pieces import PackedPieces, Piece
from pytest_codex_replay.limits import TooManyValuesError
from pytest_codex_replay.spool import Spool
from pytest_codex_replay.wire.json_stream import JsonStream

_FEW_BYTES = 256 * 1024
"""Of the messages of a WebSocket that are not packed."""


class HarFile:
    """The log of a HAR."""

    def __init__(self, read: Callable[[int], bytes], name: str) -> None:
        """Read from `read`, which takes a number of bytes; errors say `name`."""
        self._stream, self._name, self._spool = JsonStream(read), name, Spool()
        self._has_entries = False
        self.ours: Any = None
        """What we wrote beside the entries; known once these were read."""

    def entries(self) -> Iterator[Any]:
        """Yield the entries.

        Raises:
            UsageError: it is cut off, or is not a HAR.
        """
        try:
            if self._stream.peek() == "{":
                yield from self._log()
            else:
                self._stream.value()
            self._stream.end()
        except TooManyValuesError as error:
            raise UsageError(f"{self._name}: not a HAR: {error}.") from error
        except (ValueError, RecursionError) as error:
            raise UsageError(
                f"{self._name}: not a whole HAR ({error}). It was cut off, or is another file: export it again."
            ) from error
        if not self._has_entries:
            raise UsageError(f"{self._name}: not a HAR: it has no log.entries.")

    def _log(self) -> Iterator[Any]:
        stream = self._stream
        for name in stream.members():
            if name != "log" or stream.peek() != "{":
                stream.value()
                continue
            for member in stream.members():
                if member == "entries" and stream.peek() == "[":
                    self._has_entries = True
                    yield from (self._entry() for _ in stream.elements())
                elif member == OURS:
                    self.ours = stream.value()
                else:
                    stream.value()

    def _entry(self) -> Any:
        stream = self._stream
        if stream.peek() != "{":
            return stream.value()
        return {
            name: self._messages() if name == MESSAGES and stream.peek() == "[" else stream.value()
            for name in stream.members()
        }

    def _messages(self) -> "list[Any] | _Listed":
        texts, size = PackedPieces(self._spool), 0
        for _ in self._stream.elements():
            text = self._stream.text().encode(errors="surrogatepass")
            texts.extend([Piece(0.0, text)])
            size += len(text)
        texts.pack(_FEW_BYTES)
        listed = _Listed(texts)
        return list(listed) if size < _FEW_BYTES else listed


class _Listed:
    """The messages of a WebSocket, packed."""

    def __init__(self, texts: PackedPieces) -> None:
        self._texts = texts

    def __iter__(self) -> Iterator[Any]:
        return (_value(piece.data) for piece in self._texts)


def _value(text: bytes) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:  # it refuses lone surrogates
        return json.loads(text)
