"""A server and a client that move many events and messages: `python benchmarks/load.py` is the server."""

import asyncio
import json
import time
from itertools import count

import aiohttp
from aiohttp import web
from options import parser_of

WORDS = "the a of model answers with words that are streamed one after the other as Codex shows them".split()


COMPACT, SPACED = (",", ":"), (", ", ": ")
"""What separates JSON: as the Responses API writes it, and as gateways do that are written in Python."""


def event(number: int, separators: tuple[str, str] = COMPACT) -> bytes:
    """A text delta as the Responses API sends it: about 206 bytes, the mean of a real session."""
    delta = f"{WORDS[number % len(WORDS)]} {number % 977} "
    value = {
        "type": "response.output_text.delta",
        "sequence_number": number,
        "item_id": "msg_68f0c1a2b3c4d5e6f708192a3b4c5d6e",
        "output_index": 0,
        "content_index": 0,
        "delta": delta,
    }
    return json.dumps(value, separators=separators).encode()


def sse(number: int, separators: tuple[str, str]) -> bytes:
    return b"event: response.output_text.delta\ndata: " + event(number, separators) + b"\n\n"


DONE = b'{"type":"response.completed","response":{"id":"resp_1","output":[]}}'


async def stream(request: web.Request) -> web.StreamResponse:
    events = int(request.query["events"])
    gap_s = float(request.query.get("gap_ms", 0)) / 1000
    separators = SPACED if "blanks" in request.query else COMPACT
    response = web.StreamResponse(headers={"content-type": "text/event-stream"})
    await response.prepare(request)
    for number in range(events):
        await response.write(sse(number, separators))
        if gap_s:
            await asyncio.sleep(gap_s)
        elif number % 50 == 49:
            await asyncio.sleep(0)
    await response.write(b"event: response.completed\ndata: " + DONE + b"\n\n")
    await response.write_eof()
    return response


async def socket(request: web.Request) -> web.WebSocketResponse:
    answer = web.WebSocketResponse(compress=True)
    await answer.prepare(request)
    async for message in answer:
        for number in range(int(json.loads(message.data)["events"])):
            await answer.send_str(event(number).decode())
        await answer.send_str(DONE.decode())
    return answer


def app() -> web.Application:
    made = web.Application()
    made.router.add_post("/v1/responses", stream)
    made.router.add_get("/v1/responses", socket)
    return made


HEADERS = {"session-id": "0199a000-0000-7000-8000-000000000001", "thread-id": "0199a000-0000-7000-8000-000000000001"}


async def read_stream(base_url: str, events: int, gap_ms: float = 0, more: str = "") -> float:
    """Read a whole stream; return milliseconds from the request to the first byte."""
    async with aiohttp.ClientSession() as session:
        began = time.perf_counter()
        url = f"{base_url}/v1/responses?events={events}&gap_ms={gap_ms}{more}"
        async with session.post(url, json={"input": []}, headers=HEADERS) as response:
            first = 0.0
            async for _ in response.content.iter_any():
                first = first or time.perf_counter() - began
    return first * 1000


async def read_messages(base_url: str, rounds: int, events: int) -> None:
    """Let the server send `rounds` answers of `events` messages each over one socket."""
    async with aiohttp.ClientSession() as session:
        url = f"{base_url.replace('http', 'ws')}/v1/responses"
        async with session.ws_connect(url, headers=HEADERS, compress=15) as ws:
            for number in range(rounds):
                await ws.send_str(json.dumps({"type": "response.create", "events": events, "input": [], "n": number}))
                for _ in count():
                    message = await ws.receive()
                    if '"response.completed"' in message.data:
                        break


async def serve() -> None:
    runner = web.AppRunner(app(), access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    print(json.dumps({"port": runner.addresses[0][1]}), flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    parser_of(__doc__).parse_args()
    asyncio.run(serve())
