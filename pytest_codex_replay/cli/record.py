"""`codex-replay record`."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import click
import orjson

from pytest_codex_replay.cli.group import CANNOT
from pytest_codex_replay.cli.targets import default_archive
from pytest_codex_replay.recording import RecorderProcess, RecordingSetup, default_upstream

__all__ = ["record"]


@click.command("record", context_settings={"ignore_unknown_options": True})
@click.option("--upstream", metavar="URL", help="Base URL to stand in for (default: where Codex's login goes).")
@click.option("--archive", type=click.Path(path_type=Path), help="Where to record (default ~/.codex-replay/sessions).")
@click.option("--proxy", is_flag=True, help="Be an HTTPS proxy instead: sees side calls and custom providers, too.")
@click.option("--port", default=0, metavar="N", help="Port to listen on (default: a free one).")
@click.argument("command", nargs=-1, type=click.UNPROCESSED)
def record(upstream: str | None, archive: Path | None, port: int, command: tuple[str, ...], *, proxy: bool) -> None:
    """Record what a command exchanges with its model.

    Starts the recorder, points COMMAND at it, and says afterwards what was recorded. The exit code is COMMAND's.
    Without COMMAND the recorder runs until Ctrl-C; the first line of stdout is its address, as JSON.

    \b
    Examples:
      codex-replay record -- codex exec "fix the bug"
      codex-replay record --archive ./sessions -- python my_agent.py
      codex-replay record --proxy -- codex      all that Codex sends, whatever its provider
      codex-replay record                       keep recording; point clients at the address it prints
    """
    home = Path(os.environ.get("CODEX_HOME") or "~/.codex").expanduser()
    setup = RecordingSetup(
        archive=(archive or default_archive()).absolute(),
        upstream=None if proxy else upstream or default_upstream(home),
        port=port,
        codex_home=home,
    )
    before = _sessions(setup.archive)
    with RecorderProcess(setup) as recorder:
        code = _run(recorder, command) if command else _keep_on(recorder)
    _tell(setup.archive, _sessions(setup.archive), before)
    sys.exit(code)


def _run(recorder: RecorderProcess, command: tuple[str, ...]) -> int:
    """Run the command through the recorder; return its exit code."""
    program, *arguments = command
    env = {**os.environ, **(recorder.proxy_env if recorder.setup.upstream is None else _client_env(recorder))}
    if recorder.setup.upstream is not None and Path(program).name == "codex":
        arguments = ["-c", f'openai_base_url="{recorder.base_url}"', *arguments]
    try:
        return subprocess.run([program, *arguments], env=env, check=False).returncode  # noqa: S603  the user's own
    except FileNotFoundError:
        click.echo(f"Error: {program}: no such program", err=True)
        return CANNOT
    except KeyboardInterrupt:
        return 128 + signal.SIGINT


def _client_env(recorder: RecorderProcess) -> dict[str, str]:
    return {"OPENAI_BASE_URL": recorder.base_url}


def _keep_on(recorder: RecorderProcess) -> int:
    """Record until Ctrl-C or SIGTERM."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    address = {"archive": str(recorder.setup.archive)}
    if recorder.setup.upstream is None:
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


def _tell(archive: Path, after: dict[str, int], before: dict[str, int]) -> None:
    grown = [name for name, size in sorted(after.items()) if before.get(name) != size]
    if not grown:
        click.echo("Nothing was recorded: nothing came through the recorder. Try --proxy.", err=True)
    for name in grown:
        click.echo(f"Recorded {archive / name}\n  codex-replay show {archive / name}", err=True)
