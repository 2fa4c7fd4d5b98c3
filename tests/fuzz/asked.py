"""What is fuzzed of what is asked: words of the command line, lists in TOML, requests to the servers."""

import json
import logging
import os
import random
import socket
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

from click.testing import CliRunner

from pytest_codex_replay.cli import main
from pytest_codex_replay.index.prices import prices_here
from pytest_codex_replay.loopback import LoopbackServer
from pytest_codex_replay.replay.engine import Engine
from pytest_codex_replay.server import EngineServer
from pytest_codex_replay.upstream.scenarios import tool_loop
from pytest_codex_replay.viewer.server import PageServer
from pytest_codex_replay.visible import visible
from tests.fuzz.mutate import ODD, damaged, json_text, mutated
from tests.sessions import THREAD, Talk

_TEXTS = (
    *(one for one in ODD if isinstance(one, str)), "1", "-1", "9" * 5000, "1e400", "nan", "²", "\udcff", "a.b.c", "[",
    "30d",
    "9" * 400 + "d", "5GB", "9" * 400 + "GB", "turn=1", "request=²", "item=1.9", "inf", "0x1", "every=0", "2026-11-01",
    "0001-01-01", "9999-12-31", "2026-11-01T10:30+99:99", "https://[x", "%s", "{0}", "--", "SELECT * FROM turns",
    "WyIiLDEsIiJd", "e30", "W10", "a" * 9000,
)  # fmt: skip
_WORDS: dict[str, tuple[str, ...]] = {
    "ls": (
        "--rollouts --codex-home=. --cursor",
        "--since",
        "--until",
        "--cwd",
        "--model",
        "--originator",
        "--parent",
        "--text",
        "-n",
        "--cursor",
    ),
    "find": ("--since", "--in", "-n", "--ancestor"),
    "stats": ("--by", "--prices", "--until"),
    "show": ("--turn", "--interaction", "--thread", "--request", "--response", "--call", "--item"),
    "diff": ("--turn", "--interaction"),
    "incident": ("--turn",),
    "prune": ("--older-than", "--max-size"),
    "view": ("--at", "--out"),
    "check": (),
}
"""Verbs with options that take a text. `find` takes one more, before the path."""


def printed(*words: object) -> None:
    """Run a command. What it prints is one line of error, or text without anything that acts on a terminal."""
    result = CliRunner().invoke(main, [str(word) for word in words], prog_name="codex-replay")
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert visible(result.output) == result.output, f"{words[0]} prints what acts on a terminal"
    if result.exit_code == 0 and "--json" in words and words[0] != "tail":
        json.loads(result.stdout, parse_constant=_refused)


def _refused(name: str) -> None:
    raise AssertionError(f"{name} in what should be JSON")


def typed(chance: random.Random, place: Path) -> None:
    """Give a command odd words."""
    talk = Talk(tool_loop(1))
    talk.turn("run it")
    talk.write(place / "archive" / THREAD)
    verb = chance.choice(list(_WORDS))
    options = chance.sample(_WORDS[verb], min(len(_WORDS[verb]), chance.randint(0, 2)))
    texts = [
        one.encode(errors="surrogateescape" if one == "\udcff" else "replace").replace(b"\0", b"") for one in _TEXTS
    ]
    words = list(map(os.fsdecode, texts))  # as a system hands them over
    given: list[object] = [word for option in options for word in (*option.split(), chance.choice(words))]
    path = chance.choice((place / "archive", place / "archive" / THREAD, chance.choice(words)))
    if verb == "view":
        given = [*given, "--out", place / "page.html"] if "--out" not in given else given
        given = [place / "page.html" if given[number - 1] == "--out" else one for number, one in enumerate(given)]
        path = place / "archive" / THREAD
    printed(verb, *given, *(["--json"] if verb != "view" else []), *([chance.choice(words)] * (verb == "find")), path)


def prices(chance: random.Random, place: Path) -> None:
    """Read another price list, and print costs by it."""
    price = {"input": 1.25, "cached": 0, "output": chance.choice((10, 10**15, 10**400, 1e308, float("inf")))}
    path = place / "prices.toml"
    text = _toml({"prices": mutated({"gpt-5.4": price, "m": price}, chance, chance.randint(0, 2))})
    path.write_bytes(damaged(text, chance) if chance.random() < 0.3 else text)
    for one in prices_here(path).values():
        json.loads(json.dumps(one.of(2**53, 5, 2**53)), parse_constant=_refused)
    talk = Talk(tool_loop(1))
    talk.turn("run it")
    talk.write(place / THREAD)
    printed("stats", "--json", "--prices", path, place / THREAD)


