"""mitmproxy addon: record what Codex exchanges with its upstream, one directory per Codex session.

    mitmdump -s addon/codex_recorder.py --mode reverse:https://api.openai.com --set connection_strategy=lazy

Hooks only: each hands what it saw to the recorder (`pytest_codex_replay.archive.recorder`) and returns. Nothing here
may raise into a flow, wait on a disk, or hold back a byte.
"""

from __future__ import annotations

import asyncio
import difflib
import functools
import logging
import os
import sys
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

from mitmproxy import command, ctx, exceptions, flowfilter, http
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
    from pytest_codex_replay.archive.recorder import Recorder, RecorderOptions
    from pytest_codex_replay.archive.retention import Limits, parse_bytes, parse_days
    from pytest_codex_replay.archive.signals import Chunk, Ended, Message, Requested, Responded
except ModuleNotFoundError as error:
    missing: str | None = error.name
else:
    missing = None

logger = logging.getLogger(__name__)

DEFAULT_SESSIONS = "~/.codex-replay/sessions"
DEFAULT_FLOWS = (
    r"~d '(^|\.)(openai|chatgpt)\.com$' | ~hq '^originator: ?codex' | ~hq '^(session|thread|conversation)[-_]id:'"
    r" | ~u '/responses(/compact)?([?]|$)'"
)
"""Codex's hosts, or what only Codex sends. In reverse mode everything is recorded: it was pointed here on purpose."""
SWITCHING_PROTOCOLS = 101
WAIT_S = 2.0
"""How long a WebSocket message may wait for the writer before the recorder drops instead."""
OPTIONS = {
    "codex_sessions": (DEFAULT_SESSIONS, "Directory in which each Codex session gets a directory of its own."),
    "codex_persist": ("true", "Record (true), or let traffic pass and write nothing (false)."),
    "codex_flows": ("", "mitmproxy filter expression of what to record. Default: Codex's upstream traffic."),
    "codex_home": ("", "Where Codex keeps its rollouts. Default: $CODEX_HOME, then ~/.codex."),
    "codex_secret_env": ("", "Environment variables whose values are secrets, by name, with commas. Default: none."),
    "codex_max_age_days": ("", "Remove sessions that were last written to so many days ago. Default: keep them."),
    "codex_max_bytes": ("", "Remove the oldest sessions when all of them take more, such as 2GiB. Default: keep them."),
    "codex_keep_messages": (
        "false",
        "Keep all WebSocket messages in memory for other addons and mitmweb (true); else only the last (false).",
    ),
}
"""Options with default and help. All are strings: mitmproxy drops an addon silently when a typed one is malformed."""

Hook = TypeVar("Hook", bound=Callable[..., Any])
Stream = Callable[[bytes], bytes | Iterable[bytes]]
"""What mitmproxy lets each chunk of a streamed body go through."""
Limit = TypeVar("Limit", int, float)


def fail_open(hook: Hook) -> Hook:
    """Let a failure in a hook cost the recording, never the flow."""

    @functools.wraps(hook)
    def guarded(self: CodexRecorder, *args: Any) -> Any:
        try:
            return hook(self, *args)
        except Exception as error:
            self.count_failure(hook.__name__, error)
            return None

    return guarded  # type: ignore[return-value]  # same signature, guarded


class OpenFlow:
    """How far a flow has come. No dataclass: mitmproxy does not put scripts into `sys.modules`, where those look."""

    __slots__ = ("is_answered", "is_requested", "is_streamed", "needs_tee", "url")

    def __init__(self, url: str) -> None:
        self.url = url
        """As the client asked for it, before other addons map it elsewhere."""
        self.is_requested = self.is_answered = self.needs_tee = self.is_streamed = False


