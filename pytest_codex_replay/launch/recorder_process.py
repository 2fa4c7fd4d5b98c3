"""The recorder as a process: mitmdump with our addon, found, started, awaited, stopped.

mitmproxy pins its dependencies tightly and often has an environment of its own, so it is never imported.
"""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NoReturn, Self
from urllib.parse import urlsplit

from pytest_codex_replay.addon_path import addon_path
from pytest_codex_replay.errors import CodexReplayError, UsageError
from pytest_codex_replay.launch.origins import origin_of
from pytest_codex_replay.launch.process_group import end_group, handling
from pytest_codex_replay.launch.through_proxy import (
    AUTHORITY,
    behind,
    company_proxy,
    confdir_of,
    proxy_environment,
    write_bundle,
)
from pytest_codex_replay.launch.users_codex import UsersCodex
from pytest_codex_replay.sharing.config import load_user_rules

MITMDUMP_VARIABLE = "CODEX_REPLAY_MITMDUMP"
"""Environment variable that names the mitmdump to use."""
START_S = 30
STOP_S = 15
_LISTENING = re.compile(r"listening at (?:\S*?):?(\d+)\.?$")
_STATUS = re.compile(r"codex recorder: (recording|off)(?:.*\(run (\S+)\))?")
"""The addon logs it once the servers are bound."""
_PAGE = re.compile(r"Web server listening at (\S+)")
_BUNDLE = "ca-bundle.pem"
_CLOCK = re.compile(r"^\[[\d:.]+\] ")
_REASON = re.compile(r"error|codex recorder|no such|cannot|unknown", re.IGNORECASE)
_NO_REASON = ("Error logged", "Errors logged", "raise ")
_RAISED = re.compile(r"^mitmproxy\.exceptions\.\w+: ")
_ROUTINE = re.compile(r"codex recorder: (recording|run|unreached) ")
_UNREACHED = re.compile(r"codex recorder: unreached (\d+): (.*)")
_TAKEN = "address already in use"
_KEPT_LINES = 200
_FATAL_SIGNALS = (signal.SIGTERM, signal.SIGHUP)
"""By default they end a process before it can clean up; here they unwind the stack, so that the recorder is stopped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingSetup:
    """What to record, and where to."""

    archive: Path
    upstream: str | None
    """Base URL that the recorder replaces for its clients; None makes it an HTTP(S) proxy for all hosts."""
    port: int = 0
    codex_home: Path | None = None
    """Directory of Codex's rollouts; None leaves it to the addon."""
    confdir: Path | None = None
    """Directory of mitmproxy's certificates; None: ~/.mitmproxy."""
    is_web: bool = False
    """Whether to show the traffic in a browser: mitmweb instead of mitmdump."""
    extra: tuple[str, ...] = ()
    """More arguments for mitmdump."""


def leave(number: int) -> NoReturn:
    """End this process as a shell reports a signal."""
    raise SystemExit(128 + number)


@contextmanager
def unwinding(leave: Callable[[int], NoReturn]) -> Iterator[None]:
    """Let signals that would end this process at once unwind its stack; only the main thread can."""
    is_main = threading.current_thread() is threading.main_thread()
    defaults = [number for number in _FATAL_SIGNALS if is_main and signal.getsignal(number) is signal.SIG_DFL]
    with handling(defaults, lambda number, _: leave(number)):
        yield


