"""The replay server listens while it answers: to pings, interrupts, and clients that leave."""

import asyncio
import socket
import threading
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import aiohttp
import httpx
import orjson
import pytest

from pytest_codex_replay.archive.record import FlowEnd, MessageRecord
from pytest_codex_replay.projection.interactions import Interaction
from pytest_codex_replay.replay.engine import Engine
from pytest_codex_replay.replay.reply import Speed
from pytest_codex_replay.server import EngineServer
from tests.replay.recording import INTERRUPT, Recording, answer_events, body_of, said, steered_events, user

AT_ANY_SPEED = pytest.mark.parametrize("speed", [Speed(), Speed(factor=1.0)])
HOUR_MS = 3_600_000.0
Socket = aiohttp.ClientWebSocketResponse


def steered() -> tuple[Interaction, ...]:
    """A turn that is interrupted, and goes on with what the user says."""
    recording = Recording()
    again = body_of(user("more"), previous_response_id="r")
    recording.websocket([(body_of(user("hi")), steered_events()), (again, answer_events("r2", said("x")))])
    return recording.interactions


def slow() -> tuple[Interaction, ...]:
    """An answer whose last event comes an hour after the others."""
    recording = Recording()
    recording.websocket([(body_of(user("hi")), answer_events("r", said("x")))])
    (interaction,) = recording.interactions
    *first, last = interaction.parts
    assert isinstance(last, MessageRecord)
    return (replace(interaction, parts=(*first, replace(last, at_ms=last.at_ms + HOUR_MS))),)


def left(*, over_websocket: bool) -> tuple[Interaction, ...]:
    """An answer that the client leaves, and one that follows."""
    recording = Recording()
    broken, whole = answer_events("r", said("x"))[:2], answer_events("r2", said("y"))
    if over_websocket:
        recording.websocket([(body_of(user("hi")), broken)], closed_by_client=True)
    else:
        recording.http(body_of(user("hi")), broken, end=FlowEnd.CLIENT_GONE)
    recording.http(body_of(user("hi"), user("again")), whole)
    return recording.interactions


def talk(engine: Engine, say: Callable[[Socket], Awaitable[Any]]) -> Any:
    """Let a client say something over a WebSocket; it sees pongs."""

    async def session(base_url: str) -> Any:
        async with (
            aiohttp.ClientSession() as client,
            client.ws_connect(f"{base_url}/responses", autoping=False) as websocket,
        ):
            return await asyncio.wait_for(say(websocket), 30)

    with EngineServer(engine) as server:
        return asyncio.run(session(server.base_url))


async def ask(websocket: Socket, *items: Any, **more: Any) -> None:
    await websocket.send_json({"type": "response.create", **body_of(*(items or [user("hi")]), **more)})


async def types(websocket: Socket, count: int) -> list[str]:
    return [orjson.loads(await websocket.receive_str())["type"].removeprefix("response.") for _ in range(count)]


async def is_silent(websocket: Socket) -> bool:
    """Whether the next that comes is the answer to a ping."""
    await websocket.ping(b"still there?")
    message = await websocket.receive()
    return (message.type, bytes(message.data)) == (aiohttp.WSMsgType.PONG, b"still there?")


@AT_ANY_SPEED
@pytest.mark.parametrize("seed", [None, 7])
def test_an_answer_is_held_until_its_client_interrupts(speed: Speed, seed: int | None) -> None:
    """Then the recorded acknowledgement follows, and the next request continues it."""

    async def say(websocket: Socket) -> list[str]:
        await ask(websocket)
        before = await types(websocket, 4)
        assert await is_silent(websocket)
        await websocket.send_json(INTERRUPT)
        after = await types(websocket, 3)
        await ask(websocket, user("more"), previous_response_id="r")
        return [*before, "|", *after, "|", *(await types(websocket, 3))[-1:]]

    engine = Engine(steered(), speed=speed, recut_seed=seed)

    assert talk(engine, say) == [
        *("created", "output_item.added", "output_text.delta", "output_text.delta", "|"),
        *("interrupt.accepted", "output_item.interrupted", "incomplete", "|", "completed"),
    ]
    assert engine.report.is_clean
    assert not engine.report.unused


