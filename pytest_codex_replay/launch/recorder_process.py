"""The recorder as a process: mitmdump with our addon, started, awaited, stopped. Never imported into it.

mitmproxy pins so tightly that it often has an environment of its own; so it is found, not imported.
"""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import FrameType, TracebackType
from typing import NoReturn, Self
from urllib.parse import urlsplit

from pytest_codex_replay.addon_path import addon_path
from pytest_codex_replay.errors import CodexReplayError, UsageError
from pytest_codex_replay.sharing.config import load_user_rules

MITMDUMP_VARIABLE = "CODEX_REPLAY_MITMDUMP"
"""Environment variable that names the mitmdump to use."""
API_UPSTREAM = "https://api.openai.com/v1"
CHATGPT_UPSTREAM = "https://chatgpt.com/backend-api/codex"
"""Where Codex goes with an API key, and with a ChatGPT login (codex-rs/model-provider-info, revision of 2026-07)."""
START_S = 30
STOP_S = 15
_LISTENING = re.compile(r"listening at (?:\S*?):?(\d+)\.?$")
_SAID = re.compile(r"codex recorder: (recording|off)")
"""What the addon says once the servers are bound."""
_CLOCK = re.compile(r"^\[[\d:.]+\] ")
_REASON = re.compile(r"error|codex recorder|no such|cannot|unknown", re.IGNORECASE)
_NO_REASON = ("Error logged", "Errors logged", "raise ")
_RAISED = re.compile(r"^mitmproxy\.exceptions\.\w+: ")
_ROUTINE = re.compile(r"codex recorder: (recording|run) ")
_TAKEN = "address already in use"
_KEPT_LINES = 200
_FAREWELLS = (signal.SIGTERM, signal.SIGHUP)
"""What ends a process that does not say otherwise, without a chance to clean up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingSetup:
    """What to record, and where to."""

    archive: Path
    upstream: str | None
    """Base URL that the recorder stands in for; None: it is an HTTP(S) proxy for whatever comes."""
    port: int = 0
    codex_home: Path | None = None
    """Where Codex's rollouts are; None: as the addon finds it."""
    confdir: Path | None = None
    """Where mitmproxy keeps its certificates; None: ~/.mitmproxy."""
    extra: tuple[str, ...] = ()
    """More arguments for mitmdump."""


_Handler = Callable[[int, FrameType | None], object] | int | None


def _leave(number: int) -> NoReturn:
    raise SystemExit(128 + number)


