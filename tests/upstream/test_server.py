"""The scripted upstream on a socket, asked by plain HTTP and WebSocket clients and by the OpenAI SDK."""

import asyncio
import http.client
import json
from dataclasses import replace
from urllib.parse import urlsplit

import aiohttp
import httpx
import openai
import pytest
import zstandard

from pytest_codex_replay.upstream import SCENARIOS, ReceivedRequest, Script, ScriptedUpstream
from pytest_codex_replay.upstream.scenarios import NON_ASCII_TEXT, text, tool_loop

ENDS = {"response.completed", "response.failed", "response.incomplete", "response.interrupt.failed", "error"}
BODY = {"model": "gpt-5.5", "input": "hi", "stream": True}


def post(upstream: ScriptedUpstream, body: object = BODY, path: str = "responses", **options) -> httpx.Response:
    with httpx.Client(trust_env=False, timeout=5) as client:
        if not isinstance(body, bytes):
            body = json.dumps(body).encode()
        return client.post(f"{upstream.base_url}/{path}", content=body, **options)


def get(upstream: ScriptedUpstream, path: str) -> httpx.Response:
    with httpx.Client(trust_env=False, timeout=5) as client:
        return client.get(f"{upstream.base_url}/{path}")


def events_of(response: httpx.Response) -> list[dict]:
    return [json.loads(line[6:]) for line in response.text.split("\n") if line.startswith("data: ")]


def sdk(upstream: ScriptedUpstream) -> openai.OpenAI:
    client = openai.DefaultHttpxClient(trust_env=False)
    return openai.OpenAI(base_url=upstream.base_url, api_key="dummy", max_retries=0, http_client=client)


