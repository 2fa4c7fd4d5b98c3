"""`codex-replay check`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

import click
import orjson

from pytest_codex_replay.archive.check import (
    Problem,
    check_sessions,
    has_lost_manifest,
    is_recording,
    left_over,
    repair_session,
    restore_manifest,
)
from pytest_codex_replay.archive.manifest import MANIFEST
from pytest_codex_replay.archive.session import Session, sessions_below
from pytest_codex_replay.archive.value_files import unused_values
from pytest_codex_replay.cli.options import json_option
from pytest_codex_replay.cli.page import UNVERIFIED, command_text, tell
from pytest_codex_replay.cli.targets import SessionPath
from pytest_codex_replay.counting import count_text
from pytest_codex_replay.errors import ArchiveError, UsageError
from pytest_codex_replay.reading import check_rollouts, open_archive
from pytest_codex_replay.sharing.cassette import is_unverified
from pytest_codex_replay.visible import visible_json

_LOST = f"{MANIFEST} is missing or cannot be read; whether the traffic was altered is not known. --repair makes it anew"


@click.command("check")
@click.argument("path", required=False, type=SessionPath(tells=True))
@click.option(
    "--repair", is_flag=True, help="Write damaged segments, and a lost session.json, anew; keep the originals."
)
@json_option
def check(path: Path | None, *, repair: bool, as_json: bool) -> None:
    """Say whether recordings are complete and undamaged.

    PATH is an archive, a cassette or a session directory (default ~/.codex-replay/sessions). A turn that Codex or the
    upstream ended early is not a problem. Nor is a session that is still being recorded. Exit code 1 when there is a
    problem.

    \b
    Examples:
      codex-replay check
      codex-replay check cassettes/ --json
      codex-replay check ./sessions --repair
    """
    place = path or open_archive().path
    left, is_aside = left_over(place) if place.is_dir() else ([], False)
    try:
        sessions = sessions_below(place)
    except UsageError:
        if not is_aside:
            raise
        sessions = []
    findings, readable = check_sessions(sessions)
    findings += (problem for session in readable for problem in check_rollouts(session))
    kept = [kept for session in readable for kept in repair_session(session)] if repair else []
    lost = [session for session in readable if has_lost_manifest(session)]
    restored = list(_restored(lost)) if repair else []
    unused = unused_values(place)
    live = [session.name for session in readable if is_recording(session)]
    unverified = [session.name for session in sessions if is_unverified(session)]
    if as_json:
        report = {
            "sessions": len(sessions),
            "recording": live,
            "unverified": unverified,
            "findings": [asdict(one) for one in findings],
            "kept": kept,
            "lost_manifests": [session.name for session in lost],
            "unused_values": unused,
            "left_over": left,
        }
        click.echo(visible_json(orjson.dumps(report, default=str, option=orjson.OPT_INDENT_2).decode()))
    else:
        _print(sessions, live, findings, kept)
        for made in restored:
            tell(f"{made}: made anew from the traffic")
        for session in lost if not repair else ():  # else it was restored, or a finding says why it was not
            tell(f"{session.name}: {_LOST}", err=True)
        for line in left:
            tell(line, err=True)
        for name in unverified:
            tell(f"{name} {UNVERIFIED}", err=True)
        if unused and not findings:  # a session that is damaged may want them, once it is whole again
            what = count_text(len(unused), "unused shared value")
            tell(f"{place}: {what}; {command_text('dedupe', place, '--prune')} removes them", err=True)
    sys.exit(1 if findings or is_aside else 0)


def _restored(sessions: list[Session]) -> Iterator[Path]:
    """Make lost manifests anew; one that cannot be made, as a value of its session is missing, does not hide others."""
    for session in sessions:
        with suppress(ArchiveError):
            yield restore_manifest(session)


def _print(sessions: list[Session], live: list[str], findings: list[Problem], kept: list[Path]) -> None:
    for finding in findings:
        tell(finding)
    for original in kept:
        tell(f"repaired; the original is {original}")
    for name in live:
        tell(f"{name} is being recorded; check it again when it is over", err=True)
    damaged = sum(finding.is_damage for finding in findings)
    if damaged and not kept:
        tell("The rest is readable as it is; --repair writes it anew and keeps the originals.", err=True)
    totals = [count_text(len(sessions), "session"), count_text(len(findings), "problem")]
    totals += [f"{damaged} {'is' if damaged == 1 else 'are'} damage"] if damaged else []
    tell(", ".join(totals), err=True)
