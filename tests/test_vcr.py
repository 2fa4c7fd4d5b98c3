"""Clients in this process: httpx, requests, aiohttp and the OpenAI SDK, answered from one cassette without a server."""

import asyncio
import os
import socket
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import aiohttp
import httpx
import httpx2
import openai
import orjson
import pytest
import requests
import zstandard

from pytest_codex_replay.archive.record import FlowEnd
from pytest_codex_replay.errors import CodexReplayError, UsageError
from pytest_codex_replay.guard import NetworkBlockedError
from pytest_codex_replay.matching.match import MatchKind
from pytest_codex_replay.replay.engine import Engine
from pytest_codex_replay.replay.faults import Fault
from pytest_codex_replay.server import EngineServer
from pytest_codex_replay.vcr import CodexVcr, ReadOnlyPersister
from tests.replay.recording import Recording, body_of, user

API = "https://api.openai.com/v1"
URL = f"{API}/responses"
HI = body_of(user("hi"))
KEY = "sk-none"


def response_of(response_id: str, text: str) -> dict[str, Any]:
    """A response as the SDK reads it."""
    content = [{"type": "output_text", "text": text, "annotations": []}]
    item = {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed", "content": content}
    return {
        "id": response_id,
        "object": "response",
        "created_at": 1,
        "model": "gpt-5.4",
        "status": "completed",
        "output": [item],
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
    }


def events_of(response_id: str, text: str) -> list[dict[str, Any]]:
    """The events of a streamed answer as the SDK reads it."""
    whole = response_of(response_id, text)
    delta = {"type": "response.output_text.delta", "item_id": "msg_1", "output_index": 0, "content_index": 0}
    return [
        {"type": "response.created", "sequence_number": 0, "response": whole | {"status": "in_progress", "output": []}},
        {**delta, "sequence_number": 1, "delta": text, "logprobs": []},
        {
            "type": "response.output_item.done",
            "sequence_number": 2,
            "output_index": 0,
            "item": whole["output"][0],
        },
        {"type": "response.completed", "sequence_number": 3, "response": whole},
    ]


def recorded(*, over: str = "sse", **options: Any) -> tuple[Engine, Recording]:
    recording = Recording()
    if over == "sse":
        recording.http(HI, events_of("resp_1", "grüß dich"))
    else:
        recording.websocket([(HI, events_of("resp_1", "grüß dich"))])
    return Engine(recording.interactions, name="cassettes/hi", **options), recording


def with_httpx() -> bytes:
    return httpx.post(URL, json=HI).content


def with_httpx_stream() -> bytes:
    with httpx.stream("POST", URL, json=HI) as reply:
        return b"".join(reply.iter_bytes())


def with_httpx_async() -> bytes:
    async def ask() -> bytes:
        async with httpx.AsyncClient() as client, client.stream("POST", URL, json=HI) as reply:
            return b"".join([chunk async for chunk in reply.aiter_bytes()])

    return asyncio.run(ask())


def with_httpx2() -> bytes:
    return httpx2.post(URL, json=HI).content


def with_httpx2_async() -> bytes:
    async def ask() -> bytes:
        async with httpx2.AsyncClient() as client, client.stream("POST", URL, json=HI) as reply:
            return b"".join([chunk async for chunk in reply.aiter_bytes()])

    return asyncio.run(ask())


def with_requests() -> bytes:
    return requests.post(URL, json=HI, timeout=5).content


def with_requests_stream() -> bytes:
    with requests.post(URL, json=HI, stream=True, timeout=5) as reply:
        return b"".join(reply.iter_content(16))


def with_aiohttp() -> bytes:
    async def ask() -> bytes:
        async with aiohttp.ClientSession() as session, session.post(URL, json=HI) as reply:
            return b"".join([chunk async for chunk in reply.content.iter_any()])

    return asyncio.run(ask())


def with_sdk() -> bytes:
    client = openai.OpenAI(api_key=KEY, max_retries=0)
    return client.responses.create(model="gpt-5.4", input="hi").to_json().encode()


def with_urllib() -> bytes:
    with urllib.request.urlopen(urllib.request.Request(URL, orjson.dumps(HI))) as reply:
        return bytes(reply.read())


def with_encoded_body() -> bytes:
    body = zstandard.ZstdCompressor().compress(orjson.dumps(HI))
    return httpx.post(URL, content=body, headers={"content-encoding": "zstd"}).content


def with_a_body_in_pieces() -> bytes:
    raw = orjson.dumps(HI)
    return requests.post(URL, data=iter([raw[:10], raw[10:]]), timeout=5).content


CLIENTS = [
    with_httpx,
    with_httpx_stream,
    with_httpx_async,
    with_httpx2,
    with_httpx2_async,
    with_requests,
    with_requests_stream,
    with_aiohttp,
    with_encoded_body,
    with_a_body_in_pieces,
]


@pytest.mark.parametrize("ask", CLIENTS, ids=lambda ask: ask.__name__)
def test_a_client_gets_the_recorded_bytes(ask: Callable[[], bytes]) -> None:
    """Whichever it is, and however it sends its request."""
    engine, recording = recorded()

    with CodexVcr(engine, recording.interactions) as vcr:
        content = ask()

    assert content == b"".join(part.raw for part in recording.interactions[0].parts)
    assert [one.match for one in engine.report.served] == [MatchKind.EXACT]
    assert not vcr.blocked


@pytest.mark.parametrize("over", ["sse", "websocket"])
@pytest.mark.parametrize("base_url", [API, "https://chatgpt.com/backend-api/codex", "http://gateway.internal:8080/v1"])
def test_the_sdk_streams(over: str, base_url: str) -> None:
    """From a recording over either transport, with any base URL."""
    engine, _ = recorded(over=over)

    with CodexVcr(engine), openai.OpenAI(api_key=KEY, base_url=base_url) as client:
        stream = client.responses.create(model="gpt-5.4", input=HI["input"], stream=True)
        text = "".join(event.delta for event in stream if event.type == "response.output_text.delta")

    assert text == "grüß dich"
    assert not engine.report.unused


def test_the_sdk_gets_a_whole_response() -> None:
    """Without streaming it is made from what was streamed."""
    engine, _ = recorded()

    with CodexVcr(engine), openai.OpenAI(api_key=KEY, base_url=API) as client:
        response = client.responses.create(model="gpt-5.4", input=HI["input"])

    assert response.output_text == "grüß dich"


def test_the_sdk_streams_asynchronously() -> None:
    """As it does for itself."""

    async def ask() -> str:
        async with openai.AsyncOpenAI(api_key=KEY, base_url=API) as client:
            stream = await client.responses.create(model="gpt-5.4", input=HI["input"], stream=True)
            return "".join([event.delta async for event in stream if event.type == "response.output_text.delta"])

    engine, _ = recorded()

    with CodexVcr(engine):
        text = asyncio.run(ask())

    assert text == "grüß dich"


@pytest.mark.parametrize("client", [httpx.Client, httpx2.Client, requests.Session], ids=["httpx", "httpx2", "requests"])
def test_a_connection_that_was_open_before(client: Callable[[], Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """Its client is answered from the cassette all the same; nothing goes over the connection."""
    real = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda _, *args, **options: real("127.0.0.1", *args, **options))
    monkeypatch.setenv("NO_PROXY", "*")
    other, engine = recorded()[0], recorded()[0]

    with EngineServer(other, is_remote_allowed=True) as server, client() as pooled:
        url = f"http://gateway.internal:{server.port}/v1/responses"
        before = pooled.post(url, json=HI).content
        with CodexVcr(engine):
            inside = pooled.post(url, json=HI).content

    assert before == inside
    assert (len(other.report.requests), len(engine.report.served)) == (1, 1)


def test_the_sdk_through_aiohttp() -> None:
    """It has a transport for that."""

    async def ask() -> str:
        http = openai.DefaultAioHttpClient()
        async with openai.AsyncOpenAI(api_key=KEY, base_url=API, http_client=http) as client:
            return (await client.responses.create(model="gpt-5.4", input=HI["input"])).output_text

    with CodexVcr(recorded()[0]):
        text = asyncio.run(ask())

    assert text == "grüß dich"


def test_a_miss_says_the_same_as_over_a_socket() -> None:
    """And the report has it."""
    engine, _ = recorded()

    with CodexVcr(engine):
        content = httpx.post(URL, json=body_of(user("ho"))).content

    (miss,) = engine.report.misses
    assert 'differs in input[0].content[0].text ("hi" -> "ho")' in miss.text
    assert orjson.dumps(miss.text) in content


def test_nothing_is_served_twice() -> None:
    """A client that has it all has no reason to ask again."""
    engine, _ = recorded()

    with CodexVcr(engine):
        contents = [httpx.post(URL, json=HI).content for _ in range(2)]

    assert [b"response.failed" in content for content in contents] == [False, True]


def test_a_fault_is_met() -> None:
    """The SDK tries again after a 429, and gets the recorded answer."""
    engine, _ = recorded(faults=[Fault.parse("429:retry-after-ms=1,retry-after=0")])

    with CodexVcr(engine), openai.OpenAI(api_key=KEY, base_url=API) as client:
        response = client.responses.create(model="gpt-5.4", input=HI["input"])

    assert response.output_text == "grüß dich"
    assert [str(one.fault.effect)[:3] for one in engine.report.faults] == ["429"]


@pytest.mark.parametrize("fault", ["cut:2", "close:1012", "stall", "slow:1s", "426", "refuse@upgrade"])
def test_a_fault_that_nobody_would_notice(fault: str) -> None:
    """There is no connection that could break, wait or be upgraded: it is refused before anything is patched."""
    engine, _ = recorded(faults=[Fault.parse(fault)])

    with pytest.raises(UsageError, match=f"fault {fault}: codex_vcr cannot show it"):
        CodexVcr(engine)


@pytest.mark.parametrize(
    ("fault", "reads"),
    [
        ("malformed:2", lambda content: b"gr\xc3\xbc" not in content.split(b"\n\n")[1]),
        ("duplicate:last", lambda content: content.count(b"event: response.completed") == 2),
        ("failed:server_error", lambda content: b"response.failed" in content),
        ("incomplete", lambda content: b"response.incomplete" in content),
        ("500", lambda content: b"server_error" in content),
    ],
)
def test_a_fault_in_what_comes(fault: str, reads: Callable[[bytes], bool]) -> None:
    """All that is a matter of bytes is shown."""
    engine, _ = recorded(faults=[Fault.parse(fault)])

    with CodexVcr(engine):
        content = httpx.post(URL, json=HI).content

    assert reads(content)
    assert not engine.report.unmet_faults


@pytest.mark.parametrize(
    ("ask", "fault", "error"),
    [
        (with_httpx, "refuse", httpx.ConnectError),
        (with_httpx_async, "refuse", httpx.ConnectError),
        (with_httpx, None, httpx.ReadError),
        (with_httpx2, "refuse", httpx2.ConnectError),
        (with_httpx2_async, None, httpx2.ReadError),
        (with_requests, "refuse", requests.ConnectionError),
        (with_aiohttp, "refuse", aiohttp.ClientConnectionError),
        (with_sdk, "refuse", openai.APIConnectionError),
        (with_urllib, "refuse", ConnectionResetError),
    ],
)
def test_what_broke_off_breaks_off(ask: Callable[[], bytes], fault: str | None, error: type[Exception]) -> None:
    """Vcrpy has no half answers: the client sees the connection drop, by an error of its own library."""
    recording = Recording()
    end = FlowEnd.FINISHED if fault else FlowEnd.UPSTREAM_GONE
    recording.http(HI, events_of("resp_1", "x")[: None if fault else 2], end=end)
    engine = Engine(recording.interactions, faults=[Fault.parse(fault)] if fault else ())

    with CodexVcr(engine), pytest.raises(error):
        ask()


@pytest.fixture
def closed() -> Iterator[CodexVcr]:
    with CodexVcr(recorded()[0]) as vcr:
        yield vcr


def test_a_websocket_client_is_stopped(closed: CodexVcr) -> None:
    """Aiohttp's would come to vcrpy, which knows no WebSocket."""

    async def connect() -> None:
        async with aiohttp.ClientSession() as session, session.ws_connect("wss://api.openai.com/v1/responses"):
            raise AssertionError("it got through")

    with pytest.raises(NetworkBlockedError, match="use the codex_replay fixture and its base_url"):
        asyncio.run(connect())

    assert closed.blocked == ("WebSocket to api.openai.com by aiohttp",)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "0.0.0.0"])
