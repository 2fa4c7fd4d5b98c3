r"""mitmproxy addon: record what Codex exchanges with its upstream, one directory per Codex session.

    mitmdump -s addon/codex_recorder.py --set connection_strategy=lazy \
        --mode reverse:https://api.openai.com --listen-host 127.0.0.1

Hooks only: each hands what it saw to `pytest_codex_replay.recorder` and returns. Nothing here may raise into a flow,
wait on a disk, or hold back a byte.
"""

from __future__ import annotations

import asyncio
import functools
import logging
import os
import sys
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from mitmproxy import command, connection, ctx, exceptions, flowfilter, http
from mitmproxy.addonmanager import Loader
from mitmproxy.flow import Flow
from mitmproxy.log import ALERT
from mitmproxy.proxy.mode_specs import ReverseMode

try:
    import pytest_codex_replay
except ModuleNotFoundError:  # loaded by path from a checkout: mitmproxy puts only this folder on sys.path
    _checkout = next((p for p in Path(__file__).resolve().parents if (p / "pytest_codex_replay").is_dir()), None)
    if _checkout is not None:
        sys.path.append(str(_checkout))  # behind mitmproxy's own packages, which must win
try:
    import pytest_codex_replay
    from pytest_codex_replay.archive.record import FlowEnd, Headers
    from pytest_codex_replay.recorder.back_pressure import BackPressure
    from pytest_codex_replay.recorder.open_flow import OpenFlow
    from pytest_codex_replay.recorder.options import DEFAULT_FLOWS, OPTIONS, RecorderSettings, read_settings
    from pytest_codex_replay.recorder.runs import Runs
    from pytest_codex_replay.recorder.signals import Chunk, Ended, Requested, Responded, closed, how_it_broke
except ModuleNotFoundError as error:
    missing: str | None = error.name
else:
    missing = None

logger = logging.getLogger(__name__)

SWITCHING_PROTOCOLS = 101
LOST_END_S = 5.0  # without its client, and longer than back-pressure lasts: no end of a flow comes after it
LATE_FILTERS = (
    "FAsset FBod FBodRequest FBodResponse FCode FContentType FContentTypeResponse FErr FHeadResponse FResp FWebSocket"
).split()
"""Filters (`mitmproxy.flowfilter`) that look at what does not exist yet when a flow begins."""

Hook = TypeVar("Hook", bound=Callable[..., Any])


def fail_open(hook: Hook) -> Hook:
    """Let a failure in a hook cost the recording, never the flow."""

    @functools.wraps(hook)
    def guarded(self: CodexRecorder, *args: Any) -> Any:
        try:
            return hook(self, *args)
        except Exception as error:
            self.runs.count_failure(hook.__name__, error)
            return None

    return guarded  # type: ignore[return-value]  # same signature, guarded


