"""Decoded views of a text: without escapes, colours, percent-encoding, base64. No I/O.

Rules search views; a finding is traced back to its place in the text itself. A placeholder needs no escaping in any
encoding, so it can be written there as it is.
"""

import base64
import binascii
import bz2
import gzip
import html
import io
import json
import lzma
import re
import zlib
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache, partial
from itertools import accumulate, chain, pairwise
from operator import add, itemgetter, sub
from typing import IO, Any

import orjson
import zstandard

from pytest_codex_replay.redaction.formats import pattern
from pytest_codex_replay.redaction.markers import Windows
from pytest_codex_replay.redaction.views.broken_lines import next_line_end, wraps

Swap = tuple[int, int, str]
"""Beginning and end of a part of a text, and the decoded piece in its place."""


class View:
    """A text with one encoding decoded."""

    __slots__ = ("_lengths", "_places", "_starts", "_swaps", "text")

    def __init__(self, text: str, swaps: Callable[[], Iterable[Swap]]) -> None:
        """Note the decoded `text`; `swaps` are asked for when something was found in it, which is rare."""
        self.text = text
        self._swaps = swaps
        self._starts: list[int] | None = None
        """Beginnings of the decoded pieces in `text`, in order; before the first, both texts are the same."""
        self._places: list[tuple[int, int]] = []
        """Beginning and end of the encoded form of each piece in the original."""
        self._lengths: list[int] = []
        """Length of each decoded piece."""

    def original(self, start: int, end: int) -> tuple[int, int]:
        """Return the place of a span of the view in the original."""
        if self._starts is None:
            self._starts = self._measured()
        return self._place(self._starts, start, is_end=False), self._place(self._starts, end, is_end=True)

    def seen(self, parts: Windows) -> Windows:
        """Return the places in the view of parts of the original, in order, or of what stands for them."""
        starts = self._starts = self._measured() if self._starts is None else self._starts
        return [(self._seen(starts, part[0], is_end=False), self._seen(starts, part[1], is_end=True)) for part in parts]

    def _measured(self) -> list[int]:
        swaps = list(self._swaps())
        self._places = [(begin, end) for begin, end, _ in swaps]
        self._lengths = [len(piece) for *_, piece in swaps]
        between = (begin - end for (_, end), (begin, _) in pairwise([(0, 0), *self._places]))
        return list(map(sub, accumulate(map(add, between, self._lengths)), self._lengths))

    def _place(self, starts: list[int], at: int, *, is_end: bool) -> int:
        index = bisect_right(starts, at - 1 if is_end else at) - 1
        if index < 0:
            return at
        begin, end = self._places[index]
        into = at - starts[index]
        if into < self._lengths[index] or (is_end and into == self._lengths[index]):
            return end if is_end else begin
        return end + into - self._lengths[index]

    def _seen(self, starts: list[int], at: int, *, is_end: bool) -> int:
        index = bisect_right(self._places, at - 1 if is_end else at, key=itemgetter(0)) - 1
        if index < 0:
            return at
        end = self._places[index][1]
        if at < end or (is_end and at == end):
            return starts[index] + (self._lengths[index] if is_end else 0)
        return starts[index] + self._lengths[index] + at - end


_SIMPLE = {rf"\{char}": meant for char, meant in zip("\"\\/bfnrt'e", "\"\\/\b\f\n\r\t'\x1b", strict=True)} | {
    r"\033": "\x1b"
}


_COMMON = [(escape, _SIMPLE[escape]) for escape in (r"\n", r"\"", r"\t", r"\r", r"\/", r"\'", r"\b", r"\f")]
"""The most frequent ones first."""
_ESCAPE = pattern("escape")


def _unescape(unit: str) -> str:
    if unit in _SIMPLE:
        return _SIMPLE[unit]
    if unit[1] == "x":
        return bytes.fromhex(unit[2:]).decode("latin-1")
    return str(json.loads(f'"{unit}"'))


def _unpercent(unit: str) -> str:
    return bytes.fromhex(unit.replace("%", "")).decode(errors="replace")


_ENCODINGS: tuple[tuple[str, re.Pattern[str], Callable[[str], str]], ...] = (
    ("\\", _ESCAPE, _unescape),
    ("%", pattern("percent_encoded"), _unpercent),
    ("\x1b", pattern("terminal_sequence"), lambda _: ""),
    ("&", pattern("html_entity"), html.unescape),
)
"""A text without the character is skipped; each unit is decoded."""