def test_this_machine_may_be_reached(closed: CodexVcr, host: str) -> None:
    """A test's own servers are none of vcrpy's business."""
    other, _ = recorded()

    with EngineServer(other, is_remote_allowed=True) as server:
        by_httpx = httpx.get(f"http://{host}:{server.port}/v1/vector_stores")
        by_requests = requests.get(f"http://{host}:{server.port}/v1/files", timeout=5)

    assert (by_httpx.status_code, by_requests.status_code) == (400, 400)
    assert len(other.report.requests) == 2
    assert not closed.blocked
    assert not closed.engine.report.requests


@pytest.mark.parametrize(
    "ask",
    [with_httpx, with_httpx_async, with_httpx2_async, with_requests, with_aiohttp, with_urllib, with_sdk],
    ids=lambda ask: ask.__name__,
)
def test_a_server_of_this_machine_that_is_gone(
    closed: CodexVcr, monkeypatch: pytest.MonkeyPatch, ask: Callable[[], bytes]
) -> None:
    """The error of a suite that was recorded on loopback says why it gets no answer, and what to do."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        gone = f"http://127.0.0.1:{server.getsockname()[1]}/v1"
    monkeypatch.setitem(globals(), "URL", f"{gone}/responses")
    monkeypatch.setenv("OPENAI_BASE_URL", gone)

    with pytest.raises((OSError, httpx.HTTPError, httpx2.HTTPError, openai.OpenAIError)) as caught:
        ask()

    error, told = caught.value, []
    while error is not None:
        told.append(str(error))
        error = error.__cause__ or error.__context__
    assert "If they were recorded, give the client codex_replay.base_url." in " ".join(told)
    assert not closed.blocked


def test_everything_is_put_back() -> None:
    """Also when a test fails inside."""
    before = (socket.socket.connect, socket.getaddrinfo, httpx.HTTPTransport.handle_request, dict(os.environ))

    with pytest.raises(ZeroDivisionError), CodexVcr(recorded()[0]):
        raise ZeroDivisionError

    after = (socket.socket.connect, socket.getaddrinfo, httpx.HTTPTransport.handle_request, dict(os.environ))
    assert after == before


def test_vcrpy_sees_the_recording() -> None:
    """Its cassette has what is recorded, and counts what was played."""
    engine, recording = recorded(over="websocket")

    with CodexVcr(engine, recording.interactions) as vcr:
        before = vcr.cassette.all_played
        httpx.post(URL, json=HI)
        after = vcr.cassette.all_played
        methods = [(request.method, request.uri) for request in vcr.cassette.requests]
        statuses = [response["status"] for response in vcr.cassette.responses]

    assert (before, after) == (False, True)
    assert methods == [("POST", URL)]
    assert statuses == [{"code": 200, "message": "OK"}]


def test_vcrpy_cannot_write() -> None:
    """A cassette is recorded, not patched together."""
    with pytest.raises(CodexReplayError, match="cassettes/hi is read only"):
        ReadOnlyPersister(()).save_cassette("cassettes/hi", {}, None)
