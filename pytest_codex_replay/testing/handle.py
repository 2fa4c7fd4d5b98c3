"""What the `codex_replay` fixture hands to a test: where to point a client, and what happened."""

import os
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from pytest_codex_replay.codex.configuration import API_UPSTREAM, BASE_URL_VARIABLES, UNTRACED
from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.launch.arguments import base_url_args, codex_args
from pytest_codex_replay.launch.home import configure_home, home_variables, recorded_settings
from pytest_codex_replay.launch.proxies import past_proxies
from pytest_codex_replay.launch.users_choice import recorded_home, stand_ins
from pytest_codex_replay.projection.interactions import Interaction
from pytest_codex_replay.projection.turns import Turn, turns_of
from pytest_codex_replay.replay.report import Drift, SeenRequest
from pytest_codex_replay.testing.active_replay import ActiveReplay
from pytest_codex_replay.testing.pointing import model_hosts
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
    _source: ActiveReplay | CassetteRecorder | None = field(default=None, repr=False)
    _additions: list[Callable[[tuple[Turn, ...]], tuple[Turn, ...]]] = field(default_factory=list, repr=False)
    """What clients of the test know of the turns beside the traffic."""

    @property
    def interactions(self) -> tuple[Interaction, ...]:
        """What is recorded, by start time."""
        return self._known("interactions").interactions

    @property
    def turns(self) -> tuple[Turn, ...]:
        """What is recorded, as turns; with what the test allowed, where `codex_app` was asked."""
        turns = turns_of(self._known("turns").interactions)
        for add in self._additions:
            turns = add(turns)
        return turns

    def add_to_turns(self, add: Callable[[tuple[Turn, ...]], tuple[Turn, ...]]) -> None:
        """Let a client of the test add to the turns what it knows beside the traffic."""
        self._additions.append(add)

    @property
    def requests(self) -> tuple[SeenRequest, ...]:
        """What clients sent so far."""
        return self._known("requests").requests

    @property
    def drift(self) -> tuple[Drift, ...]:
        """Tolerated differences so far."""
        return self._known("drift").drift

    @property
    def unused(self) -> tuple[Interaction, ...]:
        """Recorded model calls that no request asked for so far."""
        return self._known("unused").unused

    def _known(self, name: str) -> ActiveReplay | CassetteRecorder:
        if self._source is None:
            raise UsageError(f"codex_replay.{name} is known in replay only: run pytest with --codex-replay")
        return self._source


def live_upstream() -> CodexReplay:
    """Return the handle of where clients go by themselves. Codex does not read `$OPENAI_BASE_URL`, so it is told."""
    configured = os.environ.get("OPENAI_BASE_URL")
    base_url = (configured or API_UPSTREAM).rstrip("/")
    return CodexReplay(base_url=base_url, env={}, codex_args=base_url_args(base_url) if configured else ())


def recorded(recorder: CassetteRecorder, *, home: Path, environment: Mapping[str, str]) -> CodexReplay:
    """Return the handle of what `recorder` records: clients use the user's own credentials.

    Args:
        recorder: at work already.
        home: becomes a `CODEX_HOME` with the login of the user's own, and its providers, profiles and models: each base
            URL leads to where it leads without us.
        environment: the user's own.
    """
    base_url, route = recorder.base_url, recorder.route if recorder.leads_anywhere else None
    own, left = recorded_home(home, base_url, route, given=recorder.given, environment=environment)
    for what in left:
        text = f"{what}: cannot lead to the recorder; Codex asks it directly, and it is not recorded."
        warnings.warn(text, pytest.PytestWarning, stacklevel=2)
    env = {**dict.fromkeys(BASE_URL_VARIABLES, base_url), **home_variables(home), **past_proxies(os.environ)}
    return CodexReplay(base_url, env, codex_args(own), recorder)


def replayed(
    base_url: str, replay: ActiveReplay, *, home: Path, environment: Mapping[str, str] = os.environ
) -> CodexReplay:
    """Return the handle of a replay that is served at `base_url`.

    Args:
        base_url: where it is.
        replay: of a cassette.
        home: becomes a `CODEX_HOME` that points there, also by the name of a provider of the user's.
        environment: the user's own.
    """
    lines = recorded_settings(replay.interactions, home / "recorded-models.json")
    configure_home(home, base_url, (*lines, *stand_ins(base_url, environment)))
    env = {
        **dict.fromkeys(BASE_URL_VARIABLES, base_url),
        "OPENAI_API_KEY": DUMMY_KEY,
        "CODEX_API_KEY": DUMMY_KEY,
        **home_variables(home),
        **UNTRACED,
        **past_proxies(os.environ, *sorted(model_hosts(replay.interactions))),  # asked directly, they can be kept off
    }
    return CodexReplay(base_url, env, codex_args(base_url, lines), replay)
