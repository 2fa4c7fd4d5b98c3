"""Adds up what all tests replayed, workers of pytest-xdist included: the last lines of a run, and a report as JSON."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from pytest_codex_replay.counting import count_text
from pytest_codex_replay.testing.config import Mode, RunOptions, Unused, report_file_of, runs_everything
from pytest_codex_replay.visible import visible, visible_json

REPORT_FORMAT = 2
"""Of the report: docs/report.md."""

_ATTRIBUTE = "codex_replay"
"""Attribute of a test report; pytest-xdist sends it to the controller."""
_SCOPES = "codex_replay_scopes"
"""Attribute with the reports of cassettes that are used for longer than a test."""
_USED, _REFUSED = "codex_replay_used", "codex_replay_refused"
"""Keys of what a worker of pytest-xdist sends to the controller."""
_MATCH_KINDS = ("exact", "normalised", "drifted")
_TOTALS = ("tests", "served", *_MATCH_KINDS, "missed", "unused", "drifts", "recorded", "errors")
_LISTS = ("requests", "served", "drifts", "misses", "unmatched", "errors", "unused", "faults", "unmet_faults")
_SHOWN = 5
"""At most so many drifts of a test are listed; the report has all."""


def nothing_replayed(name: str) -> dict[str, Any]:
    """Return the report of a test that was not replayed from its cassette `name`, as JSON values."""
    empty: dict[str, Any] = {key: [] for key in (*_LISTS, "live_values", "blocked")}
    return {"name": name, **empty, "recut_seed": None, "is_recorded": False, "adoption": None}


def adoption_refused(reason: str) -> dict[str, Any]:
    """Return that a cassette was not adopted, as JSON values."""
    return {"outcome": "refused", "reason": reason, "changes": [], "volatile": []}


def attach(report: pytest.TestReport, replay: Mapping[str, Any], errors: Sequence[str] = ()) -> None:
    """Attach to a test's report what it replayed: as JSON values for the summary, as properties for JUnit.

    `errors` say why the test could not be replayed or recorded.
    """
    setattr(report, _ATTRIBUTE, {**replay, "errors": [*replay["errors"], *errors]})
    report.user_properties += [
        ("codex_replay_cassette", visible(replay["name"])),
        *((f"codex_replay_{key}", len(replay[key])) for key in ("served", "drifts", "misses", "unused")),
        *(("codex_replay_drift", visible(drift["text"])) for drift in replay["drifts"]),
    ]


def attach_scopes(report: pytest.TestReport, scopes: Mapping[str, Mapping[str, Any]]) -> None:
    """Attach to a test's report those of the cassettes for longer than a test that ended with it."""
    if scopes:
        setattr(report, _SCOPES, scopes)


def used_by_worker(config: pytest.Config, used: list[str] | None) -> None:
    """Send to the controller which cassettes the collected tests use; None when not all tests were collected."""
    if (output := getattr(config, "workeroutput", None)) is not None:
        output[_USED] = used


def refused_by_worker(config: pytest.Config, why: str) -> None:
    """Send to the controller why no test may run: it does not collect."""
    config.workeroutput[_REFUSED] = why  # type: ignore[attr-defined]


