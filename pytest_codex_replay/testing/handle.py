"""What the `codex_replay` fixture hands to a test: where to point a client, and what happened."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NoReturn

from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.launch.arguments import base_url_args, codex_args
from pytest_codex_replay.launch.home import configure_home, write_models
from pytest_codex_replay.launch.proxies import past_proxies
from pytest_codex_replay.launch.recorder_process import API_UPSTREAM
from pytest_codex_replay.projection.interactions import Interaction, Transport
from pytest_codex_replay.projection.turns import Turn, turns_of
from pytest_codex_replay.replay.cassette import Cassette
from pytest_codex_replay.replay.engine import Engine
from pytest_codex_replay.replay.report import Drift, Report, SeenRequest
from pytest_codex_replay.server import ReplayServer
from pytest_codex_replay.testing.active_replay import ActiveReplay
from pytest_codex_replay.testing.rerecord import CassetteRecorder

DUMMY_KEY = "sk-replay-needs-no-key"
"""Clients insist on a credential; replay ignores it."""


@dataclass(frozen=True)
class CodexReplay:
    """A base URL for any client, and what a replay knows about the conversation."""

    base_url: str
    """Ends in `/v1`, without a slash behind it."""
    env: Mapping[str, str]
    """What to add to the environment of a process, so that Codex and the SDKs in it talk to `base_url`."""
    codex_args: tuple[str, ...]
    """Arguments that point the real Codex at `base_url`."""

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
class RecordedUpstream(CodexReplay):
    """The live upstream behind the recorder. What a replay knows about the conversation is read from the recording."""

    recorder: CassetteRecorder

    @property
    def interactions(self) -> tuple[Interaction, ...]:
        return self.recorder.interactions()

    @property
    def turns(self) -> tuple[Turn, ...]:
        return turns_of(self.interactions)

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
    def interactions(self) -> tuple[Interaction, ...]:
        return self.cassette.interactions

    @cached_property
    def turns(self) -> tuple[Turn, ...]:
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


def live_upstream() -> CodexReplay:
    """Return the handle of where clients go by themselves. Codex does not read `$OPENAI_BASE_URL`, so it is told."""
    configured = os.environ.get("OPENAI_BASE_URL")
    base_url = (configured or API_UPSTREAM).rstrip("/")
    return CodexReplay(base_url=base_url, env={}, codex_args=base_url_args(base_url) if configured else ())


def recorded(recorder: CassetteRecorder) -> RecordedUpstream:
    """Return the handle of what `recorder` records: clients use the user's own credentials."""
    base_url = recorder.base_url
    env = {"OPENAI_BASE_URL": base_url, **past_proxies(os.environ)}
    return RecordedUpstream(base_url=base_url, env=env, codex_args=codex_args(base_url), recorder=recorder)


def replayed(server: ReplayServer, replay: ActiveReplay, *, home: Path) -> ReplayedCassette:
    """Return the handle of a replay that `server` serves; `home` becomes a `CODEX_HOME` that points there."""
    base_url = server.base_url
    catalogue = write_models(replay.cassette.interactions, home / "recorded-models.json")
    configure_home(home, base_url, catalogue)
    env = {
        "OPENAI_BASE_URL": base_url,
        "OPENAI_API_KEY": DUMMY_KEY,
        "CODEX_API_KEY": DUMMY_KEY,
        "CODEX_HOME": str(home),
        **past_proxies(os.environ),
    }
    return ReplayedCassette(
        base_url=base_url,
        env=env,
        codex_args=codex_args(base_url, catalogue),
        cassette=replay.cassette,
        engine=replay.engine,
        catalogue=catalogue,
    )
