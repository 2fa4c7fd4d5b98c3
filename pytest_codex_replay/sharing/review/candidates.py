"""What is left in a cassette that could be a secret and that nothing vouches for, worst first. No I/O.

No shape decides anything: it orders the list. What stands in Codex's own instructions and tools, in the catalogue of
models or where an id belongs is known, and is not listed.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any, NamedTuple

from pytest_codex_replay.archive.record import FlowRecord, Record, RequestRecord
from pytest_codex_replay.codex.endpoints import Endpoint, endpoint_of
from pytest_codex_replay.codex.fragments import fragment_of, is_instructing
from pytest_codex_replay.redaction.places.key_names import OPAQUE, is_minted
from pytest_codex_replay.redaction.views.views import is_media
from pytest_codex_replay.sharing.records import Streams
from pytest_codex_replay.sharing.review.guesses import guesses_in
from pytest_codex_replay.sharing.review.scoring import GUESSED, Scored, scored, words_of
from pytest_codex_replay.wire.payload import Payload

_ESCAPE = re.compile(r"\\+(?:u([0-9a-fA-F]{4})|([nrtbf\"'/]))")
_BLANKS = {"n": "\n", "r": "\n", "t": "\t", "b": " ", "f": "\n"}
_KNOWN_PLACE = re.compile(r"(?:^|\.)(?:instructions|base_instructions|tools|models)\b")
_SHOWN_CHARS = 32
_ALONE = 1
_EDGES = "\"'`\\,;:.!?()[]{}<>= "
"""What stands around a value does not belong to it."""
_MERGED_COUNT = 200
"""So many values of one record are compared with each other."""
_LEAST_SCORE = -100
_LISTED = 50
"""So many values of a session are listed before no more is guessed."""


class Told(NamedTuple):
    """A text, where it stands, and what is in it."""

    is_known: bool
    """Whether all that it says is known: it is Codex's own, or an id."""
    record: int
    """Number of the record."""
    place: str
    member: str
    text: str
    role: str = ""
    """That of the message it is in."""
    values: tuple[Scored, ...] = ()
    """What could be a secret in it, or what it makes known; of a text that came before, that one has them."""

    @property
    def looked_at(self) -> "Told":
        """The same, with what is in it."""
        shown = plain(self.text)
        if self.is_known:
            return self._replace(values=tuple(words_of(shown)))
        values = [] if is_media(self.text) else [*scored(shown, self.member)]
        if not (is_instructing(self.role) or (self.role and fragment_of(self.text))):
            values += guesses_in(shown, self.member, tuple(values))
        return self._replace(values=tuple(values))


@dataclass(slots=True, kw_only=True)
class Found:
    """A value that could be a secret."""

    value: str
    session: str
    record: int
    """Number of the first record that has it."""
    places: list[str] = field(default_factory=list)
    """Where it stands, without indexes; each place once."""
    count: int = 0
    """How often it stands there; a text that comes again counts once."""
    before: str = ""
    after: str = ""
    """What stands around it, where it was seen first."""
    near: str = ""
    """The word beside it that says secret."""
    member: str = ""
    """The name of the member whose whole text it is, where that name is what says secret."""
    score: int = 0

    @property
    def id(self) -> str:
        """Short name of the value."""
        return self.digest[:8]

    @property
    def digest(self) -> str:
        """By which it is known again."""
        return digest_of(self.value)


def digest_of(value: str) -> str:
    """Return the digest of a value that is kept, and so is public."""
    return blake2b(value.encode(errors="surrogatepass"), digest_size=16).hexdigest()


def candidates_in(sessions: Iterable[tuple[str, Iterable[Record]]]) -> list[Found]:
    """Return what could be a secret in the records of a cassette's sessions, each value once, worst first."""
    search = CandidateSearch()
    for name, records in sessions:
        search.session(name, records)
    return search.result()


def _merged(found: Iterable[Found]) -> list[Found]:
    """Return the values, of those that are one secret in several shapes the longest: quoted, within a longer one."""
    by_core: dict[tuple[str, str], Found] = {}
    for one in found:
        key = one.session, one.value.strip(_EDGES)
        by_core[key] = _longer_of(by_core[key], one) if key in by_core else one
    by_record: dict[tuple[str, int], list[Found]] = {}
    for one in by_core.values():
        by_record.setdefault((one.session, one.record), []).append(one)
    return [one for group in by_record.values() for one in _merged_within(group)]


def _merged_within(found: list[Found]) -> list[Found]:
    """Return the values of a record without those that stand in longer ones; where there are many, all of them."""
    if len(found) > _MERGED_COUNT:
        return found
    kept: list[Found] = []
    for one in sorted(found, key=lambda one: -len(one.value)):
        at = next((at for at, other in enumerate(kept) if _stands_in(one, other)), None)
        if at is None:
            kept.append(one)
        else:
            kept[at] = _longer_of(kept[at], one)
    values = {one.value for one in kept}
    return [one for one in found if one.value in values]


def _stands_in(one: Found, other: Found) -> bool:
    """Return whether a value, where it was seen, is a part of another."""
    before, is_part, after = other.value.partition(one.value)
    is_there = one.before.endswith(before[-_SHOWN_CHARS:]) and one.after.startswith(after[:_SHOWN_CHARS])
    return bool(is_part) and is_there


def _longer_of(one: Found, other: Found) -> Found:
    """Return the longer of two values that are the same secret, or the one that is no page, with the better score."""
    first, second = sorted((one, other), key=lambda each: ("://" in each.value, -len(each.value)))
    first.score, first.near = max(first.score, second.score), first.near or second.near
    return first


def plain(text: str) -> str:
    """Return a text with the escapes of JSON decoded, in which values are found and shown."""
    return _ESCAPE.sub(_unescaped, text) if "\\" in text else text


