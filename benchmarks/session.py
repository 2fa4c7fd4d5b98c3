"""A long session over HTTP: each request repeats the whole conversation. Seeded, no real data."""

import json
import random
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

URL = "https://chatgpt.com/backend-api/codex/responses"
SESSION = "0199a000-0000-7000-8000-000000000001"
HEADERS = (
    ("authorization", "Bearer " + "not-a-real-token-" * 40),
    ("originator", "codex_exec"),
    ("session-id", SESSION),
    ("thread-id", SESSION),
    ("content-type", "application/json"),
    ("accept", "text/event-stream"),
    ("user-agent", "codex_exec/0.169.0 (Debian 12.0.0; x86_64) xterm"),
    ("x-codex-window-id", f"{SESSION}:0"),
    ("x-codex-beta-features", "remote_compaction_v2"),
    ("version", "0.169.0"),
)


@dataclass(frozen=True)
class Turn:
    body: bytes
    events: list[bytes]


def turns(count: int = 60, *, events: int = 400, seed: int = 7) -> Iterator[Turn]:
    """Yield turns whose bodies grow from about 40 KB to 400 KB; instructions and outputs are blocks of source code."""
    generator = random.Random(seed)
    source = _source()
    tools = [
        {"type": "function", "name": f"tool_{n}", "description": _block(generator, source, 1200)} for n in range(12)
    ]
    instructions = _block(generator, source, 24_000)
    conversation = [_message("user", "Find out why the test fails, and fix it.")]
    for number in range(count):
        body = {"model": "gpt-5.4", "instructions": instructions, "input": conversation, "tools": tools, "stream": True}
        text = _block(generator, source, events * 12)
        yield Turn(dumps(body), list(_events(number, text, events)))
        conversation.append(_message("assistant", text))
        call = {"type": "function_call", "call_id": f"call_{number}", "name": "exec", "arguments": '{"cmd":"cat x"}'}
        output = {
            "type": "function_call_output",
            "call_id": f"call_{number}",
            "output": _block(generator, source, 1000),
        }
        conversation += [call, output]


def _events(number: int, text: str, count: int) -> Iterator[bytes]:
    item = f"msg_{number:032x}"
    yield _event({"type": "response.created", "response": {"id": f"resp_{number}", "status": "in_progress"}})
    step = -(-len(text) // count)
    for index in range(0, len(text), step):
        delta = {"item_id": item, "output_index": 0, "content_index": 0, "delta": text[index : index + step]}
        yield _event({"type": "response.output_text.delta", "sequence_number": index // step, **delta})
    done = {"id": item, **_message("assistant", text)}
    yield _event({"type": "response.output_item.done", "output_index": 0, "item": done})
    usage = {"input_tokens": 1000 + number, "output_tokens": 100, "total_tokens": 1100 + number}
    yield _event({"type": "response.completed", "response": {"id": f"resp_{number}", "usage": usage}})


def _event(value: dict) -> bytes:
    return b"event: %b\ndata: %b\n\n" % (value["type"].encode(), dumps(value))


def _message(role: str, text: str) -> dict:
    kind = "output_text" if role == "assistant" else "input_text"
    return {"type": "message", "role": role, "content": [{"type": kind, "text": text}]}


def dumps(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def _source() -> str:
    library = Path(sysconfig.get_path("stdlib"))
    return "".join(path.read_text(encoding="utf-8", errors="replace") for path in sorted(library.glob("*.py"))[:60])


def _block(generator: random.Random, source: str, length: int) -> str:
    start = generator.randrange(len(source) - length)
    return source[start : start + length]
