"""What is read at most. A recording may come from anyone: a small file must not take the machine. No I/O.

The one place that names these limits; docs/format.md says them for other readers. A writer keeps within them.
"""

from dataclasses import dataclass
from math import inf

MIB = 1024 * 1024

LINE_BYTES = 64 * MIB
"""Of a line of a segment, or of a rollout."""
SEGMENT_LINES = 1_000_000
"""Lines of a segment; each element of a run counts as one."""
ROLLOUT_LINES = 500_000
"""Of a rollout: that of the longest conversations has a tenth of it."""
PACKED_LINES = 12_500
"""Of a compressed segment, however small it is: an event in a line of its own takes some 28 bytes, sealed 18."""
LINE_BYTES_PACKED = 100
"""A longer compressed segment may have a line more for so many bytes: those of Codex take 470 and more, and 110 where
each event has a line of its own."""
REQUESTS = 3_000
"""Of a compressed segment, however small it is: each is looked at by itself. One without a body counts half, and a
record of an unknown kind."""
REQUEST_BYTES_PACKED = 750
"""A longer compressed segment may have a request more for so many bytes: those of Codex take 3,000 and more."""
PLAIN_REQUESTS = 4_250
"""Of the plain segments of a session."""
REQUEST_BYTES_PLAIN = 1_500
"""A plain segment may have a request more for so many bytes before it: those of Codex take 5,700 and more, and calls of
a line 1,200: so 20,000 of these are read."""
SHARED_REQUESTS = 2_000
"""Of a session that is shared, however small it is: each is redacted, replayed and scanned by itself."""
REQUEST_BYTES_SHARED = 100
"""Such a session may have a request more for so many bytes of all its segments: calls of a line take 130 and more over
a WebSocket, and 80 where thousands come at once: so 10,000 of these are shared."""
TEXTS = 300_000
"""Texts of a session that is shared, or of a segment that is scanned, however small it is: values and names of JSON and
headers. Of a longer one, one more for each byte: those of Codex have 0.5 or fewer, where what requests repeat counts
once."""
DIFFERENT_TEXTS = 8_000
"""Of these, however small it is: each is looked at by all rules."""
DIFFERENT_TEXT_BYTES = 20
"""A longer one may have a different text more for so many bytes: those of Codex take 20 and more, and mostly 40."""
SECRETS = 12_000
"""Different secrets of such a session or segment, however small it is: rules take ten times as long for each as for a
mail address."""
SECRET_BYTES = 50
"""A longer one may have a secret more for so many bytes."""
TRIES = 1_700_000
"""Of rules in such a session or segment, however small it is: each is tried at all of its words, which takes up to 2.6
microseconds; where it takes longer, a try counts as more. A table of 10,000 passwords takes 1,680,000."""
TRIES_BY_BYTE = 8
"""A longer one may have so many more for each byte: those of Codex take 3.8 or fewer."""
OWN_TRIES = 10_000
"""Of those beyond the bytes of a file, each that is scanned has so many; the others are for all of them together."""
VALUES_OF_TEXT = 4
"""So many values that are replaced count as a different text: mails of seed data, numbered, take 1.6 bytes each."""
SEGMENTS = 5_000
"""Of a session, however small they are."""
SEGMENT_BYTES_PACKED = 50
"""A session may have a segment more for so many bytes of those before. A recorder's have 149 or more, so that it may
write any number of them."""
ROLLOUT_PACKED_LINES = 10_000
"""Of a compressed rollout, however small it is."""
ROLLOUT_LINE_BYTES_PACKED = 20
"""Of a longer compressed rollout, likewise: those of Codex take 210 and more."""
SEGMENT_BYTES = 128 * MIB
"""What a segment may expand to, however small it is."""
SEGMENT_RATIO = 200
"""A longer segment may expand to so many times its bytes. What a recorder writes expands 5 to 40 times."""
EXPANDED_BYTES = 1024 * MIB
"""What segments that are read together may expand to, those of a session or of all sessions that a command looks at: as
far as each of them is beyond `SEGMENT_RATIO`."""
EXPANDED_RATIO = 500
"""Longer ones may expand to so many times their bytes."""
WINDOW_BYTES = 32 * MIB
"""The window that a zstd frame may ask for."""
JSON_VALUES = 500_000
"""Values in a JSON text: each takes up to 230 bytes once it is read."""
SEGMENT_VALUES = 800_000
"""JSON values of a compressed segment, by what separates them, in lines of more than `SHORT_BYTES`."""
VALUES_BY_BYTE = 2
"""A longer compressed segment may have so many more for each byte: those of Codex have 1 or fewer."""
SHORT_BYTES = 1024
"""Of a line whose values are not counted: there are few lines."""
ROUGH_VALUES = 65_536
"""Where a line may have more, what stands in texts is left out: the commas of a table that a tool printed."""
HEADERS = 1000
"""Of a request or an answer: servers and clients take a tenth of it, or less."""
LIGHT_BYTES = MIB
"""A shorter JSON text is not counted: it cannot take much."""
OPEN_TEXT_CHARS = 4 * MIB
"""Of the texts of an answer that it began and did not finish, and of its events that are not of a response."""
SEARCHED_BODY_BYTES = 4 * MIB
"""Of the body of an answer that is searched: it may have come in any number of lines."""
TABLE_TEXT_BYTES = 16 * MIB
"""Of the body of an answer that stands in a table: it is held several times while the table is written."""
RESOLVED_BYTES = 128 * MIB
"""Of the items that the references of one payload name; one that is named twice counts twice."""
REQUEST_BYTES = 128 * MIB
"""Of a request, or of a message, that the replay server takes: a whole conversation, images included."""
DAMAGES = 1000
"""Places of a segment that are reported; behind them, the rest is not read."""
RESOLVED_TOTAL_BYTES = 256 * MIB
"""Of the items that the references in all payloads of a segment name."""
RESOLVED_RATIO = 1500
"""A longer segment may name so many times its bytes: each request of a conversation names all of what was before."""
SHARED_RECORDS = 5_000_000
"""Of a session that is shared: its events are held packed; where they are far out of order, each takes 1,500 bytes."""
SHARED_BYTES = 2048 * MIB
"""What the segments of such a session may hold, decompressed."""
SCANNED_LINE_BYTES = 16 * MIB
"""Of a line that a scan looks through as text; of a longer one, the beginning."""
SCANNED_STDIN_BYTES = 64 * MIB
"""Of stdin, which is held while a scan looks through it."""
SCANNED_BYTES = 8 * MIB
"""What a scan looks through of what a compressed file expands to, however small that is; what a small session that is
shared may expand to."""
SCANNED_RATIO = 50
"""Of a longer one, so many times its bytes: that of a recorder mostly expands 5 to 40 times. Traffic that expands to
more is not shared, unless its requests repeat it."""
REPEATED_RATIO = 1000
"""Traffic may expand to so many times its bytes where its requests repeat the conversation: 600 short calls to 140."""
SAID_RATIO = 40
"""What such traffic says without what it repeats, in its bytes: that of a recorder 5 to 38."""
EXPANDED_TOTAL_BYTES = 64 * MIB
"""What all sessions that are shared together may expand to beyond so many times their bytes."""
REHEARSED_ITEMS = 1024 * 1024
"""Items that the requests of a session bring, all together, where a replay is to prove its cassette; of a session of
more bytes, one for each: those of Codex take 6,000 bytes a request, and its context holds a few thousand items."""
SPARSE_BYTES = 16
"""Of a file of another tool: a value has so many bytes on average, where it has more values than `JSON_VALUES`."""
MANIFEST_BYTES = 16 * MIB
"""Of `session.json`."""
MAX_COUNT = 2**53 - 1
"""Of tokens, as a recording reports them: the largest whole number that all who read JSON agree on (RFC 8259 §6)."""
NORMALISED_CHARS = MIB
"""What a normaliser may put into one text."""
NORMALISED_WORK = 2**32
"""Matches of a normaliser in one text, times the characters of it: each match may have looked at all of them."""
TOML_BYTES = MIB
"""Of the `codex-replay.toml` of a cassette."""
TOML_WORK = 2**22
"""Dots of that file, times those of its longest line: a key of dots takes memory by the square of them."""
_SPLIT_BYTES = 64 * 1024
"""Of a JSON text that is split at once: the parts take many times its bytes."""


