"""`codex-replay push` and `pull`: sessions to object storage and back; and the copies that other verbs read."""

import sys
from collections.abc import Iterable
from dataclasses import asdict
from functools import partial
from pathlib import Path

import click
from rich.console import Console
from rich.progress import track

from pytest_codex_replay.archive.session import open_sessions
from pytest_codex_replay.cli.options import allow_option, json_option, user_rules
from pytest_codex_replay.cli.page import bytes_text, print_json, tell
from pytest_codex_replay.cli.targets import GivenPath, SessionPath, tell_deeper
from pytest_codex_replay.counting import count_text
from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.remote.address import is_url
from pytest_codex_replay.remote.pull import pull
from pytest_codex_replay.remote.push import Sent, push
from pytest_codex_replay.sharing.scan.external_scanner import find_external_scanner
from pytest_codex_replay.sharing.scan.files import scan_paths
from pytest_codex_replay.sharing.scan.scan import Scan, check_shareable

_PUSH_EPILOG = """\b
Examples:
  codex-replay push cassettes/ s3://team/cassettes
  codex-replay push --private ~/.codex-replay/sessions s3://mine/sessions
"""
_PULL_EPILOG = """\b
Examples:
  codex-replay pull s3://team/cassettes cassettes/
  codex-replay pull s3://mine/sessions/01a1fd22 sessions/
"""


def _url(ctx: click.Context, param: click.Parameter, value: str) -> str:  # noqa: ARG001  the signature is click's
    """Return a URL that fsspec may know."""
    if not is_url(value):
        raise UsageError(f"{value}: is not a URL, such as s3://bucket/archive. To copy between directories: cp -r")
    return value


@click.command("push", epilog=_PUSH_EPILOG)
@click.argument("path", metavar="PATH", type=SessionPath())
@click.argument("url", metavar="URL", callback=_url)
@click.option("--private", "is_private", is_flag=True, help="Send sessions that were not redacted, too.")
@click.option("--force", is_flag=True, help="Replace other sessions of the same names.")
@allow_option
@json_option
def push_command(*, path: Path, url: str, is_private: bool, force: bool, allow: tuple[str, ...], as_json: bool) -> None:
    """Send the sessions at PATH to the archive at URL, with a SHA256SUMS each. Needs the extra `remote`.

    What is there already is not sent again. A session that was not redacted is refused without --private; so is a
    cassette in which the scan finds a secret, or that it cannot read as a whole, and a link. A session that is being
    recorded is left out.
    """
    tell_deeper(path)
    total = len(open_sessions(path))
    if is_private:
        _report(push(path, url, is_private=True, force=force), url, "pushing", total, as_json=as_json)
        return
    user = user_rules(allow)
    scan = Scan(user, find_external_scanner())

    def check(session: Path) -> None:
        check_shareable(partial(scan_paths, [session], scan), user.allow, refused="Nothing was sent")

    _report(push(path, url, force=force, check=check), url, "pushing", total, as_json=as_json)


@click.command("pull", epilog=_PULL_EPILOG)
@click.argument("url", metavar="URL", callback=_url)
@click.argument("target", metavar="DIR", type=GivenPath())
@json_option
def pull_command(*, url: str, target: Path, as_json: bool) -> None:
    """Fetch the sessions at URL, an archive or one session, into DIR. Needs the extra `remote`.

    Each is checked by its SHA256SUMS first. What is here already is not fetched again. Another session of the same name
    stays as it is. Exit code 1 where a session was left out.
    """
    _report(pull(url, target), str(target), "pulling", as_json=as_json)


def _report(sent: Iterable[Sent], where: str, doing: str, total: int | None = None, *, as_json: bool) -> None:
    """Say what became of each session, as it happens; at a terminal, behind a bar that says how many are done."""
    found = []
    console = Console(stderr=True)
    hidden = as_json or not console.is_terminal
    try:
        for one in track(sent, doing, total, console=console, disable=hidden, transient=True):
            found.append(one)
            if hidden and not as_json:
                _tell(one)
    finally:
        for one in () if hidden else found:  # a line within the bar would be garbled
            _tell(one)
    left_out = [one for one in found if not one.is_done]
    if as_json:
        print_json([asdict(one) for one in found])
    else:
        unchanged = sum(one.what == "unchanged" for one in found)
        tell(f"{where}: {count_text(len(found), 'session')}, {unchanged} unchanged, {len(left_out)} left out")
    if left_out:
        sys.exit(1)


def _tell(one: Sent) -> None:
    if one.what != "unchanged":
        tell(f"{one.name}: {one.what}{f' ({bytes_text(one.size)})' if one.size else ''}", err=not one.is_done)
