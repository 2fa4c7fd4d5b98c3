"""WebSocket through a real mitmdump, and through the embedded recorder: every message, and how it ended."""

import asyncio
import json
import socket
import struct
from collections.abc import Awaitable, Callable

import aiohttp
import pytest
from aiohttp import WSMsgType, web

from pytest_codex_replay.archive.record import EndRecord, FlowEnd, MessageRecord, RequestRecord
from pytest_codex_replay.projection.interactions import Role, Transport
from pytest_codex_replay.wire.responses import Outcome

COMPLETED = '{"type":"response.completed","response":{"id":"resp_1","output":[]}}'
CREATE = '{"type":"response.create","input":"Grüße 👍🏽"}'
Talk = Callable[[aiohttp.ClientWebSocketResponse], Awaitable[object]]


def talk(lane, say: Talk, **options) -> aiohttp.ClientWebSocketResponse:
    """Connect as Codex does, `say` something, and leave; return the connection as it was in the end."""

    async def run() -> aiohttp.ClientWebSocketResponse:
        async with (
            aiohttp.ClientSession(trust_env=False) as session,
            session.ws_connect(f"{lane.url}/v1/responses", headers=lane.identity, compress=15, **options) as websocket,
        ):
            await say(websocket)
        return websocket

    return asyncio.run(asyncio.wait_for(run(), 30))


async def accept(request: web.Request, **options) -> web.WebSocketResponse:
    websocket = web.WebSocketResponse(max_msg_size=0, **options)
    await websocket.prepare(request)
    return websocket


async def echo(request: web.Request) -> web.WebSocketResponse:
    """Send back what comes."""
    websocket = await accept(request)
    async for message in websocket:
        if message.type is WSMsgType.TEXT:
            await websocket.send_str(message.data)
        elif message.type is WSMsgType.BINARY:
            await websocket.send_bytes(message.data)
    return websocket


def test_messages_are_recorded_by_side_and_in_order(record) -> None:
    """Compressed on the wire, JSON in the record: what the client sent and what the upstream answered."""

    async def answer(request: web.Request) -> web.WebSocketResponse:
        websocket = await accept(request)
        await websocket.receive_str()
        await websocket.send_str('{"type":"response.created"}')
        await websocket.send_str(COMPLETED)
        await websocket.receive()
        return websocket

    async def say(websocket: aiohttp.ClientWebSocketResponse) -> None:
        await websocket.send_str(CREATE)
        await websocket.receive_str()
        await websocket.receive_str()

    lane = record(answer)
    client = talk(lane, say)
    recording = lane.recording()

    messages = [(message.from_client, message.payload.text) for message in recording.of_kind(MessageRecord)]
    (interaction,) = recording.interactions()
    assert client.compress
    assert messages == [(True, CREATE), (False, '{"type":"response.created"}'), (False, COMPLETED)]
    assert (interaction.transport, interaction.outcome) == (Transport.WEBSOCKET, Outcome.COMPLETED)
    assert "permessage-deflate" in dict(interaction.response_headers)["Sec-WebSocket-Extensions"]


def test_whatever_is_said_is_kept_verbatim(record) -> None:
    """Unknown types, what is not JSON, pretty JSON, nothing, and bytes that are not text."""
    texts = ['{"type":"from.the.future"}', "no json", '{\n "a":  1}', "", '"\\ud83d"', "ä" * 100_000]
    blobs = [b"", b"\x00\xff", b'{"json":"in a binary message"}']

    async def say(websocket: aiohttp.ClientWebSocketResponse) -> None:
        for text in texts:
            await websocket.send_str(text)
            assert (await websocket.receive()).data == text
        for blob in blobs:
            await websocket.send_bytes(blob)
            assert (await websocket.receive()).data == blob

    lane = record(echo)
    talk(lane, say, max_msg_size=0)
    recording = lane.recording()

    messages = recording.of_kind(MessageRecord)
    assert [message.payload.raw for message in messages if message.from_client] == [
        *(text.encode() for text in texts),
        *blobs,
    ]
    assert [message.payload.raw for message in messages if not message.from_client] == [
        message.payload.raw for message in messages if message.from_client
    ]
    assert [message.binary for message in messages] == [False] * 12 + [True] * 6


@pytest.mark.parametrize("code", [1000, 1001, 4001])
def test_a_close_by_the_client(record, code: int) -> None:
    """Code, reason and side; the upstream gets the same."""
    seen: list[int | None] = []

    async def answer(request: web.Request) -> web.WebSocketResponse:
        websocket = await echo(request)
        seen.append(websocket.close_code)
        return websocket

    lane = record(answer)
    talk(lane, lambda websocket: websocket.close(code=code, message=b"enough"))
    recording = lane.recording()

    (end,) = recording.of_kind(EndRecord)
    assert seen == [code]
    assert (end.how, end.close_code, end.close_reason, end.closed_by_client) == (FlowEnd.CLOSED, code, "enough", True)


