"""A replay or a recorder in use: the test's process is pointed at it, and what it hands out says where it is."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pytest_codex_replay.server import EngineServer
from pytest_codex_replay.testing.active_replay import ActiveReplay
from pytest_codex_replay.testing.handle import CodexReplay, recorded, replayed
from pytest_codex_replay.testing.pointing import kept_in, pointed, users_environment
from pytest_codex_replay.testing.rerecord import CassetteRecorder


@contextmanager
def replay_in_use(
    replay: ActiveReplay, config: pytest.Config, *, home: Path, patch: pytest.MonkeyPatch | None = None
) -> Iterator[CodexReplay]:
    """Serve a replay; a server of its own, so that late requests of an earlier test fail."""
    with EngineServer(replay.engine) as server:
        handle = replayed(server.base_url, replay, home=home, environment=users_environment(config))
        with pointed(handle, config, patch), kept_in(replay, config):
            yield handle


@contextmanager
def recorder_in_use(
    recorder: CassetteRecorder, config: pytest.Config, *, home: Path, patch: pytest.MonkeyPatch | None = None
) -> Iterator[CodexReplay]:
    """Hand out a recorder that is at work."""
    handle = recorded(recorder, home=home, environment=users_environment(config))
    with pointed(handle, config, patch):
        yield handle