def separators_in(json_text: bytes) -> int:
    """Return how many values a JSON text may hold: rather too many, as a comma may stand in a text."""
    if not (b"," in json_text or b"[" in json_text or b"{" in json_text):  # a hundred times faster
        return 0
    return len(json_text) - len(json_text.translate(None, b",[{"))  # in one pass


def values_in(json_text: bytes) -> int:
    """Return how many values a JSON text may hold: of a few rather too many, of many at most one over `JSON_VALUES`."""
    rough = separators_in(json_text)
    return rough if rough <= ROUGH_VALUES else ValueCount().add(json_text, JSON_VALUES)


class ValueCount:
    """Counts the values of a JSON text that comes in pieces: what separates them, where it stands in no text."""

    def __init__(self) -> None:
        self.total = 0
        self._begun = b""
        """How a text begins that the last piece did not end."""

    def add(self, piece: bytes, most: int) -> int:
        """Take the next piece; return how many there are, or one over `most`: then it looks no further."""
        for at in range(0, len(piece), _SPLIT_BYTES):
            json_text = self._begun + piece[at : at + _SPLIT_BYTES]
            bare = json_text.replace(b"\\\\", b"").replace(b'\\"', b"")  # now a quote begins a text, or ends it
            outside = bare.split(b'"')[::2]
            self.total += separators_in(b"".join(outside))
            is_begun = bare.count(b'"') % 2
            self._begun = b"" if not is_begun else b'"\\' if bare.endswith(b"\\") else b'"'
            if self.total > most:
                self.total = most + 1
                break
        return self.total