class CodexRecorder:
    """The addon: options, hooks, and the recorder behind them."""

    def __init__(self) -> None:
        self._recorder: Recorder | None = None
        self._archive = Path()
        self._filter: flowfilter.TFilter | None = None
        self._keeps_messages = False
        self._is_running = self._is_refused = False
        self._failed_hooks: set[str] = set()
        self._open: dict[str, OpenFlow] = {}
        """Flows that are recorded, by id."""

    def load(self, loader: Loader) -> None:
        """Declare the options."""
        for name, (default, text) in OPTIONS.items():
            loader.add_option(name, str, default, text)

    def configure(self, updated: set[str]) -> None:
        """Check the options; (re)start the recorder when one of them changed while running."""
        try:
            self._read_options()
        except exceptions.OptionsError as error:
            if self._is_running:
                raise
            self._is_refused = True
            logger.error("codex recorder: %s", error)  # noqa: TRY400  mitmproxy ends at an error during start-up
            return
        if self._is_running and updated & OPTIONS.keys():
            self.done()
            self.running()

    def running(self) -> None:
        """Start the recorder, and say where it writes."""
        if self._is_refused:
            return
        self._is_running = True
        if not parse_switch("codex_persist", ctx.options.codex_persist):
            logger.log(ALERT, "codex recorder: off (codex_persist=false); nothing is written")
            return
        home = Path(ctx.options.codex_home or os.environ.get("CODEX_HOME") or "~/.codex").expanduser()
        recorder = Recorder(
            self._archive,
            RecorderOptions(
                codex_home=home,
                secrets=tuple(os.environ.get(name.strip(), "") for name in ctx.options.codex_secret_env.split(",")),
                recorder=f"pytest-codex-replay {pytest_codex_replay.__version__}",
                limits=read_limits(),
            ),
        )
        try:
            recorder.start()
        except OSError as error:
            logger.warning("codex recorder: off, cannot write to %s (%s). Traffic goes on.", self._archive, error)
            return
        self._recorder = recorder
        flows = f"flows that match {ctx.options.codex_flows!r}" if ctx.options.codex_flows else "Codex's traffic"
        logger.log(ALERT, "codex recorder: recording %s to %s (run %s)", flows, self._archive, recorder.run)

    def done(self) -> None:
        """End open flows and write what is left. Hooks may still come after this; they find no recorder."""
        recorder, self._recorder = self._recorder, None
        if recorder is None:
            return
        is_written = recorder.close()
        logger.log(ALERT, "%s", describe(recorder))
        if not is_written:
            logger.warning("codex recorder: the disk did not take the last records in time")

    @command.command("codex.status")
    def status(self) -> str:
        """Say what was recorded so far."""
        return describe(self._recorder) if self._recorder else "codex recorder: off"

    @fail_open
    def requestheaders(self, flow: http.HTTPFlow) -> None:
        if self._is_selected(flow):  # also when nothing is recorded: mitmproxy would hold a stream back to its end
            self._open[flow.id] = OpenFlow(flow.request.pretty_url)

    @fail_open
    def request(self, flow: http.HTTPFlow) -> None:
        self._request(flow)

    @fail_open
    def responseheaders(self, flow: http.HTTPFlow) -> None:
        if flow.id in self._open and flow.response is not None:
            self._response(flow, flow.response)
            self._open[flow.id].needs_tee = flow.response.status_code != SWITCHING_PROTOCOLS

    @fail_open
    def update(self, flows: Sequence[Flow]) -> None:
        """Put the tee in place. This comes right after `responseheaders`, once every addon has set its own stream."""
        for flow in flows:
            state = self._open.get(flow.id)
            if state is not None and state.needs_tee and isinstance(flow, http.HTTPFlow) and flow.response is not None:
                state.needs_tee = False
                record = self._recorder.stream(flow.id) if self._recorder is not None else len
                flow.response.stream = self._tee(state, record, flow.response.stream)

    @fail_open
    def response(self, flow: http.HTTPFlow) -> None:
        if flow.id not in self._open or flow.websocket is not None or flow.response is None:
            return
        state = self._open[flow.id]
        if not state.is_answered:
            self._response(flow, flow.response)
        if not state.is_streamed and flow.response.raw_content and self._recorder is not None:
            # another addon answered
            self._recorder.record(Chunk(flow.id, now_ms(), flow.response.raw_content))
        self._end(flow, FlowEnd.FINISHED)

    @fail_open
    def error(self, flow: http.HTTPFlow) -> None:
        if flow.id in self._open:
            if not self._open[flow.id].is_requested:
                self._request(flow)
            self._end(flow, how_it_broke(flow), error=flow.error.msg if flow.error else None)

    @fail_open
    def websocket_message(self, flow: http.HTTPFlow) -> Awaitable[None] | None:
        """Record a message; a flow whose disk is behind is then made to wait a little, and only that flow."""
        recorder = self._recorder
        if recorder is None or flow.id not in self._open or flow.websocket is None:
            return None
        messages = flow.websocket.messages
        message = messages[-1]
        at_ms = message.timestamp * 1000
        recorder.record(Message(flow.id, at_ms, message.from_client, message.content, not message.is_text))
        if not self._keeps_messages:
            del messages[:-1]  # the last one stays: the addons behind this one read it
        return has_room(recorder) if recorder.is_crowded else None

    @fail_open
    def websocket_end(self, flow: http.HTTPFlow) -> None:
        if flow.id not in self._open or flow.websocket is None:
            return
        websocket = flow.websocket
        is_clean = websocket.close_code not in {None, 1006}  # RFC 6455 §7.1.5: 1006 means no close frame came
        gone = FlowEnd.CLIENT_GONE if websocket.closed_by_client else how_it_broke(flow)
        self._end(
            flow,
            FlowEnd.CLOSED if is_clean else gone,
            close_code=websocket.close_code,
            close_reason=websocket.close_reason or None,
            closed_by_client=websocket.closed_by_client if is_clean else None,
        )

    def count_failure(self, hook: str, error: Exception) -> None:
        """Say a failure of a hook once."""
        if self._recorder is not None:
            self._recorder.status.errors += 1
        if hook not in self._failed_hooks:
            self._failed_hooks.add(hook)
            logger.warning("codex recorder: %s failed, traffic goes on without a record", hook, exc_info=error)

    def _read_options(self) -> None:
        unknown = [name for name in ctx.options.deferred if name.startswith("codex_")]
        if unknown:
            nearest = difflib.get_close_matches(unknown[0], OPTIONS, n=1, cutoff=0)
            raise exceptions.OptionsError(f"unknown option {unknown[0]!r}; did you mean {nearest[0]!r}?")
        self._filter = parse_filter(ctx.options.codex_flows)
        self._keeps_messages = parse_switch("codex_keep_messages", ctx.options.codex_keep_messages)
        parse_switch("codex_persist", ctx.options.codex_persist)
        self._archive = parse_directory("codex_sessions", ctx.options.codex_sessions)
        read_limits()

    def _is_selected(self, flow: http.HTTPFlow) -> bool:
        if not ctx.options.codex_flows and isinstance(flow.client_conn.proxy_mode, ReverseMode):
            return True
        return self._filter is not None and bool(self._filter(flow))

    def _request(self, flow: http.HTTPFlow) -> None:
        if self._recorder is None or flow.id not in self._open:
            return
        request = flow.request
        self._open[flow.id].is_requested = True
        signal = Requested(
            flow.id,
            request.timestamp_start * 1000,
            request.method,
            self._open[flow.id].url,
            request.http_version,
            headers_of(request),
            request.raw_content,
            is_upgrade=request.headers.get("upgrade", "").lower() == "websocket",
        )
        self._recorder.record(signal)

    def _response(self, flow: http.HTTPFlow, response: http.Response) -> None:
        self._open[flow.id].is_answered = True
        if self._recorder is not None:
            at_ms = response.timestamp_start * 1000
            head = Responded(flow.id, at_ms, response.status_code, response.http_version, headers_of(response))
            self._recorder.record(head)

    def _end(self, flow: http.HTTPFlow, how: FlowEnd, **more: Any) -> None:
        del self._open[flow.id]
        if self._recorder is not None:
            self._recorder.record(Ended(flow.id, now_ms(), how, **more))

    def _tee(self, state: OpenFlow, record: Callable[[bytes], object], following: object) -> Stream:
        """Return a stream callback that records each chunk and passes it on as it is."""
        passes_on: Stream | None = following if callable(following) else None

        def tee(data: bytes) -> bytes | Iterable[bytes]:
            if data:
                state.is_streamed = True
                try:
                    record(data)
                except Exception as error:
                    self.count_failure("stream", error)
            return data if passes_on is None else passes_on(data)

        return tee


