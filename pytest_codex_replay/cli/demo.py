"""`codex-replay demo`."""

import os
import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import click

from pytest_codex_replay.cli.page import command_text, tell
from pytest_codex_replay.cli.show import show
from pytest_codex_replay.cli.targets import GivenPath
from pytest_codex_replay.errors import CodexReplayError, UsageError
from pytest_codex_replay.launch.arguments import codex_args
from pytest_codex_replay.launch.codex_cli import CodexCli, find_codex
from pytest_codex_replay.launch.embedded_recorder import EmbeddedRecorder
from pytest_codex_replay.launch.recorder_process import MITMDUMP_VARIABLE, RecorderProcess, RecordingSetup
from pytest_codex_replay.serving import ReplayServer
from pytest_codex_replay.sharing.redact import redact_archive
from pytest_codex_replay.upstream import SCENARIOS, ScriptedUpstream
from pytest_codex_replay.upstream.client import SmallClient

Client = Callable[[str, str], list[dict[str, Any]]]
"""Takes a name for its home and a base URL; returns the items of its conversation."""
_PLACE = "~/.codex-replay/demo"
"""Where the recordings and the last cassette stay."""
_HOME = "codex-home"
"""Of Codex, in the directory of a run."""
_PROMPT = "Do the three steps."


@click.command("demo")
@click.option("--keep", type=GivenPath(), help="Where to record (default ~/.codex-replay/demo/sessions).")
@click.pass_context
def demo(context: click.Context, keep: Path | None) -> None:
    """Record a session, redact it and replay it, with no account and no network.

    A script plays the model. The real Codex CLI asks it what to do, through the recorder, and runs the three commands
    that it answers. Then the script is stopped, the recording becomes a cassette, and Codex gets the same answers from
    the cassette. Without Codex a small client takes its place. The last lines name what was made, and what to do next.

    \b
    Examples:
      codex-replay demo
      codex-replay demo --keep ./demo-session && codex-replay show ./demo-session
    """
    with ExitStack() as stack:
        work = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="codex-replay-demo-")))
        place = Path(_PLACE).expanduser()
        archive = (keep or place / "sessions").absolute()
        client = _client(work)
        _step(1, f"recording to {archive}")
        before = set(archive.iterdir()) if archive.is_dir() else set()
        recorded = _record(client, archive, work)
        (session,) = set(archive.iterdir()) - before
        _step(2, "the session")
        context.invoke(show, path=session)
        cassette = place / "cassette"
        _step(3, "redacting it into a cassette, free of secrets, to commit and to share")
        cassette.parent.mkdir(parents=True, exist_ok=True)
        (redacted,) = redact_archive(session, cassette, force=True)
        click.echo(f"{redacted.records:,} records, scanned")
        _step(4, "replaying the cassette; the upstream is stopped")
        with ReplayServer(cassette) as server:
            replayed = client("replayed", server.base_url)
        code = _compare(recorded, replayed)
        _say_what_is_next(session, cassette)
        sys.exit(code)


def _client(work: Path) -> Client:
    """Return the real Codex, or the bundled client where Codex is not installed; print which."""
    try:
        binary = find_codex()
    except UsageError:
        click.echo("Client: the bundled one. Install the real Codex CLI to see it here: npm install -g @openai/codex")
        return lambda _name, base_url: SmallClient(base_url).exec(_PROMPT)
    tell(f"Client: the real Codex CLI ({binary})")
    return lambda name, base_url: _codex(binary, work / name, base_url)


def _codex(binary: Path, place: Path, base_url: str) -> list[dict[str, Any]]:
    cwd = place / "workspace"
    cwd.mkdir(parents=True)
    env = {"CODEX_API_KEY": "sk-demo-needs-no-key", "HOME": str(place)}  # without start-up files, which may print
    codex = CodexCli(binary, home=place / _HOME, cwd=cwd, args=codex_args(base_url), env=env)
    run = codex.exec(_PROMPT)
    if run.exit_code:
        raise CodexReplayError(f"codex exec failed: {'; '.join(run.errors) or run.stderr.strip()}")
    return list(run.items)


def _record(client: Client, archive: Path, work: Path) -> list[dict[str, Any]]:
    with ScriptedUpstream(SCENARIOS["tool-loop"].script()) as upstream:
        setup = RecordingSetup(archive=archive, upstream=upstream.base_url, codex_home=work / "recorded" / _HOME)
        with _recorder(setup) as recorder:
            return client("recorded", recorder.base_url)


def _recorder(setup: RecordingSetup) -> RecorderProcess | EmbeddedRecorder:
    """Return mitmdump with the addon, or the embedded recorder where mitmdump is not installed; print which."""
    try:
        return RecorderProcess(setup)
    except UsageError:
        if os.environ.get(MITMDUMP_VARIABLE):  # the one that is named has to be there
            raise
        click.echo("Recorder: the embedded one. Install mitmproxy to see it here: codex-replay's extra `record`")
        return EmbeddedRecorder(setup)


def _compare(recorded: list[dict[str, Any]], replayed: list[dict[str, Any]]) -> int:
    if recorded == replayed:
        click.echo(f"The replay gave the same {len(recorded)} items as the recording.")
        return 0
    click.echo("The replay differs from the recording:", err=True)
    for one, other in zip(recorded, replayed, strict=False):
        if one != other:
            click.echo(f"  recorded {one}\n  replayed {other}", err=True)
    click.echo(f"  {len(recorded)} items were recorded, {len(replayed)} replayed", err=True)
    return 1


def _say_what_is_next(session: Path, cassette: Path) -> None:
    tell("")
    for what, path, verb in (("The recording", session, "show"), ("The cassette ", cassette, "serve")):
        tell(f"{what}  {path}")
        tell(f"  {command_text(verb, path)}")
    click.echo('Your own:      codex-replay record -- codex exec "…"')


def _step(number: int, text: str) -> None:
    click.echo(f"\n{number}. {text}")
