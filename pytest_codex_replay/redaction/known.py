"""Known values: a secret from a credential position is removed everywhere else, too.

This is the surest layer of redaction: no rule has to recognise the shape of a secret that was seen in use.
"""

import base64
import json
import re
from bisect import bisect_right
from collections.abc import Iterator
from urllib.parse import quote

from pytest_codex_replay.codex.words import is_protocol_word
from pytest_codex_replay.redaction.lazy_pattern import lazy
from pytest_codex_replay.redaction.placeholders import number_like
from pytest_codex_replay.redaction.rule import ENCODED, Span
from pytest_codex_replay.redaction.views.escapes import whole_escapes, words_of
from pytest_codex_replay.redaction.views.substrings import Substrings
from pytest_codex_replay.redaction.views.views import view_without

MIN_SECRET_CHARS = 8
"""Shorter values would be found by accident in innocent text."""

_PERCENT = lazy(r"%[0-9A-F]{2}")
_BREAK = lazy(r"\r?\n[ \t]*+")
_BLANKS = b" \t\r\n"
_RUN = "[A-Za-z0-9+/_-]"
_RUN_BEGINS = r"(?:(?<=\\[nrtbf])|(?<![A-Za-z0-9+/_\\-]))"
"""Where base64 begins; in JSON text it may follow an escape, which has to stay."""


MAX_SECRET_CHARS = 64 * 1024
"""A longer value is not learnt: no program has one that long in a credential position."""
MAX_OF_A_NAME = 8
"""At most 8 short-lived values of a header or cookie are remembered: enough for several hosts and requests at once."""
MAX_SHORT_LIVED = 256
"""At most 256 short-lived values in all: the traffic may hold any number of names."""


