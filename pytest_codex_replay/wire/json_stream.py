"""A long JSON text, read piece by piece: what is in memory is the value that is asked for. No I/O."""

import codecs
import json
import re
from collections.abc import Callable, Iterator
from typing import Any

from pytest_codex_replay.limits import LIGHT_BYTES, TooManyValuesError, is_sparse

_PIECE_BYTES = LIGHT_BYTES
"""What is read at once: a value in it is light, whatever it is."""
_NO_BLANK = re.compile(r"[^ \t\n\r]")
_OPEN = "Unterminated string"
"""How the error begins of a text that goes on behind what was read."""
_LITERAL_CHARS = 16
"""More than any literal and any escape has: an error so near the end may be because the rest was not read."""
_BEGINNING_BYTES = 4
"""By which the encoding is known."""
_DECODER = json.JSONDecoder()


class JsonStream:
    """Walks through a JSON text. All of it may raise ValueError (not JSON) and RecursionError (too deep)."""

    def __init__(self, read: Callable[[int], bytes]) -> None:
        """Read from `read`, which takes a number of bytes, and returns none at the end."""
        self._read = read
        self._decoder: codecs.IncrementalDecoder | None = None
        self._text, self._at = "", 0
        self._before = 0
        """Characters that were dropped."""
        self._is_over = False

    def peek(self) -> str:
        """Return the character by which the next value begins, or what follows a value; empty at the end."""
        while True:
            if found := _NO_BLANK.search(self._text, self._at):
                self._at = found.start()
                return self._text[self._at]
            self._at = len(self._text)
            if self._is_over:
                return ""
            self._grow()

    def value(self) -> Any:
        """Return the next value."""
        return self._next()[0]

    def text(self) -> str:
        """Return the next value as it is written."""
        start = self._next()[1]
        return self._text[start : self._at]

    def members(self) -> Iterator[str]:
        """Yield the names of an object; the value of each is to be taken before the next one."""
        self._take("{")
        if self.peek() == "}":
            self._at += 1
            return
        while True:
            if self.peek() != '"':
                raise self._error("Expecting property name enclosed in double quotes", self._at)
            name = self.value()
            self._take(":")
            yield name
            if self._take(",}") == "}":
                return

    def elements(self) -> Iterator[None]:
        """Yield for each element of an array; it is to be taken before the next one."""
        self._take("[")
        if self.peek() == "]":
            self._at += 1
            return
        while True:
            yield
            if self._take(",]") == "]":
                return

    def end(self) -> None:
        """Check that nothing follows."""
        if self.peek():
            raise self._error("Extra data", self._at)

    def _take(self, wanted: str) -> str:
        found = self.peek()
        if not found or found not in wanted:
            raise self._error(f"Expecting {' or '.join(map(repr, wanted))}", self._at)
        self._at += 1
        return found

    def _next(self) -> tuple[Any, int]:
        """Return the next value, and where it begins."""
        self.peek()
        while True:
            try:
                value, end = _DECODER.raw_decode(self._text, self._at)
            except json.JSONDecodeError as error:
                is_open = error.msg.startswith(_OPEN) or error.pos > len(self._text) - _LITERAL_CHARS
                if self._is_over or not is_open:
                    raise self._error(error.msg, error.pos) from error
            else:
                if self._is_over or end <= len(self._text) - _LITERAL_CHARS:  # else it may be a number that goes on
                    start, self._at = self._at, end
                    return value, start
            is_long = len(self._text) - self._at >= _PIECE_BYTES
            self._grow()
            if is_long and not is_sparse(self._text.encode(errors="surrogatepass")):
                raise TooManyValuesError

    def _grow(self) -> None:
        """Read as much again as is left of what was read."""
        raw = self._read(max(_PIECE_BYTES, len(self._text) - self._at))
        while 0 < len(raw) < _BEGINNING_BYTES and self._decoder is None and (more := self._read(_BEGINNING_BYTES)):
            raw += more
        if self._decoder is None:
            self._decoder = codecs.getincrementaldecoder(json.detect_encoding(raw))("surrogatepass")
        self._before += self._at
        self._text, self._at = self._text[self._at :] + self._decoder.decode(raw, final=not raw), 0
        self._is_over = not raw

    def _error(self, what: str, at: int) -> ValueError:
        return ValueError(f"{what.removesuffix(' at')} at character {self._before + at:,}")
