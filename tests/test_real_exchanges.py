"""Exchanges that others had with the Responses API: through a real mitmdump, and replayed from what it recorded.

They are in no repository of ours: `$CODEX_REPLAY_REAL`, else `../shared/real` beside the checkout. All of them are
sent as they were; those of a sample also in other ways, and cut anew. `CODEX_REPLAY_REAL_ALL=1` does that with all.
"""

import asyncio
import json
import os
import re
import signal
import subprocess
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import aiohttp
import pytest
from aiohttp import web
from click.testing import CliRunner

from pytest_codex_replay.archive.record import (
    BodyRecord,
    EventRecord,
    FlowRecord,
    Record,
    RequestRecord,
    ResponseRecord,
    SegmentRecord,
)
from pytest_codex_replay.archive.session import Session
from pytest_codex_replay.cli import main
from pytest_codex_replay.loopback import LoopbackServer
from pytest_codex_replay.projection.interaction_builder import interactions_of
from pytest_codex_replay.projection.interactions import Interaction, Transport
from pytest_codex_replay.projection.turns import turns_of
from pytest_codex_replay.replay.engine import Engine
from pytest_codex_replay.replay.framing import frame
from pytest_codex_replay.replay.playback import events_of_response
from pytest_codex_replay.replay.reply import Answer, Request
from pytest_codex_replay.server import EngineServer
from pytest_codex_replay.sharing.redact import redact_archive
from pytest_codex_replay.wire.json_values import compact_json
from pytest_codex_replay.wire.payload import Payload
from pytest_codex_replay.wire.sse import SseDecoder, split_event
from tests.addon.conftest import RelayStarter, Starter, app_of
from tests.replay.recording import Recording

pytestmark = pytest.mark.usefixtures("unmeasured")

ROOT = Path(__file__).parents[1]
REAL = Path(os.environ.get("CODEX_REPLAY_REAL", ROOT.parent / "shared" / "real")) / "responses"
SEEDS = range(20)
IS_SAMPLE = not os.environ.get("CODEX_REPLAY_REAL_ALL")
OF_A_RUN = {"sec-websocket-key", "sec-websocket-accept", "date"}
"""Headers that differ between any two exchanges."""
UNTYPED = ("", "application/octet-stream", "text/plain; charset=utf-8", "application/json", "text/event-stream")
"""What servers call an answer, beside its name."""


REDACTED = {"135", "307", "316"}
"""Their answers hold an id that the request of another names, an e-mail address, and the name of a host."""


@dataclass(frozen=True)
class Exchange:
    """One of them, in one of the ways in which it is sent."""

    number: str
    way: str
    """`http`; `untyped`: its content-type may say what it is not; `websocket`."""
    content_type: str
    request: bytes
    body: bytes

    @property
    def session(self) -> str:
        return str(uuid5(NAMESPACE_URL, f"{self.number}/{self.way}"))

    @property
    def path(self) -> str:
        return f"/{self.number}/{self.way}/v1/responses"

    @property
    def headers(self) -> dict[str, str]:
        return {"session-id": self.session, "thread-id": self.session, "originator": "codex_exec"}

    @property
    def is_stream(self) -> bool:
        return not self.body.lstrip().startswith(b"{")

    @cached_property
    def messages(self) -> list[bytes]:
        """What it is over WebSocket."""
        if not self.is_stream:
            return [compact_json(event) for event in events_of_response(json.loads(self.body))]
        return [split_event(event.raw)[1] or b"" for event in SseDecoder().feed(self.body, at_ms=0)]

    @property
    def response(self) -> Any:
        """The response object that it is, or that its last event brings; None without one."""
        return Payload(self.messages[-1]).fields.get("response")

    @property
    def kinds(self) -> set[str]:
        """Types of its events and items."""
        return set(re.findall(r'"type": ?"([a-z_.]+)"', self.body.decode()))

    def request_as(self, *, is_stream: bool) -> Request:
        """The same request, from a client that wants its answer in this form."""
        body = json.dumps({**json.loads(self.request), "stream": is_stream}).encode()
        return Request(method="POST", url="/v1/responses", headers=tuple(self.headers.items()), body=body)

    @property
    def frame(self) -> bytes:
        return json.dumps({"type": "response.create", **json.loads(self.request)}).encode()

    @property
    def answer(self) -> list[bytes]:
        """What a client has to get: one body, or messages."""
        return self.messages if self.way == "websocket" else [self.body]


