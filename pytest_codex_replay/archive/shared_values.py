"""Large values, written once a frame and referred to by digest afterwards.

Each Codex request repeats the whole conversation and each answer the instructions and tools; so without this a
plain cassette would grow with the square of the conversation. What all cassettes repeat is a part of such a value: the
text or the tools without the ids of the message around them. It may stand in a file of its own (`value_files.py`).
"""

import hashlib
from collections.abc import Callable, Container, Sequence
from itertools import zip_longest
from operator import is_not
from typing import Any

import orjson

from pytest_codex_replay.archive.record import MessageRecord, Record, RequestRecord
from pytest_codex_replay.codex.fragments import is_repeated
from pytest_codex_replay.errors import ArchiveError
from pytest_codex_replay.limits import RESOLVED_BYTES
from pytest_codex_replay.wire.continued_lists import ContinuedLists
from pytest_codex_replay.wire.json_values import tight_json
from pytest_codex_replay.wire.payload import Payload

MIN_SHARED_BYTES = 256
"""Smaller values stay where they are: a reference would not be shorter."""

MIN_PART_BYTES = 1024
"""Smaller parts of a value stay in it: a file would take more."""
MAX_PART_BYTES = 2 * 1024 * 1024
"""Larger ones stay in it, too: a reader has a limit."""

HELD_BYTES = 4 * 1024 * 1024
"""Of the values that are held for later sessions."""

_REF = "$item"
_PART = "$shared"
_LISTS = ("input", "output")
_VALUES = ("instructions", "tools")


def digest_of(raw: bytes) -> str:
    """Return the digest by which a value is referred to: 128 bits of SHA-256 of its JSON text, in hex."""
    return hashlib.sha256(raw).hexdigest()[:32]


class SharedValueWriter:
    """Replaces large values by references, and says which of them are new to the frame."""

    def __init__(self, before: Container[str] = (), *, keeps_values: bool = False) -> None:
        """`before` are the digests of the values that the frame before had.

        `keeps_values`: a value that comes again as the same object is known at once, and is kept until then.
        """
        self._known: dict[int, tuple[Any, Any]] | None = {} if keeps_values else None
        """By the identity of values: each of them, and what stands in its place."""
        self._lists = ContinuedLists[list[Any]]() if keeps_values else None
        self.repeated_bytes = 0
        """Length of the values that were written before, too: what each frame of a long conversation costs anew."""
        self._written: set[str] = set()
        self._before = before

    def renewed(self) -> "SharedValueWriter":
        """Return what writes the next frame, in which nothing is written yet."""
        return SharedValueWriter(self._written)

    def intern(self, raw: bytes | None, value: Any) -> tuple[Any, list[tuple[str, bytes]]]:
        """Return `value` with references in it, and the new items (digest, JSON text) to write before it.

        None in place of the value when there is nothing to refer to, or when compact JSON of `value` would not be
        exactly `raw`: then the payload has to be kept verbatim. `raw` is None where it is made of the value.
        """
        if not isinstance(value, dict) or (raw is not None and len(raw) < MIN_SHARED_BYTES):
            return None, []
        new: list[tuple[str, bytes]] = []
        try:
            swapped = _swap(value, lambda member: self._refer(member, new), self._lists)
            is_kept = swapped is value or (_is_short(swapped, value) if raw is None else orjson.dumps(value) != raw)
        except (orjson.JSONEncodeError, RecursionError):  # nested too deeply to be written again
            is_kept = True
        if is_kept:
            if self._known is not None and self._lists is not None and new:
                self._known.clear()  # none of these is written
                self._lists.clear()
            return None, []
        self._written.update(digest for digest, _ in new)
        self.repeated_bytes += sum(len(text) for digest, text in new if digest in self._before)
        return swapped, new

    def _refer(self, value: Any, new: list[tuple[str, bytes]]) -> Any:
        if self._known is None or not isinstance(value, dict):
            return self._reference(value, new)
        known = self._known.get(id(value))
        if known is None:
            known = self._known[id(value)] = value, self._reference(value, new)
        return known[1]

    def _reference(self, value: Any, new: list[tuple[str, bytes]]) -> Any:
        raw = tight_json(value)
        if len(raw) < MIN_SHARED_BYTES and not (isinstance(value, dict) and _REF in value):
            return value
        digest = digest_of(raw)
        if digest not in self._written and all(digest != known for known, _ in new):
            new.append((digest, raw))
        return {_REF: digest}


