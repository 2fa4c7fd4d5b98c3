"""Adds up what all tests replayed, workers of pytest-xdist included: the last lines of a run, and a report as JSON."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from pytest_codex_replay.counting import count_text
from pytest_codex_replay.testing.config import command_line_of, directory_of, report_file_of, runs_everything
from pytest_codex_replay.testing.options import Unused

REPORT_FORMAT = 2
"""Of the report: docs/report.md."""

_ATTRIBUTE = "codex_replay"
"""Of a test report; pytest-xdist carries it along."""
_USED, _REFUSED = "codex_replay_used", "codex_replay_refused"
"""Of what a worker of pytest-xdist sends home."""
_MATCH_KINDS = ("exact", "normalised", "drifted")
_TOTALS = ("tests", "served", *_MATCH_KINDS, "missed", "unused", "drifts", "recorded", "errors")
_LISTS = ("requests", "served", "drifts", "misses", "unmatched", "errors", "unused", "faults", "unmet_faults")
_SHOWN = 5
"""So many drifts of a test are listed; the report has all."""


def nothing_replayed(name: str) -> dict[str, Any]:
    """Return what there is to report, as JSON values, on a test that its cassette `name` answered nothing."""
    empty: dict[str, Any] = {key: [] for key in (*_LISTS, "live_values", "blocked")}
    return {"name": name, **empty, "recut_seed": None, "is_recorded": False}


def attach(report: pytest.TestReport, replay: Mapping[str, Any], errors: Sequence[str] = ()) -> None:
    """Let a test's report carry what it replayed: for the summary as JSON values, for JUnit as properties.

    Args:
        report: pytest's.
        replay: all of it as JSON values.
        errors: why the test could not be replayed or recorded.
    """
    setattr(report, _ATTRIBUTE, {**replay, "errors": [*replay["errors"], *errors]})
    report.user_properties += [
        ("codex_replay_cassette", replay["name"]),
        *((f"codex_replay_{key}", len(replay[key])) for key in ("served", "drifts", "misses", "unused")),
        *(("codex_replay_drift", drift["text"]) for drift in replay["drifts"]),
    ]


def used_by_worker(config: pytest.Config, used: list[str] | None) -> None:
    """Send home which cassettes the collected tests use; None when not all tests were collected."""
    if (output := getattr(config, "workeroutput", None)) is not None:
        output[_USED] = used


def refused_by_worker(config: pytest.Config, why: str) -> None:
    """Send home why no test may run: the controller does not collect."""
    config.workeroutput[_REFUSED] = why  # type: ignore[attr-defined]


class RunSummary:
    """One for the whole run."""

    def __init__(self, config: pytest.Config) -> None:
        """Prepare to add up."""
        self.used: list[str] | None = None
        """Names of the cassettes that the collected tests use; None when not all tests were collected."""
        self.dropped = ""
        """What to say of the recording that is being made, if the run is interrupted now."""
        self._config = config
        self._unused = command_line_of(config).unused
        self._tests: dict[str, dict[str, Any]] = {}
        self._outcomes: dict[str, str] = {}
        self._orphans: list[str] = []
        self._trouble = ""

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note how a test went, and what it replayed."""
        if not report.passed or report.when == "call":
            self._outcomes[report.nodeid] = report.outcome
        replay = getattr(report, _ATTRIBUTE, None)
        if replay is not None:
            self._tests[report.nodeid] = replay

    @pytest.hookimpl(optionalhook=True, trylast=True)
    def pytest_testnodedown(self, node: object) -> None:
        """Take what a worker of pytest-xdist has sent home. All collect the same tests.

        Raises:
            pytest.UsageError: no test may run.
        """
        sent = getattr(node, "workeroutput", {})
        if _REFUSED in sent:
            raise pytest.UsageError(sent[_REFUSED])
        if runs_everything(self._config):
            self.used = sent.get(_USED, self.used)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Find orphans, and write the report."""
        if self.used is not None and self._unused is not Unused.IGNORE:
            from pytest_codex_replay.testing.suite import orphans_in  # noqa: PLC0415  the plugin stays light

            self._orphans = orphans_in(directory_of(self._config), self.used)
        if self._orphans and self._unused is Unused.FAIL and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
        if (file := report_file_of(self._config)) is not None:
            self._write(file)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say it: drift and silent misses by test, orphans, and all in one line."""
        for line in (*self._drift_lines(), *self._miss_lines()):
            terminalreporter.write_line(line, yellow=True)
        if self._orphans:
            names = ", ".join(self._orphans)
            text = f"codex-replay: {count_text(len(self._orphans), 'cassette')} that no test uses: {names}"
            if self._unused is Unused.FAIL:
                text += "\n  This fails the run (--codex-replay-unused=fail): remove what is old, or use it in a test"
            terminalreporter.write_line(text, red=self._unused is Unused.FAIL, yellow=self._unused is Unused.WARN)
        if self.dropped:
            terminalreporter.write_line(f"codex-replay: {self.dropped}", yellow=True)
        if self._trouble:
            terminalreporter.write_line(self._trouble, red=True)
        if self._tests:
            is_bad = bool(self._totals()["missed"] or self._totals()["errors"])
            terminalreporter.write_line(self._line(), red=is_bad, green=not is_bad)

    def _line(self) -> str:
        totals = self._totals()
        kinds = ", ".join(f"{totals[kind]} {kind}" for kind in _MATCH_KINDS if totals[kind])
        served = f"{count_text(totals['served'], 'interaction')} served" + (f" ({kinds})" if kinds else "")
        parts = [count_text(totals["tests"], "test"), served, f"{totals['missed']} missed"]
        parts += [f"{totals['unused']} unused"]
        parts += [count_text(totals["drifts"], "drift")] if totals["drifts"] else []
        parts += [f"{totals['recorded']} recorded"] if totals["recorded"] else []
        parts += [count_text(totals["errors"], "error")] if totals["errors"] else []
        return f"codex-replay: {', '.join(parts)}"

    def _totals(self) -> Counter[str]:
        totals: Counter[str] = Counter()
        for replay in self._tests.values():
            totals.update(one["match"] for one in replay["served"])
            totals.update(
                tests=1,
                served=len(replay["served"]),
                missed=len(replay["misses"]),
                unused=len(replay["unused"]),
                drifts=len(replay["drifts"]),
                recorded=int(replay["is_recorded"]),
                errors=len(replay["errors"]),
            )
        return totals

    def _drift_lines(self) -> Iterator[str]:
        for nodeid, replay in sorted(self._tests.items()):
            drifts = replay["drifts"]
            if drifts:
                yield f"codex-replay: {nodeid} drifted from {replay['name']}"
            yield from (f"  {drift['text']}" for drift in drifts[:_SHOWN])
            if len(drifts) > _SHOWN:
                yield f"  and {len(drifts) - _SHOWN} more (--codex-replay-report=FILE lists all)"

    def _miss_lines(self) -> Iterator[str]:
        """What tests missed of which pytest shows no failure: those that are expected to fail."""
        for nodeid, replay in sorted(self._tests.items()):
            if self._outcomes.get(nodeid) == "skipped":
                for miss in replay["misses"]:
                    yield f"codex-replay: {nodeid} is expected to fail: {miss['text'].partition(chr(10))[0]}"

    def _write(self, file: Path) -> None:
        import json  # noqa: PLC0415  the plugin stays light

        tests = [
            {"test": nodeid, "outcome": self._outcomes.get(nodeid), **replay}
            for nodeid, replay in sorted(self._tests.items())
        ]
        totals = self._totals()
        report = {
            "format": REPORT_FORMAT,
            "totals": {key: totals[key] for key in _TOTALS},
            "tests": tests,
            "orphans": self._orphans,
        }
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(json.dumps(report, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        except OSError as error:
            self._trouble = f"codex-replay: no report was written: {file}: {error.strerror}"
