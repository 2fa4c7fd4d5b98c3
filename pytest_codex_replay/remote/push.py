"""Sessions here to a URL: what is there already is not sent, and nothing else of that name is written over."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

from pytest_codex_replay.archive.check import is_recording
from pytest_codex_replay.archive.session import Session, open_sessions
from pytest_codex_replay.archive.value_files import VALUES, values_above, wanted_in
from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.remote.store import SUMS, RemoteSession, Store
from pytest_codex_replay.remote.sums import continues, read, sums_of, written
from pytest_codex_replay.sharing.cassette import is_redacted

_AT_ONCE = 8
"""Sessions that are looked up, or sent, at the same time: each file is a request to the store, which takes its time."""
_Given = TypeVar("_Given")
_Done = TypeVar("_Done")
_Plan = tuple[Session, dict[str, str], dict[str, str]]
"""A session, the digests of its files here, and those of what is there."""


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of a session."""

    name: str
    what: str
    """`pushed`, `updated`, `unchanged`, `pulled`, or why it was left out."""
    size: int = 0
    """Bytes that were sent or fetched."""
    is_done: bool = True


def push(
    source: Path,
    url: str,
    *,
    is_private: bool = False,
    force: bool = False,
    check: Callable[[Path], None] | None = None,
) -> Iterator[Sent]:
    """Send the sessions at `source` to the archive behind a URL, some at a time; yield what became of each, in order.

    Args:
        source: an archive, a cassette directory or one session directory.
        url: the archive.
        is_private: whether sessions that were not redacted may go there.
        force: replace what is there of the same name.
        check: looks once more at each cassette before anything is sent, and raises where it may not go.

    Raises:
        UsageError: a session was not redacted, or another one of its name is there; nothing was sent. Or the store
            may not be written to.
    """
    sessions = open_sessions(source)
    if not is_private:
        _check_redacted(sessions, check)
    store = Store(url)
    there = store.existing()
    live = [one for one in sessions if is_recording(one)]
    planned = partial(_planned, store, there, force=force)
    plan = list(_at_once(planned, [one for one in sessions if one not in live]))
    for session in live:
        yield Sent(session.name, "is being recorded: not pushed", is_done=False)
    _send_values(store, sessions, there[VALUES].files if VALUES in there else {})
    yield from _at_once(lambda one: _sent(store, *one), plan)


def _at_once(do: Callable[[_Given], _Done], given: Iterable[_Given]) -> Iterator[_Done]:
    """Yield what becomes of each, in order; what has not begun when one fails does not begin."""
    pool = ThreadPoolExecutor(_AT_ONCE)
    try:
        yield from pool.map(do, given)
    finally:
        pool.shutdown(cancel_futures=True)


def _planned(store: Store, there: Mapping[str, RemoteSession], session: Session, *, force: bool) -> _Plan:
    sums = sums_of(session.path)
    old = _there(store, there[session.name]) if session.name in there else {}
    if not force and not continues(sums, old):
        why = "another session of this name is there. To replace it: --force. Nothing was sent."
        raise UsageError(f"{store.url}/{session.name}: {why}")
    return session, sums, old


def _there(store: Store, session: RemoteSession) -> dict[str, str]:
    """Return the digests of a session that is there. A push that broke off left none, and goes on from what it sent."""
    if (said := read(store.read(session.name, SUMS))) is not None:
        return said
    found = ((name, store.digest(session.name, name)) for name in session.files if name != SUMS)
    return {SUMS: "", **{name: digest for name, digest in found if digest is not None}}


def _check_redacted(sessions: list[Session], check: Callable[[Path], None] | None) -> None:
    unredacted = next((one for one in sessions if not is_redacted(one)), None)
    if unredacted is not None:
        raise UsageError(
            f"{unredacted.path}: was not redacted. Make a cassette of it (codex-replay redact SRC DST), or, to a place "
            "that is yours alone: --private. Nothing was sent."
        )
    for session in sessions if check else ():
        assert check is not None
        check(session.path)


def send_session(store: Store, session: Session) -> None:
    """Send a session to an archive that has none of its name.

    Raises:
        UsageError: the store may not be written to.
    """
    _sent(store, session, sums_of(session.path), {})


def _sent(store: Store, session: Session, sums: dict[str, str], old: dict[str, str]) -> Sent:
    changed = [name for name, digest in sums.items() if old.get(name) != digest]
    if not changed and sums.keys() == old.keys():
        return Sent(session.name, "unchanged")
    files = {name: session.path / name for name in changed}
    store.send(session.name, files)
    store.write(session.name, SUMS, written(sums))
    return Sent(session.name, "updated" if old else "pushed", sum(path.stat().st_size for path in files.values()))


def _send_values(store: Store, sessions: list[Session], there: Mapping[str, object]) -> None:
    """Send the values that the cassettes share; each is named by its digest, so one that is there is the same."""
    values = values_above(sessions[0].path)
    traffic = (path for session in sessions for path in session.segments()) if values else ()
    wanted = {digest for path in traffic for digest in wanted_in(path)}
    if values is None or not (missing := {f"{one}.json" for one in wanted} - there.keys()):
        return
    store.send(VALUES, {name: path for name in sorted(missing) if (path := values.directory / name).is_file()})
