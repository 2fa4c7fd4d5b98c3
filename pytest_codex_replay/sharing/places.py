"""Every text of a record, with its place, and what the name of that place says about it. No I/O."""

from collections.abc import Callable, Collection, Container, Iterator, Sequence
from typing import Any

from pytest_codex_replay.archive.record import EventRecord, Record
from pytest_codex_replay.redaction.headers import is_safe_header
from pytest_codex_replay.redaction.placeholders import PLACEHOLDER
from pytest_codex_replay.redaction.places.key_names import OPAQUE, is_secret_member, name_of_member
from pytest_codex_replay.redaction.views.views import MAX_OPENED_BYTES, opened_bytes
from pytest_codex_replay.wire.continued_lists import ContinuedLists
from pytest_codex_replay.wire.payload import Payload
from pytest_codex_replay.wire.sse import edited_event, usual_event

Place = tuple[str, str, str]
"""Where a text stands, the name of its member, and the text."""


class SeenItems:
    """The items of requests in which nothing was found: the next requests repeat them."""

    def __init__(self) -> None:
        self.known: dict[int, Any] = {}
        """By identity."""
        self._lists = ContinuedLists[None]()

    def add(self, asked: Payload) -> None:
        """Take those of a request."""
        for name, member in asked.fields.items():
            if isinstance(member, list):
                self._lists.made(member, self._add, name)

    def _add(self, _: None, items: Sequence[Any]) -> None:
        self.known.update((id(item), item) for item in items if isinstance(item, dict))


def kind_by_name(place: str, name: str, text: str, keys: Collection[str]) -> str | None:
    """Return the kind of secret that a text is by the name of its place alone; None when the name does not tell.

    Args:
        place: its place, as `places_of` has it.
        name: the name of its header or member.
        text: the text.
        keys: names, in lower case, whose values are secrets by the user's own rules.
    """
    if place.startswith("header ") and not is_safe_header(name, text) and "[[REDACTED:" not in text:
        return "header"
    if name.lower() in keys:
        return "secret" if text and PLACEHOLDER.fullmatch(text) is None else None
    return "secret" if is_secret_member(name, text) else None


def places_of(record: Record, shown: Callable[[str], str], known: Container[int] = ()) -> Iterator[Place]:
    """Yield every text of a record, with where it stands.

    Args:
        record: the record.
        shown: says how names are shown.
        known: ids of items that are passed over.
    """
    for name, text in record.texts():
        yield name, "", text
    for name, value in getattr(record, "headers", ()):
        yield "the name of a header", "", name
        if name.lower() not in OPAQUE:
            yield f"header {shown(name)}", name, value
    if isinstance(record, EventRecord):
        yield "event", "", _without_data(record.raw).decode("latin-1")
    payload: Payload | None = getattr(record, "payload", None)
    if payload is None:
        return
    value = payload.all_json
    if isinstance(value, dict | list):
        yield from _leaves(value, shown, known)
    else:
        yield "body", "", opened_bytes(payload.raw, MAX_OPENED_BYTES) or payload.raw.decode("latin-1")


def _without_data(raw: bytes) -> bytes:
    """Return the lines of an event but for its data; nearly all are written in one way, which needs no parsing."""
    usual = usual_event(raw)
    return edited_event(raw, b"", edit=lambda line: line) if usual is None else b"event: %b\n\n" % usual[0]


def _leaves(value: Any, shown: Callable[[str], str], known: Container[int]) -> Iterator[Place]:
    """Yield the texts and the names in a JSON value."""
    pending: list[Iterator[_Member]] = [iter([("", "", value)])]
    """What is left to look at, from the outside: one at a time, as a list may be long."""
    while pending:
        if (member := next(pending[-1], None)) is None:
            pending.pop()
            continue
        place, name, one = member
        if isinstance(one, str):
            if name not in OPAQUE:
                yield place, name, one
        elif isinstance(one, dict):
            yield from ((f"a key of {place}", "", key) for key in one)
            pending.append(_members(place, one, shown))
        else:
            pending.append(_elements(place, name, one, known))


_HOLDS = (str, dict, list)
_Member = tuple[str, str, Any]
"""Where a value stands, its name, and the value: one that is a text, or may hold some."""


def _members(place: str, value: dict[str, Any], shown: Callable[[str], str]) -> Iterator[_Member]:
    for key, one in value.items():
        if isinstance(one, _HOLDS):
            yield _place(place, str(key), shown), name_of_member(value, key), one


def _elements(place: str, name: str, values: list[Any], known: Container[int]) -> Iterator[_Member]:
    for at, one in enumerate(values):
        if isinstance(one, _HOLDS) and id(one) not in known:
            yield f"{place}[{at}]", name, one


def _place(place: str, step: str, shown: Callable[[str], str]) -> str:
    return f"{place}.{step}".lstrip(".") if shown(step).isidentifier() else f"{place}[…]"
