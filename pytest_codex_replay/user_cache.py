"""Where the user's cache is: what is in it may be removed at any time, and is made anew."""

import os
from pathlib import Path


def user_cache() -> Path:
    """Return this program's part of the user's cache (XDG Base Directory Specification); it may be missing."""
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "codex-replay"
