"""SIGKILL, again and again, with traffic flowing: what was flushed is there, and nothing earlier is damaged."""

import asyncio
import hashlib
import json
import os
import random
import re
import signal
import subprocess
import threading
import time
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import suppress
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from pytest_codex_replay.archive.check import check_session
from pytest_codex_replay.archive.record import EventRecord, MessageRecord
from pytest_codex_replay.archive.segment import Damage, read_segment
from pytest_codex_replay.archive.session import Session
from pytest_codex_replay.loopback import LoopbackServer
from tests.torture.harness import delta, event

HERE = Path(__file__).parent
SESSION = "killed"
WAIT_S = 15
TRIES = 3
PACE_S = 0.002
"""An event every so often, over each of both: faster than any model."""
FLUSHED_MS = 250


async def endless(request: web.Request) -> web.StreamResponse:
    """Answer with events and no end, over whatever is asked for."""
    if request.headers.get("upgrade") == "websocket":
        websocket = web.WebSocketResponse()
        await websocket.prepare(request)
        async for number in numbers():
            await websocket.send_str(delta(number).decode())
        return websocket
    response = web.StreamResponse(headers={"content-type": "text/event-stream"})
    await response.prepare(request)
    async for number in numbers():
        await response.write(event(number))
    return response


async def numbers() -> AsyncIterator[int]:
    number = 0
    while True:
        yield number
        number += 1
        await asyncio.sleep(PACE_S)


@pytest.fixture
def upstream() -> Iterator[LoopbackServer]:
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", endless)
    with LoopbackServer(app) as server:
        yield server


class Forks:
    """Starts mitmdump by a fork."""

    def __init__(self, python: Path, folder: Path) -> None:
        self._folder = folder
        self._count = 0
        self._process = subprocess.Popen(
            [python, "-u", HERE / "mitmdump_forks.py"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=folder,
        )

    def start(self, upstream: str, archive: Path) -> tuple[int, int]:
        """Return process id and port of a new mitmdump. A fork that got stuck, as forks may, is not waited for long."""
        for _ in range(TRIES):
            process, port = self._fork(upstream, archive)
            if port:
                return process, port
            os.kill(process, signal.SIGKILL)
        pytest.fail("mitmdump did not start")

    def _fork(self, upstream: str, archive: Path) -> tuple[int, int]:
        self._count += 1
        output = self._folder / f"output-{self._count}"
        options = {
            "confdir": self._folder / "mitmproxy",
            "connection_strategy": "lazy",
            "codex_sessions": archive,
            "codex_home": self._folder,
        }
        arguments = ["--mode", f"reverse:{upstream}", "--listen-host", "127.0.0.1", "--listen-port", "0"]
        arguments += ["-s", str(HERE.parents[1] / "addon" / "codex_recorder.py")]
        arguments += [word for name, value in options.items() for word in ("--set", f"{name}={value}")]
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"arguments": arguments, "output": str(output)}) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline()), self._port(output)

    def stop(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(WAIT_S)
        self._process.stdout.close()

    def _port(self, output: Path) -> int:
        until = time.monotonic() + WAIT_S
        text = ""
        while time.monotonic() < until:
            text = output.read_text(encoding="utf-8") if output.exists() else ""
            found = re.search(r"listening at .*?:(\d+)\.", text)
            if found and "codex recorder: recording" in text:
                return int(found[1])
            threading.Event().wait(0.005)
        return 0


@pytest.fixture
def forks(mitmdump_binary: str, tmp_path: Path) -> Iterator[Forks]:
    python = Path(mitmdump_binary).resolve().parent / "python"
    if not python.exists():  # a mitmdump of a package manager's own kind
        reason = f"{mitmdump_binary} has no python beside it"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)
    forks = Forks(python, tmp_path)
    yield forks
    forks.stop()


