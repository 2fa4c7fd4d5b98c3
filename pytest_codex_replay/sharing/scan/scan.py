"""The secret scan: what redaction would still find, and what an independent scanner says. Reads only.

A finding names where and what kind; the secret itself is never in it.
"""

import re
from collections.abc import Callable, Collection, Container, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

from pytest_codex_replay.archive.record import Record
from pytest_codex_replay.errors import CodexReplayError, UsageError
from pytest_codex_replay.limits import MIB, TextCount, TooManyTextsError, TriesRoom
from pytest_codex_replay.redaction.finder import Finder, replaced
from pytest_codex_replay.redaction.identity.pseudonyms import Pseudonyms
from pytest_codex_replay.redaction.rule import Span
from pytest_codex_replay.redaction.rules import RULES
from pytest_codex_replay.redaction.user_rules import UserRules
from pytest_codex_replay.redaction.views.views import is_media
from pytest_codex_replay.sharing.held_records import HeldRecords, asked_by
from pytest_codex_replay.sharing.places import SeenItems, kind_by_name, places_of
from pytest_codex_replay.sharing.scan.streams import Streams

ExternalScanner = Callable[[str], Iterable[str]]
"""An independent scanner: a text in, the kinds of secrets in it out."""
_SHOWN = 5
_AGAIN = "Redact it again: codex-replay redact CASSETTE NEW."
_HIDDEN = "…"
_SHORT_CHARS = 64
_SEGMENT = re.compile(r"(?<![^/])(traffic(?:[-.]\d{4,6})?\.jsonl(?:\.zst)?)(?![^:])")
"""The name of one, which holds no secret: it has no more digits than a session has segments."""
_QUIET_COUNT = 20_000
"""Of short texts that are known to be clean: a session says the same headers, types and roles all the time."""
_HELD_CHARS = 4 * MIB
"""Of texts whose findings are kept: a conversation repeats them with each request."""


class SecretsLeftError(CodexReplayError):
    """What is to be shared does not pass the scan."""

    exit_code = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftSecret:
    """A secret that is left."""

    file: str
    record: int
    """Number of the record in its segment, from 1; of the line where no record was read; 0 where it is neither."""
    kind: str
    number: int
    """Counts the different secrets of a kind."""
    place: str

    def is_allowed(self, allowed: Collection[str]) -> bool:
        """Whether it is allowed, as `kind:number` or with all of its kind."""
        return self.kind in allowed or f"{self.kind}:{self.number}" in allowed

    def __str__(self) -> str:
        return f"{self.file}:{self.record}: {self.kind}:{self.number}: {self.place}"