def views_of(text: str) -> Iterator[View]:
    """Yield the views of a text that differ from it."""
    for marker, unit, decode in _ENCODINGS:
        if marker == "\\" in text and "\n" not in text:  # the argument of a tool: no part of it is far from an escape
            if (decoded := _unescaped(text)) != text:
                yield _Unescaped(decoded, text)
        elif marker in text and (view := _excerpt(text, partial(_units, unit), decode)):
            yield view
    if "\n" in text and (view := _excerpt(text, wraps, lambda _: "")):
        yield view


def _units(unit: re.Pattern[str], text: str) -> list[tuple[int, int]]:
    return [found.span() for found in unit.finditer(text)]


@lru_cache(maxsize=256)  # several finders look at one text, in both passes
def openings_of(text: str) -> tuple[list[tuple[int, int, str]], list[View]]:
    """Return the encoded runs in a text, and its views."""
    return list(encoded_runs(text)), list(views_of(text))


_STRING = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"')
_EDGE_CHARS = 400
"""Of a long string, at its beginning and at its end: they are near what is around it."""


@lru_cache(maxsize=256)
def without_insides(text: str) -> View | None:
    """Return the view of JSON without the insides of its long strings; None for any other text.

    An inside is read in the decoded view of the text, as it would be if it were no part of JSON.
    """
    if len(text) <= 3 * _EDGE_CHARS or text[0] not in '{["' or "\\" not in text or "\n" in text:
        return None
    found = (_inside(text, *string.span()) for string in _STRING.finditer(text))
    insides = [(begin, end, GAP) for begin, end in found if end - begin >= _EDGE_CHARS]
    try:
        return _view(text, insides) if insides and orjson.loads(text) is not None else None
    except (orjson.JSONDecodeError, UnicodeEncodeError):
        return None


def _inside(text: str, start: int, end: int) -> tuple[int, int]:
    """Return the lines of a string in JSON that are far from its ends."""
    begin = text.find(r"\n", start + _EDGE_CHARS, end)
    return (begin, text.rfind(r"\n", begin, end - _EDGE_CHARS)) if begin >= 0 else (end, end)


def view_without(text: str, spans: Iterable[tuple[int, int]]) -> View:
    """Return the view of a text without some of its parts."""
    return _view(text, ((*span, "") for span in spans))


_MANY_UNITS = 10_000
"""Of so many, a view keeps nothing: they are looked for again when something was found."""


def _excerpt(text: str, find: Callable[[str], Sequence[tuple[int, int]]], decode: Callable[[str], str]) -> View | None:
    """Return the view in which the units of a text are decoded that are found; it has only the lines around them.

    Other lines do not change, so their secrets are found in the text itself. None where there are no units.
    """
    units = find(text)
    again = None if len(units) < _MANY_UNITS else lambda: _decoded(text, find(text), decode)
    return _view(text, _decoded(text, units, decode), again) if units else None


def _decoded(text: str, units: Sequence[tuple[int, int]], decode: Callable[[str], str]) -> list[Swap]:
    decoded = ((begin, end, decode(text[begin:end])) for begin, end in units)
    return sorted([*_gaps(text, units), *decoded])


def _view(text: str, swaps: Iterable[Swap], again: Callable[[], Iterable[Swap]] | None = None) -> View:
    """Return the view with these swaps, which are asked for `again` where it is not to keep them."""
    swaps = list(swaps)
    pieces: list[str] = []
    at = 0
    for begin, end, piece in swaps:
        pieces += text[at:begin], piece
        at = end
    return View("".join((*pieces, text[at:])), again or (lambda: swaps))


class _Unescaped(View):
    """A text with its escapes decoded."""

    __slots__ = ("_escaped",)

    def __init__(self, text: str, escaped: str) -> None:
        super().__init__(text, partial(_escapes, escaped))
        self._escaped = escaped

    def seen(self, parts: Windows) -> Windows:
        """Return the places in the view of parts of the original: what is before them is decoded, which is faster."""
        ends = [0, *chain.from_iterable(parts)]
        seen = [*accumulate(len(_unescaped(self._escaped[begin:end])) for begin, end in pairwise(ends))]
        return [*zip(seen[::2], seen[1::2], strict=True)]


def _escapes(text: str) -> Iterator[Swap]:
    """Yield the escapes of a text; each stands for one character, of which the length alone is asked."""
    return ((*found.span(), " ") for found in _ESCAPE.finditer(text))


