"""`codex-replay serve`: runs the replay server until Ctrl-C."""

import contextlib
import errno
import os
import shlex
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

import click

from pytest_codex_replay.cli.options import match_option, port_option
from pytest_codex_replay.cli.request_log import RequestLog, log, print_json_line
from pytest_codex_replay.cli.targets import SessionPath
from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.launch.arguments import as_args, base_url_args, codex_args
from pytest_codex_replay.launch.home import recorded_sandbox, recorded_settings
from pytest_codex_replay.launch.process_group import handling
from pytest_codex_replay.loopback import LOOPBACK
from pytest_codex_replay.replay.cassette import Cassette, load_cassette
from pytest_codex_replay.replay.faults import FAULT_FORMS
from pytest_codex_replay.serving import ReplayServer
from pytest_codex_replay.wire.web_page import is_loopback

_POLL_S = 0.1
_UNKNOWN = "unknown (its requests name none)"
_MISSED = 1
"""Exit code: a request was not in the recording."""
_FAULTS = "\n".join(f"  {form:<27}  {meaning}" for form, meaning in FAULT_FORMS)
_EPILOG = f"""\b
Faults:
{_FAULTS}

\b
Examples:
  codex-replay serve cassettes/fix_bug
  codex-replay serve cassettes/fix_bug --port 8123 --speed recorded
  codex-replay serve cassettes/fix_bug --fault 429@2 --fault cut:5@4
  codex-replay serve cassettes/fix_bug --host 0.0.0.0 --allow-remote
  codex exec -c 'openai_base_url="http://127.0.0.1:8123/v1"' "fix the bug"
"""


class _Server(ReplayServer):
    """Speaks of the options of this command."""

    _match_option = "--match"
    _again = "without --once each new conversation is answered from the start"


@click.command("serve", epilog=_EPILOG)
@click.argument("path", type=SessionPath())
@port_option
@click.option(
    "--speed",
    metavar="instant|recorded|FACTOR",
    help="instant (the default), recorded, or a factor: 10 is ten times faster.",
)
@match_option
@click.option("--fault", "faults", multiple=True, metavar="FAULT", help="Let this go wrong; see below. Repeatable.")
@click.option("--recut", type=int, metavar="SEED", help="Cut streams into other chunks than the recorded ones.")
@click.option("--once", is_flag=True, help="Serve each interaction once; else each new conversation from the start.")
@click.option("--host", default=LOOPBACK, show_default=True, metavar="ADDRESS", help="Address to listen on.")
@click.option("--allow-remote", is_flag=True, help="Let other machines and containers ask, by any name of this one.")
def serve(
    *,
    path: Path,
    port: int,
    speed: str | None,
    match: str | None,
    faults: tuple[str, ...],
    recut: int | None,
    once: bool,
    host: str,
    allow_remote: bool,
) -> None:
    """Answer Codex, an SDK or any other client from the recording at PATH, without an upstream.

    PATH is a session directory, an archive or a cassette. All its sessions are served, as often as asked. The first
    line of stdout is JSON. `base_url` is the address for clients. `codex_args` are arguments for Codex: with them it
    asks only this address, and as in the recording (model, reasoning effort, known models). `sandbox` is that of the
    recording. Requests are logged on stderr. Web pages are refused. Ctrl-C ends the server. The exit code is 1 if a
    request was not in the recording.
    """
    cassette = _load(path)
    if not (allow_remote or is_loopback(host)):
        raise UsageError(f"--host {host}: other machines could read the whole recording. To allow it: --allow-remote.")
    serving = _Server(
        cassette,
        match=match,
        speed=speed,
        faults=faults,
        recut_seed=recut,
        port=port,
        host=host,
        allow_remote=allow_remote,
        once=once,
    )
    with contextlib.ExitStack() as stack:
        signals: list[int] = []  # an event has a lock, which its waiter may hold just when the signal comes
        stack.enter_context(handling((signal.SIGINT, signal.SIGTERM), lambda number, _: signals.append(number)))
        try:
            server = stack.enter_context(serving)
        except OSError as error:
            raise UsageError(_cannot_listen(host, port, error)) from error
        place = stack.enter_context(tempfile.TemporaryDirectory(prefix="codex-replay-"))
        lines = recorded_settings(cassette.interactions, Path(place) / "recorded-models.json")
        args = codex_args(server.base_url, lines)
        sandbox = recorded_sandbox(cassette.interactions)
        print_json_line({"base_url": server.base_url, "codex_args": args, "sandbox": sandbox})
        log(f"Serving {path}, recorded with the sandbox {sandbox or _UNKNOWN}. Point Codex at it:")
        log(f"  {_codex_line(server.base_url, lines, sandbox)}")
        requests = RequestLog()
        while not signals:
            requests.write(server.report)
            time.sleep(_POLL_S)  # a signal handler that set an event could find its lock held
    requests.end(server.report)  # no client is left that could do anything
    sys.exit(0 if server.report.is_clean else _MISSED)


def _load(path: Path) -> Cassette:
    cassette = load_cassette(path)
    for damage in cassette.damages:
        log(f"damaged: {damage}")
    return cassette


def _codex_line(base_url: str, recorded: Iterable[str], sandbox: str | None) -> str:
    """Return a command to type; `codex_args` have more, which a person may do without."""
    words = ["codex", "exec", *(["-s", sandbox] if sandbox else []), *base_url_args(base_url), *as_args(recorded)]
    return f'{shlex.join(words)} "…"'


def _cannot_listen(host: str, port: int, error: OSError) -> str:
    if isinstance(error, socket.gaierror) or error.errno in {errno.EADDRNOTAVAIL, None}:  # None: asyncio of 3.13
        return f"Cannot listen on {host}: it is not an address of this machine. Choose another --host."
    why = "the port is taken" if error.errno == errno.EADDRINUSE else os.strerror(error.errno or 0)
    return f"Cannot listen on {host}:{port}: {why}. Choose another --port; 0 takes a free one."
