"""The smallest client of the Responses API, for machines without the real Codex.

It speaks HTTP and SSE, runs the commands it is asked to run, and sends the identity headers that Codex sends.
"""

import http.client
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import orjson

from pytest_codex_replay.wire.responses import output_item
from pytest_codex_replay.wire.sse import SseDecoder, split_event

_TOOL = {
    "type": "function",
    "name": "exec_command",
    "description": "Runs a shell command.",
    "parameters": {"type": "object", "properties": {"cmd": {"type": "string"}}, "required": ["cmd"]},
}
_MAX_CALLS = 50


@dataclass(frozen=True, slots=True)
class SmallClient:
    """Holds one conversation with a base URL."""

    base_url: str
    model: str = "gpt-5.5"
    session: str = field(default_factory=lambda: str(uuid4()))

    def exec(self, prompt: str, before: Iterable[dict[str, Any]] = ()) -> list[dict[str, Any]]:
        """Play one turn; return the items of the conversation, oldest first.

        Args:
            prompt: the user's input.
            before: the items of the turns so far.

        Raises:
            ConnectionError: the upstream answered with an error, or broke off.
        """
        content = [{"type": "input_text", "text": prompt}]
        items = [*before, {"type": "message", "role": "user", "content": content}]
        for _ in range(_MAX_CALLS):
            output = self._ask(items)
            items += output
            calls = [item for item in output if item.get("type") == "function_call"]
            if not calls:
                break
            items += [_run(call) for call in calls]
        return items

    def _ask(self, items: list[dict[str, Any]]) -> list[dict[str, Any]]:
        url = urlsplit(self.base_url)
        connection = http.client.HTTPConnection(url.netloc, timeout=60)
        body = orjson.dumps({"model": self.model, "input": items, "tools": [_TOOL], "stream": True, "store": False})
        headers = {"content-type": "application/json", "session-id": self.session, "thread-id": self.session}
        try:
            connection.request("POST", f"{url.path}/responses", body, headers)
            answer = connection.getresponse()
            raw = answer.read()
        finally:
            connection.close()
        if answer.status != http.HTTPStatus.OK:
            raise ConnectionError(f"{answer.status}: {raw.decode(errors='replace')}")
        return _items(raw)


def _items(stream: bytes) -> list[dict[str, Any]]:
    events = [orjson.loads(split_event(event.raw)[1] or b"null") for event in SseDecoder().feed(stream, at_ms=0)]
    failed = next((event for event in events if event and event["type"] == "response.failed"), None)
    if failed is not None:
        raise ConnectionError(failed["response"]["error"]["message"])
    return [item for event in events if (item := output_item(event)) is not None]


def _run(call: dict[str, Any]) -> dict[str, Any]:
    command = orjson.loads(call["arguments"])["cmd"]
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)  # noqa: S602  that is its job
    return {"type": "function_call_output", "call_id": call["call_id"], "output": done.stdout}
