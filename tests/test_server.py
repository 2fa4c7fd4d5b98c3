"""The replay server, asked by the real Codex and by plain clients."""

import asyncio
import json
import os
import re
import socket
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import aiohttp
import httpx
import orjson
import pytest

from pytest_codex_replay import server
from pytest_codex_replay.archive.record import (
    BodyRecord,
    EndRecord,
    FlowEnd,
    MessageRecord,
    Record,
    RequestRecord,
    ResponseRecord,
)
from pytest_codex_replay.projection.interaction_builder import interactions_of
from pytest_codex_replay.projection.interactions import Interaction
from pytest_codex_replay.replay.engine import Engine
from pytest_codex_replay.replay.faults import FAULT_FORMS, Fault
from pytest_codex_replay.replay.reply import Answer, Request
from pytest_codex_replay.server import EngineServer
from pytest_codex_replay.upstream import SCENARIOS, ScriptedUpstream
from pytest_codex_replay.wire.payload import Payload
from tests.replay.recording import Recording, answer_events, body_of, record_script, said, user


class Codex:
    """The real Codex CLI, each run in a fresh home and a fresh directory."""

    def __init__(self, binary: str, directory: Path) -> None:
        self._binary = binary
        self._directory = directory
        self._runs = 0

    def run(
        self, base_url: str, *, websocket: bool, prompt: str = "do it", idle_timeout_ms: int = 60_000
    ) -> list[dict[str, Any]]:
        """Return the events of `codex exec --json`, ids of threads left out."""
        self._runs += 1
        home = self._directory / f"home-{self._runs}"
        work = self._directory / f"work-{self._runs}"
        home.mkdir()
        work.mkdir()
        provider = (
            f'{{name="x",base_url="{base_url}",env_key="K",wire_api="responses",'
            f"supports_websockets={str(websocket).lower()},stream_idle_timeout_ms={idle_timeout_ms}}}"
        )
        command = [self._binary, "exec", "--json", "--skip-git-repo-check", "-s", "danger-full-access"]
        command += ["-m", "gpt-5.4", "-c", 'model_provider="x"', "-c", f"model_providers.x={provider}", prompt]
        done = subprocess.run(
            command,
            cwd=work,
            env={**os.environ, "CODEX_HOME": str(home), "K": "dummy"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=60,
            check=False,
        )
        events = [json.loads(line) for line in done.stdout.splitlines()]
        return [event for event in events if event["type"] != "thread.started"]


def complaints(events: list[dict[str, Any]]) -> str:
    """What the user reads of what went wrong; that the model is unknown is none of it."""
    texts = [event.get("message") or event.get("error", {}).get("message", "") for event in events]
    texts += [event["item"]["message"] for event in events if event.get("item", {}).get("type") == "error"]
    return "\n".join(text for text in texts if text and not text.startswith("Model metadata"))


def masked(events: list[dict[str, Any]]) -> str:
    """The events without thread ids, which Codex mints in each run."""
    return re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "<id>", json.dumps(events))


@pytest.fixture
def codex(codex_binary: str, tmp_path: Path) -> Codex:
    return Codex(codex_binary, tmp_path)


@pytest.mark.parametrize("replayed_over", ["sse", "websocket"])
@pytest.mark.parametrize("recorded_over", ["sse", "websocket"])
def test_codex_shows_the_same_items_whatever_carried_the_recording(
    codex: Codex, recorded_over: str, replayed_over: str
) -> None:
    """A recording over SSE or WebSocket replays over either, and every request of Codex is answered from it."""
    scenario = SCENARIOS["tool-loop"]
    with ScriptedUpstream(scenario.script()) as upstream:
        live = codex.run(upstream.base_url, websocket=recorded_over == "websocket")
    engine = Engine(record_script(scenario.script(), upstream.requests), name="cassettes/tool-loop")

    with EngineServer(engine) as server:
        replayed = codex.run(server.base_url, websocket=replayed_over == "websocket")

    assert replayed == live
    assert engine.report.is_clean
    assert len(engine.report.served) == 4
    assert not engine.report.unused
    assert not engine.report.drifts


