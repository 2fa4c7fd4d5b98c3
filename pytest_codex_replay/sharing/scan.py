"""The secret scan: what redaction would still find, and what an independent scanner says. Reads only.

A finding names where and what kind; the secret itself is never in it.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pytest_codex_replay.archive.record import (
    EndRecord,
    EventRecord,
    Record,
    RequestRecord,
    ResponseRecord,
)
from pytest_codex_replay.archive.segment import is_segment, read_segment
from pytest_codex_replay.errors import CodexReplayError, UsageError
from pytest_codex_replay.redaction.contexts import is_secret_member
from pytest_codex_replay.redaction.finder import Finder, Span
from pytest_codex_replay.redaction.headers import is_safe_header
from pytest_codex_replay.redaction.pseudonyms import Pseudonyms
from pytest_codex_replay.redaction.redactor import OPAQUE
from pytest_codex_replay.redaction.rule import Rule
from pytest_codex_replay.redaction.rules import RULES
from pytest_codex_replay.redaction.views import is_media, opened_bytes
from pytest_codex_replay.sharing.records import streams_of
from pytest_codex_replay.wire.payload import Payload
from pytest_codex_replay.wire.sse import edited_event

__all__ = ["Finding", "Scan", "SecretsLeftError", "Witness", "check_clean", "scan_paths"]

Place = tuple[str, str, str]
"""Where a text stands, the name of its member, and the text."""
Witness = Callable[[str], Iterable[str]]
"""An independent scanner: a text in, the kinds of secrets in it out."""
_SHOWN = 5
_SKIPPED = frozenset({".git", ".venv", "node_modules", "__pycache__"})


class SecretsLeftError(CodexReplayError):
    """What is to be shared does not pass the scan."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A secret that is left."""

    file: str
    record: int
    """Number of the record in its segment, from 1; of the line in any other file."""
    kind: str
    number: int
    """Counts the different secrets of a kind."""
    place: str

    def is_allowed(self, allowed: Collection[str]) -> bool:
        """Return whether it was let pass, as `kind:number` or with all of its kind."""
        return self.kind in allowed or f"{self.kind}:{self.number}" in allowed

    def __str__(self) -> str:
        return f"{self.file}:{self.record}: {self.kind}:{self.number}: {self.place}"


class Scan:
    """Looks for secrets; numbers those that differ."""

    def __init__(self, rules: Sequence[Rule] = RULES, witness: Witness | None = None) -> None:
        self._pseudonyms = Pseudonyms()
        self._finder = Finder(rules, self._pseudonyms.learn)
        self._identity = Finder((), self._pseudonyms.find)
        self._witness = witness
        self._numbers: dict[str, dict[str, int]] = {}
        self._found: dict[str, list[Span]] = {}

    def records(self, file: str, records: Sequence[Record]) -> Iterator[Finding]:
        """Yield what is left in the records of a segment."""
        for number, record in enumerate(records, 1):
            for place, name, text in _places(record):
                for kind, secret in self._secrets(place, name, text):
                    yield self._finding(file, number, kind, secret, place)
        for pieces in streams_of(records).values():
            for span in self._spans("".join(piece.text for piece in pieces)):
                yield self._finding(file, pieces[0].at + 1, span.kind, span.secret, "deltas, joined")

    def text(self, file: str, text: str) -> Iterator[Finding]:
        """Yield what is left in a file of any kind."""
        for span in self._spans(text):
            line = text.count("\n", 0, span.start) + 1
            column = span.start - text.rfind("\n", 0, span.start)
            yield self._finding(file, line, span.kind, span.secret, f"column {column}")
        for kind in self._witness(text) if self._witness else ():
            yield self._finding(file, 1, kind, kind, "somewhere in the file")

    def _secrets(self, place: str, name: str, text: str) -> Iterator[tuple[str, str]]:
        if place.startswith("header ") and not is_safe_header(name) and "[[REDACTED:" not in text:
            yield "header", text
        elif is_secret_member(name, text) and "[[REDACTED:" not in text:
            yield "secret", text
        else:
            yield from ((span.kind, span.secret) for span in self._spans(text))
            if self._witness is not None:
                yield from ((kind, f"{kind} {text}") for kind in self._witness(text))

    def _spans(self, text: str) -> list[Span]:
        if is_media(text):
            return []
        if text not in self._found:
            self._found[text] = [*self._finder.find(text), *self._identity.find(text)]
        return self._found[text]

    def _finding(self, file: str, record: int, kind: str, secret: str, place: str) -> Finding:
        numbers = self._numbers.setdefault(kind, {})
        number = numbers.setdefault(secret, len(numbers) + 1)
        return Finding(file=file, record=record, kind=kind, number=number, place=place)


def check_clean(findings: Iterable[Finding], allow: Collection[str]) -> None:
    """Refuse to go on when there are findings that nobody let pass.

    Raises:
        SecretsLeftError: there are.
    """
    left = [one for one in findings if not one.is_allowed(allow)]
    if left:
        shown = "; ".join(map(str, left[:_SHOWN]))
        more = f" and {len(left) - _SHOWN} more" if len(left) > _SHOWN else ""
        raise SecretsLeftError(f"Nothing is written: the scan still finds {shown}{more}. --allow KIND:N lets one pass.")


def scan_paths(paths: Iterable[Path], scan: Scan, on_damage: Callable[[str], None]) -> Iterator[Finding]:
    """Yield what is left in archives, cassettes, directories and files of any kind.

    Raises:
        UsageError: a path is not there.
    """
    for path in paths:
        if not path.exists():
            raise UsageError(f"{path}: no such file or directory.")
        for file in _files(path):
            if is_segment(file.name):
                records = list(read_segment(file, lambda damage: on_damage(str(damage))))
                yield from scan.records(str(file), records)
            else:
                raw = file.read_bytes()
                yield from scan.text(str(file), opened_bytes(raw) or raw.decode("latin-1"))


def _files(path: Path) -> Iterator[Path]:
    if path.is_file():
        yield path
        return
    for child in sorted(path.iterdir()):
        if child.is_dir() and not child.is_symlink() and child.name not in _SKIPPED:
            yield from _files(child)
        elif child.is_file():
            yield child


def _places(record: Record) -> Iterator[Place]:
    """Yield every text of a record, with where it stands."""
    if isinstance(record, RequestRecord):
        yield "url", "", record.url
    if isinstance(record, RequestRecord | ResponseRecord):
        yield from ((f"header {name}", name, value) for name, value in record.headers if name.lower() not in OPAQUE)
    if isinstance(record, EndRecord):
        yield from (("end", "", text) for text in (record.error, record.close_reason) if text)
    if isinstance(record, EventRecord):
        yield "event", "", edited_event(record.raw, b"", edit=lambda line: line).decode("latin-1")
    payload: Payload | None = getattr(record, "payload", None)
    if payload is None:
        return
    if isinstance(payload.json, dict | list):
        yield from _leaves(payload.json, "", "")
    else:
        yield "body", "", opened_bytes(payload.raw) or payload.raw.decode("latin-1")


def _leaves(value: Any, place: str, name: str) -> Iterator[Place]:
    if isinstance(value, str):
        if name not in OPAQUE:
            yield place, name, value
    elif isinstance(value, list):
        for index, member in enumerate(value):
            yield from _leaves(member, f"{place}[{index}]", name)
    elif isinstance(value, dict):
        for key, member in value.items():
            where = f"{place}.{key}".lstrip(".") if key.isidentifier() else f"{place}[…]"
            yield f"a key of {place}", "", key
            yield from _leaves(member, where, key)
