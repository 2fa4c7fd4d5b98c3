"""What the recorder may be told, and what it reports when that makes no sense."""

import asyncio
import http.client
import json
import os
import re
import ssl
import threading
from collections.abc import Callable, Iterable
from pathlib import Path

import httpx
import pytest
from aiohttp import web

from pytest_codex_replay.archive.record import EndRecord, EventRecord, FlowEnd, GapRecord, RequestRecord
from tests.addon.conftest import Starter

EVENT = b'event: response.completed\ndata: {"type":"response.completed","response":{"id":"resp_1"}}\n\n'
HEADERS = {"session-id": "s"}


async def answer(request: web.Request) -> web.Response:
    await request.read()
    return web.Response(body=EVENT, headers={"content-type": "text/event-stream"})


def ask(url: str, client: httpx.Client, **headers: str) -> bytes:
    return client.post(f"{url}/v1/responses", json={}, headers=HEADERS | headers).content


def complaints(lines: Iterable[str]) -> list[str]:
    return [line for line in lines if re.search(r"codex[_ ]", line) and "Loading script" not in line]


@pytest.fixture
def other_addon(tmp_path: Path) -> Callable[[str], Path]:
    """Write a second addon."""

    def write(source: str) -> Path:
        path = tmp_path / "other_addon.py"
        path.write_text(source, encoding="utf-8")
        return path

    return write


def test_persist_false_writes_nothing(mitmdump, serve, client: httpx.Client) -> None:
    """Traffic passes untouched; there is not even a directory."""
    recorder = mitmdump.reverse(serve(answer).base_url, codex_persist="false")
    received = ask(recorder.url, client)
    client.close()
    recorder.stop()

    assert received == EVENT
    assert not recorder.archive.exists()
    assert any("nothing is written" in line for line in recorder.lines)


def test_persist_false_holds_no_stream_back(mitmdump, serve, client: httpx.Client) -> None:
    """A stream reaches the client as it comes; mitmproxy alone would keep it to its end."""
    is_read = threading.Event()

    async def halting(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"content-type": "text/event-stream"})
        await response.prepare(request)
        await response.write(b"data: first\n\n")
        assert await asyncio.to_thread(is_read.wait, 30), "the first event was held back"
        await response.write(EVENT)
        return response

    recorder = mitmdump.reverse(serve(halting).base_url, codex_persist="false")
    with client.stream("POST", f"{recorder.url}/v1/responses", json={}, headers=HEADERS) as response:
        chunks = response.iter_raw()
        first = next(chunks)
        is_read.set()
        rest = b"".join(chunks)

    assert (first, rest) == (b"data: first\n\n", EVENT)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"codex_sesions": "x"}, "unknown option 'codex_sesions'; did you mean 'codex_sessions'?"),
        ({"codex_flows": "~d openai.com & ! ~c 200"}, "codex_flows: ~c looks at what is not known when a flow"),
        ({"codex_max_bytes": "lots"}, "codex_max_bytes: 'lots' is not a size, such as 500MB or 2GiB"),
        ({"codex_sessions": f"{__file__}/below"}, "is a file, not a directory"),
    ],
    ids=["a typo", "a late filter", "no size", "below a file"],
)
def test_a_bad_option_ends_mitmdump_with_a_clear_line(mitmdump, options: dict[str, str], said: str) -> None:
    """Rather not start than record nothing; no traceback. All that is refused: `tests/recorder/test_options.py`."""
    recorder = mitmdump(ready=False, **options)
    code = recorder.join()

    (line,) = complaints(recorder.lines)
    assert code == 1
    assert said in line
    assert "Traceback" not in recorder.output


SETTER = """
from mitmproxy import ctx, exceptions, http

def requestheaders(flow):
    if flow.request.path.startswith("/set"):
        try:
            ctx.options.update(**dict(flow.request.query))
        except exceptions.OptionsError as error:
            flow.response = http.Response.make(400, str(error))
        else:
            flow.response = http.Response.make(200, "done")
"""
"""An addon that sets options on demand, as `set` does in mitmproxy."""