@pytest.mark.parametrize("code", [1000, 4001])
def test_a_close_by_the_upstream(record, code: int) -> None:
    """Codex treats it as an error; the record says who closed."""

    async def answer(request: web.Request) -> web.WebSocketResponse:
        websocket = await accept(request)
        await websocket.close(code=code, message=b"too busy")
        return websocket

    lane = record(answer)
    client = talk(lane, lambda websocket: websocket.receive())
    recording = lane.recording()

    (end,) = recording.of_kind(EndRecord)
    assert client.close_code == code
    assert (end.how, end.close_code, end.closed_by_client) == (FlowEnd.CLOSED, code, False)
    assert end.close_reason == "too busy"


def hang_up(websocket: aiohttp.ClientWebSocketResponse) -> None:
    """Reset the connection: no close frame, not even a FIN."""
    connection = websocket.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    websocket._response.connection.transport.abort()


def test_a_client_that_is_gone_without_a_word(record) -> None:
    """1006, and by the client."""

    async def say(websocket: aiohttp.ClientWebSocketResponse) -> None:
        await websocket.send_str(CREATE)
        await websocket.receive_str()
        hang_up(websocket)

    lane = record(echo)
    talk(lane, say)
    recording = lane.recording()

    (interaction,) = recording.interactions()
    assert (interaction.end.how, interaction.end.close_code) == (FlowEnd.CLIENT_GONE, 1006)
    assert interaction.outcome is Outcome.CLIENT_GONE


def test_a_client_that_is_gone_while_the_upstream_talks(record) -> None:
    """By the client, though the proxy finds out when it writes."""

    async def answer(request: web.Request) -> web.WebSocketResponse:
        websocket = await accept(request)
        await websocket.receive_str()
        while not websocket.closed:
            await websocket.send_str(json.dumps({"type": "response.output_text.delta", "delta": "x" * 1000}))
        return websocket

    async def say(websocket: aiohttp.ClientWebSocketResponse) -> None:
        await websocket.send_str(CREATE)
        await websocket.receive_str()
        hang_up(websocket)

    lane = record(answer)
    talk(lane, say)
    recording = lane.recording()

    (end,) = recording.of_kind(EndRecord)
    assert (end.how, end.close_code) == (FlowEnd.CLIENT_GONE, 1006)


def test_an_upstream_that_is_gone_without_a_word(record) -> None:
    """1006, by the upstream; the interaction has what came before."""

    async def answer(request: web.Request) -> web.WebSocketResponse:
        websocket = await accept(request)
        await websocket.receive_str()
        await websocket.send_str('{"type":"response.created"}')
        request.transport.close()
        return websocket

    async def say(websocket: aiohttp.ClientWebSocketResponse) -> None:
        await websocket.send_str(CREATE)
        await websocket.receive_str()
        await websocket.receive()

    lane = record(answer)
    talk(lane, say)
    recording = lane.recording()

    (interaction,) = recording.interactions()
    assert len(interaction.parts) == 1
    assert (interaction.end.how, interaction.end.close_code) == (FlowEnd.UPSTREAM_GONE, 1006)
    assert interaction.outcome is Outcome.UPSTREAM_GONE
    assert [each["why"] for each in recording.session.manifest()["incomplete"]] == ["upstream-gone"]


@pytest.mark.parametrize("status", [401, 426, 503])
def test_a_declined_upgrade_is_an_answer(record, status: int) -> None:
    """The client sees the status, and the record has it with its body."""

    async def answer(_: web.Request) -> web.Response:
        return web.json_response({"error": {"code": "no"}}, status=status)

    async def ask(lane) -> int:
        async with aiohttp.ClientSession(trust_env=False) as session:
            with pytest.raises(aiohttp.WSServerHandshakeError) as declined:
                await session.ws_connect(f"{lane.url}/v1/responses", headers=lane.identity)
            return declined.value.status

    lane = record(answer)
    seen = asyncio.run(ask(lane))
    recording = lane.recording()

    (interaction,) = recording.interactions()
    assert (seen, interaction.status) == (status, status)
    assert (interaction.role, interaction.outcome) == (Role.UPGRADE, Outcome.ERROR)
    assert interaction.body == b'{"error": {"code": "no"}}'


def test_a_session_that_only_its_frames_name(record) -> None:
    """The upgrade says nothing, the first `response.create` does: both are in that session."""
    lane = record(echo)
    named = lane.identity["session-id"]

    async def say(websocket: aiohttp.ClientWebSocketResponse) -> None:
        await websocket.send_json({"type": "response.create", "client_metadata": {"session_id": named}})
        await websocket.receive()

    lane.identity = {}
    talk(lane, say)
    lane.identity = {"session-id": named}
    recording = lane.recording()

    assert len(recording.of_kind(RequestRecord)) == 1
    assert len(recording.of_kind(MessageRecord)) == 2


def test_a_session_that_moves_to_another_connection(record) -> None:
    """One session, two connections: one directory, and the flows are told apart."""

    async def say(websocket: aiohttp.ClientWebSocketResponse) -> None:
        await websocket.send_str(CREATE)
        await websocket.receive()

    lane = record(echo)
    talk(lane, say)
    talk(lane, say)
    recording = lane.recording()

    flows = {message.flow for message in recording.of_kind(MessageRecord)}
    assert len(flows) == len(recording.of_kind(EndRecord)) == 2