@pytest.mark.parametrize(
    ("name", "websocket"),
    [
        ("sub-agents", True),
        ("write-stdin", False),
        ("compaction", True),
        ("cut-stream", False),
        ("cut-stream", True),
        ("server-error-then-fine", False),
        ("rate-limit", True),
    ],
)
def test_codex_shows_the_same_items_for(codex: Codex, name: str, *, websocket: bool) -> None:
    """Sub-agents and shell sessions that Codex names anew in each run, compaction, and what broke when recorded."""
    scenario = SCENARIOS[name]
    with ScriptedUpstream(scenario.script()) as upstream:
        live = codex.run(upstream.base_url, websocket=websocket)
    engine = Engine(record_script(scenario.script(), upstream.requests))

    with EngineServer(engine) as server:
        replayed = codex.run(server.base_url, websocket=websocket)

    if name == "write-stdin":
        live, replayed = without_lost_items(live, replayed), without_lost_items(replayed, live)
    assert masked(replayed) == masked(live)
    assert engine.report.is_clean
    assert not engine.report.drifts
    assert not engine.report.unused


def without_lost_items(events: list[dict[str, Any]], others: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Leave out commands that only one of two runs reports, and with them the numbers of items.

    A command that outlives its call is reported by a task of its own, which the end of the turn may overtake. What it
    printed is in the next request all the same, and compared there.
    """
    reported = [event["item"]["command"] for event in others if is_command(event)]
    kept = [
        event
        for event in events
        if event.get("item", {}).get("type") != "command_execution" or event["item"]["command"] in reported
    ]
    return [event | {"item": event["item"] | {"id": ""}} if "item" in event else event for event in kept]


@pytest.mark.parametrize("websocket", [False, True])
@pytest.mark.parametrize("seed", [1, 2])
def test_codex_does_not_mind_other_chunks(codex: Codex, *, websocket: bool, seed: int) -> None:
    """Streams in other chunks, messages in fragments, cut inside characters: it reads what it read."""
    scenario = SCENARIOS["non-ascii"]
    with ScriptedUpstream(scenario.script()) as upstream:
        live = codex.run(upstream.base_url, websocket=websocket)
    engine = Engine(record_script(scenario.script(), upstream.requests), recut_seed=seed)

    with EngineServer(engine) as server:
        replayed = codex.run(server.base_url, websocket=websocket)

    assert masked(replayed) == masked(live)
    assert engine.report.is_clean


@pytest.mark.parametrize("websocket", [False, True])
def test_codex_shows_the_text_of_a_miss(codex: Codex, *, websocket: bool) -> None:
    """It tries once, and the user reads what differs and what to run."""
    scenario = SCENARIOS["text"]
    with ScriptedUpstream(scenario.script()) as upstream:
        codex.run(upstream.base_url, websocket=websocket, prompt="do it")
    engine = Engine(record_script(scenario.script(), upstream.requests), name="cassettes/text")

    with EngineServer(engine) as server:
        events = codex.run(server.base_url, websocket=websocket, prompt="do that")

    (miss,) = engine.report.misses
    assert [event["error"]["message"] for event in events if event["type"] == "turn.failed"] == [miss.text]
    assert 'differs in input[3].content[0].text ("do it" -> "do that")' in miss.text


class Met(NamedTuple):
    """A fault, and what Codex makes of a recording of three tool calls."""

    transport: str
    fault: str
    requests: int
    """Requests, upgrades and frames that it sends."""
    text: str
    """In what the user reads; empty: nothing is reported."""
    is_done: bool
    """Whether all that was recorded is done all the same."""


FAULTS = [
    Met("sse", "429", 5, "Reconnecting... 1/5 (exceeded retry limit, last status: 429 Too Many Requests)", True),
    Met("sse", "429:usage_limit_reached", 1, "hit your usage limit", False),
    Met("sse", "401", 5, "Reconnecting... 1/5 (unexpected status 401 Unauthorized", True),
    Met("sse", "500x2", 6, "", True),
    Met("sse", "refuse", 5, "", True),
    Met("sse", "cut:5", 5, "Reconnecting... 1/5 (stream disconnected before completion: Transport error", True),
    Met("sse", "cut:8", 5, "Reconnecting... 1/5 (stream disconnected before completion: Transport error", True),
    Met("sse", "cut:300b@2", 5, "Reconnecting... 1/5 (stream disconnected before completion: Transport error", True),
    Met("sse", "stall", 5, "Reconnecting... 1/5 (stream disconnected before completion: idle timeout", True),
    Met("sse", "malformed:2", 4, "", True),
    Met("sse", "malformed:last", 4, "stream closed before response.completed", True),
    Met("sse", "duplicate:8", 4, "", True),
    Met(
        "sse", "failed", 5, "Reconnecting... 1/5 (stream disconnected before completion: The server had an error", True
    ),
    Met("sse", "failed:context_length_exceeded", 1, "ran out of room in the model's context window", False),
    Met("sse", "incomplete", 1, "Incomplete response returned, reason: max_output_tokens", False),
    Met("websocket", "426", 5, "", True),
    Met("websocket", "500@upgrade", 6, "", True),
    Met("websocket", "429", 8, "", True),
    Met("websocket", "cut:8@2", 8, "", True),
    Met("websocket", "close:1012+3@2", 8, "", True),
    Met("websocket", "stall", 8, "", True),
    Met("websocket", "failed:rate_limit_exceeded+9", 8, "", True),
    Met("websocket", "previous_response_not_found@3", 8, "", True),
    Met("websocket", "duplicate:last", 4, "", False),
    Met("websocket", "cut:1x*", 19, "Falling back from WebSockets to HTTPS transport.", False),
]
"""What docs/faults.md says."""


@pytest.fixture(scope="module")
def tool_loops(codex_binary: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Interaction, ...]]:
    """A recording of three tool calls over each transport."""
    scenario = SCENARIOS["tool-loop"]
    recordings = {}
    for transport in ("sse", "websocket"):
        live = Codex(codex_binary, tmp_path_factory.mktemp(transport))
        with ScriptedUpstream(scenario.script()) as upstream:
            live.run(upstream.base_url, websocket=transport == "websocket")
        recordings[transport] = record_script(scenario.script(), upstream.requests)
    return recordings


@pytest.mark.parametrize("met", FAULTS, ids=lambda met: f"{met.transport}-{met.fault}")
def test_codex_meets_a_fault(codex: Codex, tool_loops: dict[str, tuple[Interaction, ...]], met: Met) -> None:
    """How often it asks, what it tells the user, and that no retry finds a miss."""
    engine = Engine(tool_loops[met.transport], faults=[Fault.parse(met.fault)])
    # A short one, where nothing stalls, makes Codex ask once more whenever the machine is busy.
    patience = 3_000 if met.fault == "stall" else 60_000

    with EngineServer(engine) as server:
        events = codex.run(server.base_url, websocket=met.transport == "websocket", idle_timeout_ms=patience)

    outputs = [event["item"]["aggregated_output"] for event in events if is_command(event)]
    assert engine.report.is_clean
    assert not engine.report.unmet_faults
    assert (outputs == ["step-1\n", "step-2\n", "step-3\n"]) == met.is_done
    assert (met.text in complaints(events)) if met.text else (complaints(events) == "")
    assert len(engine.report.requests) == met.requests


def is_command(event: dict[str, Any]) -> bool:
    return event["type"] == "item.completed" and event["item"]["type"] == "command_execution"


def test_each_fault_that_codex_met_is_in_the_documentation() -> None:
    """The table of docs/faults.md has a row for it."""
    text = (Path(__file__).parents[1] / "docs" / "faults.md").read_text(encoding="utf-8")

    missing = [met.fault for met in FAULTS if f"`{met.fault}`" not in text]
    assert missing == []


def test_each_form_of_a_fault_is_in_the_documentation() -> None:
    """With the words of the error message."""
    text = (Path(__file__).parents[1] / "docs" / "faults.md").read_text(encoding="utf-8")

    missing = [form for form, meaning in FAULT_FORMS if f"| `{form}` | {meaning} |" not in text]
    assert missing == []


def one_answer(*events: bytes, end: FlowEnd = FlowEnd.FINISHED) -> Engine:
    """An engine that has one streamed answer."""
    recording = Recording()
    recording.http(body_of(user("hi")), events, end=end)
    return Engine(recording.interactions)


@pytest.mark.parametrize("prefix", ["/v1", "/backend-api/codex", "/proxy/v1", ""])
def test_any_base_url_will_do(prefix: str) -> None:
    """What counts is how the path ends."""
    with EngineServer(one_answer(b"data: 1\n\n")) as server:
        reply = httpx.post(f"http://127.0.0.1:{server.port}{prefix}/responses", json=body_of(user("hi")))

    assert reply.content == b"data: 1\n\n"


def test_each_chunk_is_a_chunk_again() -> None:
    """Bytes and chunk boundaries are those of the recording."""
    chunks = [b"data: 1\n\n", b"data: 2\n\n"]
    body = orjson.dumps(body_of(user("hi")))
    head = b"POST /v1/responses HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(
        body
    )
    with EngineServer(one_answer(*chunks)) as server, socket.create_connection(("127.0.0.1", server.port)) as client:
        client.sendall(head + body)
        received = b"".join(iter(lambda: client.recv(65536), b""))

    assert received.endswith(b"\r\n\r\n9\r\ndata: 1\n\n\r\n9\r\ndata: 2\n\n\r\n0\r\n\r\n")


def test_a_cut_answer_ends_without_its_last_chunk() -> None:
    """The client sees the connection drop, as it did when that was recorded."""
    engine = one_answer(b"data: 1\n\n", end=FlowEnd.UPSTREAM_GONE)

    with EngineServer(engine) as server, pytest.raises(httpx.RemoteProtocolError):
        httpx.post(f"{server.base_url}/responses", json=body_of(user("hi")))

    assert len(engine.report.served) == 1


def test_a_path_with_an_end_of_line_is_a_miss_like_any_other() -> None:
    """What tried to get out is reported, whatever its name is."""
    engine = one_answer(b"data: 1\n\n")
    with EngineServer(engine) as server:
        reply = httpx.get(f"{server.base_url}/a%0Ab%0D", timeout=60)

    assert reply.status_code == 400
    assert [one.url for one in engine.report.requests] == ["/v1/a%0Ab%0D"]


def test_the_engine_may_be_replaced() -> None:
    """One server serves many tests, each with a recording of its own."""
    with EngineServer(one_answer(b"data: 1\n\n")) as server:
        server.engine = one_answer(b"data: 2\n\n")
        reply = httpx.post(f"{server.base_url}/responses", json=body_of(user("hi")))

    assert reply.content == b"data: 2\n\n"


def test_what_goes_wrong_in_the_server_is_reported() -> None:
    """An exception ends the client's turn with its text, and the test learns of it."""

    class Broken(Engine):
        def answer(self, request: Request) -> Answer:
            raise RuntimeError(f"no {request.method} today")

    engine = Broken((), name="c")

    with EngineServer(engine) as server:
        reply = httpx.post(f"{server.base_url}/responses", json={})

    assert engine.report.errors == ("c: the replay server failed: RuntimeError: no POST today",)
    assert b"no POST today" in reply.content


@pytest.mark.parametrize("broken", ["answer", "upgrade"])
def test_what_goes_wrong_on_a_websocket_is_reported(monkeypatch: pytest.MonkeyPatch, broken: str) -> None:
    """In a message, or as the answer to the upgrade."""

    async def talk(base_url: str) -> str:
        async with aiohttp.ClientSession() as session, session.ws_connect(f"{base_url}/responses") as ws:
            await ws.send_json({"type": "response.create"})
            return [await ws.receive_str() for _ in range(2)][-1]

    engine = Engine((), name="c")
    monkeypatch.setattr(engine, broken, None)

    with EngineServer(engine) as server:
        if broken == "answer":
            assert "the replay server failed: TypeError" in asyncio.run(talk(server.base_url))
        else:
            with pytest.raises(aiohttp.WSServerHandshakeError):
                asyncio.run(talk(server.base_url))

    assert len(engine.report.errors) == 1


@pytest.mark.parametrize("compress", [0, 15])
def test_websocket_messages_in_fragments(compress: int) -> None:
    """Another client puts them together, whether or not it agreed on compression."""

    async def talk(base_url: str) -> list[str]:
        async with (
            aiohttp.ClientSession() as session,
            session.ws_connect(f"{base_url}/responses", compress=compress) as ws,
        ):
            await ws.send_json({"type": "response.create", **body_of(user("hi"))})
            return [await ws.receive_str() for _ in range(3)]

    recording = Recording()
    recording.websocket([(body_of(user("hi")), answer_events("r", said("grüß dich 👋 " * 20)))])

    with EngineServer(Engine(recording.interactions, recut_seed=7)) as server:
        frames = asyncio.run(talk(server.base_url))

    assert frames == [part.payload.text for part in recording.interactions[0].parts]


def test_websocket_frames_are_compressed_when_the_client_can() -> None:
    """Codex offers permessage-deflate, and the recorded upstream takes it."""

    async def talk(base_url: str) -> tuple[int, list[str]]:
        async with aiohttp.ClientSession() as session, session.ws_connect(f"{base_url}/responses", compress=15) as ws:
            await ws.send_json({"type": "response.create", **body_of(user("hi"))})
            return ws.compress, [await ws.receive_str() for _ in range(3)]

    recording = Recording()
    recording.websocket([(body_of(user("hi")), answer_events("r", said("x")))])

    with EngineServer(Engine(recording.interactions)) as server:
        compress, frames = asyncio.run(talk(server.base_url))

    assert compress == 15
    assert frames == [part.payload.text for part in recording.interactions[0].parts]


def recorded_exchange(
    head: list[tuple[str, str]], body: bytes = b"", *, status: int = 200, method: str = "GET", encoded: bool = False
) -> Engine:
    """An engine that has one exchange which is no model call."""
    answer = ResponseRecord(at_ms=2.0, flow="f", status=status, http_version="HTTP/1.1", headers=tuple(head))
    records: list[Record] = [
        RequestRecord(
            at_ms=1.0, flow="f", method=method, url="https://host/v1/files/1", http_version="HTTP/1.1", headers=()
        ),
        answer,
    ]
    if body:
        records.append(BodyRecord(at_ms=3.0, flow="f", payload=Payload(body), cuts=((0, 3.0),), encoded=encoded))
    return Engine(interactions_of([*records, EndRecord(at_ms=4.0, flow="f", how=FlowEnd.FINISHED)]))


def raw_reply(engine: Engine, method: str = "GET") -> tuple[dict[bytes, bytes], bytes]:
    """Return the headers, by name in lower case, and all that follows them, as they were on the wire."""
    asked = f"{method} /v1/files/1 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode()
    with EngineServer(engine) as server, socket.create_connection(("127.0.0.1", server.port)) as client:
        client.sendall(asked)
        head, _, rest = b"".join(iter(lambda: client.recv(65536), b"")).partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    pairs = [line.split(b": ", 1) for line in lines[1:]]
    return {b":status": lines[0].split()[1]} | {name.lower(): value for name, value in pairs}, rest


class TestAsItWas:
    """What is no model call is replayed as it was recorded."""

    def test_a_redirect_has_its_location(self) -> None:
        got, _ = raw_reply(recorded_exchange([("Location", "https://host/v1/files/2")], status=307))

        assert (got[b":status"], got[b"location"]) == (b"307", b"https://host/v1/files/2")

    def test_an_answer_to_head_has_a_length_and_no_body(self) -> None:
        got, rest = raw_reply(recorded_exchange([("Content-Length", "12345")], method="HEAD"), "HEAD")

        assert (got[b"content-length"], rest) == (b"12345", b"")

    def test_an_answer_that_nothing_changed_has_the_length_of_what_it_does_not_bring(self) -> None:
        got, rest = raw_reply(recorded_exchange([("Content-Length", "500"), ("ETag", '"x"')], status=304))

        assert (got[b"content-length"], got[b"etag"], rest) == (b"500", b'"x"', b"")

    def test_a_range_is_a_range(self) -> None:
        head = [("Content-Range", "bytes 0-3/10"), ("Content-Type", "text/plain")]
        got, rest = raw_reply(recorded_exchange(head, b"abcd", status=206))

        assert (got[b":status"], got[b"content-range"], rest) == (b"206", b"bytes 0-3/10", b"abcd")

    @pytest.mark.parametrize("encoded", [True, False])
    def test_a_body_that_could_not_be_decoded_keeps_its_encoding(self, *, encoded: bool) -> None:
        """One that was decoded does not."""
        got, rest = raw_reply(recorded_exchange([("Content-Encoding", "deflate")], b"K\x04\x00", encoded=encoded))

        assert (got.get(b"content-encoding"), rest) == (b"deflate" if encoded else None, b"K\x04\x00")

    @pytest.mark.parametrize("value", [b"caf\xc3\xa9", b"caf\xe9", b"\xff"])
    def test_header_bytes_are_those_that_were_recorded(self, value: bytes) -> None:
        """UTF-8, Latin-1, or neither."""
        got, rest = raw_reply(recorded_exchange([("X-Name", value.decode("latin-1"))], b"abc"))

        assert (got[b"x-name"], got[b"content-length"], rest) == (value, b"3", b"abc")

    def test_an_answer_without_a_content_type_gets_none(self) -> None:
        got, rest = raw_reply(recorded_exchange([], b"abc"))

        assert (b"content-type" in got, rest) == (False, b"abc")


def websocket_recording(close_code: int | None, *subprotocol: str) -> tuple[Interaction, ...]:
    """One request over WebSocket, which is closed in the middle of its answer."""
    headers = tuple(("Sec-WebSocket-Protocol", value) for value in subprotocol)
    created = Payload.of(answer_events("r")[0])
    ask = Payload.of({"type": "response.create", **body_of(user("hi"))})
    upgrade = RequestRecord(
        at_ms=1.0, flow="f", method="GET", url="wss://host/v1/responses", http_version="HTTP/1.1", headers=()
    )
    return interactions_of(
        [
            upgrade,
            ResponseRecord(at_ms=2.0, flow="f", status=101, http_version="HTTP/1.1", headers=headers),
            MessageRecord(at_ms=3.0, flow="f", from_client=True, payload=ask),
            MessageRecord(at_ms=4.0, flow="f", from_client=False, payload=created),
            EndRecord(at_ms=5.0, flow="f", how=FlowEnd.CLOSED, close_code=close_code, closed_by_client=False),
        ]
    )


def talked(interactions: tuple[Interaction, ...], *protocols: str) -> tuple[str | None, aiohttp.WSMessage]:
    """Return the subprotocol that was agreed on, and what came after the first message of the answer."""

    async def talk(base_url: str) -> tuple[str | None, aiohttp.WSMessage]:
        async with (
            aiohttp.ClientSession() as client,
            client.ws_connect(f"{base_url}/responses", protocols=protocols, autoclose=False) as websocket,
        ):
            await websocket.send_json({"type": "response.create", **body_of(user("hi"))})
            await websocket.receive()
            return websocket.protocol, await websocket.receive()

    with EngineServer(Engine(interactions)) as server:
        return asyncio.run(talk(server.base_url))


@pytest.mark.parametrize(
    ("recorded", "is_frame", "seen"),
    [
        (1000, True, 1000),
        (1005, True, 0),
        (1011, True, 1011),
        (4999, True, 4999),
        *((code, False, None) for code in (1006, 1015, 0, 999, 5000, 70_000)),
    ],
)
def test_a_close_frame_has_the_code_that_was_recorded(recorded: int, seen: int | None, *, is_frame: bool) -> None:
    """1005 says that it had none, 1006 and 1015 that there was no frame, and others cannot be sent: none ever is."""
    _, last = talked(websocket_recording(recorded))

    assert (last.type is aiohttp.WSMsgType.CLOSE) == is_frame
    if is_frame:
        assert last.data == seen


def test_the_reason_of_a_close_frame_has_room_in_it() -> None:
    """Redaction may have made it longer, and half a character is not sent."""
    interactions = websocket_recording(1000)
    assert interactions[0].end is not None
    end = replace(interactions[0].end, close_reason="ü" * 80)

    _, last = talked((replace(interactions[0], end=end),))

    assert (last.data, last.extra) == (1000, "ü" * 61)


@pytest.mark.parametrize("protocol", ["realtime", "other"])
def test_a_subprotocol_is_agreed_on_again(protocol: str) -> None:
    """One that an upstream took."""
    interactions = (*websocket_recording(1000, "realtime"), *websocket_recording(1000, "other"))

    agreed, _ = talked(interactions[:1] if protocol == "realtime" else interactions, "unknown", protocol)

    assert agreed == protocol


@pytest.mark.parametrize("header", [("Host", "evil.example"), ("Origin", "https://evil.example"), ("Origin", "null")])
def test_a_web_page_is_refused(header: tuple[str, str], caplog: pytest.LogCaptureFixture) -> None:
    """Over HTTP and WebSocket; nothing is asked, and one line is logged."""
    engine = one_answer(b"data: x\n\n")

    async def upgraded(base_url: str) -> int:
        async with aiohttp.ClientSession() as client:
            with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
                await client.ws_connect(f"{base_url}/responses", headers=[header])
            return refused.value.status

    with EngineServer(engine) as server:
        answer = httpx.post(f"{server.base_url}/responses", headers=[header], content=b"{}", trust_env=False)
        status = asyncio.run(upgraded(server.base_url))

    assert (answer.status_code, status) == (403, 403)
    assert repr(header[1]) in answer.json()["error"]["message"]
    assert [record.getMessage().partition(": it")[0] for record in caplog.records] == [
        "Refused POST '/v1/responses'",
        "Refused GET '/v1/responses'",
    ]
    assert engine.report.requests == ()


def test_a_request_that_is_too_long_is_refused(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """In one line; a conversation with images in it is far shorter."""
    monkeypatch.setattr(server, "REQUEST_BYTES", 1000)

    with EngineServer(one_answer(b"data: x\n\n")) as serving:
        answer = httpx.post(f"{serving.base_url}/responses", content=b" " * 2000, trust_env=False)

    assert (answer.status_code, len(caplog.records)) == (413, 1)
    assert "longer than 1,000 bytes" in answer.json()["error"]["message"]


@pytest.mark.parametrize("sent", [b"content-length: 10\r\n\r\n", b"transfer-encoding: chunked\r\n\r\n1\r\nx\r\n"])
def test_a_body_that_does_not_come_is_not_waited_for(monkeypatch: pytest.MonkeyPatch, sent: bytes) -> None:
    """The client says how long it is, and sends nothing; or only its first chunk."""
    monkeypatch.setattr(server, "_BODY_S", 0.05)

    with (
        EngineServer(one_answer(b"data: x\n\n")) as serving,
        socket.create_connection(("127.0.0.1", serving.port)) as client,
    ):
        client.settimeout(30)
        client.sendall(b"POST /v1/responses HTTP/1.1\r\nhost: localhost\r\n" + sent)
        answer = client.recv(65536)

    assert answer.startswith(b"HTTP/1.1 408 ")


def test_connections_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that are too many are aborted; once others are closed, there is room again."""
    monkeypatch.setattr(server, "MAX_CONNECTIONS", 2)

    with EngineServer(one_answer(b"data: x\n\n")) as serving:
        url = f"{serving.base_url}/responses"
        with httpx.Client(trust_env=False) as first, httpx.Client(trust_env=False) as second:
            answers = [client.post(url, content=b"{}").status_code for client in (first, second)]
            with pytest.raises(httpx.HTTPError):
                httpx.post(url, content=b"{}", trust_env=False)
        while True:
            try:
                answers.append(httpx.post(url, content=b"{}", trust_env=False).status_code)
                break
            except httpx.HTTPError:  # the server has not yet seen that they are closed
                continue

    assert len(answers) == 3


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"5",
        b"\xff",
        b'{"a":' * 2000,
        b'{"input":5}',
        b'{"input":[5,null,[],{"type":5},{"type":"message","content":5}],"model":{},"stream":"yes"}',
        b'{"model":"\\ud83d","input":[],"client_metadata":[5],"tools":{},"previous_response_id":[]}',
    ],
)
@pytest.mark.parametrize("is_websocket", [False, True])
def test_an_odd_body_is_a_miss(body: bytes, *, is_websocket: bool) -> None:
    """No type of a member makes the server fail."""
    engine = one_answer(b"data: x\n\n")
    request = Request(method="POST", url="/v1/responses", headers=(), body=body)

    engine.answer(request.message(body) if is_websocket else request)

    assert engine.report.errors == ()
    assert len(engine.report.misses) == 1
