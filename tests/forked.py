"""A program that is started as a fork of one that `forks.py` has imported.

It is copied beside the socket of that, and imports next to nothing. It hands over what it was started with, passes
signals on, and ends as its fork ends. When it is killed, the fork is killed, too.
"""

import marshal
import os
import signal
import socket
import sys

PASSED_ON = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2)
LARGEST = 1 << 20
"""Bytes of a message: arguments and environment."""


def start(path: str) -> None:
    """Have a fork made, and wait for its end."""
    ignored = [int(number) for number in PASSED_ON if signal.getsignal(number) is signal.SIG_IGN]
    os.umask(umask := os.umask(0))
    wanted = marshal.dumps((sys.argv, dict(os.environ), os.getcwd(), umask, ignored))  # noqa: PTH109
    forks = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    forks.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, LARGEST)
    for number in set(PASSED_ON) - set(ignored):
        signal.signal(number, lambda number, _: forks.send(bytes([number])))
    forks.connect(path)
    socket.send_fds(forks, [wanted], [0, 1, 2])
    code = marshal.loads(forks.recv(LARGEST))
    if code < 0:
        signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    os._exit(code)


start(f"{__file__}.socket")
