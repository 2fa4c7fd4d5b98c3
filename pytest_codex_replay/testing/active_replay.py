"""The replay of one test: its cassette and engine, and what there is to report about them."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

from pytest_codex_replay.archive.session import has_sessions
from pytest_codex_replay.errors import DamageWarning, UsageError
from pytest_codex_replay.matching.normalise import Normaliser
from pytest_codex_replay.projection.interactions import Interaction
from pytest_codex_replay.replay.cassette import Cassette, cassette_names, load_cassette
from pytest_codex_replay.replay.engine import Engine
from pytest_codex_replay.replay.explain import in_brief
from pytest_codex_replay.replay.report import Drift, SeenRequest
from pytest_codex_replay.testing.resolved import ResolvedTest
from pytest_codex_replay.testing.run_summary import adoption_refused
from pytest_codex_replay.testing.secret_gate import SecretGate

_SECRET_GATE = pytest.StashKey[SecretGate]()
_LISTED_NAMES = 8
_POINT_IT = """\
Point the client at it: codex_replay.env, .codex_args or .base_url
  An SDK reads $OPENAI_BASE_URL when the client is made; Codex reads CODEX_HOME, or takes codex_replay.codex_args; a
  process with an environment of its own needs codex_replay.env; codex_vcr answers clients in the test's own process
  only. If no request is meant: unasked="ok" in @pytest.mark.codex_replay or use_cassette."""
_RECORD_IT = "Record it: pytest --codex-replay-mode=once"


@dataclass(slots=True, kw_only=True)
class ActiveReplay:
    """A cassette and its engine, for as long as a test lasts."""

    cassette: Cassette
    engine: Engine
    test: ResolvedTest
    normalisers: tuple[Normaliser, ...] = ()
    adoption: dict[str, Any] | None = None
    """What became of the cassette in mode adopt, as JSON values; None: nothing yet."""
    blocked: Callable[[], tuple[str, ...]] = tuple
    """Returns the connections out of this process that were blocked."""
    _reported: tuple[int, ...] = (0, 0, 0)
    """How many misses, errors and blocked connections are in a report already."""

    @property
    def interactions(self) -> tuple[Interaction, ...]:
        """What is recorded, by start time."""
        return self.cassette.interactions

    @property
    def requests(self) -> tuple[SeenRequest, ...]:
        """What clients sent so far."""
        return self.engine.report.requests

    @property
    def drift(self) -> tuple[Drift, ...]:
        """Tolerated differences so far."""
        return self.engine.report.drifts

    @property
    def unused(self) -> tuple[Interaction, ...]:
        """Recorded model calls that no request asked for so far."""
        return self.engine.report.unused

    @property
    def has_missed(self) -> bool:
        """Whether a request was not recorded."""
        return bool(self.engine.report.misses)

    def damage(self) -> str:
        """Return what is damaged in the cassette, in one line; empty when nothing is."""
        if not self.cassette.damages:
            return ""
        first, *others = self.cassette.damages
        more = f" and {len(others)} more (codex-replay check)" if others else ""
        return f"{self.cassette.name}: damaged: {first}{more}"

    def news(self) -> str:
        """Return what went wrong since the last call; empty when nothing did."""
        kinds = self._troubles()
        before, self._reported = self._reported, tuple(map(len, kinds))
        return "\n".join(line for lines, count in zip(kinds, before, strict=True) for line in lines[count:])

    def _troubles(self) -> tuple[list[str], ...]:
        """Return the misses, the errors and the blocked connections so far."""
        report = self.engine.report
        blocked = dict.fromkeys(self.blocked())  # clients try again
        return (
            [miss.text for miss in report.misses],
            [f"{report.name}: {error}" for error in report.errors],
            [f"{report.name}: {what} was blocked: replay allows no network access" for what in blocked],
        )

    def unasked(self) -> str:
        """Return that nothing was replayed, and what to do; empty when something was, or is not expected."""
        if self.test.may_be_unasked or self.engine.report.requests or self.blocked():
            return ""
        return f"{self.cassette.name}: no request reached the cassette. {_POINT_IT}"

    def in_brief(self) -> str:
        """Return the first of what went wrong, in a few words; empty when nothing did."""
        return next((in_brief(text) for text in chain(*self._troubles())), "")

    def left_over(self) -> str:
        """Return which interactions and faults the test did not use; empty when it used all."""
        report = self.engine.report
        which = ", ".join(str(one.index) for one in report.unused)
        faults = ", ".join(map(str, report.unmet_faults))
        lines = [f"{report.name}: no request asked for interaction {which} of {len(self.interactions)}."] * bool(which)
        lines += [f"{report.name}: no request met the fault {faults}."] * bool(faults)
        return "\n".join(lines)

    def left_as_it_is(self, why: str) -> str:
        """Return the message for requests that are not adopted."""
        return f"{self.cassette.name} was not adopted, the cassette is unchanged: {why}"

    def circumstances(self) -> str:
        """Return how the replay differed from the recording, which may be why the test fails; empty when it did not."""
        report = self.engine.report
        lines = [f"{report.name}: {fault}" for fault in report.faults]
        if report.recut_seed is not None:
            seed = report.recut_seed
            lines.append(f"{report.name}: cut anew by seed {seed}; --codex-replay-recut={seed} does it again")
        return "\n".join(lines)

    def as_json(self) -> dict[str, Any]:
        """Return the whole report as plain JSON values, which workers can send to the controller."""
        report = self.engine.report
        values: dict[str, Any] = json.loads(json.dumps(report.as_json()))
        for values_of_one, drift in zip(values["drifts"], report.drifts, strict=True):
            values_of_one["text"] = str(drift)
        adoption = self.adoption or (adoption_refused("the test did not pass") if self.test.adopts else None)
        errors = [*values["errors"], *([self.adoption["reason"]] if self.adoption and self.adoption["reason"] else [])]
        return values | {
            "errors": errors,
            "blocked": list(self.blocked()),
            "is_recorded": False,
            "adoption": adoption,
        }


def start_replay(test: ResolvedTest, normalisers: Iterable[Normaliser] = ()) -> ActiveReplay:
    """Load a test's cassette and make its engine; the cassette's normalisers come after the given ones.

    Raises:
        UsageError: the cassette does not exist, or a fault names an unknown interaction.
        ArchiveError: it cannot be read.
    """
    path, directory, name = test.cassette.path, test.cassette.directory, test.cassette.name
    if not path.exists():
        existing = _names_like(name, directory)
        raise UsageError(f"no cassette {name!r} in {directory}. There are: {existing}. {_RECORD_IT}")
    if path.is_dir() and not has_sessions(path):
        raise UsageError(f"{path}: nothing is recorded in it. {_RECORD_IT}")
    cassette = load_cassette(path, name=test.cassette.title, settings=test.cassette.settings)
    every = (*normalisers, *cassette.settings.normalisers)
    engine = Engine(
        cassette.interactions,
        name=cassette.name,
        level=test.match,
        speed=test.speed,
        advice=test.advice,
        faults=test.faults,
        recut_seed=test.recut_seed,
        normalisers=every,
    )
    return ActiveReplay(cassette=cassette, engine=engine, test=test, normalisers=every)


def checked_replay(test: ResolvedTest, node: pytest.Item, normalisers: Iterable[Normaliser]) -> ActiveReplay:
    """Return a replay of a cassette that passed the scan.

    Raises:
        CodexReplayError: it does not exist, cannot be read, or holds a secret.
    """
    replay = start_replay(test, normalisers)
    _secret_gate(node.config).check(test.cassette.path, name=test.cassette.title, allow=test.allow)
    if damage := replay.damage():
        node.warn(DamageWarning(damage))  # an error, where warnings are errors
    return replay


def _secret_gate(config: pytest.Config) -> SecretGate:
    """Return what looks for secrets in cassettes; one for a run."""
    if _SECRET_GATE not in config.stash:
        config.stash[_SECRET_GATE] = SecretGate(config.rootpath, kept=getattr(config, "cache", None))
    return config.stash[_SECRET_GATE]


def _names_like(name: str, directory: Path) -> str:
    """Return the names of the existing cassettes; of many, those most like `name`."""
    existing = cassette_names(directory)
    nearest = sorted(existing, key=lambda other: -SequenceMatcher(None, name, other).ratio())[:_LISTED_NAMES]
    more = f" and {len(existing) - len(nearest)} more" if len(existing) > len(nearest) else ""
    return ", ".join(sorted(nearest)) + more or "none"
