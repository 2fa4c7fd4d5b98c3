"""Events in, what they say of one answer out: how it ended, what it finished, what it cost. No I/O.

One fold for whatever looks at an answer, whole or as it comes: so that no two views differ on what failed.
"""

from collections.abc import Collection, Container, Iterable
from dataclasses import dataclass, field
from hashlib import sha256
from operator import itemgetter
from typing import Any

from pytest_codex_replay.codex.headers import SERVED_MODEL
from pytest_codex_replay.limits import LINE_BYTES, OPEN_TEXT_CHARS
from pytest_codex_replay.projection.spooled_items import SpooledItems
from pytest_codex_replay.wire.json_values import compact_json, exact_json
from pytest_codex_replay.wire.responses import Outcome, ended_by, output_item, response_id, served_model

JSON_BODY_BYTES = LINE_BYTES
"""Of a body, in any number of pieces, that is looked at as JSON."""
_TYPE_OF, _ITEM_OF, _DELTA_OF = map(itemgetter, ("type", "item_id", "delta"))
_ELSEWHERE = frozenset({"id", "object", "output", "status", "usage"})
_NOT_OF_EVENT = _ELSEWHERE | {"response", "type"}
_BEGUN = "response.output_item.added"
DELTA, _TEXT_DELTA = ".delta", "response.output_text.delta"
"""How the type of an event ends that brings a piece of what another one brings whole; and that of a message's."""
_NAMED, _TYPED, _DELTA_END = b"event: ", b'data: {"type":"', b".delta"
TELLING = (
    b'"response"',
    b"output_item",
    b"error",
    b"headers",
    b'"detail"',
    b".completed",
    b".done",
    b".failed",
    b".incomplete",
)
"""What an event has in it that the fold looks at; nearly all others are deltas, and stay unparsed."""
_STATUSES = {
    "failed": Outcome.FAILED,
    "incomplete": Outcome.INCOMPLETE,
    "cancelled": Outcome.INTERRUPTED,
}
"""How an answer without a stream says that it is not whole."""


def is_telling(raw: bytes) -> bool:
    """Return whether an event may say something that the fold looks at, as far as one sees without parsing it."""
    line_end = raw.find(b"\n")
    if raw.startswith(_DELTA_END, line_end - len(_DELTA_END)):  # nearly all: named a delta, and by its type, too
        name = raw[len(_NAMED) : line_end]
        if raw.startswith(_TYPED + name + b'"', line_end + 1):
            return False
    for word in TELLING:  # noqa: SIM110  any() would take twice as long, for each event
        if word in raw:
            return True
    return False


def model_in(headers: Iterable[tuple[str, str]]) -> str | None:
    """Return the model that answered, where a header of the answer names it."""
    return next((value for name, value in headers if name.lower() == SERVED_MODEL), None)