class KnownValues:
    """Secrets learnt so far, with every spelling in which they may appear.

    A recorder that runs for weeks sees a new cookie with every answer, so it forgets the short-lived values that it has
    not seen for longest. A value that appears after that is written into the private archive. It is not shared: a
    cassette is made by a redactor that forgets nothing. Other secrets are never forgotten.
    """

    def __init__(self, *, forgets: bool = False) -> None:
        """Start without secrets; with `forgets`, the number of short-lived values is limited."""
        self._forgets = forgets
        self._placeholders: dict[bytes, str] = {}
        """The placeholder of each secret, in the form in which it was learnt."""
        self._spellings: dict[bytes, tuple[bytes, int]] = {}
        """The placeholder of each spelling, and the number of secrets with that spelling."""
        self._search = Substrings()
        self._spaced: dict[bytes, bytes] = {}
        """Spellings with blanks, and each without them."""
        self._cores: set[bytes] = set()
        """Spellings inside base64, which is replaced as a whole: a part of it would not be base64."""
        self._short_lived: dict[bytes, str] = {}
        """The name of each short-lived secret; the one that was not seen for longest comes first."""
        self._of_name: dict[str, dict[bytes, None]] = {}

    def count(self) -> int:
        """Return how many secrets are known."""
        return len(self._placeholders)

    def learn(self, secret: str, placeholder: str, *, name: str | None = None) -> None:
        """Replace `secret` by `placeholder` from now on; `name` is the header or cookie of a short-lived value."""
        secret = secret.strip()
        if not MIN_SECRET_CHARS <= len(secret) <= MAX_SECRET_CHARS or "REDACTED" in secret or is_protocol_word(secret):
            return
        raw = secret.encode(errors="surrogateescape")
        is_new = raw not in self._placeholders
        if is_new:
            if raw in self._spellings and not self._forgets:
                return
            self._placeholders[raw] = placeholder
            self._add(secret, raw, placeholder.encode())
        if self._forgets:
            self._age(raw, name, is_new=is_new)

    def find(self, text: str) -> Iterator[Span]:
        """Yield the known secrets in `text`, also those broken over lines, with their placeholders.

        One that is broken ends with a word: else the next line only begins like the rest of it.
        """
        if not self._spellings or not self._may_hold(raw := _bytes(text)):
            return
        yield from (span for span, _ in self._spans(text, raw))
        if "\n" not in text:
            return
        joined = view_without(text, (found.span() for found in _BREAK.finditer(text)))
        for span, spelled in self._spans(joined.text, _bytes(joined.text)):
            begin, stop = joined.original(*spelled)
            if "\n" in text[begin:stop]:  # else it was found above
                start, end = joined.original(span.start, span.end)
                if span.kind == ENCODED or not (text[end - 1].isalnum() and text[end : end + 1].isalnum()):
                    yield span._replace(start=start, end=_end_of_lines(text, stop, end))

    def _may_hold(self, raw: bytes) -> bool:
        """Return whether a known secret is in a text without its blanks, as one that is broken over lines is, too."""
        bare = raw.translate(None, _BLANKS)
        return bool(self._search.within(bare)) or any(one in bare for one in self._spaced.values())

    def remove(self, raw: bytes) -> bytes:
        """Return `raw` with every known secret replaced; the same object when it holds none."""
        for spelling in self._search.within(raw):  # the longest first: a shorter one in it would break it
            if spelling in raw:
                placeholder = self._spellings[spelling][0]
                if spelling in self._cores:
                    raw = re.sub(_around(_text(spelling)).encode(), placeholder.replace(b"\\", rb"\\"), raw)
                if spelling.isdigit() and (number := number_like(placeholder.decode())):  # in JSON it stays one
                    raw = re.sub(rb"(?<=[\[:,])(\s*)" + spelling + rb"(?=\s*[,}\]])", rb"\g<1>" + number.encode(), raw)
                raw = raw.replace(spelling, placeholder)
        return raw

    def _add(self, secret: str, raw: bytes, placeholder: bytes) -> None:
        cores = _inside_base64(raw)
        self._cores.update(core for core in cores if core not in self._spellings)
        for spelling in spellings(secret) | cores:
            first, count = self._spellings.get(spelling, (placeholder, 0))
            self._spellings[spelling] = first, count + 1
            self._search.add(spelling)
            if len(bare := spelling.translate(None, _BLANKS)) < len(spelling):
                self._spaced[spelling] = bare

    def _age(self, raw: bytes, name: str | None, *, is_new: bool) -> None:
        """Note that a secret was seen just now; forget the oldest beyond the limits."""
        known_as = self._untrack(raw)
        if name is None or (known_as is None and not is_new):  # it was also seen in a long-lived position
            return
        self._short_lived[raw] = name
        of_name = self._of_name.setdefault(name, {})
        of_name[raw] = None
        if len(of_name) > MAX_OF_A_NAME:
            self._forget(next(iter(of_name)))
        elif len(self._short_lived) > MAX_SHORT_LIVED:
            self._forget(next(iter(self._short_lived)))

    def _untrack(self, raw: bytes) -> str | None:
        name = self._short_lived.pop(raw, None)
        if name is not None:
            del self._of_name[name][raw]
            if not self._of_name[name]:
                del self._of_name[name]
        return name

    def _forget(self, raw: bytes) -> None:
        self._untrack(raw)
        del self._placeholders[raw]
        for spelling in spellings(_text(raw)) | _inside_base64(raw):
            placeholder, count = self._spellings.pop(spelling)
            if count > 1:
                self._spellings[spelling] = placeholder, count - 1
            else:
                self._search.discard(spelling)
                self._spaced.pop(spelling, None)
                self._cores.discard(spelling)

    def _spans(self, text: str, raw: bytes) -> Iterator[tuple[Span, tuple[int, int]]]:
        """Yield the known secrets, and where their spellings stand: in base64 more is replaced than these."""
        places = self._search.places(raw)
        runs: list[tuple[int, int]] | None = None
        at = chars = 0
        for begin, spelling in places:
            chars += begin - at if len(raw) == len(text) else _length(raw[at:begin])
            at, start = begin, chars
            end = start + len(_text(spelling))
            place = start, end
            if spelling in self._cores:
                runs = [found.span() for found in _RUNS.finditer(text)] if runs is None else runs
                start, end = _widened(runs, start, end)
            else:
                start, end = whole_escapes(text, start, end)
            is_encoded = spelling in self._cores
            if not (is_encoded or stands_alone(text, start, end)):
                continue
            secret = text[start:end] if is_encoded else _text(spelling)
            kind = ENCODED if is_encoded else "known"
            yield Span(start, end, kind, secret, pseudonym=_text(self._spellings[spelling][0])), place