@pytest.mark.parametrize(
    ("option", "value", "status"),
    [
        ("codex_max_bytes", "foo", 400),
        ("codex_max_age_days", "30", 200),
        ("codex_keep_messages", "true", 200),
        ("codex_flows", "~d example.org", 200),
        ("codex_sessions", "elsewhere", 200),
    ],
)
def test_a_flow_that_is_open_outlives_a_change_of_options(  # noqa: PLR0917
    mitmdump, serve, other_addon, client: httpx.Client, option: str, value: str, status: int
) -> None:
    """Refused or taken: what was begun is recorded to its end, where it was begun."""
    may_go_on = threading.Event()

    async def halting(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"content-type": "text/event-stream"})
        await response.prepare(request)
        await response.write(b"data: first\n\n")
        await asyncio.to_thread(may_go_on.wait, 30)
        await response.write(EVENT)
        return response

    recorder = mitmdump.reverse(serve(halting).base_url, scripts=[other_addon(SETTER), mitmdump.RECORDER])
    with client.stream("POST", f"{recorder.url}/v1/responses", json={}, headers=HEADERS) as response:
        chunks = response.iter_raw()
        next(chunks)
        answer = httpx.get(f"{recorder.url}/set", params={option: value})
        may_go_on.set()
        b"".join(chunks)
    client.close()
    recorder.stop()

    (session,) = [session for session in recorder.sessions() if session.name == "s"]
    recording = recorder.recording_of(session)
    (end,) = recording.of_kind(EndRecord)
    assert answer.status_code == status
    assert b"".join(event.raw for event in recording.of_kind(EventRecord)) == b"data: first\n\n" + EVENT
    assert end.how is FlowEnd.FINISHED


def test_another_directory_holds_for_what_comes_next(mitmdump, serve, other_addon, client, tmp_path: Path) -> None:
    """The next flow is recorded there."""
    recorder = mitmdump.reverse(serve(answer).base_url, scripts=[other_addon(SETTER), mitmdump.RECORDER])
    ask(recorder.url, client)
    client.get(f"{recorder.url}/set", params={"codex_sessions": str(tmp_path / "elsewhere")})
    ask(recorder.url, client, **{"session-id": "t"})
    client.close()
    recorder.stop()

    assert "s" in {session.name for session in recorder.sessions()}
    assert "t" in {path.name for path in (tmp_path / "elsewhere").iterdir()}


@pytest.mark.parametrize("limit", ["1", "100k"])
def test_a_request_that_is_streamed_is_recorded(mitmdump, serve, client: httpx.Client, limit: str) -> None:
    """Body and answer, whatever the user's mitmproxy streams."""
    seen: list[bytes] = []

    async def listen(request: web.Request) -> web.Response:
        seen.append(await request.read())
        return web.Response(body=EVENT, headers={"content-type": "text/event-stream"})

    recorder = mitmdump.reverse(serve(listen).base_url, stream_large_bodies=limit)
    body = json.dumps({"input": ["x" * 50_000] * 4}, separators=(",", ":")).encode()
    client.post(f"{recorder.url}/v1/responses", content=body, headers=HEADERS)
    client.close()
    recorder.stop()

    (request,) = recorder.recording().of_kind(RequestRecord)
    assert seen == [body]
    assert (request.payload.raw, request.body_bytes) == (body, len(body))
    assert recorder.recording().interactions()[0].status == 200


def test_an_answer_before_the_end_of_the_request_is_recorded(mitmdump, serve) -> None:
    """Nothing of it is left out, and what is missing of the request is reported."""

    async def hasty(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"content-type": "text/event-stream"})
        await response.prepare(request)
        await response.write(EVENT)
        await request.read()
        return response

    recorder = mitmdump.reverse(serve(hasty).base_url, stream_large_bodies="1")
    connection = http.client.HTTPConnection("127.0.0.1", recorder.port, timeout=30)
    connection.putrequest("POST", "/v1/responses")
    for name, value in {**HEADERS, "content-length": "12"}.items():
        connection.putheader(name, value)
    connection.endheaders()
    connection.send(b'{"input":')
    response = connection.getresponse()
    connection.send(b"[]}")
    received = response.read()
    connection.close()
    recorder.stop()

    recording = recorder.recording()
    (request,), (gap,) = recording.of_kind(RequestRecord), recording.of_kind(GapRecord)
    assert received == EVENT
    assert request.payload.raw == b'{"input":'
    assert (gap.reason, gap.lost_bytes) == ("the request was streamed past the recorder", 3)
    assert [event.raw for event in recording.of_kind(EventRecord)] == [EVENT]
    assert recording.interactions()[0].status == 200


