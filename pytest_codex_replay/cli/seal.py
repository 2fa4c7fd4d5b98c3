"""`codex-replay seal`: compress cold sessions of an archive once more."""

import os
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import track

from pytest_codex_replay.archive.files import Files
from pytest_codex_replay.archive.seal import seal_session
from pytest_codex_replay.archive.session import Session
from pytest_codex_replay.cli.options import json_option
from pytest_codex_replay.cli.page import Page, bytes_text, duration_text, print_json, tell
from pytest_codex_replay.cli.targets import SessionPath, default_archive
from pytest_codex_replay.counting import count_text
from pytest_codex_replay.errors import ArchiveError, UsageError
from pytest_codex_replay.recorder.retention import StoredSession, parse_days, stored_session, stored_sessions
from pytest_codex_replay.recorder.rollout_copies import compress_rollouts

_DAY_MS = 86_400_000
_EPILOG = """\b
Examples:
  codex-replay seal                    sessions that were last written to more than an hour ago
  codex-replay seal ~/archive --cold-for 2w
"""


@click.command("seal", epilog=_EPILOG)
@click.argument("path", required=False, type=SessionPath())
@click.option(
    "--cold-for", "age", metavar="AGE", default="1h", show_default=True, help="How long it was not written to."
)
@json_option
def seal(*, path: Path | None, age: str, as_json: bool) -> None:
    """Compress cold sessions once more: about a quarter smaller, and read as before.

    PATH is an archive or a session directory (default ~/.codex-replay/sessions). A session that is being recorded is
    left alone, and what is sealed is not sealed again. Codex's transcripts beside the traffic are compressed, too. It
    may be interrupted at any moment. Cassettes stay plain text.
    """
    started = time.monotonic()
    place = path or default_archive()
    cold = _cold(place, age)
    rows: list[dict[str, Any]] = []
    try:
        rows.extend(_sealed(cold, is_quiet=as_json))
    except KeyboardInterrupt:
        click.echo(
            f"Interrupted: {len(rows):,} of {count_text(len(cold), 'cold session')}. Type it again to go on.", err=True
        )
        raise
    seconds = round(time.monotonic() - started, 3)
    before, after = (sum(row[name] for row in rows) for name in ("bytes_before", "bytes_after"))
    failed = [row for row in rows if row["error"]]
    if as_json:
        total = {"bytes_before": before, "bytes_after": after, "ratio": round(after / before, 4) if before else None}
        print_json({**total, "seconds": seconds, "sessions": rows})
        sys.exit(1 if failed else 0)
    page = Page()
    if not rows:
        tell(f"Nothing to seal: {_nothing(place, age)}")
        return
    for row in failed:
        page.warn(row["error"])
    sealed = sum(row["segments"] > 0 for row in rows)
    size = f"{bytes_text(before)} -> {bytes_text(after)}"
    page.plain(f"Sealed {sealed} of {count_text(len(rows), 'cold session')}: {size}, {duration_text(seconds * 1000)}")
    sys.exit(1 if failed else 0)


def _nothing(place: Path, age: str) -> str:
    if stored_session(place) is None and not stored_sessions(place):
        return f"{place} has no recorded session. Cassettes stay plain text."
    return f"no session was last written to more than {age} ago, or it is being recorded."


def _cold(path: Path, age: str) -> Sequence[StoredSession]:
    """Return the sessions at `path` that were not written to lately."""
    try:
        days = parse_days(age) or 0
    except ValueError as error:
        raise UsageError(f"--cold-for: {error}") from error
    if not path.is_dir():
        raise UsageError(f"{path}: {'is a file, not an archive' if path.exists() else 'no such directory'}.")
    one = stored_session(path)
    since = time.time() * 1000 - days * _DAY_MS
    return [each for each in ([one] if one else stored_sessions(path)) if not each.is_open and each.changed_ms < since]


def _sealed(sessions: Sequence[StoredSession], *, is_quiet: bool) -> Iterator[dict[str, Any]]:
    """Seal sessions in parallel (zstd works outside of the interpreter's lock); yield what became of each."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        futures = [pool.submit(_outcome, session) for session in sessions]
        console = Console(stderr=True)
        hidden = is_quiet or not console.is_terminal
        try:
            for future in track(
                as_completed(futures), "sealing", len(futures), console=console, disable=hidden, transient=True
            ):
                yield future.result()
        except KeyboardInterrupt:
            pool.shutdown(cancel_futures=True)
            raise


def _outcome(session: StoredSession) -> dict[str, Any]:
    error, segments, rollouts, before, after = None, 0, 0, session.bytes, session.bytes
    try:
        sealed = seal_session(Session(session.path), Files())
        segments, before, after = sealed.segments, sealed.bytes_before, sealed.bytes_after
        rollouts = compress_rollouts(Files(), session.path)
    except ArchiveError as refused:
        error = str(refused)
    except OSError as refused:
        error = f"{session.path}: not sealed ({refused.strerror})"
    return {
        "path": str(session.path),
        "segments": segments,
        "rollouts": rollouts,
        "bytes_before": before,
        "bytes_after": after,
        "error": error,
    }