def _unescaped(text: str) -> str:
    """Return a text with its escapes decoded: many times faster than one by one, since most are of a few kinds."""
    parts = text.split(r"\\")
    for index, part in enumerate(parts):
        if "\\" not in part:
            continue
        for escape, meant in _COMMON:
            part = part.replace(escape, meant)  # noqa: PLW2901
            if "\\" not in part:
                break
        else:
            part = _ESCAPE.sub(lambda found: _unescape(found[0]), part)  # noqa: PLW2901
        parts[index] = part
    return "\\".join(parts)


_LINES = 3
"""Lines before and after a unit: a name and its value are no farther apart."""
_ESCAPED_LINES = 12
"""The same in a text with escaped line ends alone: some are of a deeper text, and end no line of this one."""
_MIN_GAP_CHARS = 400
GAP = "\n\0\n"
"""No pattern matches across it."""


def _gaps(text: str, units: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int, str]]:
    """Yield the parts of a text that are far from all units."""
    line_end, lines = ("\n", _LINES) if "\n" in text else (r"\n", _ESCAPED_LINES)
    end = end_of_line = 0
    for begin, unit_end in units:
        if unit_end <= end_of_line:
            continue
        start = begin
        for _ in range(lines):
            start = max(end, text.rfind(line_end, end, start))
        if start - end >= _MIN_GAP_CHARS:
            yield end, start, GAP
        end = end_of_line = next_line_end(text, unit_end, line_end)
        for _ in range(lines - 1):
            end = next_line_end(text, end + 1, line_end)
    if len(text) - end >= _MIN_GAP_CHARS:
        yield end, len(text), GAP


_CHAR = "[A-Za-z0-9+/_-]"
_WRAP = r"[^\S\n]{0,8}[|\u2502]?[^\S\n]{0,8}\n[^\w+/\n=-]{0,16}(?:\d{1,7}[^\w+/\n=-]{1,4}|[\w./-]{1,80}:\d{1,7}:)?"
"""A line end, with the indentation, quotation, border or number that programs put before the next line."""
_RUN = re.compile(rf"{_CHAR}(?<!{_CHAR}{{2}}){_CHAR}{{23,}}+(?:{_WRAP}{_CHAR}{{4,}}+)*+={{0,2}}")
LINE_BREAK = re.compile(_WRAP)
"""Between two lines of encoded text."""
HEX = re.compile(r"(?:[0-9a-fA-F]{2}){12,}+")
_Border = tuple[re.Pattern[str], tuple[str, ...]]
_BORDERS: tuple[_Border, ...] = ((LINE_BREAK, ("\n",)), (re.compile("[/_-]|0x"), ("/", "_", "-", "0x")))
"""What divides a run into parts, each with what of it is looked for first: most runs are without any."""
_MIN_RUN = 24
_CLASSES = bytes(ord("x") if re.match(_CHAR, chr(code)) else ord(" ") for code in range(256))
_LONG_RUN = b"x" * _MIN_RUN
"""Looked for in the classes of characters, which is many times faster than by the pattern."""
_WINDOW_CHARS = 256 * 1024
"""Of a text whose classes are held at once."""
_GARBAGE_CHARS = 6
_SHARE = 0.9
"""Smallest share of printable bytes in decoded text."""
_MAX_BYTES = 8 * 1024 * 1024
MAX_OPENED_BYTES = 64 * 1024 * 1024
"""Limit of decompressed bytes of a body or file; within a text the limit is `_MAX_BYTES`."""
_CHUNK_BYTES = 1024 * 1024
_OPENERS: dict[bytes, Callable[[IO[bytes]], Any]] = {
    b"\x28\xb5\x2f\xfd": lambda file: zstandard.ZstdDecompressor().stream_reader(file, read_across_frames=True),
    b"\x1f\x8b": lambda file: gzip.GzipFile(fileobj=file),
    b"BZh": bz2.BZ2File,
    b"\xfd7zXZ\x00": lzma.LZMAFile,
}
_PRINTABLE = bytes(range(32, 127)) + b"\t\n\r\x1b"
_CONTROLS = bytes(range(9))