def test_a_client_may_interrupt_before_the_recorded_one_did() -> None:
    """It gets the rest at once: the hour that the recorded one let pass before it is not waited for."""
    first, second = steered()
    late = [replace(part, at_ms=part.at_ms + HOUR_MS * (index > 1)) for index, part in enumerate(first.parts)]
    (interrupt,) = first.client_messages
    later = replace(interrupt, message=replace(interrupt.message, at_ms=interrupt.message.at_ms + HOUR_MS))
    first = replace(first, parts=tuple(late), client_messages=(later,))

    async def say(websocket: Socket) -> list[str]:
        await ask(websocket)
        before = await types(websocket, 2)
        await websocket.send_json(INTERRUPT)
        return before + await types(websocket, 3)

    assert talk(Engine((first, second), speed=Speed(factor=1.0)), say) == [
        *("created", "output_item.added", "output_text.delta", "output_text.delta", "interrupt.accepted")
    ]


def test_a_client_that_never_interrupts_gets_a_miss() -> None:
    """The turn ends with it, and the connection may be used again."""

    async def say(websocket: Socket) -> str:
        await ask(websocket)
        await types(websocket, 4)
        event = orjson.loads(await websocket.receive_str())
        assert await is_silent(websocket)
        return str(event["response"]["error"]["message"])

    engine = Engine(steered(), name="c", hold_limit_ms=20.0)

    told = talk(engine, say)

    assert "had interrupted interaction 1 when it was recorded; this one did not within 0.02 s." in told
    assert [miss.text for miss in engine.report.misses] == [told]


def test_a_client_that_leaves_what_it_had_interrupted_is_a_miss() -> None:
    """Also where nothing more is asked."""

    async def say(websocket: Socket) -> None:
        await ask(websocket)
        await types(websocket, 4)
        await websocket.close()

    engine = Engine(steered())

    talk(engine, say)

    assert "this one left instead" in engine.report.misses[0].text


def test_an_interrupt_that_is_not_recorded_ends_the_answer() -> None:
    """The rest of it, which would come in an hour, does not come; the connection lives on."""

    async def say(websocket: Socket) -> list[str]:
        await ask(websocket)
        await types(websocket, 2)
        await websocket.send_json(INTERRUPT)
        told = await types(websocket, 1)
        await ask(websocket, user("something else"))
        return told + await types(websocket, 2)

    engine = Engine(slow(), speed=Speed(factor=1.0))

    assert talk(engine, say) == ["failed", "created", "failed"]
    assert "where the recording has no interrupt" in engine.report.misses[0].text


def test_a_steer_for_a_turn_that_is_over_is_refused() -> None:
    """And nothing else happens."""

    async def say(websocket: Socket) -> list[str]:
        await ask(websocket)
        await types(websocket, 3)
        await websocket.send_json(INTERRUPT)
        return await types(websocket, 1)

    engine = Engine(slow())

    assert talk(engine, say) == ["interrupt.failed"]
    assert engine.report.is_clean


def test_an_interrupted_answer_is_not_for_http() -> None:
    """No client can interrupt it there: the report has it at once."""
    engine = Engine(steered(), name="c")

    with EngineServer(engine) as server:
        reply = httpx.post(f"{server.base_url}/responses", json=body_of(user("hi")))

    assert b"response.failed" in reply.content
    assert engine.report.misses[0].text == (
        "c: interaction 1 was interrupted over a WebSocket when it was recorded, which is not possible over HTTP: let "
        "the client use WebSockets."
    )


@pytest.mark.parametrize("over_websocket", [True, False])
@AT_ANY_SPEED
def test_a_left_answer_is_held_open_over_a_websocket(speed: Speed, *, over_websocket: bool) -> None:
    """Whatever it was recorded over: all of it comes, and nothing after it until the client goes."""

    async def say(websocket: Socket) -> None:
        await ask(websocket)
        assert await types(websocket, 2) == ["created", "output_item.done"]
        assert await is_silent(websocket)

    engine = Engine(left(over_websocket=over_websocket), speed=speed)

    talk(engine, say)

    assert engine.report.is_clean
    assert [one.index for one in engine.report.unused] == [2]


