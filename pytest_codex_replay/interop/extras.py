"""Libraries that come with an extra: loaded where they are needed, or one line that says what to type."""

from importlib import import_module
from importlib.util import find_spec
from typing import Any

from pytest_codex_replay.errors import UsageError


def check_extra(module: str, extra: str) -> None:
    """Look for a module that is imported later.

    Raises:
        UsageError: it is not installed.
    """
    try:
        is_there = find_spec(module) is not None
    except ValueError:  # it was tried before
        is_there = False
    if not is_there:
        raise _missing(module, extra)


def of_extra(module: str, extra: str) -> Any:
    """Import a module.

    Raises:
        UsageError: it is not installed.
    """
    try:
        return import_module(module)
    except ImportError as error:
        raise _missing(module, extra) from error


def _missing(module: str, extra: str) -> UsageError:
    library = module.partition(".")[0]
    return UsageError(f"{library}: not installed. Type: pip install 'pytest-codex-replay[{extra}]'")
