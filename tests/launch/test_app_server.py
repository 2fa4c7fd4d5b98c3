"""The real app-server of Codex against the scripted upstream: what it does, and that we speak its protocol."""

import json
import os
import select
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from pytest_codex_replay.codex.approvals import Approval
from pytest_codex_replay.errors import AppServerError, RequestRefusedError
from pytest_codex_replay.launch.app_server import AppServer
from pytest_codex_replay.launch.arguments import codex_args
from pytest_codex_replay.launch.codex_cli import CodexCli
from pytest_codex_replay.upstream import SCENARIOS, Cue, Reply, Script, ScriptedUpstream

LITE, OLDER = "gpt-6.1-sol", "gpt-5.5"
"""A model in code mode, and one that calls its tools itself."""
PATCH = "apply_patch <<'EOF'\n*** Begin Patch\n*** Add File: new.txt\n+hello\n*** End Patch\nEOF"
LONG_MS = 60_000
"""Between two events of an answer that nobody waits for."""
COMMANDS = {
    "remove": "rm -f gone.txt",
    "make": "touch made.txt",
    "patch": PATCH,
    "wait": "until [ -e go ]; do sleep 0.05; done",
    "stay": "exec 3>alive; echo here >&3; tail -f /dev/null",
}


def answer(cue: Cue) -> Reply:
    """Do what the prompt says, then repeat what the user said and what came of it."""
    prompt = cue.user_texts[-1]
    if prompt == "talk":
        return replace(cue.say("on and on", delta_count=9), pause_ms=LONG_MS, cut_after=None)
    if prompt in COMMANDS and cue.step == 0:
        return cue.shell(COMMANDS[prompt])
    return cue.say(f"{', '.join(cue.user_texts)}: {cue.outputs[-1] if cue.outputs else ''}")


@pytest.fixture(params=["sse", "websocket"])
def app(request: pytest.FixtureRequest, codex_binary: str, tmp_path: Path) -> Iterator[AppServer]:
    """An app-server in front of the script, over either transport."""
    cwd = tmp_path / "workspace"
    cwd.mkdir()
    refusal = SCENARIOS["refuse-websocket"].script().upgrade if request.param == "sse" else None
    with ScriptedUpstream(Script(answer, upgrade=refusal)) as upstream:
        args, env = codex_args(upstream.base_url), {"CODEX_API_KEY": "sk-no-key-is-needed"}
        codex = CodexCli(Path(codex_binary), home=tmp_path / "home", cwd=cwd, args=args, env=env)
        with AppServer(codex) as app:
            yield app


sse = pytest.mark.parametrize("app", ["sse"], indirect=True)


@pytest.mark.parametrize("model", [LITE, OLDER])
def test_approvals(app: AppServer, model: str) -> None:
    """By pattern, by function, for all: what is declined is not done, and each answer is told."""
    thread, cwd = app.start_thread(model=model), app.codex.cwd
    (cwd / "gone.txt").touch()

    removed = thread.run("remove", approvals={"rm *": "decline", "*": "accept"})
    made = thread.run("make", approvals={"rm *": "decline", "*": "accept"})
    patched = thread.run("patch", approvals=lambda asked: "decline" if asked.kind == "file change" else "accept")
    cancelled = thread.run("make", approvals="cancel")

    assert sorted(path.name for path in cwd.iterdir()) == ["gone.txt", "made.txt"]
    turns = (removed, made, patched, cancelled)
    assert [turn.status for turn in turns] == ["completed", "completed", "completed", "interrupted"]
    assert [[(one.subject, one.decision) for one in turn.approvals] for turn in turns] == [
        [("rm -f gone.txt", "decline")],
        [("touch made.txt", "accept")],
        [(str(cwd / "new.txt"), "decline")],
        [("touch made.txt", "cancel")],
    ]
    done = [(item.type, item.status, item.exit_code) for turn in turns for item in turn.items if item.status]
    assert done == [
        ("commandExecution", "declined", None),
        ("commandExecution", "completed", 0),
        ("fileChange", "declined", None),
        ("commandExecution", "declined", None),
    ]
    assert "rejected by user" in removed.text
    assert app.approvals == [one for turn in turns for one in turn.approvals]


@sse
def test_an_approval_that_no_rule_answers(app: AppServer) -> None:
    """The error names it; nothing is done, and the server ends all the same."""
    turn = app.start_thread(model=OLDER).start("make")

    with pytest.raises(AppServerError, match=r"asks to approve a command, and no rule matches: 'touch made.txt'"):
        turn.result()

    assert list(app.codex.cwd.iterdir()) == []


def test_steering(app: AppServer) -> None:
    """The words of the user while a command runs are in the next request."""
    turn = app.start_thread(model=LITE).start("wait", approvals="accept")
    turn.wait_for("item/started", lambda one: one.item_type == "commandExecution")

    turn.steer("and then stop")
    (app.codex.cwd / "go").touch()
    result = turn.result()

    assert (result.status, result.text) == ("completed", "wait, and then stop: ")
    with pytest.raises(AppServerError, match=r"^the turn 'wait' is over \(completed\): nothing to steer$"):
        turn.steer("more")


@sse
def test_steering_while_codex_waits_for_an_approval(app: AppServer) -> None:
    """What answers a request of the server may send one."""

    def add_and_accept(asked: Approval) -> str:
        turn.steer(f"then {asked.kind}")
        return "accept"

    turn = app.start_thread(model=OLDER).start("make", approvals=add_and_accept)

    assert turn.result().text == "make, then command: "


