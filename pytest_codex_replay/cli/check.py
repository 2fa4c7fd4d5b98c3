"""`codex-replay check`."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path

import click
import orjson

from pytest_codex_replay.archive.check import Finding, check_session, repair_session
from pytest_codex_replay.archive.session import Session
from pytest_codex_replay.cli.options import archive_argument, json_option
from pytest_codex_replay.cli.targets import sessions_in

__all__ = ["check"]


@click.command("check")
@archive_argument
@click.option("--repair", is_flag=True, help="Write damaged segments anew from what is readable; keep the originals.")
@json_option
def check(path: Path | None, *, repair: bool, as_json: bool) -> None:
    """Say whether recordings are complete and undamaged.

    PATH is an archive, a cassette or a session directory (default ~/.codex-replay/sessions). A turn that Codex or the
    upstream broke off is recorded as it was and is no finding. Exit code 1 when there is a finding.

    \b
    Examples:
      codex-replay check
      codex-replay check cassettes/ --json
      codex-replay check ./sessions --repair
    """
    sessions = sessions_in(path)
    findings = [finding for session in sessions for finding in check_session(session)]
    kept = [kept for session in sessions for kept in repair_session(session)] if repair else []
    if as_json:
        report = {"sessions": len(sessions), "findings": [asdict(one) for one in findings], "kept": kept}
        click.echo(orjson.dumps(report, default=str, option=orjson.OPT_INDENT_2).decode())
    else:
        _print(sessions, findings, kept)
    sys.exit(1 if findings else 0)


def _print(sessions: list[Session], findings: list[Finding], kept: list[Path]) -> None:
    for finding in findings:
        click.echo(finding)
    for original in kept:
        click.echo(f"repaired; the original is {original}")
    damaged = sum(finding.is_damage for finding in findings)
    if damaged and not kept:
        click.echo("The rest is readable as it is; --repair writes it anew and keeps the originals.", err=True)
    click.echo(f"{len(sessions)} sessions, {len(findings)} findings, {damaged} of them damage", err=True)
