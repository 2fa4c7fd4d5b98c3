"""The group of verbs. An error is one line on stderr, with an exit code for scripts."""

import errno
import io
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from difflib import get_close_matches
from importlib import import_module
from pathlib import Path
from typing import Any, Literal, NamedTuple

import click

from pytest_codex_replay.errors import CodexReplayError
from pytest_codex_replay.visible import visible

CANNOT = 2
"""Exit code of a request that cannot be met, whether the command line or the archive is at fault."""


_STREAMS: Mapping[str, Literal["r", "w"]] = {"stdin": "r", "stdout": "w", "stderr": "w"}
"""What a shell may have closed, as by `>&-`: nothing is read there, and nothing shown."""
_OF_OUTPUT = (errno.ENOSPC, errno.EIO)
"""Errors of writing that name no file: a full disk, a terminal that is gone."""


class Verb(NamedTuple):
    """A command that is imported when it is run."""

    module: str
    attribute: str
    help: str
    """One line, for the list of commands."""


class Verbs(click.Group):
    """A group of verbs in the order in which they are used; errors are one line."""

    def __init__(self, *args: Any, verbs: Mapping[str, Verb], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._verbs = verbs

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  the signature is click's
        """Return the names of the verbs."""
        return list(self._verbs)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import a verb."""
        verb = self._verbs.get(cmd_name)
        if verb is None:
            return None
        command = getattr(import_module(verb.module), verb.attribute)
        assert isinstance(command, click.Command)
        return command

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        """Find the verb that the first word names; an unknown one is answered with the nearest."""
        nearest = get_close_matches(args[0], self._verbs, n=1)
        if nearest and args[0] not in self._verbs and not ctx.resilient_parsing:
            ctx.fail(f"No such command {args[0]!r}. Did you mean {nearest[0]!r}?")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """List the verbs without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, verb.help) for name, verb in self._verbs.items()])

    def make_context(self, *args: Any, **kwargs: Any) -> click.Context:
        """Read the options of the group itself."""
        with _in_one_line():
            context = super().make_context(*args, **kwargs)
        for name, mode in _STREAMS.items():
            if getattr(sys, name) is None:
                nothing = Path(os.devnull).open(mode, encoding="utf-8")  # noqa: SIM115  goes with the context
                setattr(sys, name, context.with_resource(nothing))
        return context

    def invoke(self, ctx: click.Context) -> Any:
        """Read the rest of the command line, and run the verb."""
        if isinstance(sys.stdout, io.TextIOWrapper):  # escapes characters that its encoding does not have
            sys.stdout.reconfigure(errors="backslashreplace")
        with _in_one_line():
            return super().invoke(ctx)


class _Refusal(click.ClickException):
    """Ends the program: click prints `Error: <message>` and exits with `exit_code`."""

    exit_code = CANNOT

    def __init__(self, message: str) -> None:
        super().__init__(visible(" ".join(message.split())))


class _Found(_Refusal):
    exit_code = 1


@contextmanager
def _in_one_line() -> Iterator[None]:
    try:
        yield
    except click.UsageError as error:
        if isinstance(error, _help_asked()):
            raise
        raise _Refusal(_misuse(error)) from error
    except CodexReplayError as error:
        refusal = _Found if error.exit_code == _Found.exit_code else _Refusal
        raise refusal(str(error)) from error
    except OSError as error:
        name = error.filename or ("output" if error.errno in _OF_OUTPUT else None)
        if error.errno == errno.EPIPE or name is None:
            raise  # click handles the former; the latter is a defect
        raise _Refusal(f"{name}: {error.strerror}") from error


def _help_asked() -> tuple[type[click.UsageError], ...]:
    """Return the error by which click, since 8.2, prints the help of a group without a command."""
    found = getattr(click.exceptions, "NoArgsIsHelpError", None)
    return () if found is None else (found,)


def _misuse(error: click.UsageError) -> str:
    message = error.format_message().rstrip().removesuffix(".")
    return f"{message} (see {error.ctx.command_path} --help)" if error.ctx else message
