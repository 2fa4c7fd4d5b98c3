"""What workers lack is known before there is work for them."""

import sys
from types import SimpleNamespace

import pytest

from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.spark.workers import check_workers, loading


class Context:
    """Does what Spark would, in this process; or fails as Spark does."""

    defaultParallelism = 2  # noqa: N815  Spark's name

    def __init__(self, error: str = "") -> None:
        self._error = error

    def parallelize(self, _: object, count: int) -> "Context":
        self._parts = count
        return self

    def mapPartitions(self, run):  # noqa: N802  Spark's name
        self._run = run
        return self

    def collect(self):
        if self._error:
            raise RuntimeError(self._error)
        return [one for number in range(self._parts) for one in self._run([number])]


def asked(error: str = "") -> None:
    check_workers(SimpleNamespace(sparkContext=Context(error)), loading("pytest_codex_replay.spark.redacting"))


def test_workers_that_have_all_are_fine() -> None:
    """As is a session of Spark Connect, which cannot be asked."""
    asked()
    check_workers(SimpleNamespace(), loading("nothing"))


@pytest.mark.parametrize("module", ["pyarrow", "pytest_codex_replay.spark.redacting"])
def test_what_a_worker_lacks_is_one_line(monkeypatch: pytest.MonkeyPatch, module: str) -> None:
    """Where, what, and what to type there."""
    monkeypatch.setitem(sys.modules, module, None)

    with pytest.raises(UsageError, match=rf"not installed for .*{module}.*Install it there: pip install [^\n]*$"):
        asked()


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (
            "Job aborted\n\tat x\nspark.PySparkRuntimeError: [PYTHON_VERSION_MISMATCH] 3.12 is not 3.11.\n\tat y",
            "PySparkRuntimeError: [PYTHON_VERSION_MISMATCH] 3.12 is not 3.11.",
        ),
        ('java.io.IOException: Cannot run program "gone": error=2\n\tat x', 'Cannot run program "gone": error=2'),
        ("odd", "RuntimeError"),
    ],
)
def test_workers_that_do_not_start_are_one_line(error: str, line: str) -> None:
    """Of the stacks of two languages, what is for people."""
    with pytest.raises(UsageError) as caught:
        asked(error)

    assert str(caught.value) == f"Spark's workers do not start: {line}"
