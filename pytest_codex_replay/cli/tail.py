"""`codex-replay tail`: follows sessions as they happen."""

import time
from collections.abc import Sequence
from pathlib import Path

import click

from pytest_codex_replay.archive.session import find_session
from pytest_codex_replay.cli.followed_session import is_live
from pytest_codex_replay.cli.following import Following
from pytest_codex_replay.cli.page import Page
from pytest_codex_replay.cli.targets import (
    GivenText,
    SessionPath,
    complete_session,
    default_archive,
    has_segments,
    names_in,
)
from pytest_codex_replay.errors import UsageError

_POLL_S = 0.03
"""With the 200 ms that a recorder lets events wait for company, an event is printed within 300 ms."""
_TICK_NS = 50_000_000
"""What file systems round times to, at most."""
_EPILOG = """\b
Examples:
  codex-replay tail                      all sessions that are being recorded, and those that begin
  codex-replay tail 01a1fd22-40 --all    one session, from its beginning on
  codex-replay tail --json | jq -c 'select(.type == "turn.failed")'
"""


@click.command("tail", epilog=_EPILOG)
@click.argument("path", required=False, type=SessionPath())
@click.argument("sessions", nargs=-1, type=GivenText(), shell_complete=complete_session)
@click.option("--all", "is_whole", is_flag=True, help="Also print what was recorded before now.")
@click.option("--until-end", is_flag=True, help="End with the last recording (default: at Ctrl-C).")
@click.option("--full", is_flag=True, help="Do not shorten long texts and outputs.")
@click.option("--json", "as_json", is_flag=True, help="Print each change as a line of JSON, for programs.")
def tail(
    *, path: Path | None, sessions: tuple[str, ...], is_whole: bool, until_end: bool, full: bool, as_json: bool
) -> None:
    """Print what is exchanged in sessions while they are recorded.

    PATH is an archive or a session directory (default ~/.codex-replay/sessions); SESSIONS are beginnings of session ids
    in it. Without them, the sessions that are being recorded are followed, and those that begin meanwhile.
    """
    place = path or default_archive()
    wanted = _wanted(place, sessions)
    follow(place, wanted, is_whole=is_whole, until_end=until_end, is_full=full, as_json=as_json)


def follow(
    place: Path, wanted: Sequence[Path], *, is_whole: bool, until_end: bool, is_full: bool, as_json: bool
) -> None:
    """Print what happens in sessions until they end, or a user has seen enough.

    Args:
        place: their archive, or the directory of the only one.
        wanted: their directories; empty: all that are being recorded, and those that begin.
        is_whole: print what was recorded before now, too.
        until_end: end with the last recording.
        is_full: do not shorten long texts.
        as_json: print each change as a line of JSON.
    """
    following = Following(Page(), is_full=is_full, as_json=as_json)
    try:
        _follow(following, place, wanted, is_whole=is_whole, until_end=until_end)
    except KeyboardInterrupt:
        click.echo(err=True)
    finally:
        following.close()


def _wanted(place: Path, names: Sequence[str]) -> list[Path]:
    """Return the sessions that are named; empty: all of the archive."""
    if names:
        return [find_session(place, name).path for name in names]
    if not place.is_dir():
        raise UsageError(f"{place}: no such directory. Record something: codex-replay record -- codex.")
    return [place] if has_segments(place) else []


def _follow(following: Following, place: Path, wanted: Sequence[Path], *, is_whole: bool, until_end: bool) -> None:
    arrivals = _Arrivals(place)
    there = wanted or arrivals.look()
    for path in there if wanted or is_whole else list(filter(is_live, there)):
        following.add(path, is_whole=is_whole)
    if not until_end:
        following.begin(place)
    while True:
        for path in () if wanted else arrivals.look():
            following.add(path, is_whole=True)
        goes_on = following.tell()
        if until_end and not goes_on:
            following.end()
            return
        time.sleep(_POLL_S)  # other processes write: no event says so on every file system


class _Arrivals:
    """Sees the sessions of an archive that are new since the last look; of ten thousand it looks at few each time."""

    def __init__(self, place: Path) -> None:
        self._place = place
        self._changed_ns = 0
        self._known: set[str] = set()
        self._without: set[str] = set()
        """Directories that hold no segment still."""

    def look(self) -> list[Path]:
        try:
            changed_ns = self._place.stat().st_mtime_ns
            if changed_ns != self._changed_ns:
                is_settled = time.time_ns() - changed_ns > _TICK_NS
                self._changed_ns = changed_ns if is_settled else 0  # else it may change again without another time
                names = set(names_in(self._place, is_checked=False)) - self._known
                self._known |= names
                self._without |= names
        except OSError:  # an archive that is still to come, or is gone
            return []
        found = {name for name in self._without if has_segments(self._place / name)}
        self._without -= found
        return [self._place / name for name in sorted(found)]
