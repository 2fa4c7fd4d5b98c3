"""Ctrl-C with traffic under way: what was recorded is whole, and what was open says that it was."""

import asyncio
import base64
import http.client
import socket
import threading

import aiohttp
from aiohttp import web

from pytest_codex_replay.archive.record import FlowEnd
from pytest_codex_replay.wire.responses import Outcome

EVENT = b'event: response.created\ndata: {"type":"response.created"}\n\n'
HEADERS = {"session-id": "s"}
KEY = base64.b64encode(b"0123456789abcdef").decode()


async def never_ending(request: web.Request) -> web.StreamResponse:
    """Begin to answer, over whatever is asked for, and do not come to an end."""
    if request.headers.get("upgrade") == "websocket":
        websocket = web.WebSocketResponse()
        await websocket.prepare(request)
        async for message in websocket:
            await websocket.send_str(message.data)
        return websocket
    response = web.StreamResponse(headers={"content-type": "text/event-stream"})
    await response.prepare(request)
    await response.write(EVENT)
    await asyncio.Event().wait()
    return response


def test_an_open_stream_and_an_open_websocket_end_by_shutdown(mitmdump, serve) -> None:
    """Addons are told to stop before the flows end: both are finished by the recorder itself."""
    recorder = mitmdump.reverse(serve(never_ending).base_url)
    connection = http.client.HTTPConnection("127.0.0.1", recorder.port, timeout=30)
    connection.request("POST", "/v1/responses", b"{}", HEADERS)
    response = connection.getresponse()
    first = response.read1()

    async def talk() -> None:
        async with (
            aiohttp.ClientSession(trust_env=False) as session,
            session.ws_connect(f"{recorder.url}/v1/responses", headers=HEADERS) as websocket,
        ):
            await websocket.send_str('{"type":"response.create"}')
            await websocket.receive_str()
            await asyncio.to_thread(recorder.stop, settle=False)

    asyncio.run(talk())
    response.close()
    connection.close()

    interactions = recorder.recording().interactions()
    assert first == EVENT
    assert [interaction.end.how for interaction in interactions] == [FlowEnd.SHUTDOWN] * 2
    assert [interaction.outcome for interaction in interactions] == [Outcome.SHUTDOWN] * 2
    assert [len(interaction.parts) for interaction in interactions] == [1, 1]


def test_an_upgrade_that_is_not_answered_yet_is_recorded(mitmdump, serve) -> None:
    """It waits for a frame to say whose it is; a shutdown ends the wait."""
    has_asked = threading.Event()

    async def answer(_: web.Request) -> web.StreamResponse:
        has_asked.set()
        await asyncio.Event().wait()
        raise AssertionError

    recorder = mitmdump.reverse(serve(answer).base_url)
    with socket.create_connection(("127.0.0.1", recorder.port), timeout=30) as connection:
        upgrade = f"connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: {KEY}"
        connection.sendall(f"GET /v1/responses HTTP/1.1\r\nhost: localhost\r\n{upgrade}\r\n\r\n".encode())
        has_asked.wait(30)
        recorder.stop(settle=False)

    (interaction,) = recorder.recording().interactions()
    assert interaction.end.how is FlowEnd.SHUTDOWN


def test_it_says_in_the_end_what_it_did(mitmdump, serve) -> None:
    """The last word: how much was recorded, and how much was lost."""
    recorder = mitmdump.reverse(serve(never_ending).base_url)
    recorder.stop()

    assert "recorded 0, dropped 0, gaps 0" in recorder.lines[-1]