def real_exchanges() -> Iterator[Exchange]:
    for line in (REAL / "index.jsonl").read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        number, is_stream = entry["n"], entry["kind"] == "sse"
        body = (REAL / entry["file"]).read_bytes()
        request = (REAL / f"{number}.request").read_bytes() or json.dumps(
            {"model": "unknown", "input": number, "stream": is_stream}
        ).encode()
        yield Exchange(number, "http", entry["content_type"], request, body)


def sample_of(exchanges: Iterable[Exchange]) -> Iterator[Exchange]:
    """Yield those that bring a kind of event or item that no shorter one does."""
    seen: set[str] = set()
    for one in sorted(exchanges, key=lambda one: len(one.body)):
        if not IS_SAMPLE or not one.kinds <= seen:
            seen |= one.kinds
            yield one


def in_other_ways(one: Exchange) -> Iterator[Exchange]:
    yield replace(one, way="untyped", content_type=UNTYPED[int(one.number) % len(UNTYPED)])
    yield replace(one, way="websocket", content_type="")


@dataclass
class Recorded:
    """What one run of mitmdump made of all of them."""

    exchanges: list[Exchange]
    sample: list[Exchange]
    """Those of them that are looked at more closely."""
    got: dict[str, list[bytes]]
    """What the clients got, by session."""
    archive: Path
    relayed: Path
    """What the embedded recorder made of the same traffic."""
    cassettes: dict[str, Path]
    interactions: dict[tuple[str, str], tuple[Interaction, ...]] = field(default_factory=dict)

    def of(self, kind: str, exchange: Exchange) -> tuple[Interaction, ...]:
        key = kind, exchange.session
        if key not in self.interactions:
            is_archive = kind == "archive"
            path = self.archive / exchange.session if is_archive else self.cassettes[exchange.session]
            self.interactions[key] = interactions_of(Session(path).records())
        return self.interactions[key]


