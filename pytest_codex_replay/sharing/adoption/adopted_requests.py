"""Recorded requests, rewritten to what the client sends now: redacted, with the pseudonyms of the recording. No I/O.

What user, model and tools said stays as it was recorded, byte for byte. What Codex says around it, the instructions,
the tools, the settings and the headers are those of today.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any

from pytest_codex_replay.archive.record import Headers
from pytest_codex_replay.codex.item_types import UNCOMPARED_MEMBERS
from pytest_codex_replay.matching.difference import aligned, matches
from pytest_codex_replay.matching.redacted import matches_redacted
from pytest_codex_replay.matching.request_view import RequestPart, RequestView
from pytest_codex_replay.projection.interactions import Interaction, Transport
from pytest_codex_replay.redaction.redactor import Redactor
from pytest_codex_replay.replay.report import SeenRequest
from pytest_codex_replay.sharing.adoption.joined_values import joined_values
from pytest_codex_replay.wire.url import split_url

_OF_TRANSPORT = frozenset({"type", "stream", "generate", "previous_response_id"})
"""Members that say how a request is sent, not what it asks."""
_OF_CONNECTION = frozenset(
    "accept-encoding connection content-encoding content-length host keep-alive te transfer-encoding upgrade".split()
)
"""Headers between a client and the server in front of it: those of the replay are of no use."""
_OF_WEBSOCKET = "sec-websocket-"
_REDACTED = "[[REDACTED:"
_PARTS = frozenset({"input", "instructions", "tools"})
"""Members that are compared by themselves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A recorded request, and the one that a client sends in its place."""

    recorded: Interaction
    seen: SeenRequest
    old: RequestView | None = None
    new: RequestView | None = None
    """What either asks for; None where the role decides."""

    @property
    def has_same_transport(self) -> bool:
        """Whether both are messages on a WebSocket, or neither is."""
        return (self.recorded.transport is Transport.WEBSOCKET) == (self.seen.transport is Transport.WEBSOCKET)

    @property
    def live_body(self) -> dict[str, Any]:
        """The body that came; empty where it is no JSON object."""
        return self.seen.payload.fields if self.seen.payload else {}


class RequestAdopter:
    """Writes the requests of one cassette. It learns from all pairs first, so that each value has one pseudonym."""

    def __init__(self, redactor: Redactor, pairs: Iterable[Pair]) -> None:
        """Learn; `redactor` knows what the cassette holds."""
        self._redactor = redactor
        pairs = list(pairs)
        for pair in pairs:
            for live, recorded in _joined_in(pair):
                redactor.pseudonyms.join(live, recorded)
        for pair in pairs:
            redactor.headers(pair.seen.headers)
            redactor.value(pair.live_body, is_client=True)  # twice: what comes late may stand in what came before
        redactor.again()
        self._after: dict[tuple[int, str], list[Any]] = {}
        """The items behind a response, by session and id, as the cassette will have them."""

    def url(self, pair: Pair) -> str:
        """Return the URL: the recorded one with the query of today."""
        base, _, query = pair.recorded.url.partition("?")
        live = split_url(pair.seen.url).query
        if not query and not live:
            return pair.recorded.url
        clean = query if matches_redacted(query, live) else split_url(self._redactor.url(f"/?{live}")).query
        return f"{base}?{clean}" if live else base

    def headers(self, pair: Pair) -> Headers:
        """Return the headers: in the recorded order, without those of the replay's own connection and credentials."""
        live: dict[str, list[str]] = {}
        for name, value in pair.seen.headers:
            live.setdefault(name.lower(), []).append(value)
        result = []
        for name, value in pair.recorded.request_headers:
            if _stays(name, value) or (not pair.has_same_transport and name.lower() not in live):
                live.pop(name.lower(), None)
                result.append((name, value))
            elif values := live.get(name.lower()):
                result.append((name, self._header(name, value, values.pop(0))))
        if pair.has_same_transport:
            left = ((name, value) for name, values in live.items() for value in values if not _stays(name, value))
            result += self._redactor.headers(left)
        return tuple(result)

    def body(self, pair: Pair, session: int) -> dict[str, Any] | None:
        """Return the body; None where the recorded one stays as it is. Call it in the order of the recording."""
        interaction, (old, new) = pair.recorded, (pair.old, pair.new)
        if old is None or new is None or interaction.request is None:
            return None
        items = self._items(old, new)
        previous = interaction.request.fields.get("previous_response_id")
        before = self._before(interaction, session, [part.value for part in old.items])
        self.note(interaction, session, items)
        is_continued = previous is not None and items[: len(before)] == before
        own = items[len(before) :] if is_continued else items
        is_same = is_continued == (previous is not None) and len(items) == len(old.items)
        if is_same and all(part.value == item for part, item in zip(old.items, items, strict=True)):
            own = interaction.request.fields.get("input", own)
        body = self._members(pair, own, is_continued=is_continued)
        recorded = interaction.request.fields
        return None if body == recorded and list(body) == list(recorded) else body

    def note(self, interaction: Interaction, session: int, items: Iterable[Any] | None = None) -> None:
        """Note what a later request may continue: `items`, or the recorded ones, and the answer."""
        if interaction.response_id is not None:
            given = interaction.input if items is None else items
            self._after[session, interaction.response_id] = [*given, *interaction.output]

    def _before(self, interaction: Interaction, session: int, recorded: list[Any]) -> list[Any]:
        """Return what stands behind the response that a request continues, as the cassette will have it."""
        if not interaction.is_chain_known:
            return recorded[:1]  # an item that stands for it
        fields = interaction.request.fields if interaction.request else {}
        return self._after.get((session, str(fields.get("previous_response_id"))), [])

    def _members(self, pair: Pair, own: Any, *, is_continued: bool) -> dict[str, Any]:
        """Return the members of a body, in the recorded order; what is new comes last."""
        recorded = pair.recorded.request.fields if pair.recorded.request else {}
        live, clean = pair.live_body, self._redactor.value(pair.live_body, is_client=True)
        changed: dict[str, Any] = {}
        for name, value in recorded.items():
            if name == "input":
                changed[name] = own
            elif name in _OF_TRANSPORT:
                changed |= {} if name == "previous_response_id" and not is_continued else {name: value}
            elif name in live:
                changed[name] = _merged(value, live[name], clean[name], may_differ=pair.has_same_transport)
            elif name in UNCOMPARED_MEMBERS and not pair.has_same_transport:
                changed[name] = value
        kept = {*recorded, *_OF_TRANSPORT, "input"}
        return changed | {name: value for name, value in clean.items() if name not in kept}

    def _items(self, old: RequestView, new: RequestView) -> list[Any]:
        """Return the whole logical input: the recorded conversation, in which Codex speaks as it does today."""
        today: dict[int, Any] = {}
        is_same = True
        for one, other in aligned(old.context, new.context):
            is_alike = one is not None and other is not None and matches(one[1], other[1])
            is_same &= is_alike
            if other is not None:
                recorded = None if one is None else one[1].value
                today[other[0]] = recorded if is_alike else self._item(recorded, other[1].value)
        if is_same and not any(_is_reworded(one, other) for (_, one), (_, other) in _conversations(old, new)):
            return [part.value for part in old.items]
        said, result, unordered = self._said(old, new), list[Any](), new.unordered
        for index, part in enumerate(new.items):
            if index in today:
                result.append(today[index])
            elif index not in unordered and not part.is_context:
                result += next(said)
        return [*result, *chain.from_iterable(said)]

    def _said(self, old: RequestView, new: RequestView) -> Iterator[list[Any]]:
        """Yield each item of the conversation, behind what other agents had said before it; what is left comes last."""
        at, items, unordered = 0, old.items, old.unordered
        for (index, part), (_, live) in _conversations(old, new):
            before = [items[between].value for between in range(at, index) if between in unordered]
            yield [*before, self._item(part.value, live.value) if _is_reworded(part, live) else part.value]
            at = index + 1
        yield [items[between].value for between in range(at, len(items)) if between in unordered]

    def _item(self, recorded: Any, live: Any) -> Any:
        clean = self._redactor.value({"input": [live]}, is_client=True)["input"][0]
        return clean if recorded is None else _merged(recorded, live, clean)

    def _header(self, name: str, recorded: str, live: str) -> str:
        ((_, clean),) = self._redactor.headers([(name, live)])
        return str(_merged(recorded, live, clean))