def _is_short(swapped: Any, value: Any) -> bool:
    """Return whether a value is too short for references; in `swapped`, one may be longer than what it stands for."""
    return len(orjson.dumps(swapped)) < 8 * MIN_SHARED_BYTES and len(orjson.dumps(value)) < MIN_SHARED_BYTES


class SharedValueReader:
    """Puts items back in place of references."""

    def __init__(self) -> None:
        self._items: dict[str, tuple[Any, int]] = {}
        self._left = 0
        self.resolved_bytes = 0
        """Of the items that were named, each as often as it was."""
        self._small: dict[bytes, Any] = {}
        """By their JSON text: the items that stand in a conversation itself, and are repeated with it."""

    def add(self, digest: str, value: Any, size: int) -> None:
        """Remember an item of so many bytes; one that is known stays the same object, however many frames repeat it."""
        known = self._items.get(digest)
        if known is None or known[0] != value:
            self._items[digest] = value, size

    def resolve(self, value: Any) -> Any:
        """Return `value` without references.

        Raises:
            ValueError: it is not an object, or a digest is not a text.
            ArchiveError: an item is not there: its record was damaged or lost; or all of them are too large.
        """
        if not isinstance(value, dict):
            raise ValueError("json has references, and is not an object")  # noqa: TRY004  of the file, not of the program
        self._left = RESOLVED_BYTES
        return _swap(value, self._look_up)

    def _look_up(self, value: Any) -> Any:
        if isinstance(value, dict) and _REF in value:
            digest = value[_REF]
            if not isinstance(digest, str):
                raise ValueError("a digest is not a text")
            if digest not in self._items:
                raise ArchiveError(f"item {digest} is lost")
            item, size = self._items[digest]
            self._left -= size
            self.resolved_bytes += size
            if self._left < 0:
                raise ArchiveError(f"refers to more than {RESOLVED_BYTES:,} bytes of items")
            return item
        return self._same(value) if isinstance(value, dict) else value

    def _same(self, value: dict[str, Any]) -> dict[str, Any]:
        try:
            known: dict[str, Any] = self._small.setdefault(tight_json(value), value)
        except orjson.JSONEncodeError:  # nested too deeply to be written again
            return value
        return known


_LEAST_BYTES = 4096
"""Of a request that is compared with those before it."""
_MANY_VALUES = 10_000
"""Values that are known by their text: in longer lists, each is looked for where the list before had it."""


