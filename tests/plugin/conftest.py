"""A user's project, in which pytest is run."""

import json

import pytest

from tests.user_project import ASK, project, run, run_apart

__all__ = ["ASK", "project", "run", "run_apart"]


@pytest.fixture(autouse=True)
def nobody_is_watched(monkeypatch: pytest.MonkeyPatch) -> None:
    """These runs are not in CI, though we may be."""
    monkeypatch.delenv("CI", raising=False)


@pytest.fixture
def tool(project: pytest.Pytester, write_cassette) -> None:
    """A cassette in which a tool said `3 passed`."""
    path = write_cassette(project.path / "cassettes" / "tool", "hello")
    traffic = path / "traffic.jsonl"
    lines = traffic.read_text(encoding="utf-8").splitlines()
    items = [
        {"type": "function_call", "call_id": "c1", "name": "shell", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "c1", "output": "3 passed"},
    ]
    user = json.dumps({"type": "message", "role": "user", "content": [{"type": "input_text", "text": "hello"}]})
    compact = user.replace(": ", ":").replace(", ", ",")
    replaced = ",".join(json.dumps(item, separators=(",", ":")) for item in items)
    traffic.write_text("\n".join(line.replace(compact, replaced) for line in lines) + "\n", encoding="utf-8")
