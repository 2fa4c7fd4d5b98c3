"""The texts of a segment that come in deltas: its records are iterated over twice, and none is held. No I/O."""

from collections import Counter
from collections.abc import Iterable, Iterator

from pytest_codex_replay.archive.record import MessageRecord, Record
from pytest_codex_replay.sharing.pieces import SAYS, Frame, PieceReader, StreamKey, raw_of


class _Joined:
    """A text that comes in pieces, joined as they come: each of them alone would take ten times its length."""

    __slots__ = ("_raw", "at")

    def __init__(self) -> None:
        self.at = -1
        """Index of the record that begins it."""
        self._raw = bytearray()

    def append(self, at: int, text: str) -> None:
        if self.at < 0:
            self.at = at
        self._raw += text.encode(errors="surrogatepass")

    @property
    def text(self) -> str:
        return self._raw.decode(errors="surrogatepass")


class Streams:
    """The frames of events that are not held, and the texts that come in deltas, each joined as it comes."""

    def __init__(self, records: Iterable[Record]) -> None:
        """Join the deltas of `records`."""
        self._joined: dict[StreamKey, _Joined] = {}
        self.frames: list[Frame | None] = []
        """The frame of each event that has one."""
        self._reader = PieceReader()
        self._reread: tuple[int, frozenset[str]] = -1, frozenset()
        """The pieces of the last event that was asked for."""
        asked_count: Counter[str] = Counter()
        count_of = asked_count.get  # to ask it for what it has not is slow
        last: tuple[str, StreamKey] | None = None
        last_joined = _Joined()
        for index, record in enumerate(records):
            if not isinstance(record, SAYS):
                self.frames.append(None)
                continue
            if isinstance(record, MessageRecord) and record.from_client:
                asked_count[record.flow] += record.payload.fields.get("type") == "response.create"
                last = None
            event = self._reader.read(record, raw_of(record))
            self.frames.append(None if event is None else event.frame)
            for key, _, text in event.deltas if event else ():
                if last is None or last[1] is not key or last[0] != record.flow:  # seldom: most follow their like
                    last = record.flow, key
                    name = record.flow, count_of(record.flow, 0), key
                    last_joined = self._joined.setdefault(name, _Joined())
                last_joined.append(index, text)

    def brings(self, index: int, record: Record, text: str) -> bool:
        """Return whether a record brings a text as the piece of another one."""
        if self._reread[0] != index:
            event = self._reader.read(record, raw_of(record)) if isinstance(record, SAYS) else None
            self._reread = index, frozenset(piece for _, _, piece in (event.deltas if event else ()))
        return text in self._reread[1]

    def joined(self) -> Iterator[tuple[int, str]]:
        """Yield each text, with the index of the record that begins it; only once."""
        for key in list(self._joined):
            joined = self._joined.pop(key)  # a long text is not held twice
            at, text = joined.at, joined.text
            del joined
            yield at, text
