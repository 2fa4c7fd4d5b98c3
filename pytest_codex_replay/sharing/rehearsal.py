"""A replay in process: whether each recorded request finds its own answer, and whether that calls the same tools.

The requests are sent by a client in another place, and matched as *strict* does. No I/O.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from itertools import zip_longest
from typing import Any

import orjson

from pytest_codex_replay.codex.endpoints import Endpoint
from pytest_codex_replay.codex.item_types import CALL_SUFFIX
from pytest_codex_replay.matching.difference import differences
from pytest_codex_replay.matching.match import MatchLevel, Mismatch
from pytest_codex_replay.matching.normalizer import RequestNormalizer, meaning_of
from pytest_codex_replay.matching.request_view import RequestView
from pytest_codex_replay.projection.interactions import Interaction, Role, Transport, body_of
from pytest_codex_replay.replay.background_requests import BackgroundRequests
from pytest_codex_replay.replay.calls import ModelCalls, Selection
from pytest_codex_replay.replay.inputs import places_named
from pytest_codex_replay.sharing.elsewhere import Client
from pytest_codex_replay.wire.responses import HALF

_NAMES = ("name", "namespace", "call_id")
_BY_ROLE = frozenset({Role.UPGRADE, Role.TITLE})
"""Roles of what is answered whatever it says."""
_JSON_MEMBERS = ("arguments", "input")


class Rehearsal:
    """One replay of what was recorded against what is shared."""

    def __init__(
        self,
        recorded: Sequence[Interaction],
        shared: Sequence[Interaction],
        origins: Mapping[int, Interaction] | None = None,
    ) -> None:
        """Prepare to replay.

        Args:
            recorded: what is asked.
            shared: what answers.
            origins: by the number of each of `shared` the one of `recorded` that it was; None: that of its number.
        """
        self._recorded, self._shared = recorded, shared
        self._origins = {one.index: one for one in recorded} if origins is None else origins
        self._calls = ModelCalls(shared, MatchLevel.STRICT)
        self._background = BackgroundRequests(shared, MatchLevel.STRICT)
        self._client = Client(recorded)
        previous = (one.request.fields.get("previous_response_id") for one in recorded if one.request)
        self._continued = Counter[Any](one for one in previous if isinstance(one, str))
        """How many requests that are left continue each response."""
        self._unreachable: set[str] = set()
        """Responses that no client gets, so that none continues them."""

    def deviations(self) -> Iterator[tuple[int, str]]:
        """Yield the number of each interaction that is not answered as it was, and what differs."""
        if len(self._recorded) != len(self._shared):
            yield 0, f"{len(self._recorded)} interactions became {len(self._shared)}"
            return
        for own in self._recorded:
            what = self._background_deviation(own) if own.role is Role.BACKGROUND else self._call_deviation(own)
            if what is not None:
                yield own.index, what

    def _background_deviation(self, own: Interaction) -> str | None:
        if own.status is None or own.outcome in HALF:
            return None
        found = self._background.find(own.method, own.url, own.request)
        if found is None:
            return "its URL is not found"
        return _missed(found) if isinstance(found, Mismatch) else None

    def _call_deviation(self, own: Interaction) -> str | None:
        if own.role in _BY_ROLE or own.request is None:
            return None
        if own.outcome in HALF or own.request.fields.get("previous_response_id") in self._unreachable:
            self._leave(own)
            return None
        body = self._client.body(body_of(own.request))
        if own.role is Role.PREWARM:
            warm = self._calls.prewarm(body, client=own.identity)
            self._client.got(own, warm.interaction.output if warm.interaction else (), warm.response_id)
            return None
        is_stream = own.transport is Transport.WEBSOCKET or body.get("stream") is True
        found = self._calls.ask(body, endpoint=own.endpoint, is_stream=is_stream, client=own.identity)
        if isinstance(found, Mismatch):
            self._leave(own)
            return _missed(found)
        self._calls.take(found)
        output = () if found.interaction is own else found.interaction.output
        self._client.got(own, output, found.interaction.response_id)
        self._end(own, body, found)
        shared = found.match.interaction
        origin = self._origins[shared.index]
        if origin is not own and not _is_same(origin.output, own.output):
            return f"the answer of interaction {origin.index} is found"
        return self._changed(own.output, shared.output)

    def _end(self, own: Interaction, body: Mapping[str, Any], found: Selection) -> None:
        """Let go of the responses that no later request continues."""
        previous = own.request.fields.get("previous_response_id") if own.request else None
        if isinstance(previous, str):
            self._continued[previous] -= 1
            if not self._continued[previous]:
                self._calls.ended(body["previous_response_id"], own.identity)
        if found.interaction.response_id is not None and not self._continued[own.response_id]:
            self._calls.ended(found.interaction.response_id, own.identity)

    def _leave(self, own: Interaction) -> None:
        if own.response_id is not None:
            self._unreachable.add(own.response_id)

    def _changed(self, recorded: Sequence[Any], shared: Sequence[Any]) -> str | None:
        """Return which call of a tool is not the recorded one, up to redaction."""
        for number, (old, new) in enumerate(zip_longest(recorded, shared)):
            if old is None or new is None or old.get("type") != new.get("type"):
                return f"output[{number}] is of another type"
            if old != new and str(old.get("type")).endswith(CALL_SUFFIX) and (what := self._call_changed(old, new)):
                return f"output[{number}].{what}"
        return None

    def _call_changed(self, old: dict[str, Any], new: dict[str, Any]) -> str | None:
        for name in _NAMES:
            if old.get(name) != new.get(name):
                return f"{name} differs"
        for name in _JSON_MEMBERS:
            if _is_json(old.get(name)) and not _is_json(new.get(name)):
                return f"{name} is not JSON any more"
        return next(
            (f"{one.path.partition('.')[2]} differs" for one in differences(self._view(new), self._view(old))), None
        )

    def _view(self, item: dict[str, Any]) -> RequestView:
        return self._normalizer.view({}, (item,), endpoint=Endpoint.RESPONSES, is_stream=True)

    @cached_property
    def _normalizer(self) -> RequestNormalizer:
        return RequestNormalizer(places_named(self._recorded) | places_named(self._shared), is_strict=True)


def _missed(found: Mismatch) -> str:
    one = found.difference
    if one is not None:
        return f"{one.path} differs"
    return "no answer is left" if found.nearest is None else "its answer was found by an earlier request"


def _is_json(text: Any) -> bool:
    try:
        return isinstance(text, str) and orjson.loads(text) is not None
    except orjson.JSONDecodeError:
        return False


def _is_same(one: Sequence[Any], other: Sequence[Any]) -> bool:
    """Return whether two answers bring the same items, each under an id of its own."""
    return list(map(meaning_of, one)) == list(map(meaning_of, other))
