"""HTTP and SSE through a real mitmdump, and through the embedded recorder: what came is recorded, nothing held back."""

import asyncio
import gzip
import hashlib
import http.client
import json
import socket
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
import zstandard
from aiohttp import web

from pytest_codex_replay.archive.record import (
    BodyRecord,
    EndRecord,
    EventRecord,
    FlowEnd,
    RequestRecord,
    ResponseRecord,
)
from pytest_codex_replay.wire.responses import Outcome

CREATED = b'event: response.created\ndata: {"type":"response.created"}\n\n'
DELTA = (
    'event: response.output_text.delta\ndata: {"type":"response.output_text.delta","delta":"Grüße 👍🏽"}\n\n'.encode()
)
COMPLETED = b'event: response.completed\ndata: {"type":"response.completed","response":{"id":"resp_1"}}\n\n'
SSE = {"content-type": "text/event-stream"}
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


async def stream(request: web.Request, *chunks: bytes, **headers: str) -> web.StreamResponse:
    """Answer in chunks: each is a chunk of HTTP/1.1 as well."""
    await request.read()
    response = web.StreamResponse(headers=SSE | headers)
    await response.prepare(request)
    for chunk in chunks:
        await response.write(chunk)
    return response


def streams(*chunks: bytes, **headers: str) -> Handler:
    """Return a handler that answers everything so."""

    async def answer(request: web.Request) -> web.StreamResponse:
        return await stream(request, *chunks, **headers)

    return answer


def raw_stream(lane, path: str = "/v1/responses") -> http.client.HTTPResponse:
    """Ask for a stream; the answer can be read as it comes, and the connection broken off."""
    connection = http.client.HTTPConnection("127.0.0.1", lane.port, timeout=30)
    connection.request("POST", path, b"{}", lane.identity | {"connection": "close"})
    return connection.getresponse()


def bytes_of(recorded) -> bytes:
    return b"".join(record.raw for record in recorded.of_kind(EventRecord))