def test_interrupting(app: AppServer) -> None:
    """The answer is left in its middle; the next turn is another one."""
    thread = app.start_thread(model=LITE)
    turn = thread.start("talk")
    turn.wait_for("item/completed", lambda one: one.item_type == "userMessage")

    turn.interrupt()
    with pytest.raises(AppServerError, match=r"^the turn 'talk' was interrupted before: nothing to interrupt$"):
        turn.interrupt()

    assert turn.result().status == "interrupted"
    assert thread.run("hello").text == "talk, hello: "


@sse
def test_the_server_knows_better(app: AppServer) -> None:
    """What it refuses is told in its words, whether the method is unknown or the turn is over."""
    thread = app.start_thread(model=OLDER)
    turn = thread.run("hello")

    with pytest.raises(
        RequestRefusedError, match=r"refused turn/nonsense: Invalid request: unknown variant `turn/nonsense` \("
    ):
        app.request("turn/nonsense", {})
    with pytest.raises(
        RequestRefusedError, match=r"refused turn/interrupt: no active turn to interrupt \(error -32600\)"
    ):
        app.request("turn/interrupt", {"threadId": thread.id, "turnId": turn.id})

    assert app.version == version_of(app.codex.binary)


@sse
def test_a_thread_goes_on(app: AppServer) -> None:
    """In another app-server of the same home."""
    thread = app.start_thread(model=OLDER)
    thread.run("hello")
    app.stop()

    with AppServer(app.codex) as other:
        result = other.resume_thread(thread.id).run("again")

    assert result.text == "hello, again: "


@sse
def test_nothing_is_left(app: AppServer) -> None:
    """A command that Codex is running ends with it: the pipe that it holds open reads its end."""
    alive = app.codex.cwd / "alive"
    os.mkfifo(alive)
    reader = os.open(alive, os.O_RDONLY | os.O_NONBLOCK)
    app.start_thread(model=OLDER, approval_policy="never").start("stay")
    select.select([reader], [], [], 20)

    app.stop()

    os.set_blocking(reader, True)
    with os.fdopen(reader, "rb") as pipe:
        assert pipe.read() == b"here\n"


def version_of(binary: Path) -> str:
    return subprocess.run([binary, "--version"], capture_output=True, text=True, check=True).stdout.split()[-1]


@pytest.fixture(scope="module")
def schemas(codex_binary: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The schemas of the protocol, as this Codex prints them."""
    out = tmp_path_factory.mktemp("schemas")
    subprocess.run([codex_binary, "app-server", "generate-json-schema", "--out", out], check=True, capture_output=True)
    return out


class Protocol:
    """Checks messages by the schemas of a release."""

    def __init__(self, schemas: Path) -> None:
        self.schemas = schemas
        self.checked: set[str] = set()
        self.asked: dict[Any, str] = {}
        """Methods of the requests that are not answered yet, by direction and id."""

    @cache  # noqa: B019  a test is short
    def validator(self, name: str) -> jsonschema.Draft7Validator:
        (path,) = {found.name: found for found in self.schemas.rglob(f"{name}.json")}.values()
        return jsonschema.Draft7Validator(json.loads(path.read_text()))

    def check(self, direction: str, message: dict[str, Any]) -> None:
        """Check a message, and an answer by what it answers."""
        method, side = message.get("method"), {"sent": "Client", "received": "Server"}[direction]
        if method is None:
            asked = self.asked.pop(({"sent": "received", "received": "sent"}[direction], message["id"]))
            if "error" in message:
                self.validator("JSONRPCError").validate(message)
            else:
                self.validator(answer_name(asked)).validate(message["result"])
            self.checked.add(f"answer to {asked}")
            return
        if "id" in message:
            self.asked[direction, message["id"]] = method
        self.validator(f"{side}{'Request' if 'id' in message else 'Notification'}").validate(message)
        self.checked.add(method)


def answer_name(method: str) -> str:
    """Return the name of the type that answers a method: `ThreadStartResponse` of `thread/start`."""
    words = method.removeprefix("item/").split("/") if method.startswith("item/") else method.split("/")
    return "".join(word[0].upper() + word[1:] for word in words) + "Response"


@sse
def test_what_is_sent_and_received_is_valid(app: AppServer, schemas: Path) -> None:
    """All lines of a run with approvals, steering and an interrupt, by the schemas of the program that it ran with."""
    thread = app.start_thread(model=LITE)
    thread.run("remove", approvals="decline")
    thread.run("patch", approvals="accept")
    turn = thread.start("wait", approvals="accept", effort="low")
    turn.wait_for("item/started", lambda one: one.item_type == "commandExecution")
    turn.steer("and then stop")
    (app.codex.cwd / "go").touch()
    turn.result()
    turn = thread.start("talk")
    turn.interrupt()
    turn.result()
    with pytest.raises(RequestRefusedError):
        app.request("turn/interrupt", {"threadId": thread.id, "turnId": turn.id})

    protocol = Protocol(schemas)
    for direction, line in app.transcript:
        protocol.check(direction, json.loads(line))

    assert protocol.asked == {}
    assert protocol.checked >= {
        *("initialize", "initialized", "thread/start", "turn/start", "turn/steer", "turn/interrupt"),
        *("answer to initialize", "answer to thread/start", "answer to turn/start", "answer to turn/interrupt"),
        *("answer to item/commandExecution/requestApproval", "answer to item/fileChange/requestApproval"),
        *("turn/started", "item/started", "item/completed", "turn/completed"),
    }
