"""Every text of a record, with its place, and what the name of that place says about it. No I/O."""

from collections.abc import Callable, Collection, Iterator
from typing import Any

from pytest_codex_replay.archive.record import EventRecord, Record
from pytest_codex_replay.redaction.headers import is_safe_header
from pytest_codex_replay.redaction.key_names import OPAQUE, is_secret_member
from pytest_codex_replay.redaction.placeholders import PLACEHOLDER
from pytest_codex_replay.redaction.views import MAX_OPENED_BYTES, opened_bytes
from pytest_codex_replay.wire.json_values import Path, name_in, walk
from pytest_codex_replay.wire.payload import Payload
from pytest_codex_replay.wire.sse import edited_event

Place = tuple[str, str, str]
"""Where a text stands, the name of its member, and the text."""


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


def places_of(record: Record, shown: Callable[[str], str]) -> Iterator[Place]:
    """Yield every text of a record, with where it stands; `shown` says how names are shown."""
    for name, text in record.texts():
        yield name, "", text
    for name, value in getattr(record, "headers", ()):
        yield "the name of a header", "", name
        if name.lower() not in OPAQUE:
            yield f"header {shown(name)}", name, value
    if isinstance(record, EventRecord):
        yield "event", "", edited_event(record.raw, b"", edit=lambda line: line).decode("latin-1")
    payload: Payload | None = getattr(record, "payload", None)
    if payload is None:
        return
    if isinstance(payload.json, dict | list):
        yield from _leaves(payload.json, shown)
    else:
        yield "body", "", opened_bytes(payload.raw, MAX_OPENED_BYTES) or payload.raw.decode("latin-1")


def _leaves(value: Any, shown: Callable[[str], str]) -> Iterator[Place]:
    """Yield the texts and the names in a JSON value."""
    places: dict[Path, str] = {}
    for path, one in walk(value):
        if not isinstance(one, str | dict | list):
            continue
        place = _place(places[path[:-1]], path[-1], shown) if path else ""
        if isinstance(one, str):
            if (name := name_in(path)) not in OPAQUE:
                yield place, name, one
            continue
        places[path] = place
        if isinstance(one, dict):
            yield from ((f"a key of {place}", "", key) for key in one)


def _place(place: str, step: str | int, shown: Callable[[str], str]) -> str:
    if isinstance(step, int):
        return f"{place}[{step}]"
    return f"{place}.{step}".lstrip(".") if shown(step).isidentifier() else f"{place}[…]"