class TestSse:
    def test_each_event_is_one_chunk(self) -> None:
        """Chunk borders are event borders, and the JSON is compact."""
        with ScriptedUpstream(text()) as upstream:
            address = urlsplit(upstream.base_url)
            connection = http.client.HTTPConnection(address.hostname, address.port, timeout=5)
            connection.request("POST", "/v1/responses", json.dumps(BODY))
            response = connection.getresponse()
            chunks = [response.read1() for _ in range(11)]
            connection.close()

        assert all(chunk.startswith(b"event: response.") and chunk.endswith(b"}\n\n") for chunk in chunks)
        assert all(chunk.count(b"\n\n") == 1 for chunk in chunks)
        assert b'{"type":"response.created",' in chunks[0]

    def test_a_body_in_zstd_is_read(self) -> None:
        """Codex compresses its requests when it is signed in with ChatGPT."""
        packed = zstandard.ZstdCompressor().compress(json.dumps(BODY).encode())
        with ScriptedUpstream(text()) as upstream:
            response = post(upstream, packed, headers={"content-encoding": "zstd"})

        assert response.status_code == 200
        assert upstream.requests[0].body == BODY

    @pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff"])
    def test_a_body_that_is_no_object_is_a_400(self, body: bytes) -> None:
        """Whatever arrives, there is an answer in JSON."""
        with ScriptedUpstream(text()) as upstream:
            response = post(upstream, body)

        assert response.status_code == 400
        assert response.json()["error"]["code"] == "invalid_json"

    def test_a_damaged_zstd_body_is_a_400(self) -> None:
        """And the bytes are kept for the test to see."""
        with ScriptedUpstream(text()) as upstream:
            response = post(upstream, b"no zstd", headers={"content-encoding": "zstd"})

        assert response.status_code == 400
        assert upstream.requests[0].body == b"no zstd"

    def test_an_error_has_status_headers_and_body(self) -> None:
        """As the script says."""
        with ScriptedUpstream(SCENARIOS["rate-limit"].script()) as upstream:
            response = post(upstream)

        assert response.status_code == 429
        assert response.headers["x-codex-primary-used-percent"] == "100.0"
        assert response.json()["error"]["type"] == "usage_limit_reached"

    @pytest.mark.parametrize("encoding", ["zstd", "gzip"])
    def test_an_answer_is_compressed_as_the_client_accepts_it(self, encoding: str) -> None:
        """Where the script wants it, and the client says how."""
        with ScriptedUpstream(SCENARIOS["compressed"].script()) as upstream:
            packed = post(upstream, headers={"accept-encoding": encoding})
            plain = post(upstream, headers={"accept-encoding": "identity"})

        assert packed.headers["content-encoding"] == encoding
        assert "content-encoding" not in plain.headers
        assert [event["type"] for event in events_of(packed)] == [event["type"] for event in events_of(plain)]

    def test_a_held_answer_ends_with_its_client(self) -> None:
        """It comes up to where it is held; the script goes on with the next turn."""
        with ScriptedUpstream(SCENARIOS["held"].script()) as upstream:
            url = f"{upstream.base_url}/responses"
            with httpx.Client(trust_env=False, timeout=5) as client, client.stream("POST", url, json=BODY) as response:
                lines = (line for line in response.iter_lines() if line.startswith("data: "))
                types = [json.loads(next(lines)[6:])["type"] for _ in range(8)]
                is_held = upstream.holding.wait(5)
            again = post(upstream, BODY | {"input": [{"role": "user", "content": word} for word in ("one", "two")]})

        assert (types[-1], is_held) == ("response.output_text.delta", True)
        assert events_of(again)[-1]["response"]["output"][0]["content"][0]["text"] == "This time to the end: two"

    def test_a_cut_stream_ends_without_a_close_frame(self) -> None:
        """The client sees that the stream is not whole."""
        with ScriptedUpstream(SCENARIOS["cut-stream"].script()) as upstream:
            with pytest.raises(httpx.RemoteProtocolError):
                post(upstream)
            whole = post(upstream)

        assert events_of(whole)[-1]["type"] == "response.completed"

    def test_headers_of_a_reply_are_sent(self) -> None:
        """A script may send e.g. `x-codex-turn-state`."""
        script = Script(lambda cue: replace(cue.say("x"), headers={"x-codex-turn-state": "opaque"}))
        with ScriptedUpstream(script) as upstream:
            response = post(upstream)

        assert response.headers["x-codex-turn-state"] == "opaque"
        assert response.headers["content-type"] == "text/event-stream; charset=utf-8"

    def test_a_previous_response_stands_for_the_conversation(self) -> None:
        """Over HTTP too."""
        with ScriptedUpstream(SCENARIOS["multi-turn"].script()) as upstream:
            first = events_of(post(upstream))[-1]["response"]
            second = events_of(post(upstream, BODY | {"previous_response_id": first["id"]}))[-1]["response"]

        assert second["output"][0]["content"][0]["text"] == "This is answer 2."
        assert second["previous_response_id"] == first["id"]

    def test_an_unknown_previous_response_is_a_400(self) -> None:
        """As the API answers it."""
        with ScriptedUpstream(text()) as upstream:
            response = post(upstream, BODY | {"previous_response_id": "resp_9"})

        assert (response.status_code, response.json()["error"]["code"]) == (400, "previous_response_not_found")

    def test_a_pause_is_kept_between_events(self) -> None:
        """`pause_ms` applies between any two events: here ten times."""
        with ScriptedUpstream(text(), pause_ms=3) as upstream:
            response = post(upstream)

        assert response.elapsed.total_seconds() >= 0.030