class TestBodies:
    def test_a_json_exchange_is_recorded_as_it_was(self, record, client: httpx.Client) -> None:
        """Method, URL, status, bodies and the order of the headers; the answer reaches the client untouched."""

        async def answer(request: web.Request) -> web.Response:
            return web.json_response({"got": await request.json()}, headers={"x-request-id": "req-1"})

        lane = record(answer)
        response = client.post(f"{lane.url}/v1/responses?a=1", json={"model": "m"}, headers=lane.identity)
        client.close()
        recording = lane.recording()

        (request,), (head,) = recording.of_kind(RequestRecord), recording.of_kind(ResponseRecord)
        (body,), (end,) = recording.of_kind(BodyRecord), recording.of_kind(EndRecord)
        assert response.json() == {"got": {"model": "m"}}
        assert (request.method, request.url) == ("POST", url_in_reverse_mode(request, "/v1/responses?a=1"))
        assert request.payload.json == {"model": "m"}
        assert (head.status, dict(head.headers)["x-request-id"]) == (200, "req-1")
        assert (body.payload.raw, end.how) == (response.content, FlowEnd.FINISHED)

    def test_a_zstd_body_is_decoded_and_its_wire_form_is_known(self, record, client: httpx.Client) -> None:
        """The record shows JSON; length and digest are of what went over the wire, and the upstream got just that."""
        seen: list[bytes] = []

        async def answer(request: web.Request) -> web.Response:
            seen.append(await request.read())
            return web.json_response({})

        sent = zstandard.compress(json.dumps({"model": "m", "input": ["ä"] * 200}, ensure_ascii=False).encode())
        lane = record(answer)
        client.post(f"{lane.url}/v1/responses", content=sent, headers=lane.identity | {"content-encoding": "zstd"})
        client.close()
        recording = lane.recording()

        (request,) = recording.of_kind(RequestRecord)
        assert seen == [sent]
        assert request.payload.json == {"model": "m", "input": ["ä"] * 200}
        assert (request.body_bytes, request.body_sha256) == (len(sent), hashlib.sha256(sent).hexdigest())

    @pytest.mark.parametrize("status", [400, 401, 429, 500])
    def test_an_error_keeps_its_body(self, record, client: httpx.Client, status: int) -> None:
        """What the upstream said arrives, and is recorded, with the headers that explain it."""

        async def answer(_: web.Request) -> web.Response:
            return web.json_response({"error": {"code": "no"}}, status=status, headers={"retry-after": "7"})

        lane = record(answer)
        response = client.post(f"{lane.url}/v1/responses", json={}, headers=lane.identity)
        client.close()
        recording = lane.recording()

        (interaction,) = recording.interactions()
        assert response.status_code == status
        assert (interaction.status, interaction.outcome) == (status, Outcome.ERROR)
        assert interaction.body == response.content
        assert dict(interaction.response_headers)["retry-after"] == "7"

    def test_unknown_paths_methods_and_bodies_are_kept_verbatim(self, record, client: httpx.Client) -> None:
        """What is not JSON is text, what is not text is base64; nothing is left out because it is unknown."""
        bodies = {"/binary": b"\x00\xff\xfe", "/text": b"plain\r\ntext", "/pretty": b'{\n  "a": 1\n}', "/empty": b""}

        async def answer(request: web.Request) -> web.Response:
            return web.Response(body=bodies[request.path])

        lane = record(answer)
        for path, body in bodies.items():
            client.request("PATCH", f"{lane.url}{path}", content=body, headers=lane.identity)
        client.close()
        recording = lane.recording()

        interactions = recording.interactions()
        assert [interaction.method for interaction in interactions] == ["PATCH"] * 4
        assert [interaction.body for interaction in interactions] == list(bodies.values())
        assert [i.request.raw if i.request else b"" for i in interactions] == list(bodies.values())

    def test_answers_without_a_body_end_well(self, record, client: httpx.Client) -> None:
        """HEAD, 204 and 304 promise a body, or none, and have none."""

        async def answer(request: web.Request) -> web.Response:
            return web.Response(status=int(request.path[1:]), headers=SSE)

        lane = record(answer)
        client.head(f"{lane.url}/200", headers=lane.identity)
        client.get(f"{lane.url}/204", headers=lane.identity)
        client.get(f"{lane.url}/304", headers=lane.identity)
        client.close()
        recording = lane.recording()

        assert [end.how for end in recording.of_kind(EndRecord)] == [FlowEnd.FINISHED] * 3
        assert recording.of_kind(BodyRecord) == []

    def test_expect_100_continue_is_one_exchange(self, record) -> None:
        """A client that asks before it sends its body gets its answer, and one request is recorded."""

        async def answer(request: web.Request) -> web.Response:
            return web.Response(body=await request.read())

        lane = record(answer)
        with socket.create_connection(("127.0.0.1", lane.port), timeout=30) as connection:
            session = lane.identity["session-id"]
            head = f"POST /v1/responses HTTP/1.1\r\nhost: localhost\r\nsession-id: {session}\r\ncontent-length: 2\r\n"
            connection.sendall(f"{head}expect: 100-continue\r\nconnection: close\r\n\r\n".encode())
            allowed = connection.recv(1000)
            connection.sendall(b"{}")
            answered = b"".join(iter(lambda: connection.recv(1000), b""))
        recording = lane.recording()

        (interaction,) = recording.interactions()
        assert allowed.startswith(b"HTTP/1.1 100")
        assert answered.endswith(b"{}")
        assert (interaction.request.raw, interaction.body) == (b"{}", b"{}")


def url_in_reverse_mode(request: RequestRecord, path: str) -> str:
    """In reverse mode the URL names the upstream."""
    host = {name.lower(): value for name, value in request.headers}["host"]
    return f"http://{host}{path}"