def parse_filter(text: str) -> flowfilter.TFilter:
    """Read `codex_flows`; empty means the default."""
    try:
        return flowfilter.parse(text or DEFAULT_FLOWS)
    except ValueError as error:
        raise exceptions.OptionsError(f"codex_flows: {text!r} is no filter expression: {error}") from error


def parse_switch(name: str, text: str) -> bool:
    """Read an option that is on or off."""
    known = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}
    if text.lower() not in known:
        raise exceptions.OptionsError(f"{name}: {text!r} is neither true nor false")
    return known[text.lower()]


def read_limits() -> Limits:
    """Read the options that say how much is kept."""
    days = parse_limit("codex_max_age_days", ctx.options.codex_max_age_days, parse_days)
    return Limits(max_age_days=days, max_bytes=parse_limit("codex_max_bytes", ctx.options.codex_max_bytes, parse_bytes))


def parse_limit(name: str, text: str, parse: Callable[[str], Limit | None]) -> Limit | None:
    """Read a limit; empty is none."""
    try:
        return parse(text)
    except ValueError as error:
        raise exceptions.OptionsError(f"{name}: {error}") from error


def parse_directory(name: str, text: str) -> Path:
    """Read a directory option; `~` is expanded. It need not be there yet."""
    path = Path(text or DEFAULT_SESSIONS).expanduser().absolute()
    in_the_way = next((p for p in (path, *path.parents) if is_no_directory(p)), None)
    if in_the_way is not None:
        raise exceptions.OptionsError(f"{name}: {in_the_way} is a file, not a directory")
    return path