@dataclass(slots=True)
class _Tally:
    too_many: str
    """The message about more than `most`."""
    most: float
    count: float = 0

    def add(self, count: float) -> None:
        self.count += count
        if self.count > self.most:
            raise TooManyTextsError(self.too_many.format(self.most))


class TriesRoom:
    """Tries of rules that files which are scanned together have beyond what their bytes allow."""

    def __init__(self) -> None:
        self._left: float = TRIES

    def most(self) -> float:
        """Return how many of them the next file may have."""
        return max(OWN_TRIES, self._left)

    def take(self, count: float) -> None:
        """Count those of a file."""
        self._left -= count


class TextCount:
    """Counts the texts that are looked at: a small file may hold any number of short ones."""

    def __init__(self, stored_bytes: int | None = None, room: TriesRoom | None = None) -> None:
        """Begin with none; of a file of so many bytes, a limited number is looked at, with others by one `room`."""
        size = inf if stored_bytes is None else stored_bytes
        self._room = room or TriesRoom()
        self._tries_by_bytes = size * TRIES_BY_BYTE
        self.texts = _Tally("more than {:,} texts", TEXTS + size)
        self.different = _Tally("more than {:,} different texts", DIFFERENT_TEXTS + size // DIFFERENT_TEXT_BYTES)
        self.tries = _Tally("more than {:,} tries of rules", self._room.most() + self._tries_by_bytes)
        self.secrets: set[str] = set()
        self.most_secrets = SECRETS + size // SECRET_BYTES

    def end(self) -> None:
        """Take from the room what was tried beyond what the bytes of the file allow."""
        self._room.take(max(0, min(self.tries.count, self.tries.most) - self._tries_by_bytes))

    def join(self, other: "TextCount") -> None:
        """Count together with what another one counted, of as many as both may look at."""
        for own, its in (self.texts, other.texts), (self.different, other.different), (self.tries, other.tries):
            own.most += its.most
            own.count += min(its.count, its.most)
        self.secrets |= other.secrets
        self.most_secrets += other.most_secrets

    def add(self) -> None:
        """Count a text.

        Raises:
            TooManyTextsError: there are more than are looked at.
        """
        self.texts.add(1)

    def add_different(self, count: float = 1) -> None:
        """Count, beside others, texts that did not come before.

        Raises:
            TooManyTextsError: there are more of these than are looked at.
        """
        self.different.add(count)

    def add_tries(self, count: int) -> None:
        """Count how often rules are tried in a text.

        Raises:
            TooManyTextsError: there are more than are looked at.
        """
        self.tries.add(count)

    def add_secret(self, secret: str) -> None:
        """Count a secret that a rule found, unless it came before.

        Raises:
            TooManyTextsError: there are more than are looked at.
        """
        self.secrets.add(secret)
        if len(self.secrets) > self.most_secrets:
            raise TooManyTextsError(f"more than {self.most_secrets:,} different secrets")

    def add_values(self, count: int) -> None:
        """Count values that have to be replaced: each costs less than a text, as only its own place is looked at.

        Raises:
            TooManyTextsError: with the texts, there are more than are looked at.
        """
        self.add_different(count / VALUES_OF_TEXT)


class TooManyTextsError(Exception):
    """More texts, or more secrets in them, than are looked at; the message says how many these are."""


class TooManyValuesError(ValueError):
    """A file of another tool holds more values than are read, with next to nothing in them."""

    def __init__(self) -> None:
        super().__init__(f"more than {JSON_VALUES:,} values, with next to nothing in them")


def is_light(json_text: bytes) -> bool:
    """Return whether a JSON text holds at most `JSON_VALUES` values, by what separates them."""
    if len(json_text) <= LIGHT_BYTES or separators_in(json_text) <= JSON_VALUES:
        return True  # of most: without a look at what stands in a text
    return ValueCount().add(json_text, JSON_VALUES) <= JSON_VALUES


def is_sparse(json_text: bytes) -> bool:
    """Return whether a file of another tool may be parsed: what it takes is a small multiple of its length."""
    values = separators_in(json_text)
    return values <= JSON_VALUES or values * SPARSE_BYTES <= len(json_text) or is_light(json_text)


def expansion_of(compressed_bytes: int) -> int:
    """Return the length to which a segment of a compressed length may expand, both in bytes."""
    return max(SEGMENT_BYTES, SEGMENT_RATIO * compressed_bytes)


def lines_of(compressed_bytes: int) -> int:
    """Return how many lines a compressed segment of a length may have."""
    return min(SEGMENT_LINES, PACKED_LINES + compressed_bytes // LINE_BYTES_PACKED)


def requests_of(compressed_bytes: int) -> int:
    """Return how many requests a compressed segment of a length may have."""
    return REQUESTS + compressed_bytes // REQUEST_BYTES_PACKED


def shared_requests_of(session_bytes: int) -> int:
    """Return how many requests a session that is shared may have, by the bytes of its segments."""
    return SHARED_REQUESTS + session_bytes // REQUEST_BYTES_SHARED


def plain_requests_of(bytes_before: int) -> int:
    """Return how many requests a plain segment may have behind so many bytes of it."""
    return PLAIN_REQUESTS + bytes_before // REQUEST_BYTES_PLAIN


def values_of(compressed_bytes: int) -> int:
    """Return how many JSON values a compressed segment of a length may have."""
    return SEGMENT_VALUES + compressed_bytes * VALUES_BY_BYTE


def segments_of(session_bytes: int) -> int:
    """Return how many segments are read of a session, by the length of those before."""
    return SEGMENTS + session_bytes // SEGMENT_BYTES_PACKED


def rollout_lines_of(compressed_bytes: int) -> int:
    """Return how many lines a compressed rollout of a length may have."""
    return min(ROLLOUT_LINES, ROLLOUT_PACKED_LINES + compressed_bytes // ROLLOUT_LINE_BYTES_PACKED)


def scanned_of(compressed_bytes: int) -> int:
    """Return how many bytes of a compressed file a scan looks through."""
    return max(SCANNED_BYTES, SCANNED_RATIO * compressed_bytes)


def rehearsed_of(session_bytes: int) -> int:
    """Return how many items the requests of a session may bring, to be proven, by the bytes of its segments."""
    return max(REHEARSED_ITEMS, session_bytes)


def resolved_of(segment_bytes: int) -> int:
    """Return how many bytes the references in a segment may name, all together."""
    return max(RESOLVED_TOTAL_BYTES, RESOLVED_RATIO * segment_bytes)