class TestStreams:
    @pytest.mark.parametrize("newline", [b"\n", b"\r\n", b"\r"], ids=["LF", "CRLF", "CR"])
    def test_odd_chunks_change_no_byte(self, record, newline: bytes) -> None:
        """Chunks that end inside a character or a line end: upstream, client and record have the same bytes."""
        whole = b": ping\n\n".replace(b"\n", newline) + (CREATED + DELTA + COMPLETED).replace(b"\n", newline)
        chunks = [whole[at : at + 7] for at in range(0, len(whole), 7)]
        lane = record(streams(*chunks))
        with raw_stream(lane) as response:
            received = response.read()
        recording = lane.recording()

        cuts = sum(len(event.cuts) for event in recording.of_kind(EventRecord))
        assert received == whole
        assert bytes_of(recording) == whole
        assert cuts == len(chunks)

    def test_an_event_goes_through_at_once(self, record) -> None:
        """The client reads the first event while the upstream waits for it to have done so."""
        has_read = threading.Event()

        async def answer(request: web.Request) -> web.StreamResponse:
            response = await stream(request, CREATED)
            await asyncio.to_thread(has_read.wait, 30)
            await response.write(COMPLETED)
            return response

        lane = record(answer)
        with raw_stream(lane) as response:
            first = response.read1()
            was_waiting = not has_read.is_set()
            has_read.set()
            rest = response.read()

        assert (first, was_waiting, rest) == (CREATED, True, COMPLETED)

    def test_a_stream_in_gzip_is_recorded_as_text(self, record, client: httpx.Client) -> None:
        """The client gets it compressed, as it was; the record has events."""
        packed = gzip.compress(CREATED + DELTA + COMPLETED)
        chunks = [packed[:30], packed[30:]]
        lane = record(streams(*chunks, **{"content-encoding": "gzip"}))
        response = client.post(f"{lane.url}/v1/responses", json={}, headers=lane.identity)
        client.close()
        recording = lane.recording()

        assert response.content == CREATED + DELTA + COMPLETED
        assert [event.raw for event in recording.of_kind(EventRecord)] == [CREATED, DELTA, COMPLETED]

    def test_what_claims_to_be_gzip_is_kept_as_it_came(self, record) -> None:
        """A wrong content-encoding loses nothing."""
        lane = record(streams(CREATED, **{"content-encoding": "gzip"}))
        with raw_stream(lane) as response:
            received = response.read()
        recording = lane.recording()

        assert received == CREATED
        assert [body.payload.raw for body in recording.of_kind(BodyRecord)] == [CREATED]

    def test_non_ascii_is_readable_in_the_file(self, record) -> None:
        """UTF-8 as it came: nobody has to decode escapes to read a session."""
        lane = record(streams(DELTA))
        with raw_stream(lane) as response:
            response.read()
        recording = lane.recording()

        text = b"".join(
            zstandard.ZstdDecompressor().stream_reader(path.read_bytes(), read_across_frames=True).read()
            for path in recording.session.segments()
        ).decode()
        assert "Grüße 👍🏽" in text
        assert "\\u" not in text

    def test_an_event_of_a_megabyte(self, record) -> None:
        """An image in an item is one event, through and recorded."""
        large = b"event: response.output_item.done\ndata: " + json.dumps({"image": "x" * 1_000_000}).encode() + b"\n\n"
        lane = record(streams(large, COMPLETED))
        with raw_stream(lane) as response:
            received = response.read()
        recording = lane.recording()

        assert received == large + COMPLETED
        assert [event.raw for event in recording.of_kind(EventRecord)] == [large, COMPLETED]

    def test_fifty_streams_at_once(self, record) -> None:
        """Each flow has its own events, in its own order."""

        async def answer(request: web.Request) -> web.StreamResponse:
            events = [f'data: {{"flow":"{request.path}","n":{n}}}\n\n'.encode() for n in range(5)]
            return await stream(request, *events)

        lane = record(answer)

        def ask(number: int) -> bytes:
            with raw_stream(lane, f"/{number}") as response:
                return response.read()

        with ThreadPoolExecutor(50) as pool:
            received = list(pool.map(ask, range(50)))
        recording = lane.recording()

        recorded = {i.url.rpartition("/")[2]: b"".join(part.raw for part in i.parts) for i in recording.interactions()}
        assert recorded == {str(number): body for number, body in enumerate(received)}


