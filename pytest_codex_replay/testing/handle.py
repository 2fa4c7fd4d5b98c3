"""What the `codex_replay` fixture hands to a test: where to point a client, and what happened."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from functools import cached_property
from pathlib import Path
from typing import NoReturn

from pytest_codex_replay.archive.session import has_sessions
from pytest_codex_replay.codex.approvals import Approval
from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.launch.codex_cli import base_url_args, codex_args, configure_home, past_proxies, write_models
from pytest_codex_replay.launch.recorder_process import API_UPSTREAM
from pytest_codex_replay.matching.match import MatchLevel
from pytest_codex_replay.matching.normalise import Normaliser
from pytest_codex_replay.projection.approvals import with_approvals
from pytest_codex_replay.projection.interactions import Interaction, Transport
from pytest_codex_replay.projection.turns import Turn, turns_of
from pytest_codex_replay.replay.cassette import Cassette, cassette_names, load_cassette
from pytest_codex_replay.replay.engine import Engine
from pytest_codex_replay.replay.reply import Speed
from pytest_codex_replay.replay.report import Drift, Report, SeenRequest
from pytest_codex_replay.replay.settings import read_settings
from pytest_codex_replay.server import ReplayServer
from pytest_codex_replay.testing.options import ReplayOptions, parsed_faults
from pytest_codex_replay.testing.rerecord import CassetteRecorder

DUMMY_KEY = "sk-replay-needs-no-key"
"""Clients insist on a credential; replay looks at none."""
_LISTED_NAMES = 8
_RECORD_IT = "Record it: pytest --codex-replay-mode=once"


@dataclass(frozen=True)
class CodexReplay:
    """A base URL for any client, and what a replay knows about the conversation."""

    base_url: str
    """Ends in `/v1`, without a slash behind it."""
    env: Mapping[str, str]
    """What to add to the environment of a process, so that Codex and the SDKs in it talk to `base_url`."""
    approvals: list[Approval] = field(default_factory=list, kw_only=True, compare=False)
    """What Codex asked the test to allow so far, by way of `codex_app`."""

    @property
    def codex_args(self) -> tuple[str, ...]:
        """Arguments that point the real Codex at `base_url`."""
        return ()

    @property
    def interactions(self) -> tuple[Interaction, ...]:
        """What is recorded, by start time."""
        return self._not_live("interactions")

    @property
    def turns(self) -> tuple[Turn, ...]:
        """What is recorded, as turns."""
        return self._not_live("turns")

    @property
    def requests(self) -> tuple[SeenRequest, ...]:
        """What clients sent so far."""
        return self._not_live("requests")

    @property
    def drift(self) -> tuple[Drift, ...]:
        """Tolerated differences so far."""
        return self._not_live("drift")

    @property
    def unused(self) -> tuple[Interaction, ...]:
        """Recorded model calls that no request asked for so far."""
        return self._not_live("unused")

    def _not_live(self, name: str) -> NoReturn:
        raise UsageError(f"codex_replay.{name} is known in replay only: run pytest with --codex-replay")


@dataclass(frozen=True)
class LiveUpstream(CodexReplay):
    """Without `--codex-replay` the same test runs against the live upstream."""

    @property
    def codex_args(self) -> tuple[str, ...]:
        """What sends Codex to `$OPENAI_BASE_URL`, which it does not read; nothing where that is not set."""
        return base_url_args(self.base_url) if os.environ.get("OPENAI_BASE_URL") else ()


@dataclass(frozen=True)
class RecordedUpstream(CodexReplay):
    """The live upstream behind the recorder. What a replay knows about the conversation is read from the recording."""

    recorder: CassetteRecorder

    @property
    def codex_args(self) -> tuple[str, ...]:
        return codex_args(self.base_url)

    @property
    def interactions(self) -> tuple[Interaction, ...]:
        return self.recorder.interactions()

    @property
    def turns(self) -> tuple[Turn, ...]:
        return with_approvals(turns_of(self.interactions), self.approvals)

    @property
    def requests(self) -> tuple[SeenRequest, ...]:
        return tuple(
            SeenRequest(
                number=number,
                method="FRAME" if one.transport is Transport.WEBSOCKET else one.method,
                url=one.url,
                headers=one.request_headers,
                payload=one.request,
                transport=one.transport,
            )
            for number, one in enumerate(self.interactions, start=1)
        )

    @property
    def drift(self) -> tuple[Drift, ...]:
        """None: what is recorded is what is sent."""
        return ()

    @property
    def unused(self) -> tuple[Interaction, ...]:
        """None: what is recorded was asked for."""
        return ()


@dataclass(frozen=True)
class ReplayedCassette(CodexReplay):
    """A cassette behind a server."""

    cassette: Cassette
    engine: Engine
    catalogue: Path | None = None
    """The recorded models, as a file; None when Codex did not ask for any."""

    @property
    def codex_args(self) -> tuple[str, ...]:
        return codex_args(self.base_url, self.catalogue)

    @property
    def interactions(self) -> tuple[Interaction, ...]:
        return self.cassette.interactions

    @property
    def turns(self) -> tuple[Turn, ...]:
        return with_approvals(self._turns, self.approvals)

    @cached_property
    def _turns(self) -> tuple[Turn, ...]:
        return turns_of(self.cassette.interactions)

    @property
    def report(self) -> Report:
        """All that happened so far."""
        return self.engine.report

    @property
    def requests(self) -> tuple[SeenRequest, ...]:
        return self.report.requests

    @property
    def drift(self) -> tuple[Drift, ...]:
        return self.report.drifts

    @property
    def unused(self) -> tuple[Interaction, ...]:
        return self.report.unused


def settings_of(cassette: Path) -> dict[str, str]:
    """Return what a cassette says about its own replay, as options have it.

    Raises:
        UsageError: it says what is not known.
    """
    settings = read_settings(cassette)
    match = {} if settings.match is None else {"match": str(settings.match)}
    if settings.speed is None:
        return match
    factor = settings.speed.factor
    return {**match, "speed": str(1 / factor) if factor else "instant"}


def prepare(
    directory: Path,
    options: ReplayOptions,
    *,
    normalisers: Iterable[Normaliser] = (),
    advice: str | None = None,
) -> tuple[Cassette, Engine]:
    """Load a test's cassette and make its engine.

    Args:
        directory: where cassettes are.
        options: of the test.
        normalisers: what else differs without a meaning, beside what the cassette says.
        advice: the last line of a miss; None: how to record the cassette anew.

    Raises:
        UsageError: there is no such cassette, or an option has no such value.
        ArchiveError: it cannot be read.
    """
    path = directory / options.name
    if not path.exists():
        there = _names_like(options.name, directory)
        raise UsageError(f"no cassette {options.name!r} in {directory}. There are: {there}. {_RECORD_IT}")
    if path.is_dir() and not has_sessions(path):
        raise UsageError(f"{path}: nothing is recorded in it. {_RECORD_IT}")
    cassette = load_cassette(path, name=f"{directory.name}/{options.name}")
    engine = Engine(
        cassette.interactions,
        name=cassette.name,
        level=MatchLevel(options.match),
        speed=Speed.parse(options.speed),
        advice=advice,
        faults=parsed_faults(options),
        recut_seed=options.recut_seed,
        normalisers=(*normalisers, *cassette.settings.normalisers),
    )
    return cassette, engine


def live_upstream() -> LiveUpstream:
    """Return where clients go by themselves."""
    return LiveUpstream(base_url=(os.environ.get("OPENAI_BASE_URL") or API_UPSTREAM).rstrip("/"), env={})


def recorded(recorder: CassetteRecorder) -> RecordedUpstream:
    """Return the handle of what `recorder` records: the user's own credentials, by way of the recorder."""
    env = {"OPENAI_BASE_URL": recorder.base_url, **past_proxies(os.environ)}
    return RecordedUpstream(base_url=recorder.base_url, env=env, recorder=recorder)


def replayed(server: ReplayServer, cassette: Cassette, engine: Engine, *, home: Path) -> ReplayedCassette:
    """Return the handle of a cassette that `server` serves; `home` becomes a `CODEX_HOME` that leads there."""
    catalogue = write_models(cassette.interactions, home / "recorded-models.json")
    configure_home(home, server.base_url, catalogue)
    env = {
        "OPENAI_BASE_URL": server.base_url,
        "OPENAI_API_KEY": DUMMY_KEY,
        "CODEX_API_KEY": DUMMY_KEY,
        "CODEX_HOME": str(home),
        **past_proxies(os.environ),
    }
    return ReplayedCassette(base_url=server.base_url, env=env, cassette=cassette, engine=engine, catalogue=catalogue)


def _names_like(name: str, directory: Path) -> str:
    """Return the names of the cassettes that are there; of many, those that come closest."""
    there = cassette_names(directory)
    nearest = sorted(there, key=lambda other: -SequenceMatcher(None, name, other).ratio())[:_LISTED_NAMES]
    more = f" and {len(there) - len(nearest)} more" if len(there) > len(nearest) else ""
    return ", ".join(sorted(nearest)) + more or "none"