def is_no_directory(path: Path) -> bool:
    """Return whether something is there that is no directory; False when we may not look."""
    try:
        return path.exists() and not path.is_dir()
    except OSError:
        return False


def how_it_broke(flow: http.HTTPFlow) -> FlowEnd:
    """Tell who broke a flow off. mitmproxy's `closed_by_client` is not to be trusted after a reset."""
    text = flow.error.msg.lower() if flow.error else ""
    if "timed out" in text or "timeout" in text:
        return FlowEnd.TIMEOUT
    if "client disconnected" in text or flow.client_conn.timestamp_end is not None:
        return FlowEnd.CLIENT_GONE
    if flow.response is None and flow.server_conn.timestamp_tcp_setup is None:
        return FlowEnd.REFUSED
    return FlowEnd.UPSTREAM_GONE


def headers_of(message: http.Message) -> Headers:
    """Return the headers in their order and spelling."""
    return tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in message.headers.fields)


async def has_room(recorder: Recorder) -> None:
    """Return when the writer has caught up, or after WAIT_S."""
    until = time.monotonic() + WAIT_S
    while recorder.is_crowded and time.monotonic() < until:  # noqa: ASYNC110
        await asyncio.sleep(0.01)  # the writer is a thread: it has no asyncio event to set


def describe(recorder: Recorder) -> str:
    """Return the counters of a recorder as one line."""
    counters = ", ".join(f"{name} {value}" for name, value in asdict(recorder.status).items())
    return f"codex recorder: run {recorder.run}: {counters}"


def now_ms() -> float:
    """Return Unix time in milliseconds."""
    return time.time() * 1000


if missing is None:
    addons = [CodexRecorder()]
else:  # an error that is logged during start-up ends mitmproxy; one that is raised here would only fill the screen
    logger.error(
        "codex recorder: %r is not installed beside mitmproxy. "
        "Install it there, for instance: pipx inject mitmproxy pytest-codex-replay",
        missing,
    )
