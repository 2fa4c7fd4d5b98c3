"""A million events, and WebSockets without an end: memory stays where it was."""

import asyncio
import os
import threading
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from pytest_codex_replay.archive.manifest import Summary
from pytest_codex_replay.archive.record import FlowEnd
from pytest_codex_replay.archive.session import Session
from pytest_codex_replay.loopback import LoopbackServer
from pytest_codex_replay.recorder.recorder import Recorder, RecorderOptions
from pytest_codex_replay.recorder.signals import Chunk, Ended, Signal
from tests.torture.harness import completed, delta, event, interrupt, message, requested, responded

GROWTH_BYTES = 32 * 1024 * 1024
WARM = 10_000
"""Growth counts from here on."""

pytestmark = pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="memory is read from /proc")


def memory_of(process: int | str = "self") -> int:
    """Return the resident memory of a process in bytes."""
    return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def events(count: int):
    """Yield signals of so many events, half over SSE and half over WebSocket, a new answer every thousand of them."""
    at_ms = 1_800_000_000_000.0
    yield requested("socket", at_ms, "soak", is_upgrade=True)
    for turn in range(count // 2000):
        flow = f"turn-{turn}"
        yield requested(flow, at_ms, "soak", turn=turn % 40)
        yield responded(flow, at_ms)
        yield message("socket", at_ms, b'{"type":"response.create"}', from_client=True)
        for number in range(999):
            at_ms += 5
            yield Chunk(flow, at_ms, event(number))
            yield message("socket", at_ms, delta(number))
        yield Chunk(flow, at_ms, completed())
        yield message("socket", at_ms, b'{"type":"response.completed","response":{"id":"resp_%d"}}' % turn)
        yield Ended(flow, at_ms, FlowEnd.FINISHED)
    yield Ended("socket", at_ms, FlowEnd.CLOSED)


def record(recorder: Recorder, signal: Signal) -> None:
    """Record as fast as the writer follows."""
    while recorder.is_crowded:
        threading.Event().wait(0.001)
    recorder.record(signal)


def test_a_million_events_take_no_more_memory_than_ten_thousand(tmp_path: Path, torture) -> None:
    """Of a long session nothing is kept but what has to be known to go on."""
    count = torture.pick(30_000, 1_000_000)
    recorder = Recorder(tmp_path, RecorderOptions(queue_bytes=4 * 1024 * 1024))
    recorder.start()
    samples: list[int] = []
    for number, signal in enumerate(events(count)):
        record(recorder, signal)
        if number >= WARM and number % 1000 == 0:
            samples.append(memory_of())
    assert recorder.close(timeout_s=60)

    growth = max(samples) - samples[0]
    counts = counts_of(Session(tmp_path / "soak"))
    assert (recorder.status.dropped, recorder.status.gaps) == (0, 0)
    assert counts["events"] == counts["messages"] - count // 2000 == count // 2
    assert growth <= GROWTH_BYTES
    torture.count(
        "soak of the recorder",
        events=counts["events"] + counts["messages"],
        lost=recorder.status.dropped,
        growth_mib=round(growth / 2**20, 1),
        archive_bytes=sum(path.stat().st_size for path in (tmp_path / "soak").iterdir()),
    )


def counts_of(session: Session) -> dict[str, int]:
    summary = Summary()
    for each in session.records():
        summary.add(each)
    return summary.as_json()["counts"]


def test_a_websocket_without_an_end(mitmdump, tmp_path: Path, torture) -> None:
    """Through a real mitmdump, which by itself keeps every message."""
    count = torture.pick(12_000, 200_000)

    async def talk(request: web.Request) -> web.WebSocketResponse:
        websocket = web.WebSocketResponse()
        await websocket.prepare(request)
        async for _ in websocket:
            for number in range(1000):
                await websocket.send_str(delta(number).decode())
        return websocket

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", talk)
    with LoopbackServer(app) as upstream:
        running = mitmdump.reverse(upstream.base_url)
        samples = asyncio.run(receive(running, count))
        interrupt(running)

    counts = counts_of(running.recording().session)
    growth = max(samples) - samples[0]
    assert counts["messages"] == count + count // 1000
    assert counts["lost"] == 0
    assert growth <= GROWTH_BYTES
    torture.count(
        "WebSocket through mitmdump",
        messages=counts["messages"],
        lost=counts["lost"],
        growth_mib=round(growth / 2**20, 1),
    )


async def receive(running, count: int) -> list[int]:
    """Ask for a thousand messages again and again; return mitmdump's memory from the ten thousandth on."""
    samples = []
    async with (
        aiohttp.ClientSession(trust_env=False) as session,
        session.ws_connect(f"{running.url}/v1/responses", headers={"session-id": "s"}) as websocket,
    ):
        for asked in range(0, count, 1000):
            await websocket.send_str('{"type":"response.create"}')
            for _ in range(1000):
                await websocket.receive_str()
            if asked + 1000 >= WARM:
                samples.append(memory_of(running.process.pid))
    return samples