class RecorderProcess:
    """`with RecorderProcess(setup) as recorder:` records until the block ends."""

    def __init__(
        self, setup: RecordingSetup, *, mitmdump: Path | None = None, leave: Callable[[int], NoReturn] = _leave
    ) -> None:
        """Prepare to record.

        Args:
            setup: what, and where to.
            mitmdump: the program; None finds it.
            leave: raises what ends this process when a signal, whose number it is given, would have ended it at once.
        """
        self.setup = setup
        self._leave = leave
        self.port = 0
        self._mitmdump = mitmdump or find_mitmdump()
        self._process: subprocess.Popen[bytes] | None = None
        self._lines: deque[str] = deque(maxlen=_KEPT_LINES)
        self._is_settled = threading.Event()
        """It records, or it never will."""
        self._is_recording = False
        self._reader: threading.Thread | None = None
        self._handlers: dict[signal.Signals, _Handler] = {}
        """What signals did before."""

    @property
    def base_url(self) -> str:
        """Where to point a client: stands in for `setup.upstream`, path included."""
        return f"http://127.0.0.1:{self.port}{urlsplit(self.setup.upstream or '').path.rstrip('/')}"

    @property
    def proxy_env(self) -> dict[str, str]:
        """Environment that sends a client through the proxy, and lets Codex trust its certificate."""
        proxy = f"http://127.0.0.1:{self.port}"
        authority = (self.setup.confdir or Path("~/.mitmproxy").expanduser()) / "mitmproxy-ca-cert.pem"
        return {"HTTPS_PROXY": proxy, "HTTP_PROXY": proxy, "NO_PROXY": "", "CODEX_CA_CERTIFICATE": str(authority)}

    @property
    def output(self) -> str:
        """The last lines that mitmdump printed; all of them once it has ended."""
        if self.has_ended and self._reader is not None:
            self._reader.join(STOP_S)
        return "\n".join(self._lines)

    @property
    def has_ended(self) -> bool:
        """Whether mitmdump ended by itself."""
        return self._process is not None and self._process.poll() is not None

    @property
    def warnings(self) -> list[str]:
        """What the addon said beside that it began and how much it wrote: what was lost, and why."""
        said = (_CLOCK.sub("", line) for line in self._lines)
        return [line for line in said if line.startswith("codex recorder:") and not _ROUTINE.match(line)]

    def __enter__(self) -> Self:
        """Start, and return once connections are accepted.

        Raises:
            CodexReplayError: mitmdump did not start; the text has what it said.
        """
        self._process = subprocess.Popen(  # noqa: S603  found by us, arguments are ours
            self._command(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
            start_new_session=True,  # Ctrl-C is for the recorded command; the recorder outlives it
        )
        self._handlers = _leave_at_farewells(self._leave)
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
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Stop; all that was recorded is in the archive then."""
        self.stop()

    def stop(self) -> None:
        """Let mitmdump finish what it records, and end it."""
        process, self._process = self._process, None
        if process is None:
            return
        try:
            _end_group(process)
        finally:
            for number, handler in self._handlers.items():
                signal.signal(number, handler)
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
            "connection_strategy": "lazy",  # else a refused upstream is never seen by an addon
            "flow_detail": "0",
            "codex_sessions": str(setup.archive),
            **({"codex_home": str(setup.codex_home)} if setup.codex_home else {}),
            **({"confdir": str(setup.confdir)} if setup.confdir else {}),
            **({"codex_secret_env": ",".join(names)} if (names := load_user_rules(Path.cwd()).variables) else {}),
        }
        mode = ["--mode", f"reverse:{_origin(setup.upstream)}"] if setup.upstream else []
        settings = [word for name, value in options.items() for word in ("--set", f"{name}={value}")]
        listen = ["--listen-host", "127.0.0.1", "--listen-port", str(setup.port)]
        return [str(self._mitmdump), "-s", str(_script(self._mitmdump)), *mode, *listen, *settings, *setup.extra]

    def _read(self) -> None:
        process = self._process
        if process is None or process.stdout is None:
            return
        for raw in process.stdout:
            line = raw.decode(errors="replace").rstrip()
            self._lines.append(line)
            if not self.port and (listening := _LISTENING.search(line)):
                self.port = int(listening[1])
            if (said := _SAID.search(line)) and not self._is_settled.is_set():
                self._is_recording = said[1] == "recording"
                self._is_settled.set()
        self._is_settled.set()

    def _failure(self) -> CodexReplayError:
        said = [_CLOCK.sub("", line).strip() for line in self._lines]
        if any(_TAKEN in line for line in said):
            return UsageError(f"cannot listen on 127.0.0.1:{self.setup.port}: it is taken. 0 takes a free port.")
        told = [line for line in said if _REASON.search(line) and not line.startswith(_NO_REASON)]
        silence = "it said nothing" if self._is_settled.is_set() else f"no answer within {START_S} s"
        why = _RAISED.sub("", (told or said or [silence])[-1]).removesuffix(" Traffic goes on.")
        return CodexReplayError(f"the recorder did not start: {why} ({self._mitmdump})")


def find_mitmdump(configured: str | None = None) -> Path:
    """Return mitmdump: `configured` or `$CODEX_REPLAY_MITMDUMP`; of this environment; beside another environment's
    `codex-replay`; on the PATH.

    `configured` may also name a `codex-replay` that has mitmproxy beside it.

    Raises:
        UsageError: there is none.
    """  # noqa: D205  one sentence, four places
    wanted = configured or os.environ.get(MITMDUMP_VARIABLE)
    if wanted:
        found = shutil.which(wanted)
        if found is None:
            raise UsageError(f"no recorder: {wanted!r} is no program.")
        if Path(found).name != "codex-replay":
            return Path(found)
        if (neighbour := _beside(Path(found))) is None:
            raise UsageError(f"no recorder: there is no mitmdump beside {found}; install pytest-codex-replay[record].")
        return neighbour
    other = shutil.which("codex-replay")
    places = [Path(sys.executable).parent / "mitmdump", *([_beside(Path(other))] if other else [])]
    on_path = shutil.which("mitmdump")
    places += [Path(on_path)] if on_path else []
    here = next((place for place in places if place is not None and place.is_file()), None)
    if here is None:
        raise UsageError(
            "no recorder: mitmproxy is not installed. Give it an environment of its own: "
            "uv tool install 'pytest-codex-replay[record]' (or pipx install)."
        )
    return here


def default_upstream(codex_home: Path) -> str:
    """Return where Codex would go: the API with a key, ChatGPT's backend with a ChatGPT login."""
    has_key = any(os.environ.get(name) for name in ("CODEX_API_KEY", "OPENAI_API_KEY"))
    login = codex_home / "auth.json"
    is_chatgpt = not has_key and login.is_file() and b'"access_token"' in login.read_bytes()
    return CHATGPT_UPSTREAM if is_chatgpt else API_UPSTREAM


def _beside(program: Path) -> Path | None:
    """Return the mitmdump beside a `codex-replay`, behind the links that uv and pipx make."""
    if program.name != "codex-replay":
        return None
    neighbour = program.resolve().parent / "mitmdump"
    return neighbour if neighbour.is_file() else None


def _leave_at_farewells(leave: Callable[[int], NoReturn]) -> dict[signal.Signals, _Handler]:
    """Let signals that would end us at once unwind the stack, so that the recorder is stopped; return the handlers."""
    if threading.current_thread() is not threading.main_thread():
        return {}
    defaults = [number for number in _FAREWELLS if signal.getsignal(number) is signal.SIG_DFL]

    def handler(number: int, _frame: FrameType | None) -> None:
        leave(number)

    return {number: signal.signal(number, handler) for number in defaults}


def _end_group(process: subprocess.Popen[bytes]) -> None:
    """Ask a process and its children to end; end what is left after STOP_S, or when we are hurried ourselves."""
    try:
        _signal_group(process, signal.SIGTERM)
        process.wait(STOP_S)
    except subprocess.TimeoutExpired:
        pass
    finally:
        _signal_group(process, signal.SIGKILL)
        process.wait()


def _signal_group(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):  # nobody is left; macOS has two words for it
        os.killpg(process.pid, number)


def _script(mitmdump: Path) -> Path:
    """Return the recorder script of mitmdump's own environment, which fits what is installed there; else ours.

    Where the package is not whole, the script is what an editable install left behind, and stale.
    """
    packages = mitmdump.resolve().parent.parent.glob("lib/python3*/site-packages/pytest_codex_replay/__init__.py")
    scripts = [package.parent / "_addon" / "codex_recorder.py" for package in packages]
    return next((script for script in scripts if script.is_file()), addon_path())


def _origin(url: str) -> str:
    try:
        parts = urlsplit(url)
        is_base = parts.scheme in {"http", "https"} and bool(parts.netloc)
    except ValueError:  # an odd host, like `[abc`
        is_base = False
    if not is_base:
        raise UsageError(f"{url!r} is no base URL, such as {API_UPSTREAM}")
    return f"{parts.scheme}://{parts.netloc}"
