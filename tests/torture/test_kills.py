"""SIGKILL, again and again, with traffic flowing: what was flushed is there, and nothing earlier is damaged."""

import asyncio
import hashlib
import random
import time
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import suppress
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from pytest_codex_replay.archive.check import check_session
from pytest_codex_replay.archive.record import EventRecord, MessageRecord
from pytest_codex_replay.archive.segment_bytes import Damage
from pytest_codex_replay.archive.segment_reader import read_segment
from pytest_codex_replay.archive.session import Session
from pytest_codex_replay.loopback import LoopbackServer
from tests.addon.conftest import Mitmdump, Starter
from tests.torture.harness import delta, event

SESSION = "killed"
WAIT_S = 15
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


@pytest.fixture
def forks(mitmdump_binary: str, tmp_path: Path) -> Iterator[Starter]:
    """Starts mitmdump by the hundreds. A kill of what is started is a kill of its fork; its output ends with that."""
    starter = Starter(mitmdump_binary, tmp_path / "mitmproxy", tmp_path)
    yield starter
    for running in starter.started:
        running.process.kill()
        running.join()


class Client:
    """What it has received, and when: number by number, over each of both transports."""

    def __init__(self, recorder: Mitmdump, archive: Path, earlier: Iterable[str]) -> None:
        self._url = f"{recorder.url}/v1/responses"
        self._recorder = recorder
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
            self._recorder.process.kill()
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
        recorder = forks.reverse(upstream.base_url, codex_sessions=str(archive), codex_home=str(tmp_path))
        client = Client(recorder, archive, before)
        asyncio.run(client.run(chance.randrange(1, 300)))
        recorder.join()

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