class RunSummary:
    """What all tests of a run replayed. Registered as a plugin of its own."""

    def __init__(self, config: pytest.Config, run: RunOptions) -> None:
        """Start with no test."""
        self.used: list[str] | None = None
        """Names of the cassettes that the collected tests use; None when not all tests were collected."""
        self.dropped: list[str] = []
        """Messages about what is recorded or adopted just now, in case the run is interrupted."""
        self.is_interrupted = False
        """Whether the run ends early: what a wider scope has seen is not all."""
        self._config = config
        self._run = run
        self._tests: dict[str, dict[str, Any]] = {}
        self._outcomes: dict[str, str] = {}
        self._used_later: set[str] = set()
        """Titles of cassettes of which the collection did not know."""
        self._orphans: list[str] = []
        self._write_error = ""

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note how a test went, and what it replayed."""
        if not report.passed or report.when == "call":
            self._outcomes[report.nodeid] = report.outcome
        replay = getattr(report, _ATTRIBUTE, None)
        if replay is not None:
            self._tests[report.nodeid] = replay
        for name, values in getattr(report, _SCOPES, {}).items():
            self._tests[name] = values
            self._used_later.add(values["name"])
            self._outcomes[name] = "failed" if values["misses"] or values["errors"] else "passed"

    @pytest.hookimpl(optionalhook=True, trylast=True)
    def pytest_testnodedown(self, node: object) -> None:
        """Take what a worker of pytest-xdist has sent. All workers collect the same tests.

        Raises:
            pytest.UsageError: no test may run.
        """
        sent = getattr(node, "workeroutput", {})
        if _REFUSED in sent:
            raise pytest.UsageError(sent[_REFUSED])
        if runs_everything(self._config):
            self.used = sent.get(_USED, self.used)

    @contextmanager
    def dropping(self, message: str) -> Iterator[None]:
        """Say so when the run is interrupted while this lasts; an empty message is not said."""
        try:
            yield
        except (KeyboardInterrupt, pytest.exit.Exception):
            self.is_interrupted = True
            raise
        finally:
            if self.is_interrupted and message:
                self.dropped.append(message)

    def pytest_keyboard_interrupt(self) -> None:
        """Note it before the fixtures of wider scopes end."""
        self.is_interrupted = True

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Find orphans, and write the report."""
        if self.used is not None and self._run.unused is not Unused.IGNORE:
            from pytest_codex_replay.testing.collection import orphans_in  # noqa: PLC0415  the plugin stays light

            later = [name.partition("/")[2] for name in self._used_later]
            self._orphans = orphans_in(self._run.directory, [*self.used, *later])
        if self._adopted_twice() and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
        if self._orphans and self._run.unused is Unused.FAIL and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
        if (file := report_file_of(self._config)) is not None:
            self._write(file)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print drift and hidden misses by test, orphans, and the totals in one line."""
        for line in (*self._drift_lines(), *self._miss_lines(), *self._adoption_lines()):
            terminalreporter.write_line(visible(line), yellow=True)
        if self._orphans:
            names = ", ".join(self._orphans)
            text = f"codex-replay: {count_text(len(self._orphans), 'cassette')} that no test uses: {names}"
            fails = self._run.unused is Unused.FAIL
            if fails:
                text += "\n  This fails the run (--codex-replay-unused=fail): remove them, or use them in a test"
            terminalreporter.write_line(visible(text), red=fails, yellow=not fails)
        for line in self.dropped:
            terminalreporter.write_line(f"codex-replay: {visible(line)}", yellow=True)
        if self._write_error:
            terminalreporter.write_line(visible(self._write_error), red=True)
        if self._tests:
            is_bad = any(self._totals()[kind] for kind in ("missed", "blocked", "errors"))
            terminalreporter.write_line(self._line(), red=is_bad, green=not is_bad)
        if self._run.mode is Mode.ADOPT:
            counts = Counter(one["outcome"] for _, _, one in self._adoptions())
            text = ", ".join(f"{counts[outcome]} {outcome}" for outcome in ("adopted", "unchanged", "refused"))
            terminalreporter.write_line(f"codex-replay: {text}", red=bool(counts["refused"] or self._adopted_twice()))

    def _line(self) -> str:
        totals = self._totals()
        kinds = ", ".join(f"{totals[kind]} {kind}" for kind in _MATCH_KINDS if totals[kind])
        served = f"{count_text(totals['served'], 'interaction')} served" + (f" ({kinds})" if kinds else "")
        parts = [count_text(totals["tests"], "test"), served, *(f"{totals[key]} {key}" for key in ("missed", "unused"))]
        parts += [f"{totals['blocked']} blocked"] if totals["blocked"] else []
        parts += [count_text(totals["drifts"], "drift")] if totals["drifts"] else []
        parts += [f"{totals['recorded']} recorded"] if totals["recorded"] else []
        parts += [count_text(totals["errors"], "error")] if totals["errors"] else []
        return f"codex-replay: {', '.join(parts)}"

    def _totals(self) -> Counter[str]:
        totals: Counter[str] = Counter()
        for replay in self._tests.values():
            totals.update(one["match"] for one in replay["served"])
            totals.update(tests=1, missed=len(replay["misses"]), recorded=int(replay["is_recorded"]))
            totals.update({key: len(replay[key]) for key in ("served", "unused", "blocked", "drifts", "errors")})
        return totals

    def _drift_lines(self) -> Iterator[str]:
        for nodeid, replay in sorted(self._tests.items()):
            drifts = replay["drifts"] if replay["adoption"] is None else []  # there it says more
            if drifts:
                yield f"codex-replay: {nodeid} drifted from {replay['name']}"
            yield from (f"  {drift['text']}" for drift in drifts[:_SHOWN])
            if len(drifts) > _SHOWN:
                yield f"  and {len(drifts) - _SHOWN} more (--codex-replay-report=FILE lists all)"

    def _adoptions(self) -> Iterator[tuple[str, str, dict[str, Any]]]:
        """Yield what became of cassettes in mode adopt, with the test and the name."""
        for nodeid, replay in sorted(self._tests.items()):
            if replay["adoption"] is not None:
                yield nodeid, replay["name"], replay["adoption"]

    def _adopted_twice(self) -> dict[str, list[str]]:
        """Return cassettes that tests with different requests adopted by turns, in workers that know nothing of it."""
        by: dict[str, list[str]] = {}
        for nodeid, name, adoption in self._adoptions():
            if adoption["outcome"] == "adopted":
                by.setdefault(name, []).append(nodeid)
        return {name: nodeids for name, nodeids in by.items() if len(nodeids) > 1}

    def _adoption_lines(self) -> Iterator[str]:
        for name, nodeids in self._adopted_twice().items():
            yield f"codex-replay: {name} was adopted from {' and '.join(nodeids)}, which differ: name one of them anew"
        for nodeid, name, adoption in self._adoptions():
            reason = f": {adoption['reason'].partition(chr(10))[0]}" if adoption["reason"] else ""
            if reason or adoption["changes"] or adoption["volatile"]:
                yield f"codex-replay: {nodeid}: {name} {adoption['outcome']}{reason}"
            yield from (f"  {change['text']}" for change in adoption["changes"])
            if adoption["volatile"]:
                yield f"  volatile text stays as it was, strict does not accept it: {adoption['volatile'][0]}"

    def _miss_lines(self) -> Iterator[str]:
        """Yield the misses for which pytest shows no failure: those of tests that are expected to fail."""
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
            text = visible_json(json.dumps(report, indent=2, ensure_ascii=False))
            file.write_text(f"{text}\n", encoding="utf-8")
        except OSError as error:
            self._write_error = f"codex-replay: no report was written: {file}: {error.strerror}"
