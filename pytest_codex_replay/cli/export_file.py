"""`codex-replay export --format har`, `mitm` and `vcr`: one file."""

import sys
from collections.abc import Iterator
from pathlib import Path

from rich.console import Console
from rich.progress import track

from pytest_codex_replay import __version__
from pytest_codex_replay.archive.record import Record
from pytest_codex_replay.archive.session import Session, open_sessions
from pytest_codex_replay.cli.ending import LEFT_OUT
from pytest_codex_replay.cli.new_file import new_file
from pytest_codex_replay.cli.page import print_json, tell
from pytest_codex_replay.counting import count_text
from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.interop.exporting import all_flows, as_vcr, told_of
from pytest_codex_replay.interop.har import write_har
from pytest_codex_replay.interop.mitm import check_is_here, write_flows
from pytest_codex_replay.interop.vcr_files import serializer_for, written


def print_file(form: str, path: Path, out: Path, *, as_json: bool) -> None:
    """Write one file, and say what it holds and what not.

    Raises:
        UsageError: it is there already, or cannot be written.
    """
    serializer = serializer_for(out.name)
    if form == "vcr" and serializer is None:
        raise UsageError(f"{out}: vcrpy reads .yaml, .yml and .json. Name OUT like that.")
    if form == "mitm":
        check_is_here(f"--format {form}")
    found = open_sessions(path)
    lines: list[str] = []
    counts = {"sessions": len(found), "exchanges": 0, "messages": 0, "left_out": 0}
    with new_file(out) as descriptor, open(descriptor, "wb") as file:  # noqa: PTH123  not a path
        told = _told(found, lines, is_quiet=as_json)
        flows = all_flows(told, lines, counts)
        if form == "vcr" and serializer is not None:
            file.writelines(written(as_vcr(told, lines, counts), serializer))
        elif form == "mitm":
            write_flows(flows, file)
        else:
            write_har(flows, file.write, __version__)
    if as_json:
        print_json({"format": form, "path": str(out), **counts, "not_carried": lines})
    else:
        _print(out, counts, lines)
    sys.exit(LEFT_OUT if counts["left_out"] else 0)


def _print(out: Path, counts: dict[str, int], lines: list[str]) -> None:
    for line in lines:
        tell(line, err=True)
    tell(f"{out}: {count_text(counts['sessions'], 'session')}, {count_text(counts['exchanges'], 'exchange')}")


def _told(sessions: list[Session], lines: list[str], *, is_quiet: bool) -> Iterator[tuple[Session, Iterator[Record]]]:
    """Yield each session with its records; note what neither format carries."""
    console = Console(stderr=True)
    hidden = is_quiet or not console.is_terminal
    for session in track(sessions, "exporting", console=console, disable=hidden, transient=True):
        yield from told_of(session, lines)
