"""The replay server, asked by the real Codex and by plain clients."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from pytest_codex_replay.replay.player import Player
from pytest_codex_replay.server import ReplayServer
from pytest_codex_replay.upstream import SCENARIOS, ScriptedUpstream
from tests.replay.recording import record_script


class Codex:
    """The real Codex CLI, each run in a fresh home and a fresh directory."""

    def __init__(self, binary: str, directory: Path) -> None:
        self._binary = binary
        self._directory = directory
        self._runs = 0

    def run(self, base_url: str, *, websocket: bool, prompt: str = "do it") -> list[dict[str, Any]]:
        """Return the events of `codex exec --json`, ids of threads left out."""
        self._runs += 1
        home = self._directory / f"home-{self._runs}"
        work = self._directory / f"work-{self._runs}"
        home.mkdir()
        work.mkdir()
        provider = (
            f'{{name="x",base_url="{base_url}",env_key="K",wire_api="responses",'
            f"supports_websockets={str(websocket).lower()}}}"
        )
        command = [self._binary, "exec", "--json", "--skip-git-repo-check", "-s", "danger-full-access"]
        command += ["-m", "gpt-5.4", "-c", 'model_provider="x"', "-c", f"model_providers.x={provider}", prompt]
        done = subprocess.run(
            command,
            cwd=work,
            env={**os.environ, "CODEX_HOME": str(home), "K": "dummy"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=60,
            check=False,
        )
        events = [json.loads(line) for line in done.stdout.splitlines()]
        return [event for event in events if event["type"] != "thread.started"]


@pytest.fixture
def codex(codex_binary: str, tmp_path: Path) -> Codex:
    return Codex(codex_binary, tmp_path)


@pytest.mark.parametrize("replayed_over", ["sse", "websocket"])
@pytest.mark.parametrize("recorded_over", ["sse", "websocket"])
def test_codex_shows_the_same_items_whatever_carried_the_recording(
    codex: Codex, recorded_over: str, replayed_over: str
) -> None:
    """A recording over SSE or WebSocket replays over either, and every request of Codex is answered from it."""
    scenario = SCENARIOS["tool-loop"]
    with ScriptedUpstream(scenario.script()) as upstream:
        live = codex.run(upstream.base_url, websocket=recorded_over == "websocket")
    player = Player(record_script(scenario.script(), upstream.requests), name="cassettes/tool-loop")

    with ReplayServer(player) as server:
        replayed = codex.run(server.base_url, websocket=replayed_over == "websocket")

    assert replayed == live
    assert [(one.interaction, one.rung) for one in player.report.served]
    assert player.report.is_clean
    assert not player.report.unused
    assert not player.report.drifts