class CodexRecorder:
    """The addon: mitmproxy's hooks, and the recorder behind them."""

    def __init__(self) -> None:
        program = f"pytest-codex-replay {pytest_codex_replay.__version__}"
        self.runs = Runs(functools.partial(logger.log, ALERT, "%s"), program)
        self._open = self.runs.open
        self._settings: RecorderSettings | None = None
        self._filter: flowfilter.TFilter | None = None
        self._is_running = False
        self._back_pressure = BackPressure()
        self._headed: set[str] = set()
        """Flows of which headers have just come."""
        self.update: Callable[[Sequence[Flow]], None] | None = None
        """A hook that mitmproxy calls after each other one; absent while no flow needs it, since that costs time."""

    def load(self, loader: Loader) -> None:
        """Declare the options."""
        for name, option in OPTIONS.items():
            loader.add_option(name, str, option.default, option.help)

    def configure(self, updated: set[str]) -> None:  # noqa: ARG002  the signature is mitmproxy's
        """Check the options, and do what changed of them says. What is refused changes nothing."""
        before = self._settings
        try:
            texts = {name: getattr(ctx.options, name) for name in OPTIONS}
            settings = read_settings(texts, os.environ, undeclared=ctx.options.deferred)
            self._filter = parse_filter(settings.flows)
        except ValueError as error:
            if self._is_running:
                raise exceptions.OptionsError(str(error)) from error
            logger.error("codex recorder: %s", error)  # noqa: TRY400  mitmproxy ends at an error during start-up
            return
        self._settings = settings
        if self._is_running and before is not None:
            self.runs.change(before, settings)

    def running(self) -> None:
        """Start to record."""
        if self._settings is not None:
            self._is_running = True
            self.runs.start(self._settings)

    def done(self) -> None:
        """End open flows and write what is left. Hooks that come after this find no recorder."""
        self.runs.stop()
        for why, count in self.runs.unreached.items():
            logger.log(ALERT, "codex recorder: unreached %d: %s", count, why)

    @command.command("codex.status")
    def status(self) -> str:
        """Return what was recorded so far."""
        return self.runs.status()

    @fail_open
    def requestheaders(self, flow: http.HTTPFlow) -> None:
        if self._is_selected(flow):  # also when nothing is recorded: mitmproxy would hold a stream back to its end
            self.runs.begin(flow.id, flow.request.pretty_url, flow.client_conn.id)
            self._tee_next(flow)

    @fail_open
    def request(self, flow: http.HTTPFlow) -> None:
        state = self._open.get(flow.id)
        if state is not None:
            record_request(flow, state)
            state.finish_request(now_ms(), flow.request.raw_content)

    @fail_open
    def responseheaders(self, flow: http.HTTPFlow) -> None:
        state = self._open.get(flow.id)
        if state is not None and flow.response is not None:
            record_response(flow, state, flow.response)
            state.is_upgraded = flow.response.status_code == SWITCHING_PROTOCOLS
            state.needs_response_tee = not state.is_upgraded
            self._tee_next(flow)

    def _tee_next(self, flow: Flow) -> None:
        """Put tees in place at the end of this hook, once every addon has set its own stream."""
        self._headed.add(flow.id)
        self.update = self._put_tees

    @fail_open
    def _put_tees(self, flows: Sequence[Flow]) -> None:
        self._headed.difference_update(flow.id for flow in flows)
        if not self._headed:
            self.update = None
        for flow in flows:
            state = self._open.get(flow.id)
            if state is None or not isinstance(flow, http.HTTPFlow):
                continue
            on_failure = functools.partial(self.runs.count_failure, "stream")
            if state.needs_request_tee:  # right after `requestheaders`
                state.needs_request_tee = False
                if flow.request.stream:
                    flow.request.stream = state.tee_request(flow.request.stream, on_failure)
            if state.needs_response_tee and flow.response is not None:  # right after `responseheaders`
                state.needs_response_tee = False
                flow.response.stream = state.tee_response(flow.response.stream, on_failure)

    @fail_open
    def response(self, flow: http.HTTPFlow) -> None:
        state = self._open.get(flow.id)
        if state is None or flow.websocket is not None or flow.response is None:
            return
        if not state.is_answered:
            record_response(flow, state, flow.response)
        if not state.is_streamed and flow.response.raw_content:  # another addon answered
            state.record(Chunk(flow.id, now_ms(), flow.response.raw_content))
        self.runs.end(Ended(flow.id, now_ms(), FlowEnd.FINISHED))

    @fail_open
    def error(self, flow: http.HTTPFlow) -> None:
        state = self._open.get(flow.id)
        if state is not None:
            record_request(flow, state)
            error = flow.error.msg if flow.error else None
            how = how_broken(flow)
            if flow.response is None and how in (FlowEnd.REFUSED, FlowEnd.UPSTREAM_GONE):
                origin = f"{flow.request.scheme}://{flow.request.pretty_host}:{flow.request.port}"
                self.runs.unreached[f"{origin} could not be reached: {' '.join((error or str(how)).split())}"] += 1
            self.runs.end(Ended(flow.id, now_ms(), how, error))

    @fail_open
    def websocket_message(self, flow: http.HTTPFlow) -> Awaitable[None] | None:
        """Record a message; a flow whose disk is behind is then made to wait a little, and only that flow."""
        state = self._open.get(flow.id)
        if state is None or state.recorder is None or flow.websocket is None:
            return None
        messages = flow.websocket.messages
        message = messages[-1]
        state.record_message(
            message.timestamp * 1000, message.content, from_client=message.from_client, is_binary=not message.is_text
        )
        if self._settings is not None and not self._settings.keep_messages:
            del messages[:-1]  # the last one stays: the addons behind this one read it
        return self._back_pressure.on(state.recorder)

    @fail_open
    def websocket_end(self, flow: http.HTTPFlow) -> None:
        websocket = flow.websocket
        if flow.id not in self._open or websocket is None:
            return
        is_client, code, reason = websocket.closed_by_client, websocket.close_code, websocket.close_reason or None
        broken = FlowEnd.CLIENT_GONE if is_client else how_broken(flow)
        self.runs.end(closed(Ended(flow.id, now_ms(), broken, None, code, reason, is_client)))

    def client_disconnected(self, client: connection.Client) -> None:
        """End later what is then still open: mitmproxy 12 can lose the end of a flow whose client went mid-stream."""
        asyncio.get_running_loop().call_later(LOST_END_S, self.runs.end_of_client, client.id)

    def _is_selected(self, flow: http.HTTPFlow) -> bool:
        if not ctx.options.codex_flows and isinstance(flow.client_conn.proxy_mode, ReverseMode):
            return True
        return self._filter is not None and bool(self._filter(flow))