class TestOtherPaths:
    def test_models_have_an_etag(self) -> None:
        """In the words of Codex and of the API."""
        with ScriptedUpstream(text()) as upstream:
            response = get(upstream, "models?client_version=0.171.0")

        assert response.headers["etag"]
        assert response.json()["models"][0]["slug"] == response.json()["data"][0]["id"]

    def test_an_account_may_ask(self) -> None:
        """What Codex asks first when it is signed in with ChatGPT: it is told of the account that it named."""
        with ScriptedUpstream(text()) as upstream, httpx.Client(trust_env=False) as client:
            url = f"{upstream.base_url}/../backend-api/wham/accounts/check"
            account = client.get(url, headers={"chatgpt-account-id": "a-1"}).json()["accounts"][0]

        assert (account["id"], account["workspace_backend_origin"]) == ("a-1", "NO_CONSTRAINT")

    def test_compact_answers_with_a_new_history(self) -> None:
        """The older way of remote compaction."""
        with ScriptedUpstream(text()) as upstream:
            response = post(upstream, {"model": "gpt-5.5", "input": []}, path="responses/compact")

        assert [item["type"] for item in response.json()["output"]] == ["compaction"]

    @pytest.mark.parametrize("path", ["nothing", "responses/resp_0001", "supermodels"])
    def test_an_unknown_path_is_a_404_in_json(self, path: str) -> None:
        """And is kept among the requests."""
        with ScriptedUpstream(text()) as upstream:
            response = get(upstream, path)

        assert (response.status_code, response.json()["error"]["code"]) == (404, "not_found")
        assert upstream.requests == [
            ReceivedRequest(method="GET", path=f"/v1/{path}", headers=upstream.requests[0].headers)
        ]

    def test_any_base_path_will_do(self) -> None:
        """`/backend-api/codex/responses` is as good as `/v1/responses`."""
        with ScriptedUpstream(text()) as upstream:
            response = post(upstream, path="../backend-api/codex/responses")

        assert events_of(response)[-1]["type"] == "response.completed"

    def test_a_get_that_is_no_upgrade_is_a_426(self) -> None:
        """`GET …/responses` speaks WebSocket only."""
        with ScriptedUpstream(text()) as upstream:
            assert get(upstream, "responses").status_code == 426


class TestWebSocket:
    @staticmethod
    def talk(script: Script, *frames: object, held: int = 0) -> tuple[list[list[dict]], ScriptedUpstream]:
        """Send `frames` one after the other; return what came back for each, up to its end, or so many events."""

        async def session(url: str) -> list[list[dict]]:
            async with aiohttp.ClientSession() as client, client.ws_connect(url, compress=15) as websocket:
                return [await exchange(websocket, frame) for frame in frames]

        async def exchange(websocket: aiohttp.ClientWebSocketResponse, frame: object) -> list[dict]:
            await websocket.send_str(frame if isinstance(frame, str) else json.dumps(frame))
            received: list[dict] = []
            async for message in websocket:
                received.append(json.loads(message.data))
                if received[-1]["type"] in ENDS or len(received) == held:
                    break
            return received

        with ScriptedUpstream(script) as upstream:
            return asyncio.run(asyncio.wait_for(session(f"{upstream.base_url}/responses"), 5)), upstream

    def test_frames_are_the_events_of_sse(self) -> None:
        """The same events, one a message."""
        (frames,), _ = self.talk(text(), BODY | {"type": "response.create"})
        with ScriptedUpstream(text()) as upstream:
            events = events_of(post(upstream))

        assert frames == events

    def test_a_prewarm_is_created_and_completed(self) -> None:
        """And the next frame may build on it."""
        prewarm = {"type": "response.create", "model": "m", "input": [], "generate": False}
        turn = {"type": "response.create", "model": "m", "input": "hi", "previous_response_id": "resp_0001"}

        (warm, first), _ = self.talk(SCENARIOS["multi-turn"].script(), prewarm, turn)

        assert [event["type"] for event in warm] == [
            "response.created",
            "response.in_progress",
            "response.completed",
        ]
        assert first[-1]["response"]["output"][0]["content"][0]["text"] == "This is answer 1."

    def test_an_error_is_a_frame(self) -> None:
        """With status, error and headers; the connection stays open."""
        (error, again), _ = self.talk(SCENARIOS["rate-limit"].script(), BODY, BODY)

        assert (error[0]["type"], error[0]["status"], error[0]["error"]["type"]) == (
            "error",
            429,
            "usage_limit_reached",
        )
        assert error[0]["headers"]["x-codex-primary-used-percent"] == "100.0"
        assert again == error

    def test_a_cut_closes_the_connection(self) -> None:
        """Nothing terminal arrives."""
        (events,), _ = self.talk(SCENARIOS["cut-stream"].script(), BODY)

        assert events[-1]["type"] == "response.output_text.delta"

    def test_an_interrupt_ends_a_held_answer(self) -> None:
        """What was begun is dropped; the next frame builds on what is left."""
        begin = BODY | {"type": "response.create"}
        interrupt = {"type": "response.interrupt", "response_id": "resp_0001", "mode": "discard_partial_items"}
        again = begin | {"previous_response_id": "resp_0001", "input": "go on"}

        (first, rest, last), upstream = self.talk(SCENARIOS["held"].script(), begin, interrupt, again, held=8)

        assert [event["type"].removeprefix("response.") for event in rest] == [
            "interrupt.accepted",
            "output_item.interrupted",
            "incomplete",
        ]
        assert rest[-1]["sequence_number"] == len(first) + 2
        assert last[-1]["text"] == "This time to the end: go on"
        assert upstream.requests[2].body == interrupt

    def test_an_interrupt_that_comes_late_is_refused(self) -> None:
        """Nothing is being answered any more."""
        (_, refused), _ = self.talk(text(), BODY, {"type": "response.interrupt", "response_id": "resp_0001"})

        assert (refused[0]["type"], refused[0]["response_id"]) == ("response.interrupt.failed", "resp_0001")

    def test_an_interrupt_of_an_unknown_mode_is_refused(self) -> None:
        """The answer goes on to be held."""
        begin = BODY | {"type": "response.create"}
        interrupt = {"type": "response.interrupt", "response_id": "resp_0001", "mode": "keep"}

        (_, refused), _ = self.talk(SCENARIOS["held"].script(), begin, interrupt, held=8)

        assert refused[0]["error"]["message"] == "Unknown mode 'keep': use 'discard_partial_items'."

    def test_a_frame_that_is_no_json_is_an_error(self) -> None:
        """And the connection lives on."""
        (error, fine), _ = self.talk(text(), "{", BODY)

        assert error[0]["error"]["code"] == "invalid_json"
        assert fine[-1]["type"] == "response.completed"

    def test_upgrade_and_frames_are_kept(self) -> None:
        """A frame is kept with the headers of its upgrade; deflate is offered and taken."""
        _, upstream = self.talk(text(), BODY)

        assert [(request.method, request.path) for request in upstream.requests] == [
            ("GET", "/v1/responses"),
            ("FRAME", "/v1/responses"),
        ]
        assert upstream.requests[1].headers["sec-websocket-extensions"].startswith("permessage-deflate")
        assert upstream.requests[1].body == BODY

    def test_a_refused_upgrade_is_a_426(self) -> None:
        """In JSON, as any other error."""
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            self.talk(SCENARIOS["refuse-websocket"].script(), BODY)

        assert refused.value.status == 426


