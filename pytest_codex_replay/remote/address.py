"""URLs of archives, and what went wrong behind one: in one line."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from pytest_codex_replay.errors import CodexReplayError, UsageError

_URL = re.compile(r"[a-z][a-z0-9+.-]+(?:::[a-z][a-z0-9+.-]+)*://")


def is_url(text: str) -> bool:
    """Return whether a text is a URL, and not a path."""
    return _URL.match(text) is not None


def parent_of(url: str) -> tuple[str, str]:
    """Return the URL of the directory around one, and its own name; the first is empty for a URL without a path."""
    above, _, name = url.rstrip("/").rpartition("/")
    return ("", name) if above.endswith((":", ":/")) else (above, name)


@contextmanager
def told_of(url: str, verb: str = "read") -> Iterator[None]:
    """Let what fails at a URL be one line.

    Raises:
        UsageError: something did.
    """
    try:
        yield
    except CodexReplayError:
        raise
    except FileNotFoundError as error:
        raise UsageError(f"{url}: not found.") from error
    except PermissionError as error:
        why = _why(error)
        raise UsageError(
            f"{url}: may not be {verb} ({why}). Give credentials that may, as fsspec takes them."
        ) from error
    except (ImportError, ValueError) as error:  # of fsspec: the protocol is unknown, or its library is missing
        raise UsageError(f"{url}: {_why(error)}") from error
    except Exception as error:  # each store has errors of its own
        raise UsageError(f"{url}: cannot be {verb} ({type(error).__name__}: {_why(error)}).") from error


def _why(error: Exception) -> str:
    text = str(error.strerror) if isinstance(error, OSError) and error.strerror else str(error)
    return " ".join(text.split()) or type(error).__name__
