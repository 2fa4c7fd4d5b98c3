"""App-servers made by hand."""

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from pytest_codex_replay.launch.app_server import AppServer
from pytest_codex_replay.launch.codex_cli import CodexCli

FAKE = f"""\
#!{sys.executable}
import json, sys

def say(**message):
    print(json.dumps(message), flush=True)

def hear(method=None):
    for line in sys.stdin:
        message = json.loads(line)
        if method in (None, message.get("method")):
            return message
    sys.exit(0)

def answer(method, **result):
    say(id=hear(method)["id"], result=result)

def greet():
    answer("initialize", userAgent="x/9.8.7 (y)")
    hear("initialized")
    answer("thread/start", thread={{"id": "t-1"}})
    answer("turn/start", turn={{"id": "u-1"}})

def report(method, **params):
    say(method=method, params={{"threadId": "t-1", "turnId": "u-1", **params}})

def end(status="completed", **more):
    report("turn/completed", turn={{"id": "u-1", "status": status, "items": [], **more}})

"""
"""A `codex` that plays an app-server: each test says how."""


@pytest.fixture
def fake_app(tmp_path: Path) -> Iterator[Callable[..., AppServer]]:
    """Make an app-server that is a script; stop it in the end."""
    with ExitStack() as stack:

        def make(script: str, *, timeout_s: float = 20) -> AppServer:
            binary = tmp_path / "codex"
            binary.write_text(FAKE + script, encoding="utf-8")
            binary.chmod(0o755)
            codex = CodexCli(binary, home=tmp_path / "home", cwd=tmp_path)
            return stack.enter_context(AppServer(codex, timeout_s=timeout_s))

        yield make
