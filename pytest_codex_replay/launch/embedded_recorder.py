"""The recorder in this process: the relay, with the interface of the recorder process."""

import errno
import logging
import os
import signal
import ssl
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import NoReturn, Self
from urllib.parse import urlsplit

from yarl import URL

from pytest_codex_replay import __version__
from pytest_codex_replay.errors import CodexReplayError, UsageError
from pytest_codex_replay.launch.origins import check_is_elsewhere, origin_of
from pytest_codex_replay.launch.process_group import handling
from pytest_codex_replay.launch.recorder_process import (
    RecorderProcess,
    RecordingSetup,
    find_mitmdump,
    leave,
    unwinding,
    upstream_of,
)
from pytest_codex_replay.recorder.options import OPTIONS, read_settings
from pytest_codex_replay.recorder.runs import Runs
from pytest_codex_replay.relay.server import Relay, proxy_for
from pytest_codex_replay.sharing.config import load_user_rules

_AUTHORITIES = ("CODEX_CA_CERTIFICATE", "SSL_CERT_FILE")
"""Environment variables that name what Codex trusts beside the system's authorities."""
_POLL_S = 0.1
_ROUTINE = ("codex recorder: recording ", "codex recorder: run ")


def recorder_for(
    archive: Path,
    upstream: str,
    *,
    codex_home: Path,
    program: str | None,
    leave: Callable[[int], NoReturn],
    environment: Mapping[str, str] = os.environ,
) -> "RecorderProcess | EmbeddedRecorder":
    """Return what records into an archive.

    Args:
        archive: where to.
        upstream: base URL; empty: where the user's Codex goes.
        codex_home: directory of Codex's rollouts.
        program: a mitmdump, or a `codex-replay` beside one; None: the embedded recorder.
        leave: takes the number of a signal that would have ended this process at once; raises what ends it.
        environment: says where the user's Codex goes.

    Raises:
        UsageError: the program was not found, or the upstream is not a URL.
    """
    setup = RecordingSetup(archive=archive, upstream=upstream_of(upstream, environment), codex_home=codex_home)
    if program is None:
        return EmbeddedRecorder(setup, environ=environment, leave=leave)
    return RecorderProcess(setup, mitmdump=find_mitmdump(program), leave=leave)


class EmbeddedRecorder:
    """`with EmbeddedRecorder(setup) as recorder:` records until the block ends, without mitmproxy."""

    def __init__(
        self,
        setup: RecordingSetup,
        *,
        environ: Mapping[str, str] = os.environ,
        leave: Callable[[int], NoReturn] = leave,
    ) -> None:
        """Prepare to record.

        Args:
            setup: what to record, and where to; its upstream must be given.
            environ: environment variables.
            leave: takes the number of a signal that would have ended this process at once; raises what ends it.

        Raises:
            UsageError: the upstream is not a base URL, the archive cannot be one, or the environment names a proxy or
                certificate authorities that cannot be used.
        """
        self.setup = setup
        self._lines = _Lines()
        self._runs = Runs(self._lines.keep, f"pytest-codex-replay {__version__}", _clock(), self._lines.logger)
        try:
            self._settings = read_settings(_texts(setup), environ)
        except ValueError as error:
            raise UsageError(f"the recorder did not start: {error}") from error
        self._origin = origin_of(setup.upstream or "")
        proxy_for(URL(self._origin))  # one that cannot be used is reported before anything runs
        self._relay = Relay(
            self._origin,
            self._runs,
            port=setup.port,
            trust=_trust(environ),
        )
        self._run = ""
        self._leave = leave
        self._signals = ExitStack()
        self._is_over = False

    @property
    def base_url(self) -> str:
        """Base URL for clients, with the path of `setup.upstream`."""
        return self._relay.base_url + urlsplit(self.setup.upstream or "").path.rstrip("/")

    @property
    def run(self) -> str:
        """Name of this run, which is in all that it writes."""
        return self._run

    @property
    def unreached(self) -> Mapping[str, int]:
        """Why requests did not reach their upstream, and how many."""
        return self._runs.unreached

    @property
    def withheld(self) -> Mapping[str, int]:
        """What was not passed on, and how often."""
        return self._runs.withheld

    def route(self, base_url: str) -> str | None:
        """Return an address here that leads to another upstream, too; None: it cannot lead there."""
        try:
            origin = origin_of(base_url)
            proxy_for(URL(origin))
            check_is_elsewhere(origin, self._relay.port)
        except UsageError:
            return None
        return self._relay.route(origin) + urlsplit(base_url).path.rstrip("/")

    @property
    def has_ended(self) -> bool:
        """Whether it ended by itself, which it does not."""
        return False

    @property
    def open_flows(self) -> int:
        """How many exchanges and connections are under way."""
        return len(self._runs.open)

    @property
    def output(self) -> str:
        """What was logged."""
        return "\n".join(self._lines.texts)

    @property
    def warnings(self) -> list[str]:
        """What was logged about losses and their reasons."""
        return [line for line in self._lines.texts if not line.startswith(_ROUTINE)]

    def __enter__(self) -> Self:
        """Start, and return once connections are accepted.

        Raises:
            CodexReplayError: nothing can be written, or nobody can connect; the text has the reason.
        """
        try:
            self._start()
        except OSError as error:
            self.stop()
            place = f"127.0.0.1:{self.setup.port}"
            why = "the port is taken" if error.errno == errno.EADDRINUSE else error.strerror
            raise UsageError(f"cannot listen on {place}: {why}. Choose another --port; 0 takes a free one.") from error
        except BaseException:
            self.stop()
            raise
        return self

    def _start(self) -> None:
        self._signals.enter_context(unwinding(self._leave))
        self._runs.start(self._settings)
        if self._runs.recorder is None:
            raise CodexReplayError(f"the recorder did not start: {self._lines.texts[-1]}")
        self._run = self._runs.recorder.run
        self._relay.__enter__()
        check_is_elsewhere(self._origin, self._relay.port)

    def __exit__(self, *_error: object) -> None:
        """Stop; the archive is then complete."""
        self.stop()

    def stop(self) -> None:
        """End open flows, and write what is left; another Ctrl-C does not keep it from that."""
        is_main = threading.current_thread() is threading.main_thread()
        with self._signals, handling([signal.SIGINT] if is_main else [], lambda *_: None):
            self._is_over = True
            self._relay.__exit__()
            self._runs.stop()

    def wait(self) -> None:
        """Return when it was stopped; Ctrl-C may come at any moment, and finds no lock held."""
        while not self._is_over:
            time.sleep(_POLL_S)  # a signal handler that set an event could find its lock held