class Scan:
    """Looks for secrets; numbers those that differ."""

    def __init__(
        self,
        user: UserRules | None = None,
        external_scanner: ExternalScanner | None = None,
        *,
        is_clean: Callable[[str], bool] | None = None,
    ) -> None:
        """Prepare to look by the rules and those of the `user`, and to ask an `external_scanner` as well.

        `is_clean` says of which texts it is known that all these rules find nothing in them.
        """
        self._is_clean = is_clean
        user = user or UserRules()
        self._keys = user.keys
        self._pseudonyms = Pseudonyms()
        self._finder = Finder((*RULES, *user.rules), self._pseudonyms.learn, user.known().find)
        self._identity = Finder((), self._pseudonyms.find)
        self._external_scanner = external_scanner
        self._numbers: dict[str, dict[str, int]] = {}
        self._found: dict[str, list[Span]] = {}
        self._held = 0
        """Characters of these texts."""
        self._count = TextCount()
        self._room = TriesRoom()
        """Of all files."""
        self._counts: dict[Path, TextCount] = {}
        """Of all segments of an archive, by its directory."""
        self._shown: dict[str, str] = {}
        self._files: dict[str, str] = {}
        """Paths, as they are shown."""
        self._hidden = lru_cache(maxsize=1024)(self._without_secrets)
        self._quiet: set[tuple[bool, str, str]] = set()
        """Short texts in which nothing was found: whether each was a header's, the name of its member, and the text."""

    def held(self, file: str, records: HeldRecords) -> Iterator[LeftSecret]:
        """Yield what is left in the records of a session."""
        self._count = TextCount()
        clean: set[Any] = set()
        """Frames."""
        items = SeenItems()
        for index, record, event in records.looked_at(clean.__contains__):
            pieces = {text for _, _, text in (event.deltas if event else ())}
            is_clean = True
            for one in self._in_record(file, index + 1, record, pieces.__contains__, items.known):
                is_clean = False
                yield one
            if event is not None and event.frame is not None and is_clean:
                clean.add(event.frame)
            if is_clean and (asked := asked_by(record)) is not None:
                items.add(asked)
        yield from self._in_joined(file, records.joined())

    def records(self, file: str, records: Iterable[Record], count: TextCount | None = None) -> Iterator[LeftSecret]:
        """Yield what is left in the records of a segment, which are iterated over twice, and none is kept.

        `count` counts their texts.

        Raises:
            TooManyTextsError: there are more than are looked at.
        """
        self._count = count or TextCount()
        streams = Streams(records)
        clean: set[Any] = set()
        """Frames."""
        last: Any = None
        for number, record in enumerate(records, 1):
            frame = streams.frames[number - 1]
            if frame is not None and (frame is last or frame in clean):  # the last one, of nearly all
                continue
            is_clean = True
            brings = partial(streams.brings, number - 1, record)
            for one in self._in_record(file, number, record, brings):
                is_clean = False
                yield one
            if frame is not None and is_clean:
                clean.add(frame)
                last = frame
        yield from self._in_joined(file, streams.joined())

    def _in_record(
        self, file: str, number: int, record: Record, brings: Callable[[str], bool], known: Container[int] = ()
    ) -> Iterator[LeftSecret]:
        """Yield what is left in a record; not in what it `brings` as a piece of a text, nor in `known` items."""
        for place, name, text in places_of(record, self._shown_name, known):
            if "delta" in place and brings(text):  # what a piece is, its text says
                continue
            for kind, secret in self._secrets(place, name, text):
                yield self._finding(file, number, kind, secret, place)

    def _in_joined(self, file: str, joined: Iterable[tuple[int, str]]) -> Iterator[LeftSecret]:
        for index, text in joined:
            for kind, secret in self._secrets("deltas, joined", "", text):
                yield self._finding(file, index + 1, kind, secret, "deltas, joined")

    def segment(self, path: Path, records: Iterable[Record], report: Callable[[str], None]) -> Iterator[LeftSecret]:
        """Yield what is left in the records of a segment's file, up to as many texts as its bytes may have.

        `report` takes a line where there are more.
        """
        count = self.count_of(path.stat().st_size)
        yield from _up_to_most(self.records(str(path), records, count=count), str(path), report)
        count.end()
        archive = path.parent.parent
        if archive in self._counts:
            self._counts[archive].join(count)
        else:
            self._counts[archive] = count

    def count_of(self, stored_bytes: int) -> TextCount:
        """Return what counts the texts of a file; all files together have a little beyond what their bytes allow."""
        return TextCount(stored_bytes, self._room)

    def count_in(self, archive: Path) -> TextCount | None:
        """Return what counted the texts of the segments of an archive; None before one of them is scanned."""
        return self._counts.get(archive)

    def texts(
        self, name: str, texts: Iterable[tuple[int, str]], count: TextCount, report: Callable[[str], None]
    ) -> Iterator[LeftSecret]:
        """Yield what is left in the texts of a file, each with its first line, as many as `count` lets it look at.

        What a text finds where the one before did is yielded once: it may repeat its last lines.
        """
        self._count = count
        yield from _up_to_most(self._once(name, texts), name, report)
        if all(count is not one for one in self._counts.values()):  # an index has that of its archive, which ended
            count.end()

    def _once(self, name: str, texts: Iterable[tuple[int, str]]) -> Iterator[LeftSecret]:
        before: set[LeftSecret] = set()
        for line, text in texts:
            found: set[LeftSecret] = set()
            for one in self._in_text(name, text, line):
                if one not in before and one not in found:
                    yield one
                found.add(one)
            before = found

    def _in_text(self, file: str, text: str, line: int) -> Iterator[LeftSecret]:
        """Yield what is left in a text that begins at some `line` of a file of any kind."""
        at, number, begin = 0, line, 0
        for span in self._spans(text):
            if span.start < at:  # identity comes behind all secrets
                at, number, begin = 0, line, 0
            number += text.count("\n", at, span.start)
            begin = text.rfind("\n", at, span.start) + 1 or begin
            at = span.start
            yield self._finding(file, number, span.kind, span.secret, f"column {at - begin + 1}")
        for kind in self._external_scanner(text) if self._external_scanner else ():
            yield self._finding(file, line, kind, kind, "somewhere in the file")

    def name(self, file: Path, part: Path) -> Iterator[LeftSecret]:
        """Yield what is left in the names of a file and its directories, of which `part` is shared with it."""
        self._count = TextCount()
        for name in part.parts:
            for span in () if _SEGMENT.fullmatch(name) else self._spans(name):
                yield self._finding(str(file), 0, span.kind, span.secret, "its name")

    def hidden(self, text: str) -> str:
        """Return a text that is to be shown, without its secrets: thousands may differ in the name of a segment."""
        return "".join(part if at % 2 else self._hidden(part) for at, part in enumerate(_SEGMENT.split(text)))

    def _without_secrets(self, text: str) -> str:
        return replaced(text, ((one.start, one.end, _HIDDEN) for one in self._finder.find(text)))

    def _keep_quiet(self, here: tuple[bool, str, str]) -> None:
        if len(self._quiet) >= _QUIET_COUNT:
            self._quiet.clear()
        self._quiet.add(here)

    def _shown_name(self, name: str) -> str:
        """Return the name of a member as it is shown: it may be a secret itself."""
        if name not in self._shown:
            self._shown[name] = _HIDDEN if self._secrets("", "", name) else name
        return self._shown[name]

    def _secrets(self, place: str, name: str, text: str) -> list[tuple[str, str]]:
        here = place.startswith("header "), name, text
        if here in self._quiet:
            return []
        self._count.add()
        if kind := kind_by_name(place, name, text, self._keys):
            return [(kind, text)]
        found = [(span.kind, span.secret) for span in self._spans(text)]
        if self._external_scanner is not None:
            found += [(kind, f"{kind} {text}") for kind in self._external_scanner(text)]
        if not found and len(text) <= _SHORT_CHARS:
            self._keep_quiet(here)
        return found

    def _spans(self, text: str) -> list[Span]:
        if is_media(text):
            return []
        if (found := self._found.get(text)) is None:
            if self._is_clean is not None and self._is_clean(text):
                return []
            self._count.add_different()
            found = [*self._finder.find(text, self._count), *self._identity.find(text)]
            self._held += len(text)
            if self._held > _HELD_CHARS:
                self._found.clear()
                self._held = len(text)
            self._found[text] = found
        return found

    def _finding(self, file: str, record: int, kind: str, secret: str, place: str) -> LeftSecret:
        self._count.add_different()  # it takes as long, and is shown
        if file not in self._files:
            self._files[file] = "/".join(map(self.hidden, file.split("/")))
        file = self._files[file]
        numbers = self._numbers.setdefault(kind, {})
        number = numbers.setdefault(secret, len(numbers) + 1)
        return LeftSecret(file=file, record=record, kind=kind, number=number, place=place)


