"""A long text in the user's pager."""

import os
import subprocess
import sys

import click

_ENDED_BY_USER = frozenset({0, 2, 130})
"""Exit codes; the second is that of `less -K`, the third that of a shell, both after Ctrl-C."""
_PLAIN = frozenset({"dumb", "emacs"})
"""Terminals in which less only asks whether it may go on."""


def show_in_pager(text: str) -> None:
    """Show a text in `$PAGER`, a command of the shell, or in less; print it where this cannot be started, or fails."""
    given = os.environ.get("PAGER")
    if not given and os.environ.get("TERM") in _PLAIN:
        sys.stdout.write(text)
        return
    code = _run(given or "less", text)
    if code >= 0 and code not in _ENDED_BY_USER:
        if given:
            click.secho(f"PAGER={given}: failed (exit code {code}). The text follows.", err=True, dim=True)
        sys.stdout.write(text)


def _run(command: str, text: str) -> int:
    process = subprocess.Popen(command, shell=True, stdin=subprocess.PIPE, errors="backslashreplace")  # noqa: S602  see above
    assert process.stdin is not None
    try:
        with process.stdin as pipe:
            pipe.write(text)
    except (BrokenPipeError, KeyboardInterrupt):
        pass  # the user has seen enough
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:  # is for the pager, which has the terminal
            continue