def _trust(environ: Mapping[str, str]) -> ssl.SSLContext | None:
    """Return what trusts the authorities that the environment names, beside the system's; None: it names none.

    Raises:
        UsageError: they cannot be read.
    """
    name = next((name for name in _AUTHORITIES if environ.get(name)), None)
    if name is None or not Path(environ[name]).is_file():
        return None
    system = ssl.get_default_verify_paths()
    try:
        if environ[name] == system.cafile:  # to read it twice takes 25 ms
            return ssl.create_default_context(cafile=system.cafile, capath=system.capath)
        context = ssl.create_default_context()
        context.load_verify_locations(environ[name])
    except OSError as error:
        why = error.reason if isinstance(error, ssl.SSLError) else error.strerror
        text = f"{environ[name]}: no certificate authorities can be read from it ({why}). Correct ${name}, or unset it."
        raise UsageError(text) from error
    return context


def _clock() -> Callable[[], float]:
    """Return a clock of Unix time that goes on, and is right, where a test has frozen that of `time`."""
    with tempfile.NamedTemporaryFile() as file:  # its time is that of the file system
        begun_s = Path(file.name).stat().st_mtime - time.clock_gettime(time.CLOCK_MONOTONIC)
    return lambda: begun_s + time.clock_gettime(time.CLOCK_MONOTONIC)


class _Lines(logging.Handler):
    """Keeps what is logged, to be shown when the command has ended: it has the terminal until then."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.texts: list[str] = []
        self.logger = logging.Logger("pytest_codex_replay.recorder")  # noqa: LOG001  one a recorder; it goes with it
        self.logger.parent = logging.getLogger("pytest_codex_replay.recorder")
        self.logger.addHandler(self)

    def keep(self, line: str) -> None:
        self.texts.append(line)

    def emit(self, record: logging.LogRecord) -> None:
        self.keep(record.getMessage())


def _texts(setup: RecordingSetup) -> dict[str, str]:
    """Return the options of the recorder, as the addon would be given them."""
    given = {
        "codex_sessions": str(setup.archive),
        "codex_secret_env": ",".join(load_user_rules(Path.cwd()).variables),
        "codex_home": str(setup.codex_home or ""),
    }
    return {name: given.get(name, option.default) for name, option in OPTIONS.items()}
