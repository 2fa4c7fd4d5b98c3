"""A command, recorded: how it is pointed at the recorder, what is reported before it runs, and how it ends."""

import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType
from typing import Self

from pytest_codex_replay.codex.configuration import BASE_URL_VARIABLES, LOCAL_PROVIDERS, SIGNING_PROVIDERS
from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.launch.codex_cli import CODEX_VARIABLE
from pytest_codex_replay.launch.embedded_recorder import EmbeddedRecorder
from pytest_codex_replay.launch.home_over import HomeOver, recover
from pytest_codex_replay.launch.origins import is_base_url, without_password
from pytest_codex_replay.launch.pointing import Pointing
from pytest_codex_replay.launch.process_group import handling
from pytest_codex_replay.launch.proxies import past_proxies
from pytest_codex_replay.launch.recorder_process import RecorderProcess, RecordingSetup
from pytest_codex_replay.launch.users_codex import UsersCodex, managed_base_urls, split_command
from pytest_codex_replay.sharing.replacing import check_writable

HOMES = "~/.codex-replay/homes"
"""Where homes of runs are as long as these last."""
_ELSEWHERE = frozenset({"docker", "doas", "kubectl", "nerdctl", "podman", "ssh", "su", "sudo", "systemd-run", "wsl"})
"""Programs that start others in an environment of their own."""
_NEITHER = frozenset({"curl", "http", "https", "wget", "xh"})
"""Programs that read neither variable."""


class PointedCommand:
    """`with PointedCommand(recorder, codex, command, given) as pointed:` is ready to run a command."""

    def __init__(
        self,
        recorder: EmbeddedRecorder | RecorderProcess,
        codex: UsersCodex,
        command: Sequence[str],
        given: str | None,
        *,
        homes: Path = Path(HOMES),
    ) -> None:
        """Prepare it.

        Args:
            recorder: runs already.
            codex: the user's own, as the command finds it.
            command: with its arguments; empty: what starts Codex is not known, and has `env`.
            given: base URL that the user gave for the run; None: what the configuration says.
            homes: a directory for homes of this kind.
        """
        self.notes: list[str] = []
        """What the user is to know before the command runs."""
        self.others = codex.for_others(given)
        """Where clients go that read $OPENAI_BASE_URL."""
        self.recorder = recorder
        self._codex, self._command, self._given = codex, command, given
        self._homes = homes.expanduser()
        self._stack = ExitStack()
        self._home: HomeOver | None = None

    @property
    def how(self) -> str:
        """What leads the command to the recorder."""
        if self._home is None:
            return "Clients are led there by OPENAI_BASE_URL, which Codex does not read"
        return "Codex is led there by a CODEX_HOME of this run, other clients by OPENAI_BASE_URL"

    @property
    def troubles(self) -> list[str]:
        """What could not be put into the user's home; known at the end."""
        return self._home.troubles if self._home is not None else []

    def __enter__(self) -> Self:
        """Make a home for the command's Codex.

        Raises:
            UsageError: it cannot be made.
        """
        codex = self._codex
        self._pointing = Pointing(codex, self._given, self.recorder.route)
        self.notes += recover(self._homes, codex.home)
        if _starts(codex):
            home = HomeOver(codex.home, self._pointing.texts(), self._homes, codex.environment)
            self._home = self._stack.enter_context(home)
        self.command = self._pointing.command(self._command)
        self.notes += unrecorded(codex, self._command, self._pointing.left)
        return self

    def __exit__(self, *_error: object) -> None:
        """Put what Codex wrote into the user's home."""
        self._stack.close()

    def run(self) -> int:
        """Run the command; return its exit code, as a shell has it."""
        lock = self._home.lock if self._home is not None else ()
        return run_command(self.command, {**os.environ, **self.env}, pass_fds=lock)

    @property
    def env(self) -> dict[str, str]:
        """What the command has in its environment beside the user's own."""
        home = self._home.env if self._home is not None else {}
        urls = {name: self._base_url(self._codex.environment.get(name)) for name in BASE_URL_VARIABLES}
        return {**urls, **past_proxies(self._codex.environment), **home}

    def _base_url(self, users: str | None) -> str:
        """Return what a variable is to hold that the user has set, or has not."""
        if not users or self._given or users == self.others.url:
            return self.recorder.base_url
        return self.recorder.route(users) or users