def _unescaped(found: re.Match[str]) -> str:
    if found[1] is None:
        return _BLANKS.get(found[2], found[2])
    letter = chr(int(found[1], 16))
    return letter if len(letter.lower()) == 1 and letter.encode(errors="ignore") else found[0]


class CandidateSearch:
    """Looks at each distinct text once."""

    def __init__(self) -> None:
        self._found: dict[str, Found] = {}
        self._texts: dict[str, tuple[str, ...]] = {}
        """What could be a secret in a text that was looked at."""
        self._known: set[str] = set()
        self._seen: dict[int, Any] = {}
        """The objects that were looked at, which are kept so that their ids stay their own."""

    def session(self, name: str, records: Iterable[Record], streams: Streams | None = None) -> list[Told]:
        """Look at the records of a session, which are iterated over more than once; `streams` are theirs.

        Return what mattered, for `take` of another search, which does not look at the texts again.
        """
        told: list[Told] = []
        for one in self._told_in(records, streams or Streams(records, keeps_events=False)):
            new = one if one.text in self._texts else one.looked_at
            if self._took(name, new):
                told.append(new)
        return told

    def take(self, name: str, told: Iterable[Told]) -> None:
        """Take what another search told of a session."""
        for one in told:
            self._took(name, one)

    def _told_in(self, records: Iterable[Record], streams: Streams) -> Iterator[Told]:
        catalogues = {
            one.flow for one in records if isinstance(one, RequestRecord) and endpoint_of(one.url) is Endpoint.MODELS
        }
        frames: set[Any] = set()
        last: Any = None
        for at, (record, frame) in enumerate(zip(records, streams.frames, strict=True)):
            if frame is not None:
                if frame is last or frame in frames:  # the last one, of nearly all
                    continue
                frames.add(frame)
                last = frame
            is_known = isinstance(record, FlowRecord) and record.flow in catalogues
            for place, member, text, role in self._texts_of(record):
                if "delta" in place and streams.brings(at, record, text):  # what a piece is, its text says
                    continue
                is_own = is_known or _KNOWN_PLACE.search(place) is not None or member == "id" or is_minted(member)
                yield Told(is_own, at + 1, place, member, text, role)
        for at, text in streams.joined():
            yield Told(False, at + 1, "deltas", "", text)

    def _texts_of(self, record: Record) -> Iterator[tuple[str, str, str, str]]:
        """Yield place, member and text of what a record says, and the role of its message.

        An item that comes again is not looked at again.
        """
        if isinstance(record, RequestRecord):
            yield "url", "", record.url, ""
        payload: Payload | None = getattr(record, "payload", None)
        if payload is None:
            return
        given = payload.all_json
        if not isinstance(given, dict | list):
            yield "body", "", payload.text or "", ""
            return
        pending: list[tuple[str, str, Any, str]] = [("", "", given, "")]
        while pending:
            place, member, value, role = pending.pop()
            if isinstance(value, str):
                if member not in OPAQUE:
                    yield place, member, value, role
            elif isinstance(value, dict | list) and id(value) not in self._seen:
                self._seen[id(value)] = value
                if isinstance(value, dict):
                    role = str(value.get("role") or role)
                    members = reversed(value.items())
                    pending += [(f"{place}.{name}".lstrip("."), str(name), one, role) for name, one in members]
                else:
                    place = f"{place}[]"
                    pending += [(place, member, one, role) for one in reversed(value) if id(one) not in self._seen]

    def result(self) -> list[Found]:
        """Return what was found and is not known."""
        found = _merged(one for one in self._found.values() if one.value not in self._known)
        left = [one for one in found if one.score > GUESSED]
        for one in left:
            one.score += _ALONE if one.count == 1 else 0
        left.sort(key=lambda one: (-one.score, one.session, one.record))
        counts = Counter(one.session for one in left)
        guesses = sorted(
            (one for one in found if one.score < GUESSED), key=lambda one: (-one.score, one.session, one.record)
        )
        for one in guesses:
            if counts[one.session] < _LISTED:
                counts[one.session] += 1
                left.append(one)
        return left

    def _took(self, session: str, told: Told) -> bool:
        """Take a text; return whether it matters."""
        text, place = told.text, told.place
        seen = self._texts.get(text)
        if seen is not None:
            for value in () if told.is_known else seen:
                if place not in (places := self._found[value].places):
                    places.append(place)
            return bool(seen) and not told.is_known
        values = dict.fromkeys(value for _, value, _, _ in told.values)
        self._texts[text] = () if told.is_known else tuple(values)
        if told.is_known:
            self._known.update(values)
            return True
        shown = plain(text) if values else ""
        for start, value, near, score in told.values:
            one = self._found.get(value)
            if one is None:
                one = self._found[value] = Found(value=value, session=session, record=told.record, score=_LEAST_SCORE)
            if score > one.score:
                one.score, one.near = score, near
                one.member = near if near == told.member and value == shown else ""
                one.before, one.after = _around(shown, start, start + len(value))
            one.count += 1
            if place not in one.places:
                one.places.append(place)
        return bool(values)


def _around(text: str, start: int, end: int) -> tuple[str, str]:
    """Return what stands before and after a value: on its line, and the line before where nothing else does."""
    begin = text.rfind("\n", 0, start) + 1
    if start - begin < 3 and begin:  # noqa: PLR2004  a quote, say
        begin = text.rfind("\n", 0, begin - 1) + 1
    stop = text.find("\n", end)
    return text[max(begin, start - _SHOWN_CHARS) : start], text[
        end : min(end + _SHOWN_CHARS, stop if stop >= 0 else len(text))
    ]