class Client:
    """What it has received, and when: number by number, over each of both transports."""

    def __init__(self, port: int, process: int, archive: Path, earlier: Iterable[str]) -> None:
        self._url = f"http://127.0.0.1:{port}/v1/responses"
        self._process = process
        self._archive = archive
        self._earlier = earlier
        self._is_enough = asyncio.Event()
        self.received: dict[str, list[float]] = {"events": [], "messages": []}
        self.flushed: dict[str, int] = {}
        self.killed_at_s = 0.0

    async def run(self, wanted: int) -> None:
        """Receive; kill mitmdump when so many have come over both, look what is flushed right before."""
        headers = {"session-id": SESSION}
        async with aiohttp.ClientSession(headers=headers, trust_env=False) as session:
            tasks = [
                asyncio.create_task(self._events(session, wanted)),
                asyncio.create_task(self._messages(session, wanted)),
            ]
            await asyncio.wait_for(self._is_enough.wait(), WAIT_S)
            self.flushed = readable(self._archive, self._earlier)
            self.killed_at_s = time.monotonic()
            os.kill(self._process, signal.SIGKILL)
            await asyncio.wait(tasks)

    async def _events(self, session: aiohttp.ClientSession, wanted: int) -> None:
        with suppress(aiohttp.ClientError):
            async with session.post(self._url, json={"input": "hi"}) as response:
                async for line in response.content:
                    if line.startswith(b"data: "):
                        self._note("events", wanted)

    async def _messages(self, session: aiohttp.ClientSession, wanted: int) -> None:
        with suppress(aiohttp.ClientError):
            async with session.ws_connect(self._url) as websocket:
                async for _ in websocket:
                    self._note("messages", wanted)

    def _note(self, kind: str, wanted: int) -> None:
        self.received[kind].append(time.monotonic())
        if min(map(len, self.received.values())) >= wanted:
            self._is_enough.set()


def readable(archive: Path, earlier: Iterable[str]) -> dict[str, int]:
    """Return how many events and messages of this run can be read; they have to be in order, and unaltered."""
    counts = {"events": 0, "messages": 0}
    for path in segments(archive):
        if path.name in earlier:
            continue
        for record in read_segment(path, expect_cut):
            if isinstance(record, EventRecord | MessageRecord):
                kind = "events" if isinstance(record, EventRecord) else "messages"
                assert record.payload.raw == delta(counts[kind])
                counts[kind] += 1
    return counts


def segments(archive: Path) -> list[Path]:
    path = archive / SESSION
    return Session(path).segments() if path.exists() else []


def expect_cut(damage: Damage) -> None:
    assert damage.cut, damage


def digests(archive: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in segments(archive)}


def test_killed_at_any_moment_it_keeps_what_was_flushed(forks, upstream, tmp_path, torture) -> None:
    """All of it readable and in order; earlier segments untouched; each start goes on in a new one."""
    archive = tmp_path / "archive"
    chance = random.Random(9)
    before: dict[str, str] = {}
    oldest_lost_ms = 0.0
    received = lost = late = 0
    kills = torture.pick(4, 200)
    for _ in range(kills):
        process, port = forks.start(upstream.base_url, archive)
        client = Client(port, process, archive, before)
        asyncio.run(client.run(chance.randrange(1, 300)))
        wait_until_gone(process)

        counts = readable(archive, before)
        after = digests(archive)
        assert all(counts[kind] >= client.flushed[kind] for kind in counts)
        assert {name: after[name] for name in before} == before
        assert any(counts.values()) <= len(after) - len(before) <= 1
        before = after
        for kind, times in client.received.items():
            ages_ms = [(client.killed_at_s - at_s) * 1000 for at_s in times[counts[kind] :]]
            received += len(times)
            lost += len(ages_ms)
            late += sum(age_ms > FLUSHED_MS for age_ms in ages_ms)
            oldest_lost_ms = max([oldest_lost_ms, *ages_ms])

    assert not any(finding.is_damage for finding in check_session(Session(archive / SESSION)))
    torture.count(
        "kills",
        kills=kills,
        received=received,
        lost=lost,
        oldest_lost_ms=round(oldest_lost_ms),
        older_than_250_ms=late,
        damaged=0,
    )


def wait_until_gone(process: int) -> None:
    until = time.monotonic() + WAIT_S
    while time.monotonic() < until:
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return
        threading.Event().wait(0.005)
    pytest.fail("it was not killed")