def unrecorded(codex: UsersCodex, command: Sequence[str], left: Sequence[str] = ()) -> Iterator[str]:
    """Yield what is not recorded of a command, and why.

    Args:
        codex: the user's own, as the command finds it.
        command: with its arguments; empty: it is not known.
        left: base URLs that could not be pointed at the recorder.
    """
    _, words = split_command(command)
    provider = codex.upstream().provider
    if codex.broken:
        yield f"{codex.broken}. Codex is not pointed at the recorder."
    for what in left:
        yield f"{what}: cannot lead to the recorder; Codex asks it directly. Record it with --proxy."
    if managed := managed_base_urls():
        hosts = ", ".join(map(without_password, managed))
        yield f"An administrator has set {hosts}: Codex asks it directly. Record it with --proxy."
    if provider in SIGNING_PROVIDERS:
        yield f"{provider}: signs its requests, so they are not recorded. Try --proxy."
    if "--oss" in words or provider in LOCAL_PROVIDERS:
        yield "A model of this machine (--oss) is asked directly, and not recorded. Record it with --proxy."
    if "--remote" in words:
        yield "--remote: the model is asked where that app-server runs, which is not recorded."
    program = Path(command[0]).name if command else ""
    if program in _ELSEWHERE:
        yield f"{program}: starts programs in another environment; hand on CODEX_HOME and OPENAI_BASE_URL."
    if program in _NEITHER:
        yield f"{program}: reads no OPENAI_BASE_URL, so it is not recorded. Record it with --proxy."


def foreseen(codex: UsersCodex, command: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return the files of the home that would be changed to record a command, and what would not be recorded."""
    pointing = Pointing(codex, None, lambda url: url if is_base_url(url) else None)
    changed = [name for name, text in pointing.texts().items() if text.changes] if _starts(codex) else []
    return changed, list(unrecorded(codex, command, pointing.left))


def why_not_started(codex: UsersCodex) -> str:
    """Return why `record` would refuse to run a command; empty where it would not."""
    upstream = codex.for_others()
    try:
        upstream.check()
        EmbeddedRecorder(RecordingSetup(archive=Path(), upstream=upstream.url, codex_home=codex.home))
    except UsageError as error:
        return str(error)
    return ""


def _starts(codex: UsersCodex) -> bool:
    """Whether Codex takes its home; else it reports why it does not, and the home is left as it is."""
    is_missing = "CODEX_HOME" in codex.environment and not codex.home.is_dir()
    return codex.broken is None and not is_missing


def check_archive(archive: Path, option: str) -> None:
    """Check that an archive can be written; `option` names another.

    Raises:
        UsageError: it cannot.
    """
    check_writable(archive, f"Give another directory: {option} DIR")


def check_command(command: Sequence[str]) -> None:
    """Check that a command can be run, before anything is started for it.

    Raises:
        UsageError: it cannot.
    """
    program = command[0]
    if not program:  # of a variable that is not set
        raise UsageError("The command is empty. Give one: codex-replay record -- codex")
    if shutil.which(program) is None:
        why = "may not be run" if Path(program).exists() else "command not found"
        named = os.environ.get(CODEX_VARIABLE)
        how = f"Give {named}, which {CODEX_VARIABLE} names" if named else "Install it: npm install -g @openai/codex"
        advice = f". {how}" if program == "codex" else ""
        raise UsageError(f"{program}: {why}{advice}")


def run_command(command: Sequence[str], env: Mapping[str, str], *, pass_fds: Sequence[int] = ()) -> int:
    """Run a command in the foreground; return its exit code, as a shell has it.

    Raises:
        UsageError: it cannot be run.
    """
    with _signals_handed_on() as hand_to:
        try:
            process = subprocess.Popen(command, env=env, pass_fds=pass_fds)  # noqa: S603  the user's own
        except OSError as error:
            raise UsageError(f"{command[0]}: cannot be run ({error.strerror})") from error
        hand_to(process)
        code = process.wait()
    return code if code >= 0 else 128 - code


@contextmanager
def _signals_handed_on() -> Iterator[Callable[[subprocess.Popen[bytes]], None]]:
    """Hand signals on to the command, which decides when to end; Ctrl-C reaches it from the terminal by itself.

    Gives a function that takes the command's process. Signals that come before it is called are kept until then.
    """
    processes: list[subprocess.Popen[bytes]] = []
    early: list[int] = []

    def hand_on(number: int, _frame: FrameType | None) -> None:
        if number == signal.SIGINT:
            return
        for process in processes:
            process.send_signal(number)
        if not processes:
            early.append(number)

    def hand_to(process: subprocess.Popen[bytes]) -> None:
        processes.append(process)
        for number in early:
            process.send_signal(number)

    with handling((signal.SIGINT, signal.SIGTERM, signal.SIGHUP), hand_on):
        yield hand_to


@contextmanager
def undisturbed() -> Iterator[None]:
    """Let no signal interrupt what is written at the end: a second Ctrl-C would lose the last lines."""
    with handling((signal.SIGINT, signal.SIGTERM, signal.SIGHUP), lambda *_: None):
        yield
