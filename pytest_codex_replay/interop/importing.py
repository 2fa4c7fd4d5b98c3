"""Exchanges in, session directories out: by what a recorder does, so what it redacts at capture is redacted here.

Till all that came in was understood, its records are in a temporary file: what is in memory is the exchange at hand.
"""

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import chain, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

from pytest_codex_replay.archive.files import IMPORTING, Files, is_claimed
from pytest_codex_replay.archive.record import (
    BodyRecord,
    FlowEnd,
    GapRecord,
    Headers,
    Record,
    RequestRecord,
    ResponseRecord,
)
from pytest_codex_replay.errors import ArchiveError, UsageError
from pytest_codex_replay.interop.exchange import Exchange
from pytest_codex_replay.interop.packed_flow import FlowPacker, PackedFlow, by_time
from pytest_codex_replay.interop.rollouts_alone import check_compressed, rollouts_alone, session_of
from pytest_codex_replay.recorder.capture import FlowCapture
from pytest_codex_replay.recorder.recorder import directory_name
from pytest_codex_replay.recorder.rollout_copies import keep_rollout
from pytest_codex_replay.recorder.session_writer import SessionWriter, WriterContext
from pytest_codex_replay.recorder.signals import Chunks, Ended, Signal
from pytest_codex_replay.redaction.capture import CaptureRedactor

_BATCH = 1000
"""Records that are written together."""
_ENCODING = "content-encoding"
_NOTHING = "Nothing was imported."
_NOT_OF_ITS_TYPE = (ArchiveError, AttributeError, KeyError, OverflowError, RecursionError, TypeError, ValueError)
"""What records raise whose members are of any type: a file of another tool says what it likes."""


@dataclass(frozen=True, slots=True)
class Imported:
    """A session that was written."""

    path: Path
    exchanges: int
    rollouts: int = 0


