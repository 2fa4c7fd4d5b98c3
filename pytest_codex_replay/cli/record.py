"""`codex-replay record`."""

import os
import signal
import sys
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from pathlib import Path

import click

from pytest_codex_replay.cli.options import port_option, user_rules
from pytest_codex_replay.cli.page import print_json_line, tell
from pytest_codex_replay.cli.recorded import cassette_path, make_cassette, sessions_of_run, sizes, tell_recorded
from pytest_codex_replay.cli.targets import GivenPath, GivenText, default_archive
from pytest_codex_replay.counting import count_text
from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.launch.embedded_recorder import EmbeddedRecorder
from pytest_codex_replay.launch.origins import without_password
from pytest_codex_replay.launch.recorder_process import RecorderProcess, RecordingSetup
from pytest_codex_replay.launch.recording import (
    PointedCommand,
    check_archive,
    check_command,
    run_command,
    undisturbed,
)
from pytest_codex_replay.launch.through_proxy import company_proxy
from pytest_codex_replay.launch.users_codex import Upstream, UsersCodex

Recorder = RecorderProcess | EmbeddedRecorder


@click.command("record", context_settings={"allow_interspersed_args": False})
@click.option(
    "--upstream", metavar="URL", type=GivenText(), help="Base URL to record (default: where the user's Codex goes)."
)
@click.option("--archive", type=GivenPath(), help="Where to record (default ~/.codex-replay/sessions).")
@click.option("--cassette", metavar="NAME", help="Also redact the recording into cassettes/NAME.")
@click.option("--proxy", is_flag=True, help="Record as an HTTPS proxy: all that the command sends, to any host.")
@click.option("--web", is_flag=True, help="Show the traffic in mitmweb meanwhile; as --proxy, or with --upstream.")
@port_option
@click.argument("command", nargs=-1, type=click.UNPROCESSED)
def record(
    *,
    upstream: str | None,
    archive: Path | None,
    cassette: str | None,
    proxy: bool,
    web: bool,
    port: int,
    command: tuple[str, ...],
) -> None:
    """Record what a command exchanges with its model.

    Starts the recorder, runs COMMAND through it, and names the sessions that were recorded. The exit code is that of
    COMMAND. Without COMMAND the recorder runs until Ctrl-C; the first line of stdout is its address, as JSON.

    The upstream is that of --upstream, else of Codex's configuration, else $OPENAI_BASE_URL, else that of Codex's
    login. COMMAND may start Codex in any way: its CODEX_HOME has your configuration, with other base URLs.

    \b
    Examples:
      codex-replay record -- codex exec "fix the bug"
      codex-replay record --archive ./sessions -- python my_agent.py
      codex-replay record --cassette fix_bug -- ./fix.sh
      codex-replay record --proxy -- codex      all that Codex sends, to any host
      codex-replay record                       run on; point clients at the printed address
    """
    user_rules()
    if proxy and upstream:
        raise UsageError("--proxy records all hosts: leave out --upstream.")
    if command:
        check_command(command)
    target = None if cassette is None else cassette_path(cassette)
    codex = UsersCodex.read(os.environ, command)
    is_proxy = proxy or (web and not upstream)
    goes_to = None if is_proxy else codex.for_others(upstream) if command else codex.upstream(upstream)
    url = _url_of(goes_to)
    place = _place(archive)
    setup = RecordingSetup(archive=place, upstream=url, port=port, codex_home=codex.home, is_web=web)
    before = sizes(place)
    with ExitStack() as stack:
        recorder: Recorder = RecorderProcess(setup) if is_proxy or web else EmbeddedRecorder(setup)
        stack.enter_context(recorder)
        troubles: list[str] = []
        if not command:
            code = _keep_on(recorder)
        elif is_proxy:
            code = _run_proxied(recorder, command, stack)
        else:
            pointed = stack.enter_context(PointedCommand(recorder, codex, command, upstream))
            code, troubles = _run_pointed(pointed, codex.upstream(upstream), stack), pointed.troubles
        with undisturbed():
            stack.close()
    _report([*troubles, *recorder.warnings], recorder.withheld)
    sessions = sessions_of_run(place, before, recorder.run)
    has_cassette = target is not None
    tell_recorded(
        sessions,
        recorder.unreached,
        is_proxy=is_proxy,
        has_command=bool(command),
        has_cassette=has_cassette,
        has_losses=bool(recorder.warnings),
    )
    if target is not None:
        make_cassette(sessions, target)
    sys.exit(code)