def record_request(flow: http.HTTPFlow, state: OpenFlow) -> None:
    """Record the request, once."""
    if state.is_requested:
        return
    request = flow.request
    is_upgrade = request.headers.get("upgrade", "").lower() == "websocket"
    at_ms, headers = request.timestamp_start * 1000, headers_of(request)
    what = (request.method, state.url, request.http_version, headers, request.raw_content)
    state.request(Requested(flow.id, at_ms, *what, is_upgrade=is_upgrade))


def record_response(flow: http.HTTPFlow, state: OpenFlow, response: http.Response) -> None:
    """Record the head of the answer, behind the request: an upstream may answer before it has all of that."""
    record_request(flow, state)
    at_ms, headers = response.timestamp_start * 1000, headers_of(response)
    state.respond(Responded(flow.id, at_ms, response.status_code, response.http_version, headers))


def headers_of(message: http.Message) -> Headers:
    """Return the headers in their order and spelling."""
    return tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in message.headers.fields)


def now_ms() -> float:
    """Return Unix time in milliseconds."""
    return time.time() * 1000


def how_broken(flow: http.HTTPFlow) -> FlowEnd:
    """Return which side broke a flow off. mitmproxy's `closed_by_client` is not to be trusted after a reset."""
    return how_it_broke(
        flow.error.msg if flow.error else "",
        client_closed=flow.client_conn.timestamp_end,
        request_ended=flow.request.timestamp_end,
        connected=flow.server_conn.timestamp_tcp_setup,
        is_answered=flow.response is not None,
    )


def parse_filter(text: str) -> flowfilter.TFilter:
    """Read `codex_flows`; empty means the default.

    Raises:
        ValueError: it is not a filter expression, or it asks for what is not known when a flow begins.
    """
    try:
        found = flowfilter.parse(text or DEFAULT_FLOWS)
    except ValueError as error:
        raise ValueError(f"codex_flows: {text!r} is not a filter expression: {error}") from error
    late = [part.code for part in parts_of(found) if type(part).__name__ in LATE_FILTERS]
    if late:
        raise ValueError(
            f"codex_flows: ~{late[0]} looks at what is not known when a flow begins; "
            "~d (host), ~u (URL), ~m (method) and ~hq (request header) are."
        )
    return found


def parts_of(node: Any) -> Iterable[Any]:
    """Yield a filter and all that it consists of."""
    yield node
    for child in (*getattr(node, "lst", ()), *([node.itm] if hasattr(node, "itm") else [])):
        yield from parts_of(child)


if missing is None:
    addons = [CodexRecorder()]
else:  # an error that is logged during start-up ends mitmproxy; one that is raised here would only fill the screen
    logger.error(
        "codex recorder: %r is not installed beside mitmproxy. "
        "Install it there, for instance: pipx inject mitmproxy pytest-codex-replay",
        missing,
    )
