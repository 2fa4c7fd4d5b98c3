"""What the scripted upstream can play, by name."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from pytest_codex_replay.upstream.script import Cue, Reply, Script

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["SCENARIOS", "Scenario", "text", "tool_loop"]


@dataclass(frozen=True, slots=True)
class Scenario:
    """A script with a name."""

    name: str
    summary: str
    """One line: what the model does."""
    script: Callable[[], Script]
    """Gives a fresh script with the default parameters."""


def tool_loop(calls: int = 3) -> Script:
    """Return a script that runs `echo step-1` to `echo step-<calls>`, then says so."""

    def answer(cue: Cue) -> Reply:
        if cue.step < calls:
            return cue.shell(f"echo step-{cue.step + 1}", think=f"Step {cue.step + 1} of {calls} comes next.")
        return cue.say(f"All {calls} steps are done.")

    return Script(answer)


def text(message: str = "Hello from the scripted upstream.") -> Script:
    """Return a script that answers everything with `message`."""
    return Script(lambda cue: cue.say(message))


def _registry(*scenarios: Scenario) -> Mapping[str, Scenario]:
    return MappingProxyType({scenario.name: scenario for scenario in scenarios})


SCENARIOS = _registry(
    Scenario("tool-loop", "runs three shell commands, one after the other, then answers", tool_loop),
    Scenario("text", "answers with one line of text", text),
)
"""All scenarios, in the order in which to try them."""