@pytest.fixture(scope="module")
def recorded(mitmdump_binary: str, tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    """Send all of them through one mitmdump, and make cassettes of what it recorded."""
    if not (REAL / "index.jsonl").is_file():
        pytest.skip(f"{REAL}: does not exist; CODEX_REPLAY_REAL says where the real exchanges are")
    exchanges = list(real_exchanges())
    sample = list(sample_of(exchanges))
    sample += [other for one in sample for other in in_other_ways(one)]
    exchanges += [one for one in sample if one.way != "http"]
    by_path = {one.path: one for one in exchanges}
    folder = tmp_path_factory.mktemp("real")
    starter = Starter(mitmdump_binary, tmp_path_factory.mktemp("mitmproxy"), folder)

    async def answer(request: web.Request) -> web.StreamResponse:
        return await upstream(request, by_path[request.path])

    with LoopbackServer(app_of(answer)) as server:
        running = starter.reverse(server.base_url, path=str(ROOT))
        got = asyncio.run(ask_all(running.url, exchanges))
        running.settle()
        running.process.send_signal(signal.SIGINT)
        running.join()
        relay = RelayStarter(folder / "relay").reverse(server.base_url)
        asyncio.run(ask_all(relay.url, exchanges))
        relay.end()
    starter.stop()
    cassettes = {one.source.name: one.target for one in redact_archive(running.archive, folder / "cassettes")}
    return Recorded(exchanges, sample, got, running.archive, relay.archive, cassettes)


async def upstream(request: web.Request, exchange: Exchange) -> web.StreamResponse:
    """Answer as it was recorded; a stream comes in chunks that end anywhere."""
    if exchange.way == "websocket":
        websocket = web.WebSocketResponse()
        await websocket.prepare(request)
        await websocket.receive_str()
        for message in exchange.messages:
            await websocket.send_str(message.decode())
        await websocket.receive()
        return websocket
    await request.read()
    response = web.StreamResponse(headers={"content-type": exchange.content_type} if exchange.content_type else {})
    if not exchange.content_type:
        response.headers["content-type"] = ""
    await response.prepare(request)
    for start in range(0, len(exchange.body), 1500):
        await response.write(exchange.body[start : start + 1500])
    return response


async def ask_all(url: str, exchanges: Iterable[Exchange]) -> dict[str, list[bytes]]:
    async with aiohttp.ClientSession(trust_env=False) as client:
        return {one.session: await ask(client, url + one.path, one) for one in exchanges}


async def ask(client: aiohttp.ClientSession, url: str, exchange: Exchange) -> list[bytes]:
    """Ask as a client does, and return one body or the messages that answered."""
    if exchange.way != "websocket":
        headers = {**exchange.headers, "content-type": "application/json"}
        async with client.post(url, data=exchange.request, headers=headers) as response:
            return [await response.read()]
    got: list[bytes] = []
    async with client.ws_connect(url, headers=exchange.headers, max_msg_size=0) as websocket:
        await websocket.send_str(exchange.frame.decode())
        while len(got) < len(exchange.messages):
            message = await websocket.receive()
            if message.type is not aiohttp.WSMsgType.TEXT:
                break
            got.append(message.data.encode())
    return got


def replayed(recorded: Recorded, kind: str) -> dict[str, list[bytes]]:
    """Return what a replay server answers to the same requests."""

    async def ask_each(server: EngineServer) -> dict[str, list[bytes]]:
        got = {}
        async with aiohttp.ClientSession(trust_env=False) as client:
            for one in recorded.exchanges:
                server.engine = Engine(recorded.of(kind, one))
                got[one.session] = await ask(client, f"{server.base_url}/responses", one)
        return got

    with EngineServer(Engine(())) as server:
        return asyncio.run(ask_each(server))


def failures(exchanges: Iterable[Exchange], is_as_it_was: Callable[[Exchange], bool]) -> list[str]:
    return [f"{one.number} {one.way}" for one in exchanges if not is_as_it_was(one)]


def test_the_clients_get_what_the_upstream_sent(recorded: Recorded) -> None:
    """The recorder changes no byte."""
    assert failures(recorded.exchanges, lambda one: recorded.got[one.session] == one.answer) == []


def test_the_archive_replays_what_the_upstream_sent(recorded: Recorded) -> None:
    """Byte for byte, to the same request."""
    got = replayed(recorded, "archive")

    assert failures(recorded.exchanges, lambda one: got[one.session] == one.answer) == []


def test_the_embedded_recorder_records_the_same(recorded: Recorded) -> None:
    """Of the same traffic, record by record: ids, times, and where a connection cut a stream aside."""

    def is_the_same(one: Exchange) -> bool:
        by_addon, by_relay = (Session(folder / one.session) for folder in (recorded.archive, recorded.relayed))
        expected = comparable(by_addon.records())
        return len(expected) > 2 and comparable(by_relay.records()) == expected

    assert failures(recorded.exchanges, is_the_same) == []


def comparable(records: Iterable[Record]) -> list[FlowRecord]:
    """Return the records of a session without what differs between any two runs of the same."""
    flows: dict[str, str] = {}
    found = []
    for record in records:
        if isinstance(record, FlowRecord):
            one = replace(record, flow=flows.setdefault(record.flow, str(len(flows))), at_ms=0)
            if isinstance(one, EventRecord | BodyRecord):
                one = replace(one, cuts=())
            if isinstance(one, RequestRecord | ResponseRecord):
                one = replace(one, headers=tuple(pair for pair in one.headers if pair[0].lower() not in OF_A_RUN))
            found.append(one)
    return found


def test_a_cassette_replays_what_the_upstream_sent_up_to_redaction(recorded: Recorded) -> None:
    """Nearly all byte for byte; the others with the same values, but for texts."""
    got = replayed(recorded, "cassette")
    others = failures(recorded.exchanges, lambda one: got[one.session] == one.answer)

    assert failures(recorded.exchanges, lambda one: shapes(got[one.session]) == shapes(one.answer)) == []
    assert {one.split()[0] for one in others} <= REDACTED


def test_other_chunks_bring_the_same_bytes(recorded: Recorded) -> None:
    """Cut anew, by any seed, an answer is the same."""

    def is_the_same(one: Exchange) -> bool:
        request = Request(method="POST", url="/v1/responses", headers=(), body=one.request)
        is_websocket = one.way == "websocket"
        engine = Engine(recorded.of("archive", one))
        answer = engine.answer(request.message(one.frame) if is_websocket else request)
        return all(joined(replace(answer, recut_seed=f"{seed}:1")) == one.answer for seed in SEEDS)

    assert failures((one for one in recorded.sample if one.way != "untyped"), is_the_same) == []


def joined(answer: Answer) -> list[bytes]:
    """Return an answer as a client puts it together."""
    pieces = frame(answer).pieces
    is_websocket = answer.transport is Transport.WEBSOCKET
    return [piece.data for piece in pieces] if is_websocket else [b"".join(piece.data for piece in pieces)]


@pytest.mark.parametrize("way", ["http", "untyped", "websocket"])
def test_a_client_may_ask_for_another_form(recorded: Recorded, way: str) -> None:
    """Events, messages, one object, and the object again from these messages: all bring the same response.

    An answer that brings no response is what it was.
    """

    def is_the_same(one: Exchange) -> bool:
        interactions = recorded.of("archive", one)
        asked_whole, asked_events = (one.request_as(is_stream=is_stream) for is_stream in (False, True))
        ((whole,), (stream,), messages) = (
            joined(Engine(interactions).answer(request))
            for request in (asked_whole, asked_events, asked_events.message(one.frame))
        )
        if one.response is None:
            return messages == one.messages and (way == "websocket" or [whole, stream] == [one.body] * 2)
        again = Recording()
        again.websocket([(json.loads(one.request), [Payload(message).json for message in messages])])
        (back,) = joined(Engine(again.interactions).answer(asked_whole))
        last = split_event(SseDecoder().feed(stream, at_ms=0)[-1].raw)[1] or b""
        ends = json.loads(whole), json.loads(last)["response"], json.loads(messages[-1])["response"], json.loads(back)
        return all(end == one.response for end in ends)

    assert failures((one for one in recorded.sample if one.way == way), is_the_same) == []


@pytest.mark.parametrize("form", ["har", "mitm"])
def test_they_come_back_from_files_of_other_tools(
    recorded: Recorded, form: str, mitmdump_program: str, tmp_path: Path
) -> None:
    """Records, turns, bytes, times and frames; mitmproxy's by the command line of its own environment."""
    out, back = str(tmp_path / f"x.{form}"), str(tmp_path / "back")
    for words in (["export", "--format", form, str(recorded.archive), out], ["import", out, "--into", back]):
        done = CliRunner().invoke(main, words) if form == "har" else codex_replay_beside(mitmdump_program, words)
        assert (done.exit_code if form == "har" else done.returncode) == 0, done.stdout

    def is_the_same(one: Exchange) -> bool:
        before, after = ([*Session(place / one.session).records()] for place in (recorded.archive, tmp_path / "back"))
        turns = [[turn.summary() for turn in turns_of(interactions_of(records))] for records in (before, after)]
        return turns[0] == turns[1] and told(before) == told(after)

    assert failures(recorded.exchanges, is_the_same) == []


def test_they_come_back_from_a_cassette_of_vcrpy(recorded: Recorded, tmp_path: Path) -> None:
    """Byte for byte, the answers; those over a WebSocket as their equal over HTTP."""
    out, back = str(tmp_path / "x.json"), str(tmp_path / "back")
    for words in (["export", "--format", "vcr", str(recorded.archive), out], ["import", out, "--into", back]):
        done = CliRunner().invoke(main, words)
        assert done.exit_code == 0, done.output

    def is_the_same(one: Exchange) -> bool:
        (interaction,) = interactions_of(Session(tmp_path / "back" / one.session).records())
        return joined(Engine((interaction,)).answer(one.request_as(is_stream=one.is_stream))) == [one.body]

    assert failures((one for one in recorded.exchanges if one.way == "http"), is_the_same) == []


def codex_replay_beside(mitmdump: str, words: list[str]) -> "subprocess.CompletedProcess[str]":
    """Run a command where mitmproxy is."""
    command = [str(Path(mitmdump).resolve().parent / "python"), "-m", "pytest_codex_replay.cli", *words]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)


def told(records: list[Record]) -> list[Record]:
    """What is recorded, but for who wrote it, and for what no file carries: the digest of a body on the wire."""
    found = [one for one in records if not isinstance(one, SegmentRecord)]
    return sorted((replace(one, body_sha256=None) if isinstance(one, RequestRecord) else one for one in found), key=str)


def shapes(answer: Iterable[bytes]) -> list[object]:
    """Return the values of an answer, without its texts."""
    found: list[object] = []
    for one in answer:
        datas = [one] if one[:1] == b"{" else [split_event(e.raw)[1] or b"" for e in SseDecoder().feed(one, at_ms=0)]
        found += [shape_of(Payload(data).json) for data in datas]
    return found


def shape_of(value: object) -> object:
    if isinstance(value, dict):
        return {name: shape_of(member) for name, member in value.items()}
    if isinstance(value, list):
        return [shape_of(member) for member in value]
    return "" if isinstance(value, str) else value