def test_a_requirement_that_is_missing_ends_mitmdump_with_a_clear_line(
    mitmdump_program: str, confdir: Path, tmp_path: Path
) -> None:
    """Where mitmproxy has an environment of its own, the line says what to install there."""
    (tmp_path / "orjson.py").write_text("raise ModuleNotFoundError('no', name='orjson')\n", encoding="utf-8")
    recorder = Starter(mitmdump_program, confdir, tmp_path)(ready=False, path=str(tmp_path))
    code = recorder.join()

    (line,) = complaints(recorder.lines)
    assert code == 1
    assert "'orjson' is not installed beside mitmproxy. Install it there" in line
    assert "Traceback" not in recorder.output


def test_the_archive_is_kept_within_its_limits(mitmdump, serve, tmp_path: Path) -> None:
    """At the start what is too old goes; it is logged."""
    segment = tmp_path / "sessions" / "old" / "traffic-0001.jsonl.zst"
    segment.parent.mkdir(parents=True)
    segment.touch()
    os.utime(segment, (0, 0))
    recorder = mitmdump.reverse(serve(answer).base_url, codex_max_age_days="30", codex_max_bytes="1GiB")
    recorder.wait_for("codex recorder: removed session old: ")

    assert list((tmp_path / "sessions").iterdir()) == []


def test_an_archive_that_cannot_be_made_turns_recording_off(mitmdump, serve, client: httpx.Client) -> None:
    """Said once; the proxy runs."""
    recorder = mitmdump.reverse(serve(answer).base_url, codex_sessions="/proc/nobody/may")
    received = [ask(recorder.url, client), ask(recorder.url, client)]
    client.close()
    recorder.stop()

    (line,) = complaints(recorder.lines)
    assert received == [EVENT, EVENT]
    assert "off, cannot write to /proc/nobody/may" in line


def test_the_home_is_expanded_and_an_existing_mode_kept(mitmdump, serve, client: httpx.Client, tmp_path: Path) -> None:
    """`~` is the home directory; the mode of an existing directory is its owner's choice."""
    archive = tmp_path / "mitmdump-0" / "archive"
    recorder = mitmdump.reverse(serve(answer).base_url, codex_sessions="~/archive")
    archive.chmod(0o750)
    ask(recorder.url, client)
    client.close()
    recorder.stop()

    assert archive.stat().st_mode & 0o777 == 0o750
    assert [path.name for path in archive.iterdir()] == ["s"]


def test_only_flows_that_are_wanted_are_recorded(mitmdump, serve, client: httpx.Client) -> None:
    """`codex_flows` is a filter expression of mitmproxy."""
    recorder = mitmdump.reverse(serve(answer).base_url, codex_flows="~hq x-want")
    received = [ask(recorder.url, client), ask(recorder.url, client, **{"x-want": "1"})]
    client.close()
    recorder.stop()

    assert received == [EVENT, EVENT]
    assert recorder.recording().session.manifest()["counts"]["requests"] == 1


def test_as_a_proxy_it_records_what_is_codex(mitmdump, serve) -> None:
    """By default: what Codex sends, and the Responses API; not the rest of a user's traffic."""
    upstream = serve(answer).base_url
    recorder = mitmdump()
    with httpx.Client(trust_env=False, proxy=recorder.url, timeout=30) as client:
        client.post(f"{upstream}/v1/responses", json={})
        client.get(f"{upstream}/backend", headers={"originator": "codex_exec"})
        client.get(f"{upstream}/backend", headers={"session_id": "s"})
        client.get(f"{upstream}/private")
    recorder.stop()

    urls = [each.url for session in recorder.sessions() for each in recorder.recording_of(session).interactions()]
    assert sorted(urls) == [f"{upstream}/backend", f"{upstream}/backend", f"{upstream}/v1/responses"]


