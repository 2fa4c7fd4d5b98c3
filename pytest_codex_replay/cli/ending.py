"""How a verb that writes ends: when it is stopped, as by Ctrl-C, so that nothing unfinished stays behind."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from pytest_codex_replay.launch.process_group import handling

LEFT_OUT = 3
"""Exit code of a verb whose result lacks what could not be read."""
_SHELL_BASE = 128
"""A shell's exit code of a program that a signal ended: this, and its number."""


@contextmanager
def cleaned_up() -> Iterator[None]:
    """Let what the block began be removed when SIGTERM or SIGHUP ends the program."""
    with handling((signal.SIGTERM, signal.SIGHUP), lambda number, _: sys.exit(_SHELL_BASE + number)):
        yield