@dataclass(slots=True)
class Answer:
    """What an answer has said so far. The first event that ends it counts: none that comes later makes up for it."""

    response_id: str | None = None
    output: list[dict[str, Any]] | SpooledItems = field(default_factory=list)
    """The items that it finished."""
    usage: dict[str, Any] = field(default_factory=dict)
    """The tokens, as it reports them; the last report counts."""
    ended: Outcome | None = None
    """How it says that it ended; None as long as it does not. An `error` may concern the connection alone: the
    response's own end says more."""
    message: str | None = None
    """What went wrong, in its words."""
    served_model: str | None = None
    """The model that answers, where an event names it beside the one that was asked."""
    told: dict[str, Any] = field(default_factory=dict)
    """What its response says of itself, beside items, tokens and ids: texts, and what holds them."""
    others: list[Any] = field(default_factory=list)
    """Events that are not of a response: errors of the connection, limits, unknown ones."""
    other_chars: int = 0
    """Of all events that are not of a response."""
    ids: list[dict[str, Any]] = field(default_factory=list)
    """The ids of the items that began; and of another response, where two are in one stream."""
    open_texts: dict[str, list[str]] = field(default_factory=dict)
    """By item: the pieces that came of messages that are not finished."""
    open_chars: int = 0
    """Of all pieces that are kept: what goes beyond `OPEN_TEXT_CHARS` is not."""
    phases: dict[str, str] = field(default_factory=dict)
    """By item: the phase of the messages that are not finished, where their beginning says it."""
    short_texts: list[str] = field(default_factory=list)
    """The items of `open_texts` of which the end is not kept."""

    @property
    def figures(self) -> tuple[Any, ...]:
        """What it says, but for `others`, as values to compare: many an event changes nothing of this."""
        counts = len(self.output), len(self.ids), len(self.open_texts), self.open_chars, len(self.short_texts)
        return self.response_id, self.served_model, self.ended, self.message, *counts, self.usage, {**self.told}

    def add(self, event: Any) -> None:
        """Take the JSON value of the next event."""
        if not isinstance(event, dict):
            return
        if (item := self._finished(event)) is not None:
            self.output.append(item)
        if self.response_id is None:
            self.response_id = response_id(event)
        self.served_model = self.served_model or served_model(event)
        response = event.get("response")
        if isinstance(response, dict):
            self._add_response(response)
            self.told |= told_in(event, _NOT_OF_EVENT)
        elif not type_of(event).startswith("response."):
            self.add_other(event)
        elif event["type"] == _BEGUN and isinstance(item := event.get("item"), dict):
            self.ids.append({name: item[name] for name in ("id", "call_id") if name in item})
        if self.ended is None or self.ended is Outcome.ERROR:
            self.message = message_of(event) or self.message
            self.ended = ended_by(event) or self.ended

    def add_other(self, event: Any) -> None:
        """Take an event that is not of a response; what goes beyond `OPEN_TEXT_CHARS` is not kept."""
        self.other_chars += len(compact_json(event))
        if self.other_chars <= OPEN_TEXT_CHARS:
            self.others.append(event)

    def _add_response(self, response: dict[str, Any]) -> None:
        if isinstance(response.get("usage"), dict):
            self.usage = response["usage"]
        if isinstance(own_id := response.get("id"), str) and own_id != self.response_id:
            self.ids.append({"response_id": own_id})
        self.told |= told_in(response)

    def share(self, known: dict[str, tuple[bytes, Any]]) -> None:
        """Hold one value with other answers where they say the same: most repeat instructions and tools.

        `known`: by name, what was said last, behind the digest of its JSON text.
        """
        for name, value in self.told.items():
            digest, other = known.get(name, (b"", None))
            if other is value:
                continue
            own = sha256(exact_json(value)).digest()
            self.told[name] = other if own == digest else value
            known[name] = own, self.told[name]

    def add_delta(self, event: Any) -> None:
        """Take an event that may bring a piece of a text, or finish one."""
        if not isinstance(event, dict):
            return
        if event.get("type") == _TEXT_DELTA:
            self.add_deltas([event])
        else:
            self._finished(event)

    def add_deltas(self, events: Collection[dict[str, Any]]) -> list[str]:
        """Take events that all bring pieces; return their types. Most events are such."""
        types = list(map(_TYPE_OF, events))
        if _TEXT_DELTA not in types or (len(set(types)) == 1 and self._add_texts(events)):
            return types
        last, pieces = None, list[str]()
        for event in events:
            if event["type"] != _TEXT_DELTA or not isinstance(delta := event.get("delta"), str):
                continue
            if last is None or event.get("item_id") != last:
                last = event.get("item_id")
                pieces = self.open_texts.setdefault(_key(last), [])
            if self.open_chars + len(delta) > OPEN_TEXT_CHARS or (self.short_texts and _key(last) in self.short_texts):
                self.short_texts += [] if _key(last) in self.short_texts else [_key(last)]
                continue
            self.open_chars += len(delta)
            pieces.append(delta)
        return types

    def _add_texts(self, events: Collection[dict[str, Any]]) -> bool:
        """Take pieces of one text, of which all is kept; return whether they are such. Nearly all are."""
        try:
            items, pieces = set(map(_ITEM_OF, events)), list(map(_DELTA_OF, events))
            length = len("".join(pieces))
        except (KeyError, TypeError):
            return False
        if len(items) > 1 or self.short_texts or self.open_chars + length > OPEN_TEXT_CHARS:
            return False
        self.open_chars += length
        self.open_texts.setdefault(_key(items.pop()), []).extend(pieces)
        return True

    def _finished(self, event: dict[str, Any]) -> dict[str, Any] | None:
        """Return the item that an event finishes; of one that it begins, note the phase."""
        if event.get("type") == _BEGUN and isinstance(item := event.get("item"), dict):
            if isinstance(phase := item.get("phase"), str):
                self.phases[_key(item.get("id"))] = phase
        elif (item := output_item(event)) is not None:
            self._finish(item)
            return item
        return None

    def _finish(self, item: dict[str, Any]) -> None:
        key = _key(item.get("id"))
        self.phases.pop(key, None)
        self.open_chars -= sum(map(len, self.open_texts.pop(key, ())))
        if key in self.short_texts:
            self.short_texts.remove(key)

    @property
    def is_kept_in_part(self) -> bool:
        """Whether something is left out that no item says: of events that are not of the response, or of open texts."""
        return self.other_chars > OPEN_TEXT_CHARS or bool(self.short_texts)

    @property
    def begun(self) -> list[tuple[str, str | None]]:
        """The texts of messages that are not finished, each with its phase."""
        texts = (("".join(pieces), self.phases.get(key)) for key, pieces in self.open_texts.items())
        return [one for one in texts if one[0]]


