"""The addon's hooks, fired by mitmproxy's own test tools. Runs where mitmproxy is: see `test_codex_recorder.py`."""

import asyncio
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from mitmproxy import exceptions, flowfilter, http
from mitmproxy.addons.script import load_script
from mitmproxy.hooks import Hook
from mitmproxy.proxy.layers.http import (
    HttpErrorHook,
    HttpRequestHeadersHook,
    HttpRequestHook,
    HttpResponseHeadersHook,
    HttpResponseHook,
)
from mitmproxy.proxy.layers.websocket import WebsocketEndHook, WebsocketMessageHook
from mitmproxy.proxy.mode_specs import ProxyMode
from mitmproxy.proxy.server_hooks import ClientDisconnectedHook
from mitmproxy.test import taddons, tflow

from pytest_codex_replay.archive.record import (
    BodyRecord,
    EndRecord,
    FlowEnd,
    GapRecord,
    MessageRecord,
    Record,
    RequestRecord,
    ResponseRecord,
)
from pytest_codex_replay.archive.session import Session
from pytest_codex_replay.recorder.options import OPTIONS

ADDON = Path(__file__).parents[3] / "addon" / "codex_recorder.py"
FINISHED, GONE = FlowEnd.FINISHED, FlowEnd.CLIENT_GONE


class Proxy:
    """mitmproxy without a network, and the addon in it."""

    def __init__(self, archive: Path) -> None:
        self.archive = archive
        self.module = load_script(str(ADDON))
        self.addon = self.module.addons[0]
        self.context = taddons.context(self.module)
        self.context.configure(self.addon, codex_sessions=str(archive), codex_home=str(archive))

    def fire(self, *hooks: Hook) -> None:
        """Run hooks as the proxy does: in all addons, then `update` in those that have one."""
        for hook in hooks:
            self.context.master.event_loop.run_until_complete(self.context.master.addons.handle_lifecycle(hook))

    def start(self, flow: http.HTTPFlow) -> None:
        self.fire(HttpRequestHeadersHook(flow), HttpRequestHook(flow))

    def answer(self, flow: http.HTTPFlow, *chunks: bytes) -> list[object]:
        """Let a streamed answer pass; return what the client gets."""
        self.fire(HttpResponseHeadersHook(flow))
        passed = [flow.response.stream(chunk) for chunk in (*chunks, b"")]
        flow.response.content = None
        self.fire(HttpResponseHook(flow))
        return passed[:-1]

    def records(self) -> list[Record]:
        """End the run; return what it wrote."""
        self.addon.done()
        return [record for path in sorted(self.archive.iterdir()) for record in Session(path).records()]

    def record_of(self, kind: type[Record]) -> Any:
        """End the run; return its only record of a kind."""
        (found,) = [record for record in self.records() if isinstance(record, kind)]
        return found


@pytest.fixture
def idle(tmp_path: Path) -> Iterator[Proxy]:
    """A proxy that is about to start."""
    proxy = Proxy(tmp_path / "sessions")
    yield proxy
    proxy.addon.done()
    proxy.context.master.event_loop.close()


@pytest.fixture
def proxy(idle: Proxy) -> Proxy:
    """A proxy that runs."""
    idle.addon.running()
    return idle


def of_codex(flow: http.HTTPFlow) -> http.HTTPFlow:
    """Let a flow name a session; nothing has broken it off."""
    flow.request.headers["session-id"] = "s"
    flow.client_conn.timestamp_end = None
    return flow


def broken(text: str) -> http.HTTPFlow:
    return of_codex(tflow.tflow(err=tflow.terr(text)))


class Other:
    """Another addon, behind ours, which streams in its own way."""

    def requestheaders(self, flow: http.HTTPFlow) -> None:
        flow.request.stream = bytes.lower

    def responseheaders(self, flow: http.HTTPFlow) -> None:
        flow.response.stream = bytes.upper


