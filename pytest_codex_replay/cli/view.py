"""`codex-replay view`: the page of an archive or a session."""

import asyncio
import errno
import signal
import webbrowser
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, NoReturn

import click

from pytest_codex_replay.archive.files import Files
from pytest_codex_replay.cli.options import allow_option, archive_argument, port_option, user_rules
from pytest_codex_replay.cli.page import bytes_text, command_text, tell
from pytest_codex_replay.cli.targets import GivenPath, default_archive, find_target, session_argument
from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.reading import RecordedSession
from pytest_codex_replay.sharing.scan.apart import check_apart
from pytest_codex_replay.viewer.page import page_of

if TYPE_CHECKING:
    from pytest_codex_replay.viewer.server import PageServer

_EPILOG = """\b
Examples:
  codex-replay view                                 the archive, in the browser
  codex-replay view 01a1fd22-40                     one session; a live one is followed
  codex-replay view 01a1fd22-40 --at request=7      opened at a request
  codex-replay view cassettes/fix_bug --out fix_bug.html
"""
_ADVICE = "Make a cassette of it first: codex-replay redact SRC DST."


_PLACES: Mapping[str, Callable[[RecordedSession], Iterator[str]]] = MappingProxyType(
    {
        "turn": lambda session: (str(turn.index) for turn in session.turns),
        "item": lambda session: (
            f"{turn.index}.{number}" for turn in session.turns for number, _ in enumerate(turn.items, start=1)
        ),
        "request": lambda session: (str(one.index) for one in session.interactions),
        "response": lambda session: (one.response_id for one in session.interactions if one.response_id),
        "call": lambda session: (call.call_id for turn in session.turns for call in turn.tool_calls if call.call_id),
    }
)
"""What `--at` may name in a session."""


@click.command("view", epilog=_EPILOG)
@archive_argument
@session_argument
@click.option("--out", type=GivenPath(dir_okay=False), help="Write the page of one session into a file.")
@click.option("--force", is_flag=True, help="Replace the file.")
@click.option("--at", metavar="PLACE", default="", help="Open at turn=N, item=TURN.N, request=N, response=ID, call=ID.")
@click.option("--no-browser", is_flag=True, help="Only print the address.")
@port_option
@allow_option
def view(
    *,
    path: Path | None,
    session: str | None,
    out: Path | None,
    force: bool,
    at: str,
    no_browser: bool,
    port: int,
    allow: tuple[str, ...],
) -> None:
    """Look at sessions in the browser: turns, items, what each request added, and what the model saw.

    PATH is an archive, a cassette or a session directory (default ~/.codex-replay/sessions). The page is served to this
    machine alone, at an address with a token, until Ctrl-C. With --out it is one file that opens from disk, without
    network. It holds the whole session: where the scan finds a secret, or cannot scan a file as a whole, it is not
    written. Redact first.
    """
    if out is not None:
        found = RecordedSession(find_target(path, session))
        _check_place(found, at, is_growing=False)
        _write(found, out, allow, is_forced=force)
        if at:
            click.echo(f"{out.absolute().as_uri()}#{at}")
        return
    from pytest_codex_replay.viewer.server import PageServer  # noqa: PLC0415  heavy

    server = PageServer(path or default_archive(), session)
    asyncio.run(_serve(server, port, at, is_opened=not no_browser))


def _check_place(session: RecordedSession | None, place: str, *, is_growing: bool) -> None:
    """Check that the page has what `--at` names; empty: it opens where it always does.

    Where more of a session is to come, the page says what is not found.

    Raises:
        UsageError: it does not.
    """
    if not place:
        return
    if session is None:
        raise UsageError(f"--at {place}: is a place in one session, and there are several. Give SESSION, too.")
    kind, _, value = place.partition("=")
    if kind not in _PLACES:
        raise UsageError(f"--at {place}: give turn=N, item=TURN.N, request=N, response=ID, call=ID.")
    if not is_growing and value not in _PLACES[kind](session):
        raise UsageError(
            f"--at {place}: not found in {session.id}. What there is: {command_text('show', session.path)}"
        )


def _write(session: RecordedSession, out: Path, allow: Sequence[str], *, is_forced: bool) -> None:
    if out.exists() and not is_forced:
        raise UsageError(f"{out}: exists. To replace it: --force.")
    if not out.parent.is_dir():
        raise UsageError(f"{out.parent}: no such directory.")
    check_apart([session.path], user_rules(tuple(allow)), _refuse, advice=_ADVICE)
    Files().replace(out, page_of(session))
    tell(f"{out}: {bytes_text(out.stat().st_size)}")


def _refuse(unread: str) -> NoReturn:
    raise UsageError(f"Nothing is written: not scanned as a whole: {unread}. {_ADVICE}")  # at once: the rest takes time


async def _serve(server: "PageServer", port: int, at: str, *, is_opened: bool) -> None:
    if at:
        session, is_growing = await server.first_look()
        _check_place(session, at, is_growing=is_growing)
    async with AsyncExitStack() as until_end:
        try:
            found = await until_end.enter_async_context(server.listening(port))
        except OSError as error:
            why = "is in use" if error.errno == errno.EADDRINUSE else f"cannot be listened on ({error.strerror})"
            raise UsageError(f"--port {port}: {why}; without it, a free one is taken.") from error
        url = server.url(found, at)
        click.echo(url)
        if is_opened and not await asyncio.to_thread(webbrowser.open, url):
            click.echo("No browser could be started: open the address above.", err=True)
        ended = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, ended.set)
        await ended.wait()
