"""mitmproxy addon: record what Codex exchanges with its upstream, one directory per Codex session.

    mitmdump -s addon/codex_recorder.py --mode reverse:https://api.openai.com --set connection_strategy=lazy

Hooks only: each hands what it saw to the recorder (`pytest_codex_replay.recorder.recorder`) and returns. Nothing here
may raise into a flow, wait on a disk, or hold back a byte.
"""

from __future__ import annotations

import asyncio
import difflib
import functools
import logging
import os
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

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
    from pytest_codex_replay.recorder.recorder import Recorder, RecorderOptions
    from pytest_codex_replay.recorder.retention import Limits, parse_bytes, parse_days
    from pytest_codex_replay.recorder.signals import Chunk, Ended, Lost, Message, Requested, Responded
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
"""How long WebSocket messages may be made to wait, in all, each time that the writer falls behind."""
BODY_BYTES = 64 * 1024 * 1024
"""So much is kept of a request that mitmproxy or another addon streams; else it has the whole in memory anyway."""
LATE_FILTERS = (
    "FAsset",
    "FBod",
    "FBodRequest",
    "FBodResponse",
    "FCode",
    "FContentType",
    "FContentTypeResponse",
    "FErr",
    "FHeadResponse",
    "FResp",
    "FWebSocket",
)
"""Filters (`mitmproxy.flowfilter`) that look at what is not there yet when a flow begins."""
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


class Settings(NamedTuple):
    """What the options say."""

    archive: Path
    persist: bool
    home: Path | None
    secrets: tuple[str, ...]
    filter: flowfilter.TFilter
    keep_messages: bool
    limits: Limits

    @property
    def of_the_run(self) -> tuple[object, ...]:
        """What needs another recorder run when it changes."""
        return (self.archive, self.persist, self.home, self.secrets)


class OpenFlow:
    """How far a flow has come. No dataclass: mitmproxy does not put scripts into `sys.modules`, where those look."""

    __slots__ = (
        "body",
        "is_answered",
        "is_requested",
        "is_streamed",
        "late_bytes",
        "needs_request_tee",
        "needs_tee",
        "recorder",
        "url",
    )

    def __init__(self, url: str, recorder: Recorder | None) -> None:
        self.url = url
        """As the client asked for it, before other addons map it elsewhere."""
        self.recorder = recorder
        """The one that began with the flow, and stays with it."""
        self.is_requested = self.is_answered = self.needs_tee = self.is_streamed = False
        self.needs_request_tee = True
        self.body: bytearray | None = None
        """What has come of a request body that is streamed; None as long as it is not."""
        self.late_bytes = 0
        """How much of that came when it could not be kept any more."""