class TestSelection:
    def test_what_is_not_codex_is_left_alone(self, proxy: Proxy) -> None:
        """Its body is not even streamed."""
        flow = tflow.tflow(resp=True)
        proxy.start(flow)
        proxy.fire(HttpResponseHeadersHook(flow), HttpResponseHook(flow))

        assert flow.response.stream is False
        assert proxy.records() == []

    def test_in_reverse_mode_all_is_recorded(self, proxy: Proxy) -> None:
        """The proxy was pointed at this upstream on purpose."""
        flow = tflow.tflow()
        flow.client_conn.proxy_mode = ProxyMode.parse("reverse:https://example.org")
        proxy.start(flow)

        assert proxy.record_of(RequestRecord).method == "GET"

    def test_a_filter_is_obeyed_in_reverse_mode_too(self, proxy: Proxy) -> None:
        """A user who names one means it."""
        proxy.context.configure(proxy.addon, codex_flows="~hq x-want")
        wanted, other = tflow.tflow(), tflow.tflow()
        wanted.request.headers["x-want"] = "1"
        for flow in (wanted, other):
            flow.client_conn.proxy_mode = ProxyMode.parse("reverse:https://example.org")
            proxy.start(flow)

        assert proxy.record_of(RequestRecord).flow == wanted.id

    @pytest.mark.parametrize("text", ["~c 200", "~d x & ! ~b y", "(~d x | ~hs y) & ~m GET", "~e", "~websocket"])
    def test_a_filter_that_looks_at_the_answer_is_refused(self, idle: Proxy, text: str) -> None:
        """Wherever in the expression it is: when a flow begins there is no answer."""
        with pytest.raises(ValueError, match=r"codex_flows: ~\w+ looks at what is not known when a flow begins"):
            idle.module.parse_filter(text)

    def test_late_filters_are_mitmproxys(self, idle: Proxy) -> None:
        """A name that mitmproxy gave up would refuse nothing."""
        assert [name for name in idle.module.LATE_FILTERS if not hasattr(flowfilter, name)] == []


class TestHttp:
    def test_an_exchange_is_recorded_as_it_passes(self, proxy: Proxy) -> None:
        """With mitmproxy's times, in milliseconds."""
        flow = of_codex(tflow.tflow(resp=True))
        proxy.start(flow)
        passed = proxy.answer(flow, b"mes", b"sage")

        _, request, response, body, end = proxy.records()
        assert passed == [b"mes", b"sage"]
        assert (request.at_ms, request.url) == (946681200_000, "http://address:22/path")
        assert (request.payload.raw, request.http_version) == (b"content", "HTTP/1.1")
        assert (response.at_ms, response.status) == (946681202_000, 200)
        assert "header-response" in [name for name, _ in response.headers]
        assert (body.payload.raw, len(body.cuts)) == (b"message", 2)
        assert (end.how, end.error) == (FINISHED, None)

    def test_another_addon_may_stream_too(self, proxy: Proxy) -> None:
        """Though it is behind ours: what came is recorded, what it makes of that is passed on."""
        proxy.context.master.addons.add(Other())
        flow = of_codex(tflow.tflow(resp=True))
        proxy.fire(HttpRequestHeadersHook(flow))
        sent = flow.request.stream(b"CONTENT")
        flow.request.content = None
        proxy.fire(HttpRequestHook(flow))
        passed = proxy.answer(flow, b"tea")

        records = {type(record): record for record in proxy.records()}
        assert (sent, passed) == (b"content", [b"TEA"])
        assert records[RequestRecord].payload.raw == b"CONTENT"
        assert records[BodyRecord].payload.raw == b"tea"
        assert GapRecord not in records

    @pytest.mark.parametrize("hooks", [[HttpResponseHeadersHook, HttpResponseHook], [HttpResponseHook]])
    def test_the_answer_of_another_addon_is_recorded(self, proxy: Proxy, hooks: list[type[Hook]]) -> None:
        """It is whole from the start, and not streamed, whether its head has a hook of its own or not."""
        flow = of_codex(tflow.tflow())
        proxy.start(flow)
        flow.response = http.Response.make(418, b"tea", {"content-type": "text/plain"})
        proxy.fire(*(hook(flow) for hook in hooks))

        records = {type(record): record for record in proxy.records()}
        assert records[ResponseRecord].status == 418
        assert records[BodyRecord].payload.raw == b"tea"
        assert records[EndRecord].how is FINISHED

    def test_a_body_that_mitmproxy_stores_is_recorded_once(self, proxy: Proxy) -> None:
        """Some of its versions keep what was streamed as well."""
        flow = of_codex(tflow.tflow(resp=True))
        proxy.start(flow)
        proxy.fire(HttpResponseHeadersHook(flow))
        for chunk in (b"message", b""):
            flow.response.stream(chunk)
        flow.response.content = b"message"
        proxy.fire(HttpResponseHook(flow))

        assert proxy.record_of(BodyRecord).payload.raw == b"message"

    def test_an_answer_may_come_before_the_whole_request(self, proxy: Proxy) -> None:
        """The request is recorded first, with what there was of it; the rest is counted."""
        proxy.context.master.addons.add(Other())
        flow = of_codex(tflow.tflow(resp=True))
        proxy.fire(HttpRequestHeadersHook(flow))
        flow.request.stream(b"con")
        flow.request.content = None
        proxy.fire(HttpResponseHeadersHook(flow))
        flow.request.stream(b"tent")
        proxy.fire(HttpRequestHook(flow), HttpResponseHook(flow))

        records = {type(record): record for record in proxy.records()}
        assert records[RequestRecord].payload.raw == b"con"
        assert records[GapRecord].lost_bytes == 4

    def test_nothing_is_called_once_no_headers_are_due(self, proxy: Proxy) -> None:
        """The proxy asks for `update` behind each hook of each flow: it is there only while a tee is to be put."""
        flow = of_codex(tflow.tflow(resp=True))
        seen = [proxy.addon.update]
        for hook in (HttpRequestHeadersHook, HttpRequestHook, HttpResponseHeadersHook, HttpResponseHook):
            proxy.fire(hook(flow))
            seen.append(proxy.addon.update)

        assert seen == [None] * 5

    def test_switched_off_an_answer_is_streamed_all_the_same(self, proxy: Proxy) -> None:
        """The proxy alone would hold it back to its end."""
        proxy.context.configure(proxy.addon, codex_persist="false")
        flow = of_codex(tflow.tflow(resp=True))
        proxy.start(flow)

        assert proxy.answer(flow, b"a", b"b") == [b"a", b"b"]


