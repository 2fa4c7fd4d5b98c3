"""The items of an answer in a spool."""

from typing import Any

import pytest

from pytest_codex_replay.projection import spooled_items
from pytest_codex_replay.projection.spooled_items import SpooledItems
from pytest_codex_replay.spool import Spool
from pytest_codex_replay.wire.payload import Payload

ITEMS: list[Any] = [
    {"type": "message", "content": [{"text": "a\u00e9"}], "number": 1.5},
    Payload(b'{"odd":1e999,"half":"\\ud800"}').json,
]


@pytest.mark.parametrize("room_bytes", [0, 10_000])
def test_items_come_back_as_they_were(room_bytes: int) -> None:
    """Whatever is in them: odd numbers, half of a character, lists in lists."""
    items = SpooledItems(Spool(room_bytes))
    for item in ITEMS:
        items.append(item)

    assert len(items) == len(ITEMS)
    assert list(items) == items[:] == ITEMS
    assert items[-1] == ITEMS[-1]
    assert items[1:] == ITEMS[1:]
    with pytest.raises(IndexError):
        items[len(ITEMS)]


def test_an_item_that_cannot_be_written_stays_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """The stack of the caller may be too deep for what is nested in it."""

    def exact_json(_: Any) -> bytes:
        raise RecursionError

    monkeypatch.setattr(spooled_items, "exact_json", exact_json)
    items = SpooledItems(Spool())
    items.append(ITEMS[0])

    assert items[0] is ITEMS[0]