class TestBrokenOff:
    def test_a_client_that_hangs_up(self, record) -> None:
        """What came is kept, and marked as left by the client."""

        async def answer(request: web.Request) -> web.StreamResponse:
            response = await stream(request, CREATED)
            await asyncio.Event().wait()
            return response

        lane = record(answer)
        response = raw_stream(lane)
        response.read1()
        response.close()
        recording = lane.recording()

        (interaction,) = recording.interactions()
        assert [part.raw for part in interaction.parts] == [CREATED]
        assert (interaction.end.how, interaction.outcome) == (FlowEnd.CLIENT_GONE, Outcome.CLIENT_GONE)
        assert recording.session.manifest()["incomplete"] == [{"flow": interaction.flow, "why": "client-gone"}]

    def test_a_client_that_hangs_up_after_the_last_event(self, record) -> None:
        """Codex does: the terminal event completes the interaction, not the end of the body."""

        async def answer(request: web.Request) -> web.StreamResponse:
            response = await stream(request, CREATED, COMPLETED)
            await asyncio.Event().wait()
            return response

        lane = record(answer)
        response = raw_stream(lane)
        while COMPLETED not in response.read1():
            pass
        response.close()
        recording = lane.recording()

        (interaction,) = recording.interactions()
        assert (interaction.end.how, interaction.outcome) == (FlowEnd.CLIENT_GONE, Outcome.COMPLETED)
        assert recording.session.manifest()["incomplete"] == []

    def test_an_upstream_that_hangs_up(self, record) -> None:
        """The client sees a stream that breaks off; the record has the part that came, an unfinished event too."""

        async def answer(request: web.Request) -> web.StreamResponse:
            response = await stream(request, CREATED, DELTA[:20])
            request.transport.close()
            return response

        lane = record(answer)
        with raw_stream(lane) as response, pytest.raises(http.client.IncompleteRead) as broken:
            response.read()
        recording = lane.recording()

        (interaction,) = recording.interactions()
        assert broken.value.partial == CREATED + DELTA[:20]
        assert [part.raw for part in interaction.parts] == [CREATED, DELTA[:20]]
        assert (interaction.end.how, interaction.outcome) == (FlowEnd.UPSTREAM_GONE, Outcome.UPSTREAM_GONE)

    def test_a_stream_that_ends_without_a_terminal_event_is_no_whole_one(self, record) -> None:
        """The body ended well, the response did not: both readings show it."""
        lane = record(streams(CREATED))
        with raw_stream(lane) as response:
            response.read()
        recording = lane.recording()

        (interaction,) = recording.interactions()
        assert (interaction.end.how, interaction.outcome) == (FlowEnd.FINISHED, Outcome.UPSTREAM_GONE)
        assert [each["why"] for each in recording.session.manifest()["incomplete"]] == ["no terminal event"]

    def test_an_upstream_that_cannot_be_reached(self, starter, client: httpx.Client) -> None:
        """The client gets the proxy's 502; the request is recorded, and that it was refused."""
        with socket.create_server(("127.0.0.1", 0)) as reserved:
            port = reserved.getsockname()[1]
        recorder = starter.reverse(f"http://127.0.0.1:{port}")
        response = client.post(f"{recorder.url}/v1/responses", json={"model": "m"}, headers={"session-id": "s"})
        client.close()
        recorder.stop()

        (interaction,) = recorder.recording().interactions()
        assert response.status_code == 502
        assert interaction.request.json == {"model": "m"}
        assert (interaction.end.how, interaction.outcome) == (FlowEnd.REFUSED, Outcome.REFUSED)


class TestSessions:
    def test_each_session_has_its_directory(self, starter, serve, client: httpx.Client) -> None:
        """By the header of today, by those of older releases, by the body alone; and one for all that names none."""
        recorder = starter.reverse(serve(streams(COMPLETED)).base_url)
        for headers in [
            {"session-id": "new"},
            {"session_id": "old", "conversation_id": "c"},
            {"conversation_id": "older"},
            {},
            {"x-other": "1"},
        ]:
            client.post(f"{recorder.url}/v1/responses", json={}, headers=headers)
        client.post(f"{recorder.url}/v1/responses", json={"client_metadata": {"session_id": "by-body"}})
        client.close()
        recorder.stop()

        counts = {session.name: session.manifest()["counts"]["requests"] for session in recorder.sessions()}
        (unattributed,) = [name for name in counts if name.startswith("unattributed-")]
        assert counts == {"by-body": 1, "new": 1, "old": 1, "older": 1, unattributed: 2}

    def test_no_session_id_leads_out_of_the_archive(self, starter, serve, client: httpx.Client) -> None:
        """It comes from the wire; it becomes a name, never a path, and no two become the same."""
        names = ["../../up", "..", ".", "/etc/x", "a\\b", "a/b", "x" * 5000, "x" * 5001]
        recorder = starter.reverse(serve(streams(COMPLETED)).base_url)
        for name in names:
            client.post(f"{recorder.url}/v1/responses", json={}, headers={"session-id": name})
        client.close()
        recorder.stop()

        assert len(recorder.sessions()) == len(names)
        assert all(session.segments() for session in recorder.sessions())
        assert {path.name for path in recorder.archive.parent.iterdir()} <= {"mitmdump-0", "sessions"}
