"""Start a program again and again, cheaply: it is imported once, and each start is a fork of that.

Runs in the program's environment until its standard input ends. Its arguments: the descriptor of a listening socket,
`module:function` of the program, and what a start of it imports. `forked.py` is what connects.
"""

import gc
import marshal
import os
import select
import signal
import socket
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from typing import NoReturn

LARGEST = 1 << 20
Program = Callable[[], object]


def serve(listening: socket.socket, program: Program) -> None:
    """Fork at each connection."""
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # their ends are of no interest
    while sys.stdin not in select.select([sys.stdin, listening], [], [])[0]:
        started, _ = listening.accept()
        if not os.fork():
            listening.close()
            watch(started, program)
        started.close()


def watch(started: socket.socket, program: Program) -> NoReturn:
    """Fork, and do to the fork what is done to the program that was started."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    wanted, files, _, _ = socket.recv_fds(started, LARGEST, 3)
    process = os.fork()
    if not process:
        started.close()
        inherit(files, marshal.loads(wanted))
        sys.exit(program())
    for file in (0, 1, 2, *files):
        os.close(file)
    ended = os.pidfd_open(process)
    while ended not in select.select([ended, started], [], [])[0]:
        if not (number := started.recv(LARGEST)):
            os.kill(process, signal.SIGKILL)
            os._exit(0)
        os.kill(process, number[0])
    _, status = os.waitpid(process, 0)
    started.send(marshal.dumps(os.waitstatus_to_exitcode(status)))
    os._exit(0)


def inherit(files: list[int], start: tuple[list[str], dict[str, str], str, int, list[int]]) -> None:
    """Take over what a process has from its parent."""
    sys.argv, environment, folder, umask, ignored = start
    os.setsid()
    for standard, file in enumerate(files):
        os.dup2(file, standard)
        os.close(file)
    sys.stdin = os.fdopen(0, closefd=False)
    sys.stdout, sys.stderr = (os.fdopen(file, "w", buffering=1, closefd=False) for file in (1, 2))
    os.umask(umask)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2):
        signal.signal(number, signal.SIG_IGN if number in ignored else signal.SIG_DFL)
    if signal.SIGINT not in ignored:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.path[:0] = filter(None, environment.get("PYTHONPATH", "").split(os.pathsep))


def imported(name: str, *modules: str) -> Program:
    """Import a program, and what it imports when it is started."""
    module, _, function = name.partition(":")
    program: Program = getattr(import_module(module), function)
    for one in modules:
        with suppress(ModuleNotFoundError):  # where the package is not installed, the addon finds it by itself
            import_module(one)
    return program


serve(socket.socket(fileno=int(sys.argv[1])), imported(*sys.argv[2:]))