class OnlyHttp2(ssl.SSLContext):
    """Offers HTTP/2 alone: of two, mitmproxy takes the one that httpx names first, HTTP/1.1."""

    def set_alpn_protocols(self, _: Iterable[str]) -> None:
        super().set_alpn_protocols(["h2"])


def test_http2_and_tls(mitmdump, serve, confdir: Path) -> None:
    """A client that speaks HTTP/2 to the proxy, by its CA: recorded as what it is."""
    upstream = serve(answer).base_url
    recorder = mitmdump("--map-remote", f"|https://api.openai.com/|{upstream}/")
    trust = OnlyHttp2(ssl.PROTOCOL_TLS_CLIENT)
    trust.load_verify_locations(confdir / "mitmproxy-ca-cert.pem")
    with httpx.Client(http2=True, trust_env=False, proxy=recorder.url, verify=trust, timeout=30) as client:
        response = client.post("https://api.openai.com/v1/responses", json={"input": "hi"}, headers=HEADERS)
    recorder.stop()

    (interaction,) = recorder.recording().interactions()
    assert (response.http_version, response.content) == ("HTTP/2", EVENT)
    assert interaction.url == "https://api.openai.com/v1/responses"
    assert [part.raw for part in interaction.parts] == [EVENT]
    assert interaction.request.json == {"input": "hi"}
    assert recorder.recording().of_kind(RequestRecord)[0].http_version == "HTTP/2.0"


@pytest.mark.parametrize("order", ["before us", "after us"])
@pytest.mark.parametrize(
    ("line", "change"),
    [("flow.response.stream = True", bytes), ("flow.response.stream = lambda data: data.upper()", bytes.upper)],
    ids=["switches it on", "changes the bytes"],
)
def test_beside_an_addon_that_streams_too(mitmdump, serve, other_addon, order: str, line: str, change) -> None:  # noqa: PLR0917
    """There is room for one stream function: theirs still works, and what the upstream sent is recorded."""
    other = other_addon(f"def responseheaders(flow):\n    {line}\n")
    scripts = [other, mitmdump.RECORDER] if order == "before us" else [mitmdump.RECORDER, other]
    recorder = mitmdump.reverse(serve(answer).base_url, scripts=scripts)
    with httpx.Client(trust_env=False, timeout=30) as client:
        body = ask(recorder.url, client)
    recorder.stop()

    assert body == change(EVENT)
    assert [event.raw for event in recorder.recording().of_kind(EventRecord)] == [EVENT]


def test_an_answer_of_another_addon_is_recorded(mitmdump, other_addon, client: httpx.Client) -> None:
    """It never reaches the upstream; the record has what the client got."""
    other = other_addon(
        "from mitmproxy import http\n"
        "def request(flow):\n"
        "    flow.response = http.Response.make(418, b'tea', {'content-type': 'text/plain'})\n"
    )
    recorder = mitmdump.reverse("http://127.0.0.1:1", scripts=[mitmdump.RECORDER, other])
    body = ask(recorder.url, client)
    client.close()
    recorder.stop()

    (interaction,) = recorder.recording().interactions()
    assert (body, interaction.status, interaction.body) == (b"tea", 418, b"tea")


def test_the_script_may_be_reloaded(mitmdump, serve, client: httpx.Client, tmp_path: Path) -> None:
    """It is when its file changes: the run ends, and another begins in a segment of its own."""
    copy = tmp_path / "checkout" / "addon" / mitmdump.RECORDER.name
    copy.parent.mkdir(parents=True)
    source = mitmdump.RECORDER.read_text(encoding="utf-8")
    copy.write_text(source, encoding="utf-8")
    package = mitmdump.RECORDER.parents[1] / "pytest_codex_replay"
    (tmp_path / "checkout" / "pytest_codex_replay").symlink_to(package)
    recorder = mitmdump.reverse(serve(answer).base_url, scripts=[copy])
    ask(recorder.url, client)
    copy.write_text(source + "# changed\n", encoding="utf-8")
    recorder.wait_until(lambda: recorder.output.count("codex recorder: recording") == 2)
    received = ask(recorder.url, client)
    client.close()
    recorder.stop()

    session = recorder.recording().session
    assert received == EVENT
    assert len(session.segments()) == 2
    assert session.manifest()["counts"]["requests"] == 2