def decisions(chance: random.Random, place: Path) -> None:
    """Review, and redact again, with other decisions of a person."""
    talk = Talk(tool_loop(1))
    talk.turn("run it")
    directory = talk.write(place / THREAD, plain=True)
    table = {
        "of": "0" * 16,
        "patterns": [chance.choice(("token=(\\S+)", "(a+)+$", "(.*)", "(?=x)(y)", "(", "((a)b)c", "\\b(w)\\b"))],
        "members": ["arguments", "text"],
        "kept": [{"digest": "0" * 16, "places": ["request 1"]}],
    }
    text = _toml({"match": "strict", "review": mutated(table, chance, chance.randint(0, 3))})
    (directory / "codex-replay.toml").write_bytes(damaged(text, chance) if chance.random() < 0.2 else text)
    printed("review", "--json", directory)
    printed("redact", directory, place / "out")


def _toml(tables: dict[str, object]) -> bytes:
    """Return TOML of a few members, the odd ones as JSON, which TOML may refuse."""

    def one(value: object) -> str:
        if isinstance(value, dict):
            return "{" + ", ".join(f"{json.dumps(str(name))} = {one(each)}" for name, each in value.items()) + "}"
        if isinstance(value, list):
            return "[" + ", ".join(map(one, value)) + "]"
        return str(value) if isinstance(value, float | int) and not isinstance(value, bool) else json.dumps(value)

    return "".join(f"{name} = {one(value)}\n" for name, value in tables.items()).encode(errors="replace")


class _Heard(logging.Handler):
    """Holds what a server logged of a failure of its own."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


def _answered(server: LoopbackServer, raw: bytes) -> bytes:
    """Send bytes, and return the answer; what fails in the server, fails here."""
    log, handler = logging.getLogger("pytest_codex_replay"), _Heard()
    log.addHandler(handler)
    try:
        with server, suppress(ConnectionError), socket.create_connection(("127.0.0.1", server.port), 5) as client:
            client.sendall(raw)
            client.shutdown(socket.SHUT_WR)
            answer = b"".join(iter(lambda: client.recv(65536), b""))
            assert not answer.startswith(b"HTTP/1.1 500"), (raw[:200], answer[-300:])
            return answer
    finally:
        log.removeHandler(handler)
        for record in handler.records:
            assert record.exc_info is None, record.exc_info
    return b""


def _head(chance: random.Random, method: str, target: str, body: bytes, more: tuple[str, ...] = ()) -> bytes:
    lines = [f"{method} {target} HTTP/1.1", "Host: 127.0.0.1", "Connection: close", f"Content-Length: {len(body)}"]
    odd = chance.choice(_TEXTS).replace("\n", " ").replace("\r", " ")
    lines += [chance.choice((*more, f"x-odd: {odd}", "origin: null", "sec-fetch-site: cross-site", "host: evil.test"))]
    return "\r\n".join([*lines, "", ""]).encode(errors="replace") + body


def addresses(chance: random.Random, place: Path) -> None:
    """Ask the page's server for odd addresses, most of them with its token."""
    talk = Talk(tool_loop(1))
    talk.turn("run it")
    talk.write(place / "s1")
    page = PageServer(place)
    odd = [quote(chance.choice(_TEXTS), errors="replace", safe=chance.choice(("", "/"))) for _ in range(3)]
    path = chance.choice((
        "/", f"/sessions/{odd[0]}", "/api/sessions", f"/api/sessions/{odd[0]}", "/api/sessions/s1",
        f"/api/sessions/s1/interactions/{odd[0]}", "/api/sessions/s1/search", f"/{odd[0]}",
    ))  # fmt: skip
    names = ("text", "model", "failed", "days", "cursor", "token", odd[2])
    query = "&".join(f"{chance.choice(names)}={one}" for one in odd[1:])
    token = f"token={page.token}&" if chance.random() < 0.8 else ""
    raw = _head(chance, chance.choice(("GET", "HEAD", "POST")), f"{path}?{token}{query}", b"")
    _answered(LoopbackServer(page.app()), damaged(raw, chance) if chance.random() < 0.2 else raw)


def spoken(chance: random.Random, _: Path) -> None:
    """Send odd requests to the replay server."""
    talk = Talk(tool_loop(1))
    talk.turn("run it")
    body = json_text(mutated(json.loads(talk.interactions[0].request.raw), chance, chance.randint(0, 3)), chance)
    target = chance.choice(
        ("/v1/responses", "/v1/responses/compact", "/v1/models", f"/{quote(chance.choice(_TEXTS), errors='replace')}")
    )
    more = ("content-encoding: zstd", "upgrade: websocket", "transfer-encoding: chunked", "expect: 100-continue")
    raw = _head(chance, chance.choice(("POST", "GET", "PUT")), target, body, more)
    _answered(EngineServer(Engine(talk.interactions)), damaged(raw, chance) if chance.random() < 0.3 else raw)


ASKED = (typed, prices, decisions, addresses, spoken)
