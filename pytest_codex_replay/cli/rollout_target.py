"""What `show` takes: a session, or a rollout in `CODEX_HOME` by the beginning of its thread id, as `ls` prints it.

And the rollouts that are there of a session whose recorder put none beside the traffic.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from pytest_codex_replay.cli.targets import NoSuchSessionError
from pytest_codex_replay.cli.url_path import SessionOrUrl
from pytest_codex_replay.errors import UsageError

if TYPE_CHECKING:  # what interprets recordings is imported where it is needed
    from pytest_codex_replay.reading import RecordedSession
    from pytest_codex_replay.rollouts import RecordedRollout


class SessionOrRollout(SessionOrUrl):
    """A path, or the beginning of an id; where no session has it, that of a thread with a rollout."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the path of the session or of the rollout.

        Raises:
            UsageError: there is neither, or there are several.
        """
        try:
            return super().convert(value, param, ctx)
        except NoSuchSessionError:
            found = find_thread(str(value)) if Path(value).name == str(value) else None
            if found is None:
                raise
            return found


def find_thread(beginning: str) -> Path | None:
    """Return the rollout in `CODEX_HOME` of the thread whose id begins so; the one that is not archived, if any.

    Raises:
        UsageError: several threads begin so.
    """
    from pytest_codex_replay.cli.rollout_query import codex_home, full_id  # noqa: PLC0415  heavy
    from pytest_codex_replay.codex_home.rollout_files import rollout_files  # noqa: PLC0415  likewise

    try:
        files = [file for file in rollout_files(codex_home()) if file.thread_id.startswith(beginning)]
    except (OSError, UsageError):  # Codex has no home here, or it may not be read
        return None
    if not files:
        return None
    thread = full_id(beginning, {file.thread_id for file in files})
    return next(file.path for file in files if file.thread_id == thread)


class InHome(NamedTuple):
    """What `CODEX_HOME` has of the threads of a session without a rollout beside the traffic."""

    home: Path | None
    """None: Codex has no home here, or it may not be read."""
    rollouts: "tuple[RecordedRollout, ...]" = ()
    missing: tuple[str, ...] = ()
    """Ids of the threads of which it has none either."""


def rollouts_in_home(session: "RecordedSession") -> InHome:
    """Return the rollouts in `CODEX_HOME` of the threads of a session that have none beside the traffic."""
    from pytest_codex_replay.cli.rollout_query import codex_home  # noqa: PLC0415  heavy
    from pytest_codex_replay.codex_home.rollout_files import rollouts_of_session  # noqa: PLC0415  likewise
    from pytest_codex_replay.rollouts import RecordedRollout  # noqa: PLC0415  likewise

    beside = {one.thread_id for one in session.rollouts if one.is_readable}
    threads = [one for one in session.threads if one.helper_kind is None]
    wanted = [one.id for one in threads if one.id not in beside]
    if not wanted and (session.threads or beside):
        return InHome(None)
    try:
        home = codex_home()
        found = rollouts_of_session(home, session.id, wanted, session.started_at)
    except (OSError, UsageError):
        return InHome(None)
    rollouts = tuple(RecordedRollout(path) for path in found.values() if path is not None)
    missing = () if session.is_cassette else tuple(thread for thread, path in found.items() if path is None)
    return InHome(home, rollouts, missing)