class RecorderProcess:
    """`with RecorderProcess(setup) as recorder:` records until the block ends."""

    def __init__(
        self, setup: RecordingSetup, *, mitmdump: Path | None = None, leave: Callable[[int], NoReturn] = leave
    ) -> None:
        """Prepare to record.

        Args:
            setup: what to record, and where to.
            mitmdump: the program; None finds it.
            leave: takes the number of a signal that would have ended this process at once; raises what ends it.
        """
        self.setup = setup
        self._leave = leave
        self.port = 0
        self.run = ""
        """Name of this run, which is in all that it writes."""
        self.page = ""
        """Address of mitmweb's page; empty without one."""
        self._mitmdump = mitmdump or find_mitmdump()
        self._process: subprocess.Popen[bytes] | None = None
        self._lines: deque[str] = deque(maxlen=_KEPT_LINES)
        self._is_settled = threading.Event()
        """Set once it records, or has failed to."""
        self._is_recording = False
        self._reader: threading.Thread | None = None
        self._signals = ExitStack()
        """Restores the handlers of signals that were there before, and removes what is only for this run."""
        self._private = Path()
        """A directory of this run, which goes with it."""

    @property
    def base_url(self) -> str:
        """Base URL for clients, with the path of `setup.upstream`."""
        return f"http://127.0.0.1:{self.port}{urlsplit(self.setup.upstream or '').path.rstrip('/')}"

    @property
    def unreached(self) -> Mapping[str, int]:
        """Why requests did not reach their upstream, and how many; known once it has ended."""
        return {found[2]: int(found[1]) for line in self._lines if (found := _UNREACHED.search(line))}

    @property
    def withheld(self) -> Mapping[str, int]:
        """What was not passed on: nothing that mitmproxy reports."""
        return {}

    def route(self, base_url: str) -> str | None:
        """Return an address here that leads to an upstream; None: it leads to another one, or to all as a proxy."""
        origin = origin_of(base_url)
        if not self.setup.upstream or origin != origin_of(self.setup.upstream):
            return None
        return f"http://127.0.0.1:{self.port}{urlsplit(base_url).path.rstrip('/')}"

    @property
    def proxy_env(self) -> dict[str, str]:
        """Environment that sends a client through the proxy, and lets it trust the proxy's certificates."""
        return proxy_environment(self.port, confdir_of(self.setup.confdir), self._private / _BUNDLE, os.environ)

    @property
    def output(self) -> str:
        """The last lines that mitmdump printed; complete once it has ended."""
        if self.has_ended and self._reader is not None:
            self._reader.join(STOP_S)
        return "\n".join(self._lines)

    @property
    def has_ended(self) -> bool:
        """Whether mitmdump ended by itself."""
        return self._process is not None and self._process.poll() is not None

    @property
    def warnings(self) -> list[str]:
        """What the addon logged about losses and their reasons: all but its first and its last line."""
        logged = (_CLOCK.sub("", line) for line in self._lines)
        return [line for line in logged if line.startswith("codex recorder:") and not _ROUTINE.match(line)]

    def __enter__(self) -> Self:
        """Start, and return once connections are accepted.

        Raises:
            CodexReplayError: mitmdump did not start; the text has the reason that it printed.
        """
        with ExitStack() as stack:
            self._private = Path(stack.enter_context(TemporaryDirectory(prefix="codex-replay-")))
            self._process = subprocess.Popen(  # noqa: S603  found by us, arguments are ours
                self._command(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                env={**os.environ, "PYTHONUNBUFFERED": "1"},
                start_new_session=True,  # Ctrl-C is for the recorded command; the recorder outlives it
            )
            stack.enter_context(unwinding(self._leave))
            self._signals = stack.pop_all()
        self._reader = threading.Thread(target=self._read, name="mitmdump-output", daemon=True)
        self._reader.start()
        try:
            is_settled = self._is_settled.wait(START_S)
        except BaseException:
            self.stop()
            raise
        if not (is_settled and self._is_recording and self.port):
            self.stop()
            raise self._failure()
        if not self.setup.upstream:
            write_bundle(self._private / _BUNDLE, confdir_of(self.setup.confdir) / AUTHORITY, os.environ)
        return self

    def __exit__(self, *_error: object) -> None:
        """Stop; the archive is then complete."""
        self.stop()

    def stop(self) -> None:
        """Let mitmdump finish writing, and end it."""
        process, self._process = self._process, None
        if process is None:
            return
        with self._signals:
            end_group(process, wait_s=STOP_S)
        if self._reader is not None:
            self._reader.join(STOP_S)
        if process.stdout is not None:
            process.stdout.close()

    def wait(self) -> None:
        """Return when mitmdump ends by itself."""
        if self._process is not None:
            self._process.wait()

    def _command(self) -> list[str]:
        setup = self.setup
        options = {
            "connection_strategy": "lazy",  # with `eager` an addon never sees a refused upstream
            **(self._web() if setup.is_web else {"flow_detail": "0"}),
            "codex_sessions": str(setup.archive),
            **({"codex_home": str(setup.codex_home)} if setup.codex_home else {}),
            **({"confdir": str(setup.confdir)} if setup.confdir else {}),
            **({"codex_secret_env": ",".join(names)} if (names := load_user_rules(Path.cwd()).variables) else {}),
        }
        mode = ["--mode", f"reverse:{origin_of(setup.upstream)}"] if setup.upstream else [*self._behind()]
        settings = [word for name, value in options.items() for word in ("--set", f"{name}={value}")]
        listen = ["--listen-host", "127.0.0.1", "--listen-port", str(setup.port)]
        program = web_of(self._mitmdump) if setup.is_web else self._mitmdump
        script = _script(self._mitmdump)
        view = script.with_name("codex_view.py")
        scripts = [script, view] if setup.is_web and view.is_file() else [script]
        loaded = [word for one in scripts for word in ("-s", str(one))]
        return [str(program), *loaded, *mode, *listen, *settings, *setup.extra]

    def _behind(self) -> Iterator[str]:
        if (proxy := company_proxy()) is not None:
            yield from behind(proxy, confdir_of(self.setup.confdir), self._private)

    def _web(self) -> dict[str, str]:
        """Return options of mitmweb: at a free port, with all bodies, where its version can keep them."""
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        options = {"web_host": "127.0.0.1", "web_port": str(port), "web_open_browser": "false"}
        return {**options, "codex_keep_messages": "true", "store_streamed_bodies": "true"}

    def _read(self) -> None:
        process = self._process
        if process is None or process.stdout is None:
            return
        is_settled = False
        for raw in process.stdout:
            line = raw.decode(errors="replace").rstrip()
            self._lines.append(line)
            if page := _PAGE.search(line):
                self.page = page[1]
            if not self.port and (listening := _LISTENING.search(line)):
                self.port = int(listening[1])
            if (status := _STATUS.search(line)) and not is_settled:
                self._is_recording = status[1] == "recording"
                self.run = status[2] or ""
                is_settled = True
            if is_settled and (self.page or not self.setup.is_web):
                self._is_settled.set()
        self._is_settled.set()

    def _failure(self) -> CodexReplayError:
        lines = [_CLOCK.sub("", line).strip() for line in self._lines]
        if any(_TAKEN in line for line in lines):
            place = f"127.0.0.1:{self.setup.port}"
            return UsageError(
                f"cannot listen on {place}: the port is taken. Choose another --port; 0 takes a free one."
            )
        reasons = [line for line in lines if _REASON.search(line) and not line.startswith(_NO_REASON)]
        silence = "it printed nothing" if self._is_settled.is_set() else f"it was not ready within {START_S} s"
        why = _RAISED.sub("", (reasons or lines or [silence])[-1]).removesuffix(" Traffic goes on.")
        return CodexReplayError(f"the recorder did not start: {why} ({self._mitmdump})")


def find_mitmdump(configured: str | None = None) -> Path:
    """Return the mitmdump to use.

    The first of these counts: `configured` or `$CODEX_REPLAY_MITMDUMP`; mitmdump of this environment; mitmdump beside
    the `codex-replay` of another environment; mitmdump on the PATH. `configured` and the variable may also name a
    `codex-replay` that has mitmdump beside it.

    Raises:
        UsageError: it was not found, or cannot be run.
    """
    wanted = configured or os.environ.get(MITMDUMP_VARIABLE)
    if wanted:
        found = shutil.which(wanted)
        if found is None:
            raise UsageError(
                f"{wanted}: command not found. Set {MITMDUMP_VARIABLE} to a mitmdump, or to a codex-replay with the "
                "extra `record`."
            )
        if Path(found).name != "codex-replay":
            return Path(found)
        if (neighbour := _beside(Path(found))) is None:
            raise UsageError(
                f"{found}: mitmdump not found beside it. Install it there: "
                "uv tool install 'pytest-codex-replay[record]' (or pipx install)."
            )
        return neighbour
    places = [
        Path(sys.executable).parent / "mitmdump",
        *([_beside(Path(other))] if (other := shutil.which("codex-replay")) else []),
        *([Path(on_path)] if (on_path := shutil.which("mitmdump")) else []),
    ]
    for place in places:
        if place is not None and place.is_file():
            return place
    raise UsageError(
        "mitmdump: command not found. The recorder needs mitmproxy, in an environment of its own: "
        "uv tool install 'pytest-codex-replay[record]' (or pipx install)."
    )


def web_of(mitmdump: Path) -> Path:
    """Return the mitmweb beside a mitmdump.

    Raises:
        UsageError: it is not there.
    """
    web = mitmdump.with_name("mitmweb")
    if not web.is_file():
        raise UsageError(f"{web}: not found. Install mitmproxy there: uv tool install 'pytest-codex-replay[record]'.")
    return web


def _beside(program: Path) -> Path | None:
    """Return the mitmdump beside a `codex-replay`, behind the links that uv and pipx make."""
    if program.name != "codex-replay":
        return None
    neighbour = program.resolve().parent / "mitmdump"
    return neighbour if neighbour.is_file() else None


def _script(mitmdump: Path) -> Path:
    """Return the recorder script of mitmdump's own environment, which matches what is installed there; else ours.

    A script without the package beside it is a stale rest of an editable install.
    """
    packages = mitmdump.resolve().parent.parent.glob("lib/python3*/site-packages/pytest_codex_replay/__init__.py")
    scripts = [package.parent / "_addon" / "codex_recorder.py" for package in packages]
    return next((script for script in scripts if script.is_file()), addon_path())


def upstream_of(configured: str | None, environment: Mapping[str, str] = os.environ) -> str:
    """Return where to record from: `configured`, else `$OPENAI_BASE_URL`, else where Codex's built-in provider goes.

    A key of the built-in provider is not for the host of another one that the user's configuration names.
    """
    return configured or environment.get("OPENAI_BASE_URL") or UsersCodex.read(environment).upstream_of().url