class AlikeLists:
    """Lets requests that are all held have their equal items and tools as the same objects, as references do.

    A recorder writes references in place of what repeats. So this is for long requests of other writers.
    """

    def __init__(self) -> None:
        self._last: dict[str, list[Any]] = {}
        """By name: the last long list."""
        self._known: dict[bytes, Any] = {}
        """The values of shorter lists, by their JSON text."""

    def share(self, record: Record) -> None:
        """Put elements that requests before had into a request, or a message."""
        payload = record.payload if isinstance(record, (MessageRecord, RequestRecord)) else None
        if payload is None or payload.is_of_value or len(payload.raw) <= _LEAST_BYTES:
            return
        value = payload.fields
        for name in (*_LISTS, *_VALUES):
            if isinstance(new := value.get(name), list):
                value[name] = list(map(self._same, new)) if len(new) < _MANY_VALUES else self._as_before(name, new)

    def _as_before(self, name: str, new: list[Any]) -> list[Any]:
        old = self._last.get(name, [])[: len(new)]
        shared = (
            before if before == one and _is_written_alike(before, one) else one for before, one in zip_longest(old, new)
        )
        self._last[name] = found = list(shared)
        return found

    def _same(self, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        try:
            text = tight_json(value)
        except orjson.JSONEncodeError:
            return value
        if len(self._known) >= _MANY_VALUES:
            self._known.clear()  # what is repeated comes again soon
        return self._known.setdefault(text, value)


def _is_written_alike(one: Any, other: Any) -> bool:
    """Return whether equal values have the same JSON text: `1` equals `1.0`, and members may be in another order."""
    try:
        return orjson.dumps(one) == orjson.dumps(other)
    except orjson.JSONEncodeError:
        return False


class HeldValues:
    """Large values as they stand in lines, which most sessions of an archive repeat: each is parsed once."""

    def __init__(self) -> None:
        self._held: dict[str, Payload] = {}
        self._bytes = 0

    def get(self, digest: str) -> Payload | None:
        """Return the value that was held last by this digest, which may be another one; None: there is not one."""
        return self._held.get(digest)

    def hold(self, digest: str, value: Payload) -> None:
        """Hold a value for later sessions; where that are too many, all others are let go."""
        if self._held.get(digest) is value:
            return
        self._bytes += len(value.raw)
        if self._bytes > HELD_BYTES:
            self._held.clear()
            self._bytes = len(value.raw)
        self._held[digest] = value


def without_parts(raw: bytes, keep: Callable[[Any, bytes], str]) -> Any:
    """Return a large value with references in place of what all cassettes repeat; None if it has none of these parts.

    It is chosen by what it is and how long it is, never by what other cassettes hold: so the result is always the same.

    Args:
        raw: the value, in compact JSON.
        keep: keeps a part, given with its compact JSON, and returns its digest.
    """
    if len(raw) < MIN_PART_BYTES or f'"{_PART}"'.encode() in raw:
        return None
    value = orjson.loads(raw)

    def referred(part: Any) -> Any:
        is_text_of_message = isinstance(part, str) and isinstance(value, dict)
        if isinstance(part, dict) or (is_text_of_message and not is_repeated(value.get("role"), part)):
            return part
        text = orjson.dumps(part)
        return {_PART: keep(part, text)} if MIN_PART_BYTES <= len(text) <= MAX_PART_BYTES else part

    swapped = _swap_parts(value, referred)
    return None if swapped is value else swapped


def with_parts(value: Any, read: Callable[[str], Any]) -> Any:
    """Return a large value with its parts back in it; `read` returns the one of a digest.

    Raises:
        ArchiveError: `read` has none.
    """

    def looked_up(part: Any) -> Any:
        return read(part[_PART]) if isinstance(part, dict) and _PART in part else part

    return _swap_parts(value, looked_up)


def _swap_parts(value: Any, swap: Callable[[Any], Any]) -> Any:
    """Apply `swap` to the texts and the tools of an item, or to the item if it is one; the same object if unchanged."""
    if isinstance(value, str | list) or (isinstance(value, dict) and _PART in value):
        return swap(value)
    if not isinstance(value, dict):
        return value
    changes = {}
    if isinstance(tools := value.get("tools"), list | dict):
        changes["tools"] = swap(tools)
    content = value.get("content")
    if isinstance(content, list):
        changes["content"] = [_swap_text(piece, swap) for piece in content]
    elif isinstance(content, str | dict):
        changes["content"] = swap(content)
    return value if all(new == value[name] for name, new in changes.items()) else {**value, **changes}


def _swap_text(piece: Any, swap: Callable[[Any], Any]) -> Any:
    if not isinstance(piece, dict) or not isinstance(text := piece.get("text"), str | dict):
        return piece
    swapped = swap(text)
    return piece if swapped is text else {**piece, "text": swapped}


def _swap(value: Any, swap: Callable[[Any], Any], lists: ContinuedLists[list[Any]] | None = None) -> Any:
    """Apply `swap` at the places where large values stand; the same object when nothing changed.

    `lists` are those to which it was applied before.
    """

    def swapped_all(before: list[Any] | None, added: Sequence[Any]) -> list[Any]:
        return [*(before or ()), *map(swap, added)]

    changes: dict[str, Any] = {}
    for name in _LISTS:
        members = value.get(name)
        if isinstance(members, list):
            swapped = swapped_all(None, members) if lists is None else lists.made(members, swapped_all)
            if any(map(is_not, swapped, members)):
                changes[name] = swapped
    for name in _VALUES:
        if isinstance(value.get(name), str | list | dict):
            swapped_value = swap(value[name])
            if swapped_value is not value[name]:
                changes[name] = swapped_value
    response = value.get("response")
    if isinstance(response, dict):
        swapped_response = _swap(response, swap)
        if swapped_response is not response:
            changes["response"] = swapped_response
    return {**value, **changes} if changes else value
