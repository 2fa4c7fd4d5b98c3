"""Start mitmdump again and again, cheaply: it is imported once, and each start is a fork.

Runs in mitmproxy's environment. Reads a line of JSON for each start (`{"arguments": [...], "output": "FILE"}`), and
answers with the process id.
"""

import json
import os
import signal
import sys

from mitmproxy import flowfilter  # noqa: F401  what a start needs, imported before the fork
from mitmproxy.tools import dump, main  # noqa: F401


def run(arguments: list[str], output: str) -> None:
    """Be a mitmdump."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    descriptor = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for standard in (1, 2):
        os.dup2(descriptor, standard)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    code = 1
    try:
        code = main.mitmdump(arguments) or 0
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else 1
    finally:
        os._exit(code)


def serve() -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for those that are killed
    for line in sys.stdin:
        start = json.loads(line)
        process = os.fork()
        if not process:
            run(start["arguments"], start["output"])
        print(process, flush=True)  # noqa: T201


serve()