class CodexRecorder:
    """The addon: options, hooks, and the recorder behind them."""

    def __init__(self) -> None:
        self._recorder: Recorder | None = None
        self._settings: Settings | None = None
        self._is_running = False
        self._crowded_until = 0.0
        """Until when messages wait (`time.monotonic`); 0: the writer keeps up."""
        self._failed_hooks: set[str] = set()
        self._open: dict[str, OpenFlow] = {}
        """Flows that are selected, by id."""
        self._headed: set[str] = set()
        """Flows of which headers have just come."""
        self.update: Callable[[Sequence[Flow]], None] | None = None
        """A hook that mitmproxy calls after each other one; not there while no flow needs it, since that costs time."""

    def load(self, loader: Loader) -> None:
        """Declare the options."""
        for name, (default, text) in OPTIONS.items():
            loader.add_option(name, str, default, text)

    def configure(self, updated: set[str]) -> None:  # noqa: ARG002  the signature is mitmproxy's
        """Check the options, and do what changed of them says. What is refused changes nothing."""
        before = self._settings
        try:
            self._settings = read_settings()
        except exceptions.OptionsError as error:
            if self._is_running:
                raise
            logger.error("codex recorder: %s", error)  # noqa: TRY400  mitmproxy ends at an error during start-up
            return
        if self._is_running and before is not None:
            if before.of_the_run != self._settings.of_the_run:
                self._retire()
                self.running()
            elif self._recorder is not None:
                self._recorder.limits = self._settings.limits

    def running(self) -> None:
        """Start the recorder, and say where it writes."""
        if self._settings is None:
            return
        self._is_running = True
        archive = self._settings.archive
        if not self._settings.persist:
            logger.log(ALERT, "codex recorder: off (codex_persist=false); nothing is written")
            return
        recorder = Recorder(
            archive,
            RecorderOptions(
                codex_home=self._settings.home,
                secrets=self._settings.secrets,
                recorder=f"pytest-codex-replay {pytest_codex_replay.__version__}",
                limits=self._settings.limits,
            ),
        )
        try:
            recorder.start()
        except OSError as error:
            logger.warning("codex recorder: off, cannot write to %s (%s). Traffic goes on.", archive, error)
            return
        self._recorder = recorder
        flows = f"flows that match {ctx.options.codex_flows!r}" if ctx.options.codex_flows else "Codex's traffic"
        logger.log(ALERT, "codex recorder: recording %s to %s (run %s)", flows, archive, recorder.run)

    def done(self) -> None:
        """End open flows and write what is left. Hooks may still come after this; they find no recorder."""
        recorders = {state.recorder for state in self._open.values()} | {self._recorder}
        self._recorder = None
        for state in self._open.values():
            state.recorder = None
        for recorder in recorders:
            if recorder is not None:
                finish(recorder)

    def _retire(self) -> None:
        """Let the recorder go once the flows that it has are over; at once where nothing is to be written any more."""
        recorder, self._recorder = self._recorder, None
        if recorder is None:
            return
        if self._settings is not None and not self._settings.persist:
            for state in self._open.values():
                state.recorder = None
        self._finish_if_idle(recorder)

    def _finish_if_idle(self, recorder: Recorder) -> None:
        """End a run that has no flow any more. That takes as long as the disk does: not on the event loop."""
        if recorder is not self._recorder and all(state.recorder is not recorder for state in self._open.values()):
            threading.Thread(target=finish, args=(recorder,), name="codex-recorder-end").start()

    @command.command("codex.status")
    def status(self) -> str:
        """Say what was recorded so far."""
        return describe(self._recorder) if self._recorder else "codex recorder: off"

    @fail_open
    def requestheaders(self, flow: http.HTTPFlow) -> None:
        if self._is_selected(flow):  # also when nothing is recorded: mitmproxy would hold a stream back to its end
            self._open[flow.id] = OpenFlow(flow.request.pretty_url, self._recorder)
            self._tee_next(flow)

    @fail_open
    def request(self, flow: http.HTTPFlow) -> None:
        state = self._open.get(flow.id)
        if state is None:
            return
        if not state.is_requested:
            self._request(flow, state)
        if state.recorder is not None and (state.late_bytes or is_unseen(flow.request, state)):
            reason = "the request was streamed past the recorder"
            at_ms = now_ms()
            state.recorder.record(Lost(flow.id, at_ms, at_ms, reason, 1, state.late_bytes))

    @fail_open
    def responseheaders(self, flow: http.HTTPFlow) -> None:
        state = self._open.get(flow.id)
        if state is not None and flow.response is not None:
            self._response(flow, state, flow.response)
            state.needs_tee = flow.response.status_code != SWITCHING_PROTOCOLS
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
            if state.needs_request_tee:  # right after `requestheaders`
                state.needs_request_tee = False
                if flow.request.stream:
                    state.body = bytearray()
                    flow.request.stream = self._tee(functools.partial(keep, state), flow.request.stream)
            if state.needs_tee and flow.response is not None:  # right after `responseheaders`
                state.needs_tee = False
                flow.response.stream = self._tee(recording(flow.id, state), flow.response.stream)

    @fail_open
    def response(self, flow: http.HTTPFlow) -> None:
        state = self._open.get(flow.id)
        if state is None or flow.websocket is not None or flow.response is None:
            return
        if not state.is_answered:
            self._response(flow, state, flow.response)
        if not state.is_streamed and flow.response.raw_content and state.recorder is not None:
            # another addon answered
            state.recorder.record(Chunk(flow.id, now_ms(), flow.response.raw_content))
        self._end(flow, state, FlowEnd.FINISHED)

    @fail_open
    def error(self, flow: http.HTTPFlow) -> None:
        state = self._open.get(flow.id)
        if state is not None:
            if not state.is_requested:
                self._request(flow, state)
            self._end(flow, state, how_it_broke(flow), error=flow.error.msg if flow.error else None)

    @fail_open
    def websocket_message(self, flow: http.HTTPFlow) -> Awaitable[None] | None:
        """Record a message; a flow whose disk is behind is then made to wait a little, and only that flow."""
        state = self._open.get(flow.id)
        if state is None or state.recorder is None or flow.websocket is None:
            return None
        messages = flow.websocket.messages
        message = messages[-1]
        at_ms = message.timestamp * 1000
        state.recorder.record(Message(flow.id, at_ms, message.from_client, message.content, not message.is_text))
        if self._settings is not None and not self._settings.keep_messages:
            del messages[:-1]  # the last one stays: the addons behind this one read it
        return self._backpressure(state.recorder)

    def _backpressure(self, recorder: Recorder) -> Awaitable[None] | None:
        """Return what a message is to wait for: room, but WAIT_S in all until there has been room again."""
        if not recorder.is_crowded:
            self._crowded_until = 0.0
            return None
        self._crowded_until = self._crowded_until or time.monotonic() + WAIT_S
        return has_room(recorder, self._crowded_until) if time.monotonic() < self._crowded_until else None

    @fail_open
    def websocket_end(self, flow: http.HTTPFlow) -> None:
        state = self._open.get(flow.id)
        if state is None or flow.websocket is None:
            return
        websocket = flow.websocket
        is_clean = websocket.close_code not in {None, 1006}  # RFC 6455 §7.1.5: 1006 means no close frame came
        gone = FlowEnd.CLIENT_GONE if websocket.closed_by_client else how_it_broke(flow)
        self._end(
            flow,
            state,
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

    def _is_selected(self, flow: http.HTTPFlow) -> bool:
        if not ctx.options.codex_flows and isinstance(flow.client_conn.proxy_mode, ReverseMode):
            return True
        return self._settings is not None and bool(self._settings.filter(flow))

    def _request(self, flow: http.HTTPFlow, state: OpenFlow) -> None:
        state.is_requested = True
        if state.recorder is None:
            return
        request = flow.request
        signal = Requested(
            flow.id,
            request.timestamp_start * 1000,
            request.method,
            state.url,
            request.http_version,
            headers_of(request),
            request.raw_content if state.body is None else bytes(state.body),
            is_upgrade=request.headers.get("upgrade", "").lower() == "websocket",
        )
        state.recorder.record(signal)

    def _response(self, flow: http.HTTPFlow, state: OpenFlow, response: http.Response) -> None:
        if not state.is_requested:  # the upstream answers before it has heard all
            self._request(flow, state)
        state.is_answered = True
        if state.recorder is not None:
            at_ms = response.timestamp_start * 1000
            head = Responded(flow.id, at_ms, response.status_code, response.http_version, headers_of(response))
            state.recorder.record(head)

    def _end(self, flow: http.HTTPFlow, state: OpenFlow, how: FlowEnd, **more: Any) -> None:
        del self._open[flow.id]
        if state.recorder is not None:
            state.recorder.record(Ended(flow.id, now_ms(), how, **more))
            self._finish_if_idle(state.recorder)

    def _tee(self, record: Callable[[bytes], object], following: object) -> Stream:
        """Return a stream callback that records each chunk and passes it on as it is."""
        passes_on: Stream | None = following if callable(following) else None

        def tee(data: bytes) -> bytes | Iterable[bytes]:
            if data:
                try:
                    record(data)
                except Exception as error:
                    self.count_failure("stream", error)
            return data if passes_on is None else passes_on(data)

        return tee


def recording(flow_id: str, state: OpenFlow) -> Callable[[bytes], None]:
    """Return what takes the chunks of an answer."""
    put = state.recorder.stream(flow_id) if state.recorder is not None else len

    def record(data: bytes) -> None:
        state.is_streamed = True
        put(data)

    return record


def keep(state: OpenFlow, data: bytes) -> None:
    """Keep a piece of a request that is streamed, for its record; count what comes too late for it, or is too much."""
    if state.body is None or state.is_requested or len(state.body) + len(data) > BODY_BYTES:
        state.late_bytes += len(data)
    else:
        state.body += data


def is_unseen(request: http.Request, state: OpenFlow) -> bool:
    """Return whether the body went by without us: mitmproxy began to stream it when it had grown large."""
    return request.raw_content is None and state.body is None


def finish(recorder: Recorder) -> None:
    """Write what is left, and say what was recorded."""
    is_written = recorder.close()
    logger.log(ALERT, "%s", describe(recorder))
    if not is_written:
        logger.warning("codex recorder: %d bytes could not be written in time; they are lost", recorder.waiting_bytes)


def read_settings() -> Settings:
    """Read the options, all of them or none.

    Raises:
        exceptions.OptionsError: one of them says nothing sensible, or there is no such option.
    """
    unknown = [name for name in ctx.options.deferred if name.startswith("codex_")]
    if unknown:
        nearest = difflib.get_close_matches(unknown[0], OPTIONS, n=1, cutoff=0)
        raise exceptions.OptionsError(f"unknown option {unknown[0]!r}; did you mean {nearest[0]!r}?")
    return Settings(
        archive=parse_directory("codex_sessions", ctx.options.codex_sessions),
        persist=parse_switch("codex_persist", ctx.options.codex_persist),
        home=parse_home(ctx.options.codex_home),
        secrets=tuple(os.environ.get(name.strip(), "") for name in ctx.options.codex_secret_env.split(",")),
        filter=parse_filter(ctx.options.codex_flows),
        keep_messages=parse_switch("codex_keep_messages", ctx.options.codex_keep_messages),
        limits=read_limits(),
    )


def parse_filter(text: str) -> flowfilter.TFilter:
    """Read `codex_flows`; empty means the default."""
    try:
        found = flowfilter.parse(text or DEFAULT_FLOWS)
    except ValueError as error:
        raise exceptions.OptionsError(f"codex_flows: {text!r} is no filter expression: {error}") from error
    late = [part.code for part in parts_of(found) if type(part).__name__ in LATE_FILTERS]
    if late:
        raise exceptions.OptionsError(
            f"codex_flows: ~{late[0]} looks at what is not known when a flow begins; "
            "~d (host), ~u (URL), ~m (method) and ~hq (request header) are."
        )
    return found


def parts_of(node: Any) -> Iterable[Any]:
    """Yield a filter and all that it consists of."""
    yield node
    for child in (*getattr(node, "lst", ()), *([node.itm] if hasattr(node, "itm") else [])):
        yield from parts_of(child)


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
    path = expanded(name, text or DEFAULT_SESSIONS).absolute()
    in_the_way = next((p for p in (path, *path.parents) if is_no_directory(p)), None)
    if in_the_way is not None:
        raise exceptions.OptionsError(f"{name}: {in_the_way} is a file, not a directory")
    return path


def parse_home(text: str) -> Path | None:
    """Read `codex_home`; else where Codex itself looks. None: this user has no home."""
    if text:
        return expanded("codex_home", text)
    if os.environ.get("CODEX_HOME"):
        return Path(os.environ["CODEX_HOME"])
    try:
        return Path("~/.codex").expanduser()
    except RuntimeError:
        return None


def expanded(name: str, text: str) -> Path:
    """Return a path with `~` expanded."""
    try:
        return Path(text).expanduser()
    except RuntimeError as error:  # no such user, or one without a home
        raise exceptions.OptionsError(f"{name}: {text}: {error}") from error


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
    if flow.request.timestamp_end is None:  # the request never came to its end
        return FlowEnd.CLIENT_GONE
    if flow.response is None and flow.server_conn.timestamp_tcp_setup is None:
        return FlowEnd.REFUSED
    return FlowEnd.UPSTREAM_GONE


def headers_of(message: http.Message) -> Headers:
    """Return the headers in their order and spelling."""
    return tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in message.headers.fields)


async def has_room(recorder: Recorder, until: float) -> None:
    """Return when the writer has caught up, or when it is `until` (`time.monotonic`)."""
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
