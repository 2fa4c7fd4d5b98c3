"""Libraries that come with an extra: loaded where they are needed, or one line that says what to type."""

import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.abc import MetaPathFinder
from importlib.util import find_spec
from types import ModuleType
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


def hide(module: str) -> None:
    """Let a module seem not to be installed, in a process of our own: what is not imported by now is not then."""
    sys.meta_path.insert(0, _Hidden(module))


class _Hidden(MetaPathFinder):
    """Finds a module first, and does not have it."""

    def __init__(self, module: str) -> None:
        self._module = module

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None) -> None:  # noqa: ARG002
        if fullname == self._module:
            raise ModuleNotFoundError(f"{fullname}: hidden", name=fullname)


def _missing(module: str, extra: str) -> UsageError:
    library = module.partition(".")[0]
    return UsageError(f"{library}: not installed. Type: pip install 'pytest-codex-replay[{extra}]'")