def _merged(recorded: Any, live: Any, clean: Any, *, may_differ: bool = True) -> Any:
    """Return a live value, redacted; what is the same but for redaction stays as it was recorded.

    Args:
        recorded: the value in the cassette.
        live: the one that came.
        clean: the same, redacted.
        may_differ: whether an object has the members of the live one; else its own, which belong to the transport.
    """
    if recorded == clean or matches_redacted(recorded, live):
        return recorded
    if isinstance(recorded, dict) and isinstance(live, dict):
        today = dict(zip(clean, zip(live.values(), clean.values(), strict=True), strict=True))
        kept = {name: _merged(one, *today[name]) if name in today else one for name, one in recorded.items()}
        if not may_differ:
            return kept
        return {name: kept.get(name, today[name][1]) for name in dict.fromkeys((*recorded, *today)) if name in today}
    if isinstance(recorded, list) and isinstance(live, list) and len(recorded) == len(live):
        return [_merged(*three) for three in zip(recorded, live, clean, strict=True)]
    return clean


def _conversations(
    old: RequestView, new: RequestView
) -> Iterator[tuple[tuple[int, RequestPart], tuple[int, RequestPart]]]:
    return zip(old.conversation, new.conversation, strict=False)


def _is_reworded(recorded: RequestPart, live: RequestPart) -> bool:
    """Whether Codex words what it says about itself in an item of the conversation otherwise: tools that it found."""
    return live.frame is not None and not matches(recorded, live)


def _stays(name: str, value: str) -> bool:
    """Whether a header stays as it was recorded: a credential, or one between the client and its server."""
    name = name.lower()
    return name in _OF_CONNECTION or name.startswith(_OF_WEBSOCKET) or _REDACTED in value


def _joined_in(pair: Pair) -> Iterator[tuple[str, str]]:
    """Yield the live values of a pair that the recording has pseudonyms for."""
    headers = (
        {name.lower(): value for name, value in one} for one in (pair.recorded.request_headers, pair.seen.headers)
    )
    yield from joined_values(*headers)
    if pair.old is None or pair.new is None or pair.recorded.request is None:
        return
    bodies = (pair.recorded.request.fields, pair.live_body)
    yield from joined_values(*({name: one for name, one in body.items() if name not in _PARTS} for body in bodies))
    for one, other in chain(aligned(pair.old.context, pair.new.context), _conversations(pair.old, pair.new)):
        if one is not None and other is not None:
            yield from joined_values(one[1].value, other[1].value)
