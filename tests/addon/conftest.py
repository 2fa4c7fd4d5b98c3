"""A real mitmdump with the recorder in it, clients and upstreams for it, and what it recorded."""

import json
import os
import re
import signal
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import jsonschema
import pytest
from aiohttp import web

from pytest_codex_replay.archive.record import EndRecord, GapRecord, Record, RequestRecord
from pytest_codex_replay.archive.segment_bytes import Damage, segment_bytes
from pytest_codex_replay.archive.session import Session
from pytest_codex_replay.launch.embedded_recorder import EmbeddedRecorder
from pytest_codex_replay.launch.recorder_process import RecordingSetup
from pytest_codex_replay.loopback import LoopbackServer
from pytest_codex_replay.projection.interaction_builder import interactions_of
from pytest_codex_replay.projection.interactions import Interaction

ROOT = Path(__file__).parents[2]
RECORDER = ROOT / "addon" / "codex_recorder.py"
SCHEMA = json.loads((ROOT / "docs" / "format.schema.json").read_text(encoding="utf-8"))
LINE = jsonschema.Draft202012Validator(SCHEMA)
MANIFEST = jsonschema.Draft202012Validator({**SCHEMA, "$ref": "#/$defs/manifest"})
START_S = 30
"""How long mitmdump may take for anything: a stuck one fails the test."""
CANCELLED = re.compile(r"Exception in callback StreamReaderProtocol.*?CancelledError", re.DOTALL)
"""What asyncio of some Pythons prints when mitmproxy stops with connections open, whatever addons it has."""
collect_ignore = ["hooks"]
"""They need mitmproxy: `test_codex_recorder.py` runs them where it is."""
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(eq=False)
class Mitmdump:
    """A running mitmdump."""

    process: subprocess.Popen[str]
    archive: Path
    confdir: Path
    lines: list[str] = field(default_factory=list)
    """What it printed so far."""
    port: int = 0
    _printed: threading.Condition = field(default_factory=threading.Condition)
    _is_silent: bool = False
    _reader: threading.Thread | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def output(self) -> str:
        return "\n".join(self.lines)

    def start_reading(self) -> None:
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def wait_until(self, condition: Callable[[], object]) -> None:
        """Wait for its output to fulfil `condition`."""
        with self._printed:
            self._printed.wait_for(lambda: condition() or self._is_silent, START_S)
        assert condition(), self.output

    def wait_for(self, text: str) -> str:
        """Wait for a line with `text` in it."""
        self.wait_until(lambda: text in self.output)
        return next(line for line in self.lines if text in line)

    def settle(self) -> None:
        """Wait until every client has gone: then each flow has met its end."""
        self.wait_until(lambda: self.output.count(": client connect") <= self.output.count(": client disconnect"))

    def stop(self, *, settle: bool = True) -> None:
        """Interrupt it; it has to end well, and what it wrote has to be of the format."""
        if self.process.poll() is None:
            if settle:
                self.settle()
            self.process.send_signal(signal.SIGINT)
        self.join()

        assert self.process.returncode == 0, self.output
        assert "Traceback" not in CANCELLED.sub("", self.output), self.output
        assert "has crashed" not in self.output, self.output
        validate(self.archive)

    def join(self) -> int:
        """Wait for its end; return the exit code."""
        try:
            code = self.process.wait(START_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise
        finally:
            if self._reader is not None:
                self._reader.join()
        return code

    def sessions(self) -> list[Session]:
        """What it recorded, by name."""
        return [Session(path) for path in sorted(self.archive.iterdir())] if self.archive.exists() else []

    def recording(self) -> "Recording":
        """The only session that it recorded."""
        (session,) = self.sessions()
        return Recording(session)

    def recording_of(self, session: Session) -> "Recording":
        return Recording(session)

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            with self._printed:
                self.lines.append(line.rstrip("\n"))
                self._printed.notify_all()
        with self._printed:
            self._is_silent = True
            self._printed.notify_all()


class RunningRelay:
    """An embedded recorder, in the place of mitmdump."""

    def __init__(self, upstream: str, archive: Path) -> None:
        self.archive = archive
        self._recorder = EmbeddedRecorder(RecordingSetup(archive=archive, upstream=upstream))
        self._recorder.__enter__()
        self.port = int(self._recorder.base_url.rpartition(":")[2])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def settle(self) -> None:
        """Nothing to wait for: its reader looks for the ends of all flows."""

    def stop(self, *, settle: bool = True) -> None:
        """Stop it; what it wrote has to be of the format, and nothing may have been lost."""
        self.end(settle=settle)
        assert not [gap for session in self.sessions() for gap in Recording(session).of_kind(GapRecord)]
        validate(self.archive)

    def end(self, *, settle: bool = True) -> None:
        """Stop it, once all flows have met their end."""
        until = time.monotonic() + START_S
        while settle and self._recorder.open_flows and time.monotonic() < until:
            threading.Event().wait(0.01)
        self._recorder.stop()

    def sessions(self) -> list[Session]:
        """What it recorded, by name."""
        return [Session(path) for path in sorted(self.archive.iterdir())] if self.archive.exists() else []

    def recording(self) -> "Recording":
        """The only session that it recorded."""
        (session,) = self.sessions()
        return Recording(session)


class RelayStarter:
    """Starts embedded recorders."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def reverse(self, upstream: str) -> RunningRelay:
        """Start one in front of an upstream."""
        return RunningRelay(upstream, self._folder / "sessions")


@dataclass(frozen=True)
class Recording:
    """One recorded session."""

    session: Session

    def records(self) -> list[Record]:
        """Everything in it, undamaged."""
        return list(self.session.records(on_damage=expect_none))

    def of_kind(self, kind: type[Record]) -> list:
        return [record for record in self.records() if isinstance(record, kind)]

    def interactions(self) -> tuple[Interaction, ...]:
        return interactions_of(self.records())


@dataclass
class Lane:
    """One test's part of a mitmdump that all tests share: a session of its own, and an upstream while it lasts."""

    recorder: Mitmdump | RunningRelay
    identity: dict[str, str]
    """The headers by which Codex says where a request belongs."""
    upstream: "Upstream"

    @property
    def url(self) -> str:
        return self.recorder.url

    @property
    def port(self) -> int:
        return self.recorder.port

    def recording(self) -> Recording:
        """Return what was recorded, once each flow has ended and its end is in the file."""
        self.recorder.settle()
        session = Session(self.recorder.archive / self.identity["session-id"])
        until = time.monotonic() + START_S
        while time.monotonic() < until:
            records = list(session.records()) if session.path.exists() else []
            counts = Counter(type(record) for record in records)
            asked = max(self.upstream.asked[self.identity["session-id"]], 1)  # the last may not be in the file yet
            if asked <= counts[RequestRecord] == counts[EndRecord]:
                break
            threading.Event().wait(0.01)
        return Recording(session)


class Upstream:
    """An application whose one handler each test sets."""

    def __init__(self) -> None:
        self.handler: Handler | None = None
        self.asked: Counter[str] = Counter()
        """How many requests came, by session."""

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.asked[request.headers.get("session-id", "")] += 1
        assert self.handler is not None
        return await self.handler(request)


def expect_none(damage: Damage) -> None:
    """Let nothing be damaged; a segment that is still written to just stops."""
    assert damage.cut, damage


def lines_of(session: Session) -> Iterator[bytes]:
    """Yield the lines of all segments as they are in the file."""
    for path in session.segments():
        yield from b"".join(segment_bytes(path, expect_none)).splitlines()


def validate(archive: Path) -> None:
    """Hold every line and every manifest against the published schema."""
    for directory in sorted(archive.iterdir()) if archive.exists() else ():
        session = Session(directory)
        for line in lines_of(session):
            LINE.validate(json.loads(line))
        MANIFEST.validate(json.loads((directory / "session.json").read_bytes()))


@pytest.fixture(scope="session")
def confdir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where mitmdump keeps its CA: not the user's, and made once, since making keys is slow."""
    return tmp_path_factory.mktemp("mitmproxy")


class Starter:
    """Starts mitmdump with the recorder: `start("--mode", "reverse:…", codex_home="…")`."""

    RECORDER = RECORDER

    def __init__(self, binary: str, confdir: Path, folder: Path) -> None:
        self.started: list[Mitmdump] = []
        self._binary = binary
        self._confdir = confdir
        self._folder = folder

    def __call__(
        self, *arguments: str, scripts: Iterable[Path] = (RECORDER,), ready: bool = True, path: str = "", **options: str
    ) -> Mitmdump:
        folder = self._folder / f"mitmdump-{len(self.started)}"
        folder.mkdir()
        chosen = {
            "confdir": str(self._confdir),
            "connection_strategy": "lazy",  # eager, mitmproxy asks the real upstream before anything is mapped
            "codex_sessions": str(self._folder / "sessions"),
            **options,
        }
        command = [self._binary, "--listen-host", "127.0.0.1", "--listen-port", "0", *arguments]
        command += [word for script in scripts for word in ("-s", str(script))]
        command += [word for name, value in chosen.items() for word in ("--set", f"{name}={value}")]
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=folder,
            env=environment(HOME=str(folder), PYTHONUNBUFFERED="1", PYTHONPATH=path),
        )
        running = Mitmdump(process, Path(chosen["codex_sessions"]), self._confdir)
        self.started.append(running)
        running.start_reading()
        if ready:
            found = re.search(r"listening at .*?:(\d+)\.", running.wait_for("listening at"))
            assert found is not None
            running.port = int(found[1])
            running.wait_for("codex recorder: ")
        return running

    def reverse(self, upstream: str, *arguments: str, **options: Any) -> Mitmdump:
        """Start it in front of an upstream."""
        return self("--mode", f"reverse:{upstream}", *arguments, **options)

    def stop(self) -> None:
        for running in self.started:
            if running.process.poll() is None:
                running.stop(settle=False)
            running.join()
            assert running.process.stdout is not None
            running.process.stdout.close()


