"""`codex-replay serve`: runs the replay server until Ctrl-C."""

import contextlib
import errno
import os
import shlex
import signal
import sys
import tempfile
import threading
from collections.abc import Iterable
from pathlib import Path
from textwrap import indent

import click
import orjson

from pytest_codex_replay.cli.options import match_option, port_option
from pytest_codex_replay.cli.page import visible
from pytest_codex_replay.cli.targets import SessionPath
from pytest_codex_replay.counting import count_text
from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.launch.arguments import as_args, base_url_args, codex_args
from pytest_codex_replay.launch.home import recorded_settings
from pytest_codex_replay.launch.process_group import handling
from pytest_codex_replay.replay.cassette import Cassette, load_cassette
from pytest_codex_replay.replay.faults import FAULT_FORMS
from pytest_codex_replay.replay.report import Miss, Report, SeenRequest
from pytest_codex_replay.serving import ReplayServer

_POLL_S = 0.1
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
  codex exec -c 'openai_base_url="http://127.0.0.1:8123/v1"' "fix the bug"
"""


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
def serve(
    *, path: Path, port: int, speed: str | None, match: str | None, faults: tuple[str, ...], recut: int | None
) -> None:
    """Answer Codex, an SDK or any other client from the recording at PATH, without an upstream.

    PATH is a session directory, or an archive or cassette, of which all sessions are served. The first line of stdout
    is JSON: `base_url` is the address for clients, and `codex_args` are the arguments that make Codex use it, call
    nothing else, and ask as in the recording (model, reasoning effort, known models). Requests are logged on stderr.
    Ctrl-C ends the server. The exit code is 1 if a request was not in the recording.
    """
    cassette = _load(path)
    serving = ReplayServer(cassette, match=match, speed=speed, faults=faults, recut_seed=recut, port=port)
    with contextlib.ExitStack() as stack:
        ended = threading.Event()
        stack.enter_context(handling((signal.SIGINT, signal.SIGTERM), lambda *_: ended.set()))  # one may come early
        try:
            server = stack.enter_context(serving)
        except OSError as error:
            raise UsageError(_cannot_listen(port, error)) from error
        place = stack.enter_context(tempfile.TemporaryDirectory(prefix="codex-replay-"))
        lines = recorded_settings(cassette.interactions, Path(place) / "recorded-models.json")
        args = codex_args(server.base_url, lines)
        click.echo(orjson.dumps({"base_url": server.base_url, "codex_args": args}))
        _log(f"Serving {path}. Point Codex at it:\n  {_codex_line(server.base_url, lines)}")
        _log_until_ended(server, ended)
    _log(_totals(server.report))
    sys.exit(0 if server.report.is_clean else _MISSED)


def _load(path: Path) -> Cassette:
    cassette = load_cassette(path)
    for damage in cassette.damages:
        _log(f"damaged: {damage}")
    return cassette


def _codex_line(base_url: str, recorded: Iterable[str]) -> str:
    """Return a command to type; `codex_args` have more, which a person may do without."""
    words = ["codex", "exec", *base_url_args(base_url), *as_args(recorded)]
    return f'{shlex.join(words)} "…"'


def _cannot_listen(port: int, error: OSError) -> str:
    why = "the port is taken" if error.errno == errno.EADDRINUSE else os.strerror(error.errno or 0)
    return f"Cannot listen on 127.0.0.1:{port}: {why}. Choose another --port; 0 takes a free one."


def _log_until_ended(server: ReplayServer, ended: threading.Event) -> None:
    """Log the requests, one a line, until a signal comes; each one round late, when its outcome is known."""
    logged = seen = told = 0
    is_over = False
    while not is_over:
        is_over, report = ended.wait(_POLL_S), server.report
        for request in report.requests[logged : None if is_over else seen]:
            _log(_line(request, report))
        logged, seen = seen, len(report.requests)
        late = _late_misses(report)
        for miss in late[told:]:
            _log(f"{miss.request:>4}  MISSED while it was answered\n{indent(miss.text, ' ' * 6)}")
        told = len(late)


def _late_misses(report: Report) -> list[Miss]:
    """Return what a client did while it was answered, and the recording does not have."""
    served = {one.request for one in report.served}
    return [miss for miss in report.misses if miss.request in served]


def _line(request: SeenRequest, report: Report) -> str:
    number = request.number
    parts = [f"{number:>4}  {request.method} {request.url}"]
    parts += [f"fault {one.fault}" for one in report.faults if one.request == number]
    ends = [
        f"interaction {one.interaction} ({one.match.name.lower()})" for one in report.served if one.request == number
    ]
    ends += [f"MISSED\n{indent(miss.text, ' ' * 6)}" for miss in report.misses if miss.request == number]
    ends += [f"not recorded, answered {one.status}" for one in report.unmatched if one.request == number]
    return "  ".join([*parts, *(ends[:1] or ["answered"])])


def _totals(report: Report) -> str:
    parts = [
        f"Served {count_text(len(report.served), 'interaction')}",
        f"{len(report.misses)} missed",
        f"{len(report.unused)} unused",
        *(f"unused fault: {fault}" for fault in report.unmet_faults),
        *(f"error: {error}" for error in report.errors),
    ]
    return ", ".join(parts) + "."


def _log(text: str) -> None:
    with contextlib.suppress(BrokenPipeError):  # stderr is closed; clients are still served
        click.echo(visible(text), err=True)
