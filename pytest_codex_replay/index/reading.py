"""Sessions read into entries: one after the other, or where there are many, in several processes."""

import fcntl
import gc
import os
import pickle
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from pathlib import Path

from pytest_codex_replay.index.entry import Entry, entry_of
from pytest_codex_replay.index.repeated import Repeated
from pytest_codex_replay.index.stamps import Stamp

MANY = 200
"""Sessions from which on processes are started: each of them takes the time of some dozens to begin."""
_BATCH = 8
_MOST_PROCESSES = 8
_AHEAD_BYTES = 1024 * 1024
"""Entries that a process may be ahead: else it stands still while others are put into the index."""
_PROGRAM = (
    "import sys; sys.path[:] = sys.argv[1:]; "
    "from pytest_codex_replay.index.reading import read_for_another; read_for_another({})"
)


def entries(archive: Path, stamps: Mapping[str, Stamp], growth: Mapping[str, bytes]) -> Iterator[Entry]:
    """Read sessions, in any order; those of which `growth` says how far they were read, from there on."""
    processes = min(os.cpu_count() or 1, _MOST_PROCESSES)
    left = dict(stamps)
    if len(left) >= MANY and processes > 1:
        for entry in _from_processes(archive, stamps, processes):
            del left[entry.name]
            yield entry
    repeated = Repeated()
    for name, stamp in left.items():  # all, or those of a process that was killed
        yield entry_of(archive / name, stamp, growth.get(name), repeated)


def whole(archive: Path, entry: Entry) -> Entry:
    """Read the session of an entry whole, where what was known of it cannot be used."""
    return entry_of(archive / entry.name, entry.stamp)


def _from_processes(archive: Path, stamps: Mapping[str, Stamp], count: int) -> Iterator[Entry]:
    """Read sessions in processes, which end with this one: their pipes break."""
    work = list(stamps.items())
    started = [_started(archive, work[number::count], count) for number in range(count)]
    try:
        yield from _received([pipe for _, pipe in started])
    finally:
        for process, pipe in started:
            pipe.close()
            process.wait()


def _started(
    archive: Path, work: Sequence[tuple[str, Stamp]], processes: int
) -> tuple["subprocess.Popen[bytes]", Connection]:
    """Start one of some processes that read sessions. It imports what this one would, but nothing around it."""
    ours, theirs = os.pipe()
    if (size := getattr(fcntl, "F_SETPIPE_SZ", None)) is not None:
        with suppress(OSError):  # the system allows less
            fcntl.fcntl(theirs, size, _AHEAD_BYTES)
    command = [sys.executable, "-c", _PROGRAM.format(theirs), *sys.path]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, pass_fds=[theirs])  # noqa: S603  ourselves
    os.close(theirs)
    assert process.stdin is not None
    with suppress(BrokenPipeError), process.stdin:  # it may be gone already
        process.stdin.write(pickle.dumps((archive, work, processes)))
    return process, Connection(ours, writable=False)


def _received(pipes: Sequence[Connection]) -> Iterator[Entry]:
    waiting = list(pipes)
    while waiting:
        for pipe in wait(waiting):
            assert isinstance(pipe, Connection)
            try:
                yield from pipe.recv()
            except (EOFError, OSError):  # at its end, or killed in the middle of an entry
                waiting.remove(pipe)


def read_for_another(descriptor: int) -> None:
    """Read the sessions that stdin names, and send their entries, as long as they are taken."""
    archive, work, processes = pickle.load(sys.stdin.buffer)  # noqa: S301  of the process that started this one
    gc.disable()  # entries have no cycles
    pipe, sent, repeated = Connection(descriptor, readable=False), set[int](), Repeated(processes)
    with suppress(BrokenPipeError, KeyboardInterrupt):
        for at in range(0, len(work), _BATCH):
            some = [entry_of(archive / name, stamp, None, repeated) for name, stamp in work[at : at + _BATCH]]
            for entry in some:  # most texts stand in all sessions: they are sent once
                entry.texts = {digest: text for digest, text in entry.texts.items() if digest not in sent}
                sent.update(entry.texts)
            pipe.send(some)
