"""Rollouts as Codex of different releases writes them, made up."""

from pathlib import Path
from typing import Any

import orjson

THREAD = "019f0000-0000-7000-8000-000000000001"
CHILD = "019f0000-0000-7000-8000-000000000002"
NAME = f"rollout-2026-06-25T01-02-03-{THREAD}.jsonl"
DAY = "2026/06/25"
"""The day that both ids tell."""
AT = "2026-06-25T01:02:03.456Z"


def user(text: str) -> dict[str, Any]:
    return {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}


def assistant(text: str) -> dict[str, Any]:
    return {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": text}]}


def call(call_id: str = "c1", cmd: str = "ls") -> dict[str, Any]:
    arguments = orjson.dumps({"cmd": cmd}).decode()
    return {"type": "function_call", "name": "exec_command", "arguments": arguments, "call_id": call_id}


def output(call_id: str = "c1", text: str = "a\n") -> dict[str, Any]:
    return {"type": "function_call_output", "call_id": call_id, "output": text}


def line(kind: str, **payload: Any) -> dict[str, Any]:
    return {"timestamp": AT, "type": kind, "payload": payload}


def meta(**more: Any) -> dict[str, Any]:
    return line("session_meta", **{"id": THREAD, "session_id": THREAD, "cli_version": "0.171.0", **more})


def item(value: dict[str, Any]) -> dict[str, Any]:
    return line("response_item", **value)


def event(kind: str, **payload: Any) -> dict[str, Any]:
    return line("event_msg", type=kind, **payload)


def completed(kind: str, turn_id: str = "t1", **more: Any) -> dict[str, Any]:
    return event("item_completed", turn_id=turn_id, item={"type": kind, "id": "i1", **more})


def usage(response_id: str, turn_id: str = "t1", total: int = 120) -> dict[str, Any]:
    counts = {"input_tokens": total - 20, "output_tokens": 20, "total_tokens": total}
    return line("token_usage_record", turn_id=turn_id, response_id=response_id, turn_token_usage=counts)


def counted(total: int) -> dict[str, Any]:
    return event("token_count", info={"total_token_usage": {"total_tokens": total}})


def wire(*lines: dict[str, Any]) -> bytes:
    return b"".join(orjson.dumps(one) + b"\n" for one in lines)


TODAY = (
    meta(history_mode="paginated", originator="codex_exec", git={"commit_hash": "abc", "branch": "main"}),
    event("task_started", turn_id="t1", turn_attribution={"turn_trigger": "exec"}),
    item(user("<environment_context>\n  <cwd>/x</cwd>\n</environment_context>")),
    line("turn_context", turn_id="t1", model="m", approval_policy="never", sandbox_policy={"type": "read-only"}),
    item(user("Grüße")),
    item(call()),
    usage("resp_1"),
    completed("CommandExecution", command=["/bin/bash", "-lc", "ls"], exit_code=3, duration={"secs": 1, "nanos": 5000}),
    item(output()),
    item(assistant("Done.")),
    usage("resp_2", total=240),
    event("task_complete", turn_id="t1", duration_ms=900, time_to_first_token_ms=50),
)
"""As 0.171 writes it."""
BARE = (
    {
        "id": "5d3c2c5e-1111-4111-8111-111111111111",
        "timestamp": AT,
        "instructions": None,
        "git": {"commit_hash": "abc"},
    },
    {"record_type": "state"},
    user("<environment_context>\n  <cwd>/x</cwd>\n</environment_context>"),
    user("hello"),
    {"type": "reasoning", "summary": [{"type": "summary_text", "text": "hm"}], "encrypted_content": None},
    call(),
    output(),
    {"record_type": "state"},
    assistant("Done."),
    user("again"),
    assistant("Yes."),
)
"""As 0.20 wrote it."""


def write(home: Path, *lines: dict[str, Any], folder: str = f"sessions/{DAY}", name: str = NAME) -> Path:
    path = home / folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(wire(*(lines or TODAY)))
    return path