class TestOpenAiSdk:
    def test_it_reads_a_stream(self) -> None:
        """The SDK checks the shape of the events while it puts the response together."""
        script = SCENARIOS["non-ascii"].script()
        with (
            ScriptedUpstream(script) as upstream,
            sdk(upstream) as client,
            client.responses.stream(model="gpt-5.5", input="hi") as stream,
        ):
            for _ in stream:
                pass
            final = stream.get_final_response()

        assert "no such tool" in final.output_text

    def test_it_gets_a_whole_response(self) -> None:
        """Without `stream` there is one JSON response."""
        with ScriptedUpstream(text(NON_ASCII_TEXT)) as upstream, sdk(upstream) as client:
            response = client.responses.create(model="gpt-5.5", input="hi")

        assert response.output_text == NON_ASCII_TEXT
        assert response.usage is not None
        assert response.usage.total_tokens == 110

    def test_its_tools_are_called(self) -> None:
        """A function named like a shell of Codex is called like one."""
        tool = {"type": "function", "name": "shell_command", "strict": False, "parameters": {"type": "object"}}
        with ScriptedUpstream(tool_loop(1)) as upstream, sdk(upstream) as client:
            response = client.responses.create(model="gpt-5.5", input="hi", tools=[tool])

        assert response.output[-1].arguments == '{"command":"echo step-1"}'

    def test_it_raises_what_the_script_refuses(self) -> None:
        """The SDK maps status to exception."""
        script = SCENARIOS["rate-limit"].script()
        with (
            ScriptedUpstream(script) as upstream,
            sdk(upstream) as client,
            pytest.raises(openai.RateLimitError) as error,
        ):
            client.responses.create(model="gpt-5.5", input="hi")

        assert error.value.code == "usage_limit_reached"

    def test_it_lists_models(self) -> None:
        """From the same catalogue."""
        with ScriptedUpstream(text()) as upstream, sdk(upstream) as client:
            assert [model.id for model in client.models.list()] == ["gpt-6.2-sol", "gpt-5.5"]
