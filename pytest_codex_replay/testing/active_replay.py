"""What one test was replayed from, and what there is to say about it."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pytest_codex_replay.replay.cassette import Cassette
from pytest_codex_replay.replay.engine import Engine


def _nothing() -> tuple[str, ...]:
    return ()


@dataclass(slots=True, kw_only=True)
class ActiveReplay:
    """A cassette and its engine, for as long as a test lasts."""

    cassette: Cassette
    engine: Engine
    blocked: Callable[[], tuple[str, ...]] = _nothing
    """Gives what tried to leave this process."""
    _told: int = 0
    """How much of what went wrong is in a report already."""

    @property
    def has_missed(self) -> bool:
        """Whether something was asked for that is not recorded."""
        return bool(self.engine.report.misses)

    def news(self) -> str:
        """Return what went wrong since the last call; empty when nothing did."""
        report = self.engine.report
        trouble = [miss.text for miss in report.misses]
        trouble += [f"{report.name}: {error}" for error in report.errors]
        trouble += [f"{report.name}: {what} was stopped: nothing leaves in replay" for what in self.blocked()]
        news, self._told = trouble[self._told :], len(trouble)
        return "\n".join(news)

    def left_over(self) -> str:
        """Return what the test did not use; empty when it used all."""
        report = self.engine.report
        lines = []
        if report.unused:
            which = ", ".join(str(one.index) for one in report.unused)
            lines.append(
                f"{report.name}: no request asked for interaction {which} of {len(self.cassette.interactions)}."
            )
        if report.unmet_faults:
            lines.append(f"{report.name}: no request met the fault {', '.join(map(str, report.unmet_faults))}.")
        return "\n".join(lines)

    def circumstances(self) -> str:
        """Return what was other than recorded, and so may be why the test fails; empty when nothing was."""
        report = self.engine.report
        lines = [f"{report.name}: {fault}" for fault in report.faults]
        if report.recut_seed is not None:
            seed = report.recut_seed
            lines.append(f"{report.name}: cut anew by seed {seed}; --codex-replay-recut={seed} does it again")
        return "\n".join(lines)

    def as_json(self) -> dict[str, Any]:
        """Return all of it as plain JSON values, which any process can take over."""
        report = self.engine.report
        values: dict[str, Any] = json.loads(json.dumps(report.as_json()))
        for values_of_one, drift in zip(values["drifts"], report.drifts, strict=True):
            values_of_one["text"] = str(drift)
        return {**values, "blocked": list(self.blocked()), "is_recorded": False}
