"""`codex-replay redact`: from archive to cassette."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from rich.console import Console
from rich.progress import Progress

from pytest_codex_replay.cli.ending import LEFT_OUT, cleaned_up
from pytest_codex_replay.cli.options import allow_option, identity_option, user_rules
from pytest_codex_replay.cli.page import command_text, tell
from pytest_codex_replay.cli.targets import GivenPath, SessionPath, helpers_beside
from pytest_codex_replay.codex.threads import TITLE
from pytest_codex_replay.counting import count_text
from pytest_codex_replay.errors import CodexReplayError
from pytest_codex_replay.reading import RecordedSession, open_archive
from pytest_codex_replay.sharing.git_attributes import attributes_advice
from pytest_codex_replay.sharing.proof import NotProvenError
from pytest_codex_replay.sharing.redact import redact_archive
from pytest_codex_replay.sharing.scan.external_scanner import find_external_scanner

_EPILOG = """\b
Examples:
  codex-replay redact ~/.codex-replay/sessions/0199… cassettes/fix_bug
  codex-replay redact ./sessions ./cassettes
"""


@click.command("redact", epilog=_EPILOG)
@click.argument("source", metavar="SRC", type=SessionPath())
@click.argument("target", metavar="DST", type=GivenPath())
@click.option("--force", is_flag=True, help="Replace DST if it is a cassette; its settings stay.")
@click.option("--no-verify", is_flag=True, help="Write DST even if it would not replay as SRC; its manifest says so.")
@click.option(
    "--keep-times", is_flag=True, help="Keep real durations and gaps, e.g. of a stall; else they are made up."
)
@click.option(
    "--jobs", metavar="N", type=click.IntRange(min=1), help="Processes for several sessions (default: the cores)."
)
@identity_option
@allow_option
def redact(
    *,
    source: Path,
    target: Path,
    force: bool,
    no_verify: bool,
    keep_times: bool,
    jobs: int | None,
    allow: tuple[str, ...],
    identity: str | None,
) -> None:
    """Write the archive SRC as the cassette DST: plain text without secrets and names of people.

    If SRC is one session directory, so is DST, without what Codex began beside it (its title). If SRC is an archive,
    DST holds one directory for each session. SRC is not changed. The result is first scanned, and replayed against SRC.
    If the scan finds a secret, or a request of SRC would not find its answer, nothing is written and the exit code is
    1. The exit code 2 means any other error. It is 3 if DST lacks what could not be read of SRC, or one of its sessions
    that could not be shared, which is reported.
    """
    user, scanner = user_rules(allow, identity), find_external_scanner()
    left_out: list[CodexReplayError] = []
    try:
        with cleaned_up(), _progress() as on_progress:
            done = redact_archive(
                source,
                target,
                force=force,
                force_option="--force",
                verify=not no_verify,
                verify_option="--no-verify",
                keep_times=keep_times,
                external_scanner=scanner,
                user=user,
                jobs=jobs,
                on_progress=on_progress,
                on_left_out=left_out.append,
            )
    except NotProvenError as error:
        for deviation in error.deviations:
            tell(str(deviation), err=True)
        raise
    unreviewed = sum(one.unreviewed for one in done)
    for one in done:
        kind = RecordedSession(one.target).helper_kind  # its manifest is fresh: nothing is read again
        tell(f"{one.target}: {count_text(one.records, 'record')}{f' ({kind})' if kind else ''}")
        for damage in one.damages:
            tell(f"  damaged, left out: {damage}", err=True)
    if unreviewed:
        tell(f"{count_text(unreviewed, 'value')} unreviewed: {command_text('review', target)}", err=True)
    for missing in left_out:
        tell(f"left out: {missing}", err=True)
    for line in _beside(source, target) if len(done) == 1 else ():
        tell(line, err=True)
    if (advice := attributes_advice(target)) is not None:
        tell(advice, err=True)
    if left_out or any(one.damages for one in done):
        sys.exit(LEFT_OUT)


@contextmanager
def _progress() -> Iterator[Callable[[int, int], None]]:
    """Give what shows at a terminal how many sessions are done."""
    console = Console(stderr=True)
    shown = Progress(console=console, transient=True, disable=not console.is_terminal, auto_refresh=False)
    with shown:  # without a thread of its own: the sessions are done in copies of this process
        task = shown.add_task("redacting", total=None)
        yield lambda done, total: shown.update(task, completed=done, total=total, refresh=True)


def _beside(source: Path, target: Path) -> Iterator[str]:
    """Yield what the cassette of one session does not have, or is."""
    session, kind = open_archive(source)[0], open_archive(target)[0].helper_kind
    if kind is not None:
        what = f"what Codex began beside a conversation ({kind})"
        yield f"{target}: holds {what}. List conversations: {command_text('ls', source.parent)}"
    for helper in helpers_beside(session):
        why = " A replay answers title requests without it." if helper.helper_kind == TITLE else ""
        keep = f"To keep it, redact the archive: {command_text('redact', source.parent)} DST"
        yield f"{helper.path}: left out ({helper.helper_kind}).{why} {keep}"
