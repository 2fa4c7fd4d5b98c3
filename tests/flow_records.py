"""Records of flows, written down shortly."""

from typing import Any

from pytest_codex_replay.archive.record import (
    BodyRecord,
    EndRecord,
    EventRecord,
    FlowEnd,
    MessageRecord,
    Record,
    RequestRecord,
    ResponseRecord,
)
from pytest_codex_replay.wire.payload import Payload
from pytest_codex_replay.wire.sse import join_event

RESPONSES = "https://upstream.invalid/v1/responses"


def message(text: str, role: str = "user") -> dict[str, Any]:
    return {"type": "message", "role": role, "content": [{"type": "input_text", "text": text}]}


def created(response: str = "resp_1") -> dict[str, Any]:
    return {"type": "response.created", "response": {"id": response}}


def done(item: dict[str, Any]) -> dict[str, Any]:
    return {"type": "response.output_item.done", "item": item}


def completed(response: str = "resp_1", kind: str = "completed") -> dict[str, Any]:
    return {"type": f"response.{kind}", "response": {"id": response}}


def create(*items: Any, **fields: Any) -> dict[str, Any]:
    return {"type": "response.create", "input": list(items), **fields}


class Flow:
    """Makes the records of one flow; each comes a millisecond after the one before."""

    def __init__(self, name: str = "f", at_ms: float = 1000.0) -> None:
        self.records: list[Record] = []
        self._name = name
        self._at_ms = at_ms

    def _add(self, kind: type[Record], **fields: Any) -> "Flow":
        self.records.append(kind(at_ms=self._at_ms, flow=self._name, **fields))
        self._at_ms += 1
        return self

    def asks(self, body: Any = None, *, method: str = "POST", url: str = RESPONSES, headers=()) -> "Flow":
        payload = None if body is None else Payload.of(body)
        return self._add(
            RequestRecord, method=method, url=url, http_version="HTTP/1.1", headers=tuple(headers), payload=payload
        )

    def answers(self, status: int = 200, content_type: str = "text/event-stream; charset=utf-8") -> "Flow":
        headers = (("Content-Type", content_type),)
        return self._add(ResponseRecord, status=status, http_version="HTTP/1.1", headers=headers)

    def upgrades(self) -> "Flow":
        return self.asks(method="GET", url=RESPONSES.replace("https", "wss"))._add(
            ResponseRecord, status=101, http_version="HTTP/1.1", headers=()
        )

    def event(self, *events: Any) -> "Flow":
        for event in events:
            self._add(EventRecord, raw=join_event(event["type"], Payload.of(event).raw), cuts=())
        return self

    def raw(self, raw: bytes) -> "Flow":
        return self._add(EventRecord, raw=raw, cuts=())

    def body(self, raw: bytes) -> "Flow":
        return self._add(BodyRecord, payload=Payload(raw), cuts=())

    def sends(self, *frames: Any) -> "Flow":
        for frame in frames:
            self._add(MessageRecord, from_client=True, payload=Payload.of(frame))
        return self

    def gets(self, *frames: Any) -> "Flow":
        for frame in frames:
            self._add(MessageRecord, from_client=False, payload=Payload.of(frame))
        return self

    def ends(self, how: FlowEnd = FlowEnd.FINISHED, **fields: Any) -> "Flow":
        return self._add(EndRecord, how=how, **fields)


def websocket() -> Flow:
    """Prewarm, then two turns of one thread, each a delta on the response before."""
    flow = Flow().upgrades()
    flow.sends(create(message("context"), generate=False)).gets(created("resp_0"), completed("resp_0"))
    flow.sends(create(message("one"), previous_response_id="resp_0"))
    flow.gets({"type": "codex.rate_limits"}, created("resp_1"), done(message("1", "assistant")), completed("resp_1"))
    flow.sends(create(message("two"), previous_response_id="resp_1"))
    flow.gets(created("resp_2"), done(message("2", "assistant")), completed("resp_2"))
    return flow.ends(FlowEnd.CLOSED, close_code=1000, closed_by_client=True)