class Watched(Engine):
    """Tells when all of an answer is out."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.is_out = threading.Event()

    def delivered(self, interaction: Interaction) -> None:
        super().delivered(interaction)
        self.is_out.set()


@pytest.mark.parametrize("over_websocket", [True, False])
@AT_ANY_SPEED
def test_a_left_answer_is_held_open_over_http(speed: Speed, *, over_websocket: bool) -> None:
    """Nothing ends it: no last chunk, no closed connection."""
    engine = Watched(left(over_websocket=over_websocket), speed=speed)
    body = orjson.dumps(body_of(user("hi")))
    head = b"POST /v1/responses HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % len(body)

    with EngineServer(engine) as server, socket.create_connection(("127.0.0.1", server.port), timeout=30) as client:
        client.sendall(head + body)
        received = b""
        while b"output_item.done" not in received or not received.endswith(b"\n\n\r\n"):
            received += client.recv(65536)
        assert engine.is_out.wait(30)
        client.setblocking(False)
        with pytest.raises(BlockingIOError):
            client.recv(1)

    assert engine.report.is_clean


@pytest.mark.parametrize(("has_begun", "name"), [(True, "caf\xe9"), (True, "x"), (False, "")])
def test_a_client_that_stays_where_it_had_left_gets_a_miss(name: str, *, has_begun: bool) -> None:
    """In the answer that it has, or as the whole answer, where it had left before there was one."""
    recording = Recording()
    events = answer_events("r", said("x"))[:2]
    headers = (("content-type", "text/event-stream"), ("x-name", name))
    status = 200 if has_begun else None
    recording.http(body_of(user("hi")), events, status=status, headers=headers, end=FlowEnd.CLIENT_GONE)
    if not has_begun:
        recording.records = [recording.records[0], recording.records[-1]]
    engine = Engine(recording.interactions, hold_limit_ms=20.0)

    with EngineServer(engine) as server:
        reply = httpx.post(f"{server.base_url}/responses", json=body_of(user("hi")))

    assert reply.status_code == 200
    assert reply.content.count(b"event: response.created") == 1
    assert b"had left interaction 1 when it was recorded; this one did not within 0.02 s." in reply.content
    assert len(engine.report.misses) == 1


def test_a_client_may_keep_its_connection_alive_at_recorded_speed() -> None:
    """The next event comes in an hour; its pings are answered now, and its close frame is, too."""

    async def say(websocket: Socket) -> list[bool]:
        await ask(websocket)
        await types(websocket, 2)
        alive = [await is_silent(websocket) for _ in range(3)]
        await websocket.close()
        return [*alive, websocket.close_code == aiohttp.WSCloseCode.OK]

    engine = Watched(slow(), speed=Speed(factor=1.0))

    assert talk(engine, say) == [True, True, True, True]
    assert not engine.is_out.is_set()


def test_at_instant_speed_too_it_listens() -> None:
    """The answer to a ping does not wait for the end of a long answer."""
    recording = Recording()
    first, *last = answer_events("r", said("x"))
    recording.websocket([(body_of(user("hi")), [first, *[{"type": "response.delta"}] * 2000, *last])])

    async def say(websocket: Socket) -> int:
        await ask(websocket)
        await websocket.ping()
        kinds = [(await websocket.receive()).type for _ in range(2004)]
        return kinds.index(aiohttp.WSMsgType.PONG)

    assert talk(Engine(recording.interactions), say) < 2003


def test_a_close_frame_ends_the_answer_at_once() -> None:
    """What did not go out counts as not delivered: the client may ask again."""

    async def say(websocket: Socket) -> list[str]:
        await ask(websocket)
        return await types(websocket, 2)

    engine = Engine(slow(), speed=Speed(factor=1.0))
    with EngineServer(engine) as server:
        for _ in range(2):
            asyncio.run(_once(server.base_url, say))

    assert [one.repeats for one in engine.report.served] == [0, 1]


async def _once(base_url: str, say: Callable[[Socket], Awaitable[Any]]) -> None:
    async with aiohttp.ClientSession() as client, client.ws_connect(f"{base_url}/responses") as websocket:
        await say(websocket)


def test_an_unknown_frame_is_refused_while_another_is_answered() -> None:
    """It does not wait for the end of that, and ends it."""

    async def say(websocket: Socket) -> list[str]:
        await ask(websocket)
        await types(websocket, 2)
        await websocket.send_json({"type": "response.steer"})
        return await types(websocket, 1)

    engine = Engine(slow(), speed=Speed(factor=1.0), name="c")

    assert talk(engine, say) == ["failed"]
    assert "'response.steer'" in engine.report.misses[0].text
