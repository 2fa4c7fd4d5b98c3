"""`codex-replay serve`: the replay server, until it is told to end."""

import contextlib
import errno
import os
import signal
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from textwrap import indent
from types import FrameType

import click
import orjson

from pytest_codex_replay.cli.page import visible
from pytest_codex_replay.cli.targets import find_target
from pytest_codex_replay.counting import count_text
from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.launch.codex_cli import codex_args, write_models
from pytest_codex_replay.matching.match import MatchLevel
from pytest_codex_replay.replay.cassette import Cassette, load_cassette
from pytest_codex_replay.replay.faults import FAULT_FORMS
from pytest_codex_replay.replay.report import Report, SeenRequest
from pytest_codex_replay.serving import ReplayServer

_POLL_S = 0.1
_MISSED = 1
"""Exit code: something was asked for that is not in the recording."""
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
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Port on 127.0.0.1; 0, the default, takes one.")
@click.option(
    "--speed",
    metavar="instant|recorded|FACTOR",
    help="How fast: at once (the default), as recorded, or so many times faster.",
)
@click.option(
    "--match",
    type=click.Choice([str(level) for level in MatchLevel]),
    help="What fits: the same (strict), other tool outputs (normal, default), other instructions and tools (loose).",
)
@click.option("--fault", "faults", multiple=True, metavar="FAULT", help="What is to go wrong, see below; repeatable.")
@click.option("--recut", type=int, metavar="SEED", help="Cut streams into other chunks than those that were recorded.")
def serve(
    *, path: Path, port: int, speed: str | None, match: str | None, faults: tuple[str, ...], recut: int | None
) -> None:
    """Answer Codex, an SDK or any other client from the recording at PATH, with no upstream.

    PATH is a session directory, or an archive, of which all sessions are served. The first line of stdout is JSON with
    the `base_url` to point a client at, and with `codex_args`, the arguments that point Codex at it, keep it from
    calling elsewhere, and tell it of the models that were recorded. What was asked and what answered it goes to
    stderr. Ctrl-C ends it. The exit code is 1 when a request was not in the recording.
    """
    cassette = _load(path)
    serving = ReplayServer(cassette, match=match, speed=speed, faults=faults, recut_seed=recut, port=port)
    with contextlib.ExitStack() as stack:
        ended = stack.enter_context(_signals())  # before anyone can know that we are here
        try:
            server = stack.enter_context(serving)
        except OSError as error:
            raise UsageError(_cannot_listen(port, error)) from error
        place = stack.enter_context(tempfile.TemporaryDirectory(prefix="codex-replay-"))
        catalogue = write_models(cassette.interactions, Path(place) / "recorded-models.json")
        args = codex_args(server.base_url, catalogue)
        click.echo(orjson.dumps({"base_url": server.base_url, "codex_args": args}))
        _say(f"Serving {path}. Point Codex at it:\n  {_codex_line(server.base_url, catalogue)}")
        _follow(server, ended)
    _say(_totals(server.report))
    sys.exit(0 if server.report.is_clean else _MISSED)


def _load(path: Path) -> Cassette:
    cassette = load_cassette(path if path.exists() else find_target(path, None)[0].path)
    for damage in cassette.damages:
        _say(f"damaged: {damage}")
    return cassette


def _codex_line(base_url: str, catalogue: Path | None) -> str:
    """Return what to type; in `codex_args` there is more that a person may do without."""
    models = "" if catalogue is None else f" -c 'model_catalog_json=\"{catalogue}\"'"
    return f'codex exec -c \'openai_base_url="{base_url}"\'{models} "…"'


def _cannot_listen(port: int, error: OSError) -> str:
    why = "it is taken" if error.errno == errno.EADDRINUSE else os.strerror(error.errno or 0)
    return f"Cannot listen on 127.0.0.1:{port}: {why}. Choose another --port; 0 takes a free one."


def _follow(server: ReplayServer, ended: threading.Event) -> None:
    """Say in a line each what is asked, until a signal comes; one round late, when what becomes of it is known."""
    said = seen = 0
    while not ended.wait(_POLL_S):
        report = server.report
        _say_requests(report, said, seen)
        said, seen = seen, len(report.requests)
    _say_requests(server.report, said, None)


def _say_requests(report: Report, first: int, end: int | None) -> None:
    for request in report.requests[first:end]:
        _say(_line(request, report))


def _line(request: SeenRequest, report: Report) -> str:
    asked = f"{request.number:>4}  {request.method} {request.url}"
    for laid in report.faults:
        if laid.request == request.number:
            asked += f"  fault {laid.fault}"
    for served in report.served:
        if served.request == request.number:
            return f"{asked}  interaction {served.interaction} ({served.match.name.lower()})"
    for miss in report.misses:
        if miss.request == request.number:
            return f"{asked}  MISSED\n{indent(miss.text, ' ' * 6)}"
    for call in report.unmatched:
        if call.request == request.number:
            return f"{asked}  not recorded, answered {call.status}"
    return f"{asked}  answered"


def _totals(report: Report) -> str:
    unused = len(report.unused)
    parts = [
        f"Served {count_text(len(report.served), 'interaction')}",
        f"{len(report.misses)} missed",
        f"{unused} not asked for",
        *(f"fault not met: {fault}" for fault in report.unmet_faults),
        *(f"error: {error}" for error in report.errors),
    ]
    return ", ".join(parts) + "."


@contextlib.contextmanager
def _signals() -> Iterator[threading.Event]:
    """Give an event that SIGINT and SIGTERM set, instead of what they did before."""
    ended = threading.Event()

    def end(_number: int, _frame: FrameType | None) -> None:
        ended.set()

    before = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield ended
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _say(text: str) -> None:
    with contextlib.suppress(BrokenPipeError):  # nobody listens any more; the client still does
        click.echo(visible(text), err=True)
