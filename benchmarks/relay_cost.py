"""What the embedded recorder costs: CPU per SSE event and WebSocket message, against a do-nothing aiohttp relay.

`python relay_cost.py` prints the table; both relays run side by side, round after round, in one run.
"""

import asyncio
import sys
import tempfile
import threading
from argparse import SUPPRESS
from contextlib import ExitStack
from pathlib import Path

import aiohttp
from aiohttp import WSMsgType, web
from load import read_messages, read_stream
from options import parser_of
from progress import say
from proxy_cost import Proxy, measure_cpu, measure_first_event, started

from pytest_codex_replay.launch.embedded_recorder import EmbeddedRecorder
from pytest_codex_replay.launch.recorder_process import RecordingSetup
from pytest_codex_replay.loopback import LoopbackServer

EVENTS, MESSAGES, ROUNDS = 20_000, 5_000, 9
BARE, RELAY = "do-nothing relay", "embedded recorder"


def bare_app(upstream: str) -> web.Application:
    """Pass everything on, as an application would be written with aiohttp."""

    async def client(app: web.Application):
        async with aiohttp.ClientSession(auto_decompress=False) as session:
            app["client"] = session
            yield

    async def handle(request: web.Request) -> web.StreamResponse:
        session = request.app["client"]
        url = f"{upstream}{request.path_qs}"
        if request.headers.get("upgrade", "").lower() == "websocket":
            return await talk(request, session, url)
        async with session.request(request.method, url, data=await request.read()) as answer:
            response = web.StreamResponse(status=answer.status, headers={"content-type": answer.content_type})
            await response.prepare(request)
            async for data in answer.content.iter_any():
                await response.write(data)
            await response.write_eof()
        return response

    async def talk(request: web.Request, session: aiohttp.ClientSession, url: str) -> web.StreamResponse:
        client = web.WebSocketResponse(compress=True)
        await client.prepare(request)
        async with session.ws_connect(url, compress=15) as server:

            async def pass_on(source, sink) -> None:
                async for message in source:
                    if message.type is WSMsgType.TEXT:
                        await sink.send_str(message.data)
                await sink.close()

            await asyncio.gather(pass_on(client, server), pass_on(server, client))
        return client

    app = web.Application()
    app.cleanup_ctx.append(client)
    app.router.add_route("*", "/{path:.*}", handle)
    return app


def run(rounds: int = ROUNDS) -> list[Proxy]:
    """Return both relays with what was measured on them."""
    import psutil

    with tempfile.TemporaryDirectory() as archive, ExitStack() as stack:
        port, _ = stack.enter_context(started([sys.executable, "load.py"], r'"port": (\d+)'))
        running = []
        for name, option in ((BARE, "--bare"), (RELAY, "--relay")):
            command = [sys.executable, __file__, option, f"http://127.0.0.1:{port}", archive]
            own, process = stack.enter_context(started(command, r"listening at (\d+)"))
            running.append(Proxy(name, f"http://127.0.0.1:{own}", psutil.Process(process.pid)))
        measures = (
            ("event", EVENTS, lambda url: read_stream(url, EVENTS)),
            ("message", MESSAGES, lambda url: read_messages(url, 1, MESSAGES)),
        )
        for number in range(rounds + 1):
            say(f"relay: round {number} of {rounds}")
            for figure, count, load in measures:
                asyncio.run(measure_cpu(figure, running[:: 1 if number % 2 else -1], count, load))
            if number == 0:  # a warm-up
                for relay in running:
                    relay.figures.clear()
        for _ in range(4):
            for relay in running:
                asyncio.run(measure_first_event(relay, 5))
        return running


def serve(option: str, upstream: str, archive: str) -> None:
    setup = RecordingSetup(archive=Path(archive), upstream=upstream, codex_home=Path(archive) / "none")
    server = LoopbackServer(bare_app(upstream)) if option == "--bare" else EmbeddedRecorder(setup)
    with server:
        print(f"listening at {server.base_url.rpartition(':')[2]}", flush=True)
        threading.Event().wait()


def main() -> None:
    parser = parser_of(__doc__)
    parser.add_argument("--bare", "--relay", nargs=2, dest="own", metavar=("URL", "DIR"), help=SUPPRESS)
    if parser.parse_args().own:  # one of its own relays
        serve(*sys.argv[1:])
    bare, ours = run()
    for figure in ("event", "message"):
        print(f"{figure}: {ours.median(figure):.1f} µs, bare {bare.median(figure):.1f} µs, {ours.ratio(figure, bare)}")
    print(f"first event: {ours.median('first_event'):.2f} ms, bare {bare.median('first_event'):.2f} ms")


if __name__ == "__main__":
    main()
