"""`python -m pytest_codex_replay.upstream`."""

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner, Result

from pytest_codex_replay.upstream import SCENARIOS
from pytest_codex_replay.upstream.__main__ import main

ROOT = Path(__file__).parents[2]


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


def test_list_names_every_scenario_with_its_summary() -> None:
    """One line each, in the order of the registry."""
    lines = run("--list").stdout.splitlines()

    assert [line.split()[0] for line in lines] == list(SCENARIOS)
    assert all(line.endswith(scenario.summary) for line, scenario in zip(lines, SCENARIOS.values(), strict=True))


def test_help_teaches() -> None:
    """It shows a whole command, for server and client."""
    help_text = run("--help").stdout

    assert "python -m pytest_codex_replay.upstream tool-loop --port 8123" in help_text
    assert "codex exec -c 'openai_base_url=" in help_text


def test_an_unknown_scenario_is_one_clear_line() -> None:
    """Exit code 2, and where to look."""
    result = run("nothing")

    assert (result.exit_code, result.stderr) == (2, "Error: nothing: unknown scenario. List them: --list\n")


def test_a_busy_port_is_one_clear_line() -> None:
    """Exit code 2, and what to do."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = run("text", "--port", str(port))

    assert result.exit_code == 2
    assert (
        result.stderr == f"Error: cannot listen on 127.0.0.1:{port} (Address already in use). Choose another --port.\n"
    )


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C is sent as a POSIX signal")
def test_it_serves_until_interrupted() -> None:
    """The first line says where; Ctrl-C ends it without a traceback."""
    command = [sys.executable, "-m", "pytest_codex_replay.upstream", "text"]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as process:
        assert process.stdout is not None
        base_url = json.loads(process.stdout.readline())["base_url"]
        with httpx.Client(trust_env=False) as client:
            status = client.get(f"{base_url}/models").status_code
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=10)

    assert (status, process.returncode, errors) == (200, 0, "")
