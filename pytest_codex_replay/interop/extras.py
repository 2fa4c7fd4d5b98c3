"""Libraries that come with an extra: loaded where they are needed, or one line that says what to type."""

from importlib import import_module
from typing import Any

from pytest_codex_replay.errors import UsageError


def of_extra(module: str, extra: str) -> Any:
    """Import a module.

    Raises:
        UsageError: it is not installed.
    """
    try:
        return import_module(module)
    except ImportError as error:
        library = module.partition(".")[0]
        raise UsageError(f"{library}: not installed. Type: pip install 'pytest-codex-replay[{extra}]'") from error
