"""The last lines of a run, and its report."""

import json
from types import SimpleNamespace
from typing import Any

import pytest

from pytest_codex_replay.testing.config import read_run_options
from pytest_codex_replay.testing.run_summary import RunSummary, attach, used_by_worker

EMPTY: dict[str, Any] = {"name": "cassettes/a", "is_recorded": False, "adoption": None} | {
    key: [] for key in ("served", "drifts", "misses", "unused", "blocked", "errors")
}


ORPHANS = "codex-replay: 2 cassettes that no test uses: old, older"
FAILS = "  This fails the run (--codex-replay-unused=fail): remove them, or use them in a test"


@pytest.fixture
def summary(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch):
    """Make a summary for a run with these arguments."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")

    def make(*args: str) -> RunSummary:
        config = pytester.parseconfig("-p", "pytest_codex_replay.plugin", "--codex-replay", *args)
        return RunSummary(config, read_run_options(config))

    return make


def report_of(nodeid: str, **replay: Any) -> pytest.TestReport:
    report = pytest.TestReport(nodeid, ("test_it.py", 0, nodeid), {}, "passed", None, "teardown")
    attach(report, EMPTY | replay)
    return report


def lines_of(summary: RunSummary) -> list[str]:
    lines: list[str] = []
    summary.pytest_terminal_summary(SimpleNamespace(write_line=lambda line, **_: lines.append(line)))
    return lines


def finish(summary: RunSummary) -> SimpleNamespace:
    session = SimpleNamespace(exitstatus=pytest.ExitCode.OK)
    summary.pytest_sessionfinish(session)
    return session


def test_nothing_was_replayed(summary) -> None:
    """Then nothing is printed."""
    assert lines_of(summary()) == []


def adopted(outcome: str, *changes: str, reason: str = "", volatile: tuple[str, ...] = ()) -> dict[str, Any]:
    texts = [{"text": text} for text in changes]
    return {"outcome": outcome, "reason": reason, "changes": texts, "volatile": list(volatile)}


def test_what_became_of_cassettes(summary) -> None:
    """By test where there is anything to tell, then all in one line; drift is told there already."""
    total = summary("--codex-replay-mode=adopt")
    adoptions = {
        "a": adopted("adopted", "settings: 1 request"),
        "b": adopted("unchanged"),
        "c": adopted("refused", reason="it is another one\n  see there"),
        "d": adopted("unchanged", volatile=("input[3].output", "input[5].output")),
    }
    for nodeid, adoption in adoptions.items():
        total.pytest_runtest_logreport(report_of(nodeid, adoption=adoption, drifts=[{"text": "x"}]))

    lines = lines_of(total)

    assert lines[:5] == [
        "codex-replay: a: cassettes/a adopted",
        "  settings: 1 request",
        "codex-replay: c: cassettes/a refused: it is another one",
        "codex-replay: d: cassettes/a unchanged",
        "  volatile text stays as it was, strict does not accept it: input[3].output",
    ]
    assert lines[-1] == "codex-replay: 1 adopted, 2 unchanged, 1 refused"


def test_one_cassette_that_two_workers_adopted(summary) -> None:
    """Their tests send different requests: the run fails, for strict holds for one of them only."""
    total = summary("--codex-replay-mode=adopt")
    for nodeid in ("a", "b"):
        total.pytest_runtest_logreport(report_of(nodeid, adoption=adopted("adopted", "settings: 1 request")))

    assert "codex-replay: cassettes/a was adopted from a and b, which differ: name one of them anew" in lines_of(total)
    assert finish(total).exitstatus == pytest.ExitCode.TESTS_FAILED


def test_all_in_one_line(summary) -> None:
    """Only what there was is named, beside what must not be."""
    total = summary()
    served = [{"match": "exact"}, {"match": "drifted"}]
    total.pytest_runtest_logreport(report_of("a", served=served, drifts=[{"text": "x"}], unused=[3]))
    total.pytest_runtest_logreport(report_of("b", is_recorded=True))

    line = lines_of(total)[-1]

    assert line == (
        "codex-replay: 2 tests, 2 interactions served (1 exact, 1 drifted), 0 missed, 1 unused, 1 drift, 1 recorded"
    )


def test_drift_is_listed_by_test(summary) -> None:
    """The first few of each; the report has all."""
    total = summary()
    total.pytest_runtest_logreport(report_of("a", drifts=[{"text": f"drift {number}"} for number in range(7)]))

    lines = lines_of(total)

    assert lines[0] == "codex-replay: a drifted from cassettes/a"
    assert lines[1:6] == [f"  drift {number}" for number in range(5)]
    assert lines[6] == "  and 2 more (--codex-replay-report=FILE lists all)"


def test_junit_properties() -> None:
    """Counts, and each drift."""
    report = report_of("a", served=[{"match": "exact"}], drifts=[{"text": "one"}, {"text": "two"}])

    assert report.user_properties == [
        ("codex_replay_cassette", "cassettes/a"),
        ("codex_replay_served", 1),
        ("codex_replay_drifts", 2),
        ("codex_replay_misses", 0),
        ("codex_replay_unused", 0),
        ("codex_replay_drift", "one"),
        ("codex_replay_drift", "two"),
    ]


def test_the_report(summary, pytester: pytest.Pytester) -> None:
    """One file, with how each test went, what it was served, and the totals."""
    total = summary("--codex-replay-report=out/report.json")
    call = pytest.TestReport("a", ("test_it.py", 0, "a"), {}, "failed", None, "call")
    total.pytest_runtest_logreport(call)
    total.pytest_runtest_logreport(report_of("a", misses=[{"text": "größe"}]))
    finish(total)

    report = json.loads((pytester.path / "out" / "report.json").read_text(encoding="utf-8"))

    assert report["totals"]["missed"] == 1
    assert report["orphans"] == []
    (test,) = report["tests"]
    assert (test["test"], test["outcome"], test["misses"]) == ("a", "failed", [{"text": "größe"}])


def test_a_report_that_cannot_be_written(summary, pytester: pytest.Pytester) -> None:
    """It is reported, and the run goes on."""
    pytester.makefile(".json", out="")
    total = summary("--codex-replay-report=out.json/report.json")
    finish(total)

    (line,) = lines_of(total)
    assert line.startswith("codex-replay: no report was written: ")


@pytest.mark.parametrize(
    ("mode", "exitstatus", "said"),
    [
        ("fail", pytest.ExitCode.TESTS_FAILED, [ORPHANS, FAILS]),
        ("warn", pytest.ExitCode.OK, [ORPHANS]),
        ("ignore", pytest.ExitCode.OK, []),
    ],
)
def test_orphans(summary, write_cassette, pytester: pytest.Pytester, mode: str, exitstatus: int, *, said: list) -> None:
    """As the user wants it; when the run fails for it, that is reported."""
    for name in ("hello", "old", "older"):
        write_cassette(pytester.path / "cassettes" / name, "x")
    total = summary(f"--codex-replay-unused={mode}")
    total.used = ["hello"]
    session = finish(total)

    lines = lines_of(total)

    assert session.exitstatus == exitstatus
    assert "\n".join(lines).splitlines() == said


def test_when_a_part_is_run_nothing_is_an_orphan(summary, write_cassette, pytester: pytest.Pytester) -> None:
    """Another test may use it."""
    write_cassette(pytester.path / "cassettes" / "old", "x")
    total = summary("--codex-replay-unused=fail")

    assert finish(total).exitstatus == pytest.ExitCode.OK
    assert lines_of(total) == []


def test_what_workers_send_home(summary) -> None:
    """They collect, the controller does not."""
    worker = SimpleNamespace(workeroutput={})
    used_by_worker(worker, ["hello"])
    total = summary()

    total.pytest_testnodedown(worker)

    assert total.used == ["hello"]