def _up_to_most(found: Iterator[LeftSecret], name: str, report: Callable[[str], None]) -> Iterator[LeftSecret]:
    try:
        yield from found
    except TooManyTextsError as error:
        report(f"{name}: {error}; the rest was not looked at")


def check_shareable(
    look: Callable[[Callable[[str], None]], Iterable[LeftSecret]], allow: Collection[str], *, refused: str
) -> None:
    """Refuse to share a cassette that has a secret, or that cannot be scanned as a whole.

    Args:
        look: yields what is left in it; takes what takes a line about each part that could not be scanned.
        allow: the findings that are allowed.
        refused: begins the refusal: `Nothing was sent`.

    Raises:
        SecretsLeftError: it has a secret: it was edited, or redacted by older rules.
        UsageError: it cannot be scanned as a whole.
    """
    unread: list[str] = []
    check_clean(list(look(unread.append)), allow, advice=_AGAIN)
    if unread:
        repair = "If it is damaged: codex-replay check --repair."
        raise UsageError(f"{refused}: not scanned as a whole: {unread[0]}. {_AGAIN} {repair}")


def check_clean(findings: Iterable[LeftSecret], allow: Collection[str], *, advice: str) -> None:
    """Refuse to go on when there are findings that are not allowed; `advice` says what removes them.

    Raises:
        SecretsLeftError: there are.
    """
    left = [one for one in findings if not one.is_allowed(allow)]
    if left:
        shown = "; ".join(map(str, left[:_SHOWN]))
        more = f" and {len(left) - _SHOWN} more" if len(left) > _SHOWN else ""
        raise SecretsLeftError(
            f"Nothing is written: the scan still finds {shown}{more}. {advice} Accept a harmless one: --allow KIND:N."
        )