class TestEndings:
    @pytest.mark.parametrize(
        ("text", "how"),
        [("Client disconnected.", GONE), ("timed out", FlowEnd.TIMEOUT), ("odd", FlowEnd.UPSTREAM_GONE)],
    )
    def test_a_flow_that_breaks_says_how(self, proxy: Proxy, text: str, how: FlowEnd) -> None:
        """With mitmproxy's words for it, also before its request was whole."""
        flow = broken(text)
        proxy.fire(HttpRequestHeadersHook(flow), HttpErrorHook(flow))

        records = {type(record): record for record in proxy.records()}
        assert (records[EndRecord].how, records[EndRecord].error) == (how, text)
        assert RequestRecord in records

    def test_the_times_of_both_connections_count(self, proxy: Proxy) -> None:
        """A client that has gone, a request that never ended, an upstream that never answered the call."""
        flows = [broken("odd") for _ in range(3)]
        flows[0].client_conn.timestamp_end = 1.0
        flows[1].request.timestamp_end = None
        flows[2].server_conn.timestamp_tcp_setup = None
        for flow in flows:
            proxy.fire(HttpRequestHeadersHook(flow), HttpErrorHook(flow))

        ends = {record.flow: record.how for record in proxy.records() if isinstance(record, EndRecord)}
        assert [ends[flow.id] for flow in flows] == [GONE, GONE, FlowEnd.REFUSED]

    def test_flows_that_are_open_end_with_the_proxy(self, proxy: Proxy) -> None:
        """Hooks that come later find nothing to do."""
        flow = of_codex(tflow.tflow(resp=True))
        proxy.start(flow)
        end = proxy.record_of(EndRecord)
        proxy.answer(flow, b"late")

        assert end.how is FlowEnd.SHUTDOWN


class TestWebSocket:
    @staticmethod
    def play(proxy: Proxy, flow: http.HTTPFlow) -> list[int]:
        """Let all messages pass; return how many mitmproxy holds after each."""
        messages, flow.websocket.messages = flow.websocket.messages, []
        proxy.start(flow)
        proxy.fire(HttpResponseHeadersHook(flow))
        held = []
        for message in messages:
            flow.websocket.messages.append(message)
            proxy.fire(WebsocketMessageHook(flow))
            held.append(len(flow.websocket.messages))
        proxy.fire(WebsocketEndHook(flow))
        return held

    def test_an_end_that_is_lost_is_made_up_for(self, proxy: Proxy, monkeypatch: pytest.MonkeyPatch) -> None:
        """The client is gone, and mitmproxy 12 has cancelled the task that would have brought the end."""
        monkeypatch.setitem(proxy.addon.client_disconnected.__globals__, "LOST_END_S", 0)
        flow = of_codex(tflow.twebsocketflow())
        proxy.start(flow)
        proxy.fire(HttpResponseHeadersHook(flow), ClientDisconnectedHook(flow.client_conn))
        proxy.context.master.event_loop.run_until_complete(asyncio.sleep(0))

        end = proxy.record_of(EndRecord)
        assert (end.how, end.close_code) == (GONE, 1006)

    def test_messages_and_close_are_recorded(self, proxy: Proxy) -> None:
        """Each with its kind and its side; the upgrade is not streamed."""
        flow = of_codex(tflow.twebsocketflow())
        self.play(proxy, flow)

        records = proxy.records()
        messages = [(r.from_client, r.binary, r.payload.raw) for r in records if isinstance(r, MessageRecord)]
        end = records[-1]
        assert flow.response.stream is False
        assert messages == [(True, True, b"hello binary"), (True, False, b"hello text"), (False, False, b"it's me")]
        assert (end.how, end.close_code, end.close_reason, end.closed_by_client) == (FlowEnd.CLOSED, 1000, None, False)

    @pytest.mark.parametrize(("keep", "held"), [("false", [1, 1, 1]), ("true", [1, 2, 3])])
    def test_only_the_last_message_is_kept_in_memory(self, proxy: Proxy, keep: str, held: list[int]) -> None:
        """Unless the user wants all: a connection may live for hours."""
        proxy.context.configure(proxy.addon, codex_keep_messages=keep)

        assert self.play(proxy, of_codex(tflow.twebsocketflow())) == held

    @pytest.mark.parametrize(("is_client", "how"), [(True, GONE), (False, FlowEnd.UPSTREAM_GONE)])
    def test_without_a_close_frame_a_side_is_gone(self, proxy: Proxy, is_client: bool, how: FlowEnd) -> None:  # noqa: FBT001
        """Which one closed it is then not known."""
        flow = of_codex(tflow.twebsocketflow(close_code=1006))
        flow.websocket.closed_by_client = is_client
        self.play(proxy, flow)

        end = proxy.record_of(EndRecord)
        assert (end.how, end.close_code, end.closed_by_client) == (how, 1006, None)

    def test_a_message_waits_for_a_writer_that_is_behind(self, proxy: Proxy, monkeypatch: pytest.MonkeyPatch) -> None:
        """What the hook returns is awaited by mitmproxy, for this flow only."""
        flow = of_codex(tflow.twebsocketflow())
        proxy.start(flow)
        free = proxy.addon.websocket_message(flow)
        monkeypatch.setattr(type(proxy.addon.runs.recorder), "is_crowded", property(lambda _: True))
        wait = proxy.addon.websocket_message(flow)

        assert free is None
        assert asyncio.iscoroutine(wait)
        wait.close()


