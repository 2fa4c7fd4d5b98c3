"""Work that is done side by side, each piece in a process that is a copy of this one."""

import multiprocessing
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkProcess
from pathlib import Path
from typing import Any, Final, TypeVar

from pytest_codex_replay.errors import CodexReplayError

Result = TypeVar("Result")
_METHOD: Final = "fork"
_TASKS = Path("/proc/self/task")


def done_apart(
    work: Callable[[int], Result], count: int, jobs: int | None = None, *, is_heavy: bool = False
) -> Iterator[tuple[int, Result | CodexReplayError]]:
    """Do `work` for each number below `count`, in any order; yield each number, with its result, or its error.

    Each begins with what this process knows now: so the result does not depend on `jobs`, the most processes at once
    (None: as many as cores). What else it learns is lost with its process. Where a process cannot be copied, or runs
    other threads, or is such a copy, the work is done here, and so is a single piece, unless it `is_heavy`: the memory
    of a process is free when it ends.
    """
    is_alone = (count == 1 and not is_heavy) or multiprocessing.current_process().daemon
    if is_alone or _METHOD not in multiprocessing.get_all_start_methods() or _thread_count() > 1:
        yield from ((number, _outcome(work, number)) for number in range(count))
        return
    left = list(range(count))[::-1]
    running: dict[Connection, tuple[int, ForkProcess]] = {}
    try:
        while left or running:
            while left and len(running) < (jobs or os.cpu_count() or 1):
                number = left.pop()
                pipe, process = _started(work, number)
                running[pipe] = number, process
            for ready in wait(list(running)):
                assert isinstance(ready, Connection)
                number, process = running.pop(ready)
                yield number, _received(ready, process)
    finally:
        for pipe, (_, process) in running.items():
            process.terminate()
            process.join()
            pipe.close()


def _thread_count() -> int:
    """Return how many threads this process has: a copy has one of them, and may wait for the others for ever."""
    try:
        return len(list(_TASKS.iterdir()))  # those of libraries, too
    except OSError:
        return threading.active_count()


def _started(work: Callable[[int], object], number: int) -> tuple[Connection, ForkProcess]:
    ours, theirs = multiprocessing.Pipe(duplex=False)
    process = multiprocessing.get_context(_METHOD).Process(target=_send, args=(theirs, work, number), daemon=True)
    process.start()
    theirs.close()
    return ours, process


def _send(pipe: Connection, work: Callable[[int], object], number: int) -> None:
    with suppress(BrokenPipeError, KeyboardInterrupt):
        pipe.send(_outcome(work, number))


def _outcome(work: Callable[[int], Result], number: int) -> Result | CodexReplayError:
    try:
        return work(number)
    except CodexReplayError as error:
        return error
    except OSError as error:
        if error.filename is None:
            raise  # a defect
        return CodexReplayError(f"{error.filename}: {error.strerror}")


def _received(pipe: Connection, process: ForkProcess) -> Any:
    """Return what a process sends; it may have been killed, or ended by a defect, which it reported itself."""
    try:
        outcome: Any = pipe.recv()
    except (EOFError, OSError):
        process.join()
        outcome = CodexReplayError(f"its process ended without a result (exit code {process.exitcode})")
    process.join()
    pipe.close()
    return outcome