def told_in(response: dict[str, Any], elsewhere: Container[str] = _ELSEWHERE) -> dict[str, Any]:
    """Return what a response, or an event of it, says of itself in texts, beside its items, tokens and ids."""
    return {
        name: value
        for name, value in response.items()
        if name not in elsewhere and value and isinstance(value, str | dict | list)
    }


def answer_of_body(body: dict[str, Any]) -> Answer:
    """Return what an answer says that came as one JSON object, not as a stream."""
    output, usage, status = body.get("output"), body.get("usage"), body.get("status")
    found = body.get("id")
    return Answer(
        response_id=found if isinstance(found, str) else None,
        output=[item for item in output if isinstance(item, dict)] if isinstance(output, list) else [],
        usage=usage if isinstance(usage, dict) else {},
        ended=_STATUSES.get(status) if isinstance(status, str) else None,
        message=message_of(body),
        told=told_in(body),
    )


def open_texts_of(events: Iterable[Any]) -> list[tuple[str, str | None]]:
    """Return the text of messages that began and were not finished, each with its phase."""
    answer = Answer()
    for event in events:
        answer.add_delta(event)
    return answer.begun


def type_of(event: Any) -> str:
    """Return the type of an event; empty where it says none."""
    kind = event.get("type") if isinstance(event, dict) else None
    return kind if isinstance(kind, str) else ""


def message_of(value: Any) -> str | None:
    """Return the error text of an error body, an `error` frame, or a `response.failed` or `.incomplete` event."""
    if not isinstance(value, dict):
        return None
    response = found if isinstance(found := value.get("response"), dict) else value
    error, details = response.get("error"), response.get("incomplete_details")
    if isinstance(error, dict) and isinstance(error.get("message"), str):
        code = error.get("code") or error.get("type")
        return f"{error['message']} ({code})" if isinstance(code, str | int) and code else str(error["message"])
    if isinstance(details, dict) and isinstance(details.get("reason"), str):
        return f"incomplete: {details['reason']}"
    said = error if isinstance(error, str) else response.get("detail")
    return said if isinstance(said, str) else None


def _key(item_id: Any) -> str:
    return item_id if isinstance(item_id, str) else compact_json(item_id).decode()
