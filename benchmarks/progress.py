"""Reports progress on stderr, since minutes pass without a figure."""

import sys
import time


def say(what: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {what}", file=sys.stderr, flush=True)