class TestFailOpen:
    def test_a_hook_that_fails_is_logged_once(
        self, proxy: Proxy, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        """With its traceback; each failure is counted, and the flow goes on."""

        def fail(*_: object) -> None:
            raise RuntimeError("boom")

        monkeypatch.setattr(type(proxy.addon.runs), "begin", fail)
        flows = [of_codex(tflow.tflow()) for _ in range(3)]
        for flow in flows:
            proxy.start(flow)

        (line,) = [record for record in caplog.records if record.levelno >= logging.WARNING]
        assert line.getMessage() == "codex recorder: requestheaders failed, traffic goes on without a record"
        assert line.exc_info is not None
        assert proxy.addon.runs.recorder.status.errors == 3

    def test_a_tee_that_fails_passes_the_chunk_on(
        self, proxy: Proxy, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        """Recording may fail in the middle of an answer."""

        def fail(_: bytes) -> None:
            raise RuntimeError("boom")

        flow = of_codex(tflow.tflow(resp=True))
        proxy.start(flow)
        monkeypatch.setattr(proxy.addon.runs.recorder, "stream", lambda *_: fail)

        assert proxy.answer(flow, b"a", b"b") == [b"a", b"b"]
        assert [line.getMessage() for line in caplog.records if line.levelno >= logging.WARNING] == [
            "codex recorder: stream failed, traffic goes on without a record"
        ]


class TestOptions:
    def test_all_options_are_declared(self, idle: Proxy) -> None:
        """As texts, with help."""
        declared = {name: option for name, option in idle.context.options.items() if name.startswith("codex_")}

        assert set(declared) == set(OPTIONS)
        assert {option.typespec for option in declared.values()} == {str}

    @pytest.mark.parametrize(
        ("change", "reason"),
        [
            ({"codex_max_bytes": "lots"}, "codex_max_bytes: 'lots' is not a size, such as 500MB or 2GiB"),
            ({"codex_flows": "~nonsense ("}, "codex_flows: '~nonsense (' is not a filter expression: "),
        ],
    )
    def test_a_running_recorder_refuses_nonsense(self, proxy: Proxy, change: dict[str, str], reason: str) -> None:
        """And goes on as before; the cause is kept."""
        before = proxy.addon._settings, proxy.addon.runs.recorder
        with pytest.raises(exceptions.OptionsError) as caught:
            proxy.context.configure(proxy.addon, **change)

        assert str(caught.value).startswith(reason)
        assert isinstance(caught.value.__cause__, ValueError)
        assert (proxy.addon._settings, proxy.addon.runs.recorder) == before

    def test_nonsense_at_the_start_is_an_error_in_the_log(self, idle: Proxy, caplog: pytest.LogCaptureFixture) -> None:
        """The proxy ends at one; it would swallow an exception, and then record nothing."""
        idle.context.configure(idle.addon, codex_persist="maybe")

        (line,) = [record for record in caplog.records if record.levelno == logging.ERROR]
        assert line.getMessage() == "codex recorder: codex_persist: 'maybe' is neither true nor false"

    def test_a_command_shows_the_counters(self, proxy: Proxy) -> None:
        """Also when there is nothing to count."""
        running = proxy.context.command(proxy.addon.status)
        proxy.addon.done()

        assert running.startswith("codex recorder: run ")
        assert proxy.addon.status() == "codex recorder: off"