def environment(**more: str) -> dict[str, str]:
    """Return an environment without proxies, and without a hint where this package is."""
    left_out = {"PYTHONPATH", "CODEX_HOME"}
    inherited = {
        name: value
        for name, value in os.environ.items()
        if name not in left_out and not name.lower().endswith("_proxy")
    }
    return inherited | more


@pytest.fixture
def clean_environment() -> dict[str, str]:
    return environment()


@pytest.fixture
def mitmdump(mitmdump_binary: str, confdir: Path, tmp_path: Path) -> Iterator[Starter]:
    """Start mitmdump with the recorder. It ends with the test, and then has to have ended well."""
    starter = Starter(mitmdump_binary, confdir, tmp_path)
    yield starter
    starter.stop()


@pytest.fixture(params=["mitmdump", "relay"])
def starter(request: pytest.FixtureRequest, tmp_path: Path) -> Starter | RelayStarter:
    """Start a recorder in front of an upstream: what holds for one holds for the other."""
    return RelayStarter(tmp_path) if request.param == "relay" else request.getfixturevalue("mitmdump")


@pytest.fixture(scope="session", params=["mitmdump", "relay"])
def shared(
    request: pytest.FixtureRequest, confdir: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Mitmdump | RunningRelay, Upstream]]:
    """A recorder in front of an upstream for all tests that only look at traffic."""
    folder, upstream = tmp_path_factory.mktemp("shared"), Upstream()
    with LoopbackServer(app_of(upstream.answer)) as server:
        if request.param == "relay":
            relay = RunningRelay(server.base_url, folder / "sessions")
            yield relay, upstream
            relay.stop()
            return
        starter = Starter(request.getfixturevalue("mitmdump_binary"), confdir, folder)
        running = starter.reverse(server.base_url)
        yield running, upstream
        running.stop()
        starter.stop()