class Importer:
    """Collects exchanges; writes their sessions. Nothing is written before all that came in was understood."""

    def __init__(self, archive: Path, *, recorder: str) -> None:
        """Prepare to import.

        Args:
            archive: where sessions are written to.
            recorder: the name of the program, for the segments.
        """
        self._archive, self._recorder = archive, recorder
        self._redactor = CaptureRedactor()
        self._packer = FlowPacker()
        self._sessions: dict[str, list[PackedFlow]] = {}
        self._rollouts: dict[str, list[Path]] = {}
        self._seen: set[tuple[str, str]] = set()
        self._asked: dict[tuple[object, ...], str] = {}
        """By what a request is: the file that had it."""

    def add(self, exchange: Exchange, *, unnamed: str) -> str:
        """Take an exchange in, redacted as at capture; return its session: `unnamed` where it names none.

        Raises:
            UsageError: it came before, or is not one that a recorder would have written.
        """
        try:
            capture = FlowCapture(self._redactor, began_ms=exchange.request.at_ms)
            flow = self._packer.packed(self._recorded(exchange, capture))
            name = directory_name(exchange.session or capture.session or unnamed)
        except _NOT_OF_ITS_TYPE as error:
            raise UsageError(f"exchange {exchange.request.flow!r} cannot be recorded: {error}. {_NOTHING}") from error
        if (name, exchange.request.flow) in self._seen:
            raise UsageError(f"flow {exchange.request.flow} of session {name} comes twice. Import each file once.")
        self._seen.add((name, exchange.request.flow))
        asked = exchange.request
        same = self._asked.setdefault((name, asked.at_ms, asked.method, asked.url, hash(asked.body)), unnamed)
        if same != unnamed and asked.body:
            what = f"the request of {asked.flow} to {asked.url}"
            raise UsageError(
                f"{what} is in another file, too: the same, at the same time. Import each once. {_NOTHING}"
            )
        self._sessions.setdefault(name, []).append(flow)
        return name

    def add_gap(self, session: str, gap: GapRecord) -> None:
        """Take in what the recorder of a session lost, so that half of it is not taken for the whole.

        Raises:
            UsageError: it is not one that a recorder would have written.
        """
        try:
            gap = replace(gap, reason=self._redactor.text(gap.reason) or "")
            self._sessions.setdefault(directory_name(session), []).append(self._packer.packed([gap]))
        except _NOT_OF_ITS_TYPE as error:
            raise UsageError(f"a gap of session {session!r} cannot be recorded: {error}. {_NOTHING}") from error

    def _recorded(self, exchange: Exchange, capture: FlowCapture) -> Iterator[Record]:
        """Yield the records of an exchange, as the recorder would have made them."""
        capture.is_routed = True
        records = capture.feed_all(_signals(exchange))
        if exchange.end is None:
            records = _without_last(records)
        return (self._as_recorded(record, exchange) for record in records)

    def add_rollout(self, path: Path) -> str:
        """Take in Codex's own transcript of a thread; return the session that it belongs to.

        Raises:
            UsageError: it cannot be read, tells no thread, or came before.
            ArchiveError: its history mode is unknown, or its compressed data is damaged.
        """
        check_compressed(path)
        name = directory_name(session_of(path))
        kept = self._rollouts.setdefault(name, [])
        if path.name.removesuffix(".zst") in {one.name.removesuffix(".zst") for one in kept}:
            raise UsageError(f"{path}: a rollout of this name comes twice. Import each thread once. {_NOTHING}")
        kept.append(path)
        return name

    def _as_recorded(self, record: Record, exchange: Exchange) -> Record:
        """Return a record with what the exchange knows of the wire."""
        if isinstance(record, RequestRecord):
            headers = self._redactor.headers(exchange.request.headers)
            return replace(record, headers=headers, body_bytes=exchange.body_bytes, body_sha256=None)
        if isinstance(record, ResponseRecord) and exchange.response is not None:
            return replace(record, headers=self._redactor.headers(exchange.response.headers))
        return replace(record, encoded=True) if isinstance(record, BodyRecord) and exchange.is_encoded else record

    def write(self) -> list[Imported]:
        """Write the sessions: all or nothing.

        Raises:
            UsageError: one of them is there already; nothing was written.
            ArchiveError: one could not be written.
        """
        for name, rollouts in self._rollouts.items():
            if name not in self._sessions:
                self._sessions[name] = [self._packer.packed([rollouts_alone(rollouts)])]
        taken = [name for name in self._sessions if (self._archive / name).exists()]
        if taken:
            raise UsageError(f"{self._archive / taken[0]}: is there already. Import into another directory: --into DIR")
        files = Files()
        with _beside(self._archive, files) as beside:
            done = [self._write(beside, name, flows) for name, flows in self._sessions.items()]
            for one in done:
                files.move(one.path, self._archive / one.path.name)
        return [replace(one, path=self._archive / one.path.name) for one in done]

    def _write(self, beside: Path, name: str, flows: Sequence[PackedFlow]) -> Imported:
        failures: list[str] = []
        records = by_time(flows)
        run = f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{uuid4().hex[:6]}"
        context = WriterContext(
            archive=beside,
            run=run,
            recorder=self._recorder,
            files=Files(),
            codex_home=None,
            pause_ms=0,
            on_trouble=lambda what, error: failures.append(f"{what}: {error}"),
        )
        writer = SessionWriter(context, name)
        for record in records:
            writer.write_all(chain([record], islice(records, _BATCH - 1)), record.at_ms)
        writer.close(max(flow.first_ms for flow in flows))
        for path in self._rollouts.get(name, ()):
            keep_rollout(context.files, path, writer.directory, self._redactor.raw)
        if failures:
            raise ArchiveError(f"{self._archive / name}: not imported as a whole ({failures[0]}).")
        exchanges = sum(flow.is_exchange for flow in flows)
        return Imported(writer.directory, exchanges, len(self._rollouts.get(name, ())))


@contextmanager
def _beside(archive: Path, files: Files) -> Iterator[Path]:
    """Give a directory to write sessions into. What a run left that was killed goes before."""
    files.make_directory(archive)
    for left in archive.glob(f"{IMPORTING}*"):
        if not is_claimed(left):
            shutil.rmtree(left, ignore_errors=True)
    with TemporaryDirectory(prefix=IMPORTING, dir=archive) as place:
        claim = os.open(place, os.O_RDONLY | os.O_CLOEXEC)
        try:
            files.claim(claim)
            yield Path(place)
        finally:
            os.close(claim)


def _without_last(records: Iterator[Record]) -> Iterator[Record]:
    held = list(islice(records, 1))
    for record in records:
        yield held.pop()
        held.append(record)


def _signals(exchange: Exchange) -> Iterator[Signal]:
    """Yield what a proxy would have seen; bodies are decoded already, so no header claims otherwise."""
    request, response = exchange.request, exchange.response
    yield request._replace(headers=_without_encoding(request.headers))
    if response is not None:
        yield response._replace(headers=_without_encoding(response.headers))
    if exchange.chunks:
        yield Chunks(request.flow, exchange.chunks)
    yield from exchange.messages
    last_ms = exchange.chunks[-1][0] if exchange.chunks else request.at_ms
    yield exchange.end or Ended(request.flow, last_ms, FlowEnd.SHUTDOWN)  # a body is recorded when it is over


def _without_encoding(headers: Headers) -> Headers:
    return tuple(one for one in headers if one[0].lower() != _ENCODING)
