"""Fuzz for long: `python -m tests.fuzz [--count 50000] [--seconds S] [--seed 0] [--only NAME]`. `make fuzz` calls this.

Prints what each seed found: an error that is none of ours, or more than 5 s of CPU time. `--seed` and `--count 1` give
it again.
At the end, how many inputs each target had.
"""

import argparse
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from pathlib import Path

from tests.fuzz.targets import TARGETS, fuzz

HANG_S = 5


class HangError(BaseException):
    """An input takes too long."""


def _stop(*_: object) -> None:
    raise HangError


def main() -> int:
    """Return 1 when something was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=50_000, help="inputs in all")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="stop after this time")
    parser.add_argument("--seed", type=int, default=0, help="the first one")
    parser.add_argument("--only", choices=[target.__name__ for target in TARGETS])
    options = parser.parse_args()
    targets = [one for one in TARGETS if options.only in {None, one.__name__}]
    found: Counter[str] = Counter()
    tried: Counter[str] = Counter()
    signal.signal(signal.SIGPROF, _stop)
    began = time.monotonic()
    for number in range(options.count):
        if time.monotonic() - began > options.seconds:
            break
        target, seed = targets[number % len(targets)], options.seed + number // len(targets)
        tried[target.__name__] += 1
        with tempfile.TemporaryDirectory() as place:
            signal.setitimer(signal.ITIMER_PROF, HANG_S)
            try:
                fuzz(target, seed, Path(place))
            except (Exception, HangError) as error:  # noqa: BLE001  what it looks for
                last = traceback.extract_tb(error.__traceback__)[-2 if isinstance(error, HangError) else -1]
                what = f"{type(error).__name__} at {Path(last.filename).name}:{last.lineno}"
                found[what] += 1
                if found[what] == 1:
                    print(f"{target.__name__}, seed {seed}: {what}: {str(error)[:200]!r}", flush=True)
            finally:
                signal.setitimer(signal.ITIMER_PROF, 0)
    took = f"{tried.total():,} inputs in {time.monotonic() - began:.0f} s"
    print(f"{took} ({', '.join(f'{name} {count:,}' for name, count in tried.items())})")
    print(f"{found.total()} found, of {len(found)} kinds")
    for what, count in found.most_common():
        print(f"  {count:6}  {what}")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