@pytest.fixture
def record(shared: tuple[Mitmdump | RunningRelay, Upstream]) -> Iterator[Callable[[Handler], Lane]]:
    """Set the upstream's handler, and return the way to it through a recorder."""
    running, upstream = shared

    def prepare(handler: Handler) -> Lane:
        upstream.handler = handler
        session = str(uuid4())
        identity = {"session-id": session, "thread-id": session, "originator": "codex_exec"}
        return Lane(running, identity, upstream)

    yield prepare
    upstream.handler = None


def app_of(handler: Handler) -> web.Application:
    app = web.Application(client_max_size=64 * 1024 * 1024)
    app.router.add_route("*", "/{path:.*}", handler)
    return app


@pytest.fixture
def serve() -> Iterator[Callable[[Handler], LoopbackServer]]:
    """Run a handler as an upstream until the test ends."""
    with ExitStack() as stack:
        yield lambda handler: stack.enter_context(LoopbackServer(app_of(handler)))


@pytest.fixture
def client() -> Iterator[httpx.Client]:
    """A plain HTTP client, which ignores proxies of the environment."""
    with http_client() as opened:
        yield opened


def http_client(**options) -> AbstractContextManager[httpx.Client]:
    return httpx.Client(trust_env=False, timeout=30, **options)