def _url_of(upstream: Upstream | None) -> str | None:
    """Return where requests go, which was found fit for it; None: to any host."""
    if upstream is None:
        return None
    upstream.check()
    return upstream.url


def _place(archive: Path | None) -> Path:
    """Return where to record, which was found fit for it."""
    place = (archive or default_archive()).resolve()
    check_archive(place, "--archive")
    return place


def _report(lines: Iterable[str], withheld: Mapping[str, int]) -> None:
    """Print what went wrong, and what was not passed on."""
    for line in [*lines, *(f"Not passed on, {count_text(count, 'time')}: {what}" for what, count in withheld.items())]:
        tell(line, err=True)


def _run_pointed(pointed: PointedCommand, upstream: Upstream, stack: ExitStack) -> int:
    """Report where the requests go, and run the command."""
    tell(f"Recording {upstream.shown} ({upstream.why})", err=True)
    others = pointed.others.shown
    theirs = "" if others == upstream.shown else f", which records {others}"
    _show(pointed.recorder, [f"{pointed.how}{theirs}", *pointed.notes])
    with undisturbed():
        code = pointed.run()
        _report_early_end(pointed.recorder)
        stack.close()
    return code


def _run_proxied(recorder: Recorder, command: tuple[str, ...], stack: ExitStack) -> int:
    """Report what leads through the proxy, and run the command."""
    assert isinstance(recorder, RecorderProcess)
    behind = company_proxy()
    excepted = os.environ.get("NO_PROXY") or os.environ.get("no_proxy")
    notes = [] if behind is None else [f"Behind the proxy {without_password(str(behind))}"]
    if behind is not None and excepted:
        notes.append(f"Not recorded, as NO_PROXY excepts them: {excepted}")
    tell("Recording all hosts: the command has this proxy, and certificates that trust it", err=True)
    _show(recorder, notes)
    with undisturbed():
        code = run_command(command, {**os.environ, **recorder.proxy_env})
        _report_early_end(recorder)
        stack.close()
    return code


def _show(recorder: Recorder, notes: list[str]) -> None:
    page = []
    if isinstance(recorder, RecorderProcess) and recorder.page:
        page = [
            f"To look at it meanwhile: {recorder.page}",
            "mitmweb keeps all bodies and messages in memory until it ends",
            "Before mitmproxy 11.1 it keeps no streamed body: answers over HTTP are recorded, but not shown",
        ]
    for line in [*notes, *page]:
        tell(f"  {line}", err=True)


def _report_early_end(recorder: Recorder) -> None:
    if recorder.has_ended:
        _tell_output("The recorder ended before the command did:", recorder)


def _keep_on(recorder: Recorder) -> int:
    """Record until Ctrl-C or SIGTERM."""
    for number in (signal.SIGINT, signal.SIGTERM):  # a shell starts its background processes with SIGINT ignored
        signal.signal(number, signal.default_int_handler)
    address = {"archive": str(recorder.setup.archive)}
    if isinstance(recorder, RecorderProcess) and not recorder.setup.upstream:
        environment = recorder.proxy_env
        how = "  ".join(f"{name}={environment[name]}" for name in ("HTTPS_PROXY", "CODEX_CA_CERTIFICATE"))
        address |= {"proxy": environment["HTTPS_PROXY"], "ca": environment["CODEX_CA_CERTIFICATE"]}
    else:
        how = f"codex -c 'openai_base_url=\"{recorder.base_url}\"'"
        address |= {"base_url": recorder.base_url, "upstream": without_password(recorder.setup.upstream or "")}
    print_json_line(address)
    tell(f"Recording to {recorder.setup.archive}. Point Codex here:  {how}", err=True)
    tell("Ctrl-C ends it.", err=True)
    _show(recorder, [])
    try:
        recorder.wait()
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        return 0
    _tell_output("Error: the recorder ended by itself:", recorder)
    return 1


def _tell_output(head: str, recorder: Recorder) -> None:
    for line in (head, *recorder.output.splitlines()):
        tell(line, err=True)