def encoded_runs(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield the place of each text in base64 or hexadecimal, and the decoded text; compressed bytes are opened."""
    at = 0
    for begin in range(0, len(text), _WINDOW_CHARS):
        window = text[begin : begin + _WINDOW_CHARS + _MIN_RUN - 1]
        classes = window.encode("ascii", "replace").translate(_CLASSES)
        while at - begin < len(classes) and (place := classes.find(_LONG_RUN, max(0, at - begin))) >= 0:
            if (found := _RUN.match(text, begin + place)) is not None:
                yield from _parts(found[0], begin + place, _BORDERS)
                at = found.end()
            else:  # the rest of a run
                end = classes.find(b" ", place)
                at = begin + (end if end >= 0 else len(classes))


def _parts(run: str, start: int, borders: Sequence[_Border]) -> Iterator[tuple[int, int, str]]:
    """Yield the decodable parts of a run: all of it, else its lines, else the parts between dashes and slashes."""
    if len(run) < _MIN_RUN:
        return
    if (opened := _opened(run)) is not None:
        if opened[-_GARBAGE_CHARS:].count("\ufffd") and (lines := run.rpartition("\n")[0].rstrip()) != run:
            whole = _opened(lines) if len(lines) >= _MIN_RUN else None
            if whole is not None and "\ufffd" not in whole:  # it ends before a word in the next line
                run, opened = lines, whole
        yield start, start + len(run), opened
        return
    for index, (border, has) in enumerate(borders, 1):
        places = [found.span() for found in border.finditer(run)] if any(one in run for one in has) else []
        if places:
            ends = [0, *chain.from_iterable(places), len(run)]
            for begin, end in zip(ends[::2], ends[1::2], strict=True):
                if end - begin >= _MIN_RUN:
                    yield from _parts(run[begin:end], start + begin, borders[index:])
            return


def opened_bytes(raw: bytes, max_bytes: int = _MAX_BYTES) -> str | None:
    """Return the text of bytes, which may be compressed; None when they are not text."""
    raw, _ = decompressed(raw, max_bytes)
    if raw[1:2] == b"\0" and raw[1::2].count(0) == len(raw) // 2:
        raw = raw[::2]  # UTF-16 of ASCII, as in PowerShell
    if not raw or _others_in(raw, _PRINTABLE) > len(raw) * (1 - _SHARE):
        try:
            return raw.decode() if raw and _others_in(raw, _CONTROLS) == len(raw) else None
        except UnicodeDecodeError:
            return None
    return raw.decode(errors="replace")


def _others_in(raw: bytes, known: bytes) -> int:
    """Return how many bytes are none of those that are `known`."""
    parts = (raw[at : at + _WINDOW_CHARS] for at in range(0, len(raw), _WINDOW_CHARS))
    return sum(len(part.translate(None, known)) for part in parts)


def opener_of(head: bytes) -> Callable[[IO[bytes]], Any] | None:
    """Return what opens a compressed file that begins with `head`; None for any other."""
    return next((opener for magic, opener in _OPENERS.items() if head.startswith(magic)), None)


def decompressed(raw: bytes, max_bytes: int) -> tuple[bytes, str]:
    """Return bytes decompressed, over all frames and as far as possible; and the reason if some are missing."""
    opener = opener_of(raw)
    if opener is None:
        return raw, ""
    opened = bytearray()
    try:
        file = opener(io.BytesIO(raw))
        while len(opened) <= max_bytes and (chunk := file.read1(_CHUNK_BYTES)):
            opened += chunk
    except (OSError, EOFError, zlib.error, lzma.LZMAError, zstandard.ZstdError) as error:
        return bytes(opened) or raw, f"is damaged, and was looked at only as far as it can be opened ({error})"
    why = f"holds more than the {max_bytes:,} bytes that were looked at" if len(opened) > max_bytes else ""
    return bytes(opened[:max_bytes]), why


def _opened(run: str) -> str | None:
    if "\n" not in run:
        return _decoded_run(run)
    lines = LINE_BREAK.split(run)
    opened = _decoded_run("".join(lines))
    if opened is None and all(line[0] in "+-" for line in lines):
        return _decoded_run("".join(line[1:] for line in lines))  # the lines of a diff
    return opened


def _decoded_run(run: str) -> str | None:
    run = run.rstrip("=")
    if HEX.fullmatch(run):
        return opened_bytes(bytes.fromhex(run))
    if run.islower() or run.isupper():
        return None  # a name: the base64 of a text has letters of both cases
    run = run.replace("-", "+").replace("_", "/")
    run = run[:-1] if len(run) % 4 == 1 else run  # a single character holds no byte
    try:
        raw = base64.b64decode(run + "=" * (-len(run) % 4), validate=True)
    except binascii.Error:
        return None
    return opened_bytes(raw)


_MEDIA = pattern("media")


def is_media(text: str) -> bool:
    """Return whether a text is the data URL of a picture, a sound or a font, whose bytes are not text."""
    found = _MEDIA.fullmatch(text) if text.startswith("data:") else None
    if found is None:
        return False
    try:
        return opened_bytes(base64.b64decode(found[1], validate=True)) is None
    except binascii.Error:
        return False