_LETTER = "[^\\W\\d_\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]"
"""A letter, but of a script that has no blanks between words."""
_CODE = lazy(r"\\u([0-9a-fA-F]{4})")
_CODE_CHARS = 6
_WORDS = lazy(rf"{_LETTER}+(?: {_LETTER}+)*")
_OPTION = lazy(r"(?<![\w-])-[A-Za-z]\Z")
_OPTION_CHARS = 3


def stands_alone(text: str, start: int, end: int) -> bool:
    """Return whether a value in a text stands apart from other words: one of letters alone may be in one by accident.

    An option of one letter goes before its value without a blank: `-pvalue`.
    """
    if not _WORDS.fullmatch(text, start, end):
        return True
    before, behind = text[max(0, start - _CODE_CHARS) : start], text[end : end + _CODE_CHARS]
    escaped = _CODE.fullmatch(before)
    is_begun = escaped is not None or words_of(text)[start - 1 : start] == text[start - 1 : start]
    if is_begun and re.match(_LETTER, _meant(before)[-1:]):
        return _OPTION.search(text, max(0, start - _OPTION_CHARS), start) is not None
    return re.match(_LETTER, _meant(behind)[:1]) is None


def _meant(text: str) -> str:
    code = _CODE.fullmatch(text)
    return text if code is None else chr(int(code[1], 16))


def _widened(runs: list[tuple[int, int]], start: int, end: int) -> tuple[int, int]:
    """Return the run of base64 around a span; the span itself when it is not in base64."""
    index = bisect_right(runs, (start, len(runs) and runs[-1][1])) - 1
    return runs[index] if index >= 0 and runs[index][1] >= end else (start, end)


def _end_of_lines(text: str, stop: int, end: int) -> int:
    """Return where base64 in lines ends, behind `stop`: not with the first word of a line of something else."""
    last = text.rfind("\n", stop, end)
    return end if last < 0 or text[end : end + 1] in _ENDS else last


_ENDS = ("", "\r", "\n", '"', "'")
_RUNS = lazy(rf"{_RUN_BEGINS}{_RUN}++={{0,2}}")


def _around(core: str) -> str:
    return f"{_RUN_BEGINS}{_RUN}*?{re.escape(core)}{_RUN}*+={{0,2}}"


def _bytes(text: str) -> bytes:
    try:
        return text.encode(errors="surrogateescape")
    except UnicodeEncodeError:  # half a surrogate pair, from JSON
        return text.encode(errors="surrogatepass")


def _text(raw: bytes) -> str:
    return raw.decode(errors="surrogateescape")


def _length(raw: bytes) -> int:
    try:
        return len(raw.decode(errors="surrogatepass"))
    except UnicodeDecodeError:
        return len(_text(raw))


def spellings(secret: str) -> set[bytes]:
    """Return the spellings of `secret`: plain, JSON-escaped (once, twice), percent-encoded, hexadecimal."""
    raw = secret.encode(errors="surrogateescape")
    once = json.dumps(secret, ensure_ascii=False)[1:-1]
    twice = json.dumps(once, ensure_ascii=False)[1:-1]
    percent = {quote(raw, safe=""), quote(raw)}
    percent |= {_PERCENT.sub(lambda code: code[0].lower(), text) for text in percent}
    plain = {secret, once, twice, json.dumps(secret)[1:-1], raw.hex(), raw.hex().upper()} | percent
    return {text.encode(errors="surrogateescape") for text in plain}


def _inside_base64(secret: bytes) -> set[bytes]:
    found: set[bytes] = set()
    for shift in range(3):
        encoded = base64.b64encode(b"\0" * shift + secret)
        first = (shift * 8 + 5) // 6  # the first character that depends on the secret alone
        last = (shift + len(secret)) * 8 // 6
        core = encoded[first:last]
        if len(core) >= MIN_SECRET_CHARS:
            found |= {core, core.translate(bytes.maketrans(b"+/", b"-_"))}
    return found
