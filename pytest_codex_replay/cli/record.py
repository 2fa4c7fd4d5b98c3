"""`codex-replay record`."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import click
import orjson

from pytest_codex_replay.cli.options import port_option, user_rules
from pytest_codex_replay.cli.targets import default_archive
from pytest_codex_replay.errors import ArchiveError, UsageError
from pytest_codex_replay.launch.arguments import base_url_args
from pytest_codex_replay.launch.embedded_recorder import EmbeddedRecorder
from pytest_codex_replay.launch.process_group import handling
from pytest_codex_replay.launch.proxies import past_proxies
from pytest_codex_replay.launch.recorder_process import RecorderProcess, RecordingSetup, default_upstream
from pytest_codex_replay.reading import RecordedSession

Recorder = RecorderProcess | EmbeddedRecorder


@click.command("record", context_settings={"allow_interspersed_args": False})
@click.option("--upstream", metavar="URL", help="Base URL to record (default: the one of Codex's login).")
@click.option("--archive", type=click.Path(path_type=Path), help="Where to record (default ~/.codex-replay/sessions).")
@click.option("--proxy", is_flag=True, help="Record as an HTTPS proxy: background requests and custom providers, too.")
@port_option
@click.argument("command", nargs=-1, type=click.UNPROCESSED)
def record(upstream: str | None, archive: Path | None, port: int, command: tuple[str, ...], *, proxy: bool) -> None:
    """Record what a command exchanges with its model.

    Starts the recorder, runs COMMAND through it, and names the sessions that were recorded. The exit code is that of
    COMMAND. Without COMMAND the recorder runs until Ctrl-C; the first line of stdout is its address, as JSON.

    \b
    Examples:
      codex-replay record -- codex exec "fix the bug"
      codex-replay record --archive ./sessions -- python my_agent.py
      codex-replay record --proxy -- codex      all that Codex sends, to any provider
      codex-replay record                       run on; point clients at the printed address
    """
    user_rules()
    home = Path(os.environ.get("CODEX_HOME") or "~/.codex").expanduser()
    setup = RecordingSetup(
        archive=(archive or default_archive()).resolve(),
        upstream=None if proxy else upstream or default_upstream(home),
        port=port,
        codex_home=home,
    )
    before = _sessions(setup.archive)
    with RecorderProcess(setup) if proxy else EmbeddedRecorder(setup) as recorder:
        code = _run(recorder, command) if command else _keep_on(recorder)
        if command and recorder.has_ended:
            click.echo(f"The recorder ended before the command did:\n{recorder.output}", err=True)
    for warning in recorder.warnings:
        click.echo(warning, err=True)
    tell(setup.archive, _sessions(setup.archive), before)
    sys.exit(code)


def _run(recorder: Recorder, command: tuple[str, ...]) -> int:
    """Run the command through the recorder; return its exit code, as a shell has it."""
    program, *arguments = command
    if isinstance(recorder, RecorderProcess):
        pointing = recorder.proxy_env
    else:
        pointing = {"OPENAI_BASE_URL": recorder.base_url, **past_proxies(os.environ)}
        arguments = [*(base_url_args(recorder.base_url) if Path(program).name == "codex" else ()), *arguments]
    env = {**os.environ, **pointing}
    with _signals_handed_on() as hand_to:
        try:
            process = subprocess.Popen([program, *arguments], env=env)  # noqa: S603  the user's own
        except (FileNotFoundError, PermissionError) as error:
            raise UsageError(f"{program}: cannot be run ({error.strerror})") from error
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


def _keep_on(recorder: Recorder) -> int:
    """Record until Ctrl-C or SIGTERM."""
    for number in (signal.SIGINT, signal.SIGTERM):  # a shell starts its background processes with SIGINT ignored
        signal.signal(number, signal.default_int_handler)
    address = {"archive": str(recorder.setup.archive)}
    if isinstance(recorder, RecorderProcess):
        how = "  ".join(f"{name}={value}" for name, value in recorder.proxy_env.items() if value)
        address |= {"proxy": recorder.proxy_env["HTTPS_PROXY"], "ca": recorder.proxy_env["CODEX_CA_CERTIFICATE"]}
    else:
        how = f"codex -c 'openai_base_url=\"{recorder.base_url}\"'"
        address |= {"base_url": recorder.base_url}
    click.echo(orjson.dumps(address).decode())
    click.echo(f"Recording to {recorder.setup.archive}. Point Codex here:  {how}\nCtrl-C ends it.", err=True)
    try:
        recorder.wait()
    except KeyboardInterrupt:
        return 0
    click.echo(f"Error: the recorder ended by itself:\n{recorder.output}", err=True)
    return 1


def _sessions(archive: Path) -> dict[str, int]:
    """Return the sessions of an archive with the size of their traffic."""
    if not archive.is_dir():
        return {}
    children = (path for path in archive.iterdir() if path.is_dir())
    return {path.name: sum(file.stat().st_size for file in path.glob("traffic*")) for path in children}


def tell(archive: Path, after: Mapping[str, int], before: Mapping[str, int]) -> None:
    """Name the sessions that were recorded: those that have grown, by the sizes of their traffic."""
    grown = [name for name, size in sorted(after.items()) if before.get(name) != size]
    if not grown:
        click.echo("Nothing was recorded: no request reached the recorder. Try --proxy.", err=True)
    for name in grown:
        if (kind := _helper_kind(archive / name)) is not None:
            click.echo(f"Recorded {archive / name} ({kind})", err=True)
        else:
            click.echo(f"Recorded {archive / name}\n  codex-replay show {archive / name}", err=True)


def _helper_kind(session: Path) -> str | None:
    try:
        return RecordedSession(session).helper_kind
    except ArchiveError:
        return None  # `show` says why it cannot be read
