"""What Spark's workers need to have: asked before there is work for them, and once more by each of them.

What is sent to a worker is made in functions, and holds plain values: so it is sent as it is, and a worker without this
package can say that it lacks it.
"""

import re
from collections.abc import Callable, Iterable
from typing import Any

from pytest_codex_replay.errors import UsageError

_ASKED = 64
"""Workers at most."""
_REASON = re.compile(r"\[PYTHON_VERSION_MISMATCH\][^\n]*|Cannot run program[^\n]*|\w+Error: [^\n]*")
"""What of an error of Spark's, which has the stacks of two languages, is for people."""


def loading(module: str) -> Callable[[], Any]:
    """Return a function that imports a module of this package on a worker.

    Raises:
        RuntimeError: by that function; the worker lacks what the module needs.
    """

    def load() -> Any:
        import platform  # noqa: PLC0415  on a worker
        import sys  # noqa: PLC0415  likewise
        from importlib import import_module  # noqa: PLC0415  likewise

        try:
            import_module("pyarrow")  # Spark needs it for this work
            return import_module(module)
        except ImportError as error:
            where = f"{sys.executable} on {platform.node()}"
            advice = "Install it there: pip install 'pytest-codex-replay[spark]'"
            raise RuntimeError(f"pytest-codex-replay: not installed for {where} ({error}). {advice}") from None

    return load


def check_workers(spark: Any, load: Callable[[], Any]) -> None:
    """Have workers try to load what they need. A session of Spark Connect has no way to ask without pyarrow.

    Raises:
        UsageError: a worker lacks something, or does not start.
    """

    def lacking(_: Iterable[Any]) -> Iterable[str]:
        try:
            load()
        except RuntimeError as error:
            return [str(error)]
        return []

    if (context := getattr(spark, "sparkContext", None)) is None:
        return
    count = min(context.defaultParallelism, _ASKED)
    try:
        found = context.parallelize(range(count), count).mapPartitions(lacking).collect()
    except Exception as error:
        reason = _REASON.search(str(error))
        raise UsageError(f"Spark's workers do not start: {reason[0] if reason else type(error).__name__}") from error
    if found:
        raise UsageError(found[0])
