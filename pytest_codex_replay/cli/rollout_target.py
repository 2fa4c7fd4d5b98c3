"""What `show` takes: a session, or a rollout in `CODEX_HOME` by the beginning of its thread id, as `ls` prints it."""

from pathlib import Path
from typing import Any

import click

from pytest_codex_replay.archive.names import nearest_names
from pytest_codex_replay.cli.url_path import SessionOrUrl
from pytest_codex_replay.errors import UsageError


class SessionOrRollout(SessionOrUrl):
    """A path, or the beginning of an id; where no session has it, that of a thread with a rollout."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the path of the session or of the rollout.

        Raises:
            UsageError: there is neither, or there are several.
        """
        try:
            return super().convert(value, param, ctx)
        except UsageError as error:
            if "no session begins with" not in str(error) or Path(value).name != str(value):
                raise
            if (found := find_thread(str(value))) is None:
                raise
            return found


def find_thread(beginning: str) -> Path | None:
    """Return the rollout in `CODEX_HOME` of the thread whose id begins so; the one that is not archived, if any.

    Raises:
        UsageError: several threads begin so.
    """
    from pytest_codex_replay.cli.rollout_query import codex_home  # noqa: PLC0415  heavy
    from pytest_codex_replay.codex_home.rollout_files import rollout_files  # noqa: PLC0415  likewise

    try:
        files = [file for file in rollout_files(codex_home()) if file.thread_id.startswith(beginning)]
    except (OSError, UsageError):  # Codex has no home here, or it may not be read
        return None
    threads = sorted({file.thread_id for file in files})
    if beginning not in threads and len(threads) > 1:
        names = nearest_names(beginning, threads)
        raise UsageError(f"{beginning}: several threads begin with it. Give more of it: {names}.")
    return next((file.path for file in files if file.thread_id in {beginning, *threads[:1]}), None)
