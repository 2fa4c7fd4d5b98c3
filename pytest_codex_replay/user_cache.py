"""Where the user's cache is: what is in it may be removed at any time, and is made anew."""

import os
from pathlib import Path

from pytest_codex_replay.errors import UsageError


def user_cache() -> Path:
    """Return this program's part of the user's cache; it may be missing.

    A relative `XDG_CACHE_HOME` is ignored (XDG Base Directory Specification 0.8, Basics): it may lead anywhere.

    Raises:
        UsageError: the user has no home directory, as in some containers.
    """
    said = Path(os.environ.get("XDG_CACHE_HOME", ""))
    try:
        return (said if said.is_absolute() else Path.home() / ".cache") / "codex-replay"
    except RuntimeError as error:
        raise UsageError("The user has no home directory. Set HOME, or XDG_CACHE_HOME for what is cached.") from error
