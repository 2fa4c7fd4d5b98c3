"""A client in another place, which sends again what was recorded: from other directories, another user's. No I/O."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pytest_codex_replay.codex.places import Places
from pytest_codex_replay.matching.normalizer import meaning_of
from pytest_codex_replay.matching.redacted import filled
from pytest_codex_replay.projection.interactions import Interaction
from pytest_codex_replay.projection.spooled_items import SpooledItems
from pytest_codex_replay.replay.inputs import places_named
from pytest_codex_replay.spool import Spool
from pytest_codex_replay.wire.continued_lists import ContinuedLists
from pytest_codex_replay.wire.json_values import TooDeepError, map_texts

_CWD, _CODEX_HOME = "/srv/visitor/checkout", "/srv/visitor/codex"
_LONG = 1000
"""Interactions: what the client gets in fewer is kept in memory."""
_MOST_SENT = 2048
"""Values, and texts, that are kept as they were sent: a request that repeats them comes soon."""


class Client:
    """Sends the requests of a recording. Dates, ids and secrets are those that were recorded."""

    def __init__(self, recorded: Sequence[Interaction]) -> None:
        """Prepare to send what was `recorded`, from other directories than those that it names."""
        self._elsewhere = _elsewhere(places_named(recorded))
        words = sorted(self._elsewhere, key=len, reverse=True)
        self._places = re.compile(rf"(?<![\w.-])(?:{'|'.join(map(re.escape, words))})(?![\w-])") if words else None
        self._got: SpooledItems | list[Any] = SpooledItems(Spool()) if len(recorded) > _LONG else []
        """What the client got in place of what was recorded."""
        self._echoes: dict[bytes, int] = {}
        """Where it is, by what was recorded."""
        self._ids: dict[str, str] = {}
        self._inputs = ContinuedLists[list[Any]]()
        self._sent: dict[int, tuple[Any, Any]] = {}
        """What was recorded, which is kept so that its id stays its own, and what is sent in its place."""
        self._texts: dict[str, str] = {}

    def body(self, recorded: Mapping[str, Any]) -> dict[str, Any]:
        """Return the body of a request: the client's own words moved, and those of the model as it got them."""
        body = {name: self._moved(value) for name, value in recorded.items() if name != "input"}
        own = recorded.get("input")
        if own is not None:
            body["input"] = self._inputs.made(own, self._items) if isinstance(own, list) else self._moved(own)
        if isinstance(previous := recorded.get("previous_response_id"), str):
            body["previous_response_id"] = self._ids.get(previous, previous)
        return body

    def got(self, recorded: Interaction, output: Iterable[Any], response_id: str | None) -> None:
        """Take the answer to a request: from now on the client repeats these items, and continues this response."""
        for old, new in zip(recorded.output, output, strict=False):
            if old is not new:
                self._echoes[meaning_of(old)] = len(self._got)
                self._got.append(new)
        if recorded.response_id is not None and response_id is not None:
            self._ids[recorded.response_id] = response_id

    def _items(self, sent: list[Any] | None, items: Iterable[Any]) -> list[Any]:
        return [*(sent or ()), *map(self._item, items)]

    def _item(self, item: Any) -> Any:
        if id(item) not in self._sent:
            echo = self._echoes.get(meaning_of(item))
            self._note_sent(item, self._mapped(item) if echo is None else self._got[echo])
        return self._sent[id(item)][1]

    def _moved(self, value: Any) -> Any:
        if not isinstance(value, dict | list):
            return self._text("", value) if isinstance(value, str) else value
        if id(value) not in self._sent:
            self._note_sent(value, self._mapped(value))
        return self._sent[id(value)][1]

    def _note_sent(self, value: Any, sent: Any) -> None:
        if len(self._sent) >= _MOST_SENT:
            self._sent.clear()
        self._sent[id(value)] = value, sent

    def _mapped(self, value: Any) -> Any:
        try:
            return map_texts(value, self._text)
        except TooDeepError:
            return value

    def _text(self, _: str, text: str) -> str:
        moved = self._texts.get(text)
        if moved is None:
            moved = text if self._places is None else self._places.sub(lambda found: self._elsewhere[found[0]], text)
            if len(self._texts) >= _MOST_SENT:
                self._texts.clear()
            moved = self._texts[text] = filled(moved)
        return moved


def _elsewhere(places: Places) -> dict[str, str]:
    """Return the directory of the client for each that was named."""
    return {path: f"{_CWD}-{number}" for number, path in enumerate(sorted(places.cwd), 1)} | {
        path: f"{_CODEX_HOME}-{number}" for number, path in enumerate(sorted(places.codex_home), 1)
    }
