"""The fixture `codex_app`. Heavy modules are imported when a test uses it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pytest_codex_replay.launch.app_server import AppServer
    from pytest_codex_replay.launch.codex_cli import CodexCli
    from pytest_codex_replay.testing.handle import CodexReplay


@pytest.fixture
def codex_app(codex_replay: CodexReplay, codex_cli: CodexCli) -> Iterator[AppServer]:
    """The real `codex app-server`, started as `codex_cli` is: `codex_app.start_thread().run("prompt")`."""
    from pytest_codex_replay.launch.app_server import AppServer  # noqa: PLC0415  heavy
    from pytest_codex_replay.projection.approvals import with_approvals  # noqa: PLC0415  heavy

    with AppServer(codex_cli) as app:
        codex_replay.add_to_turns(lambda turns: with_approvals(turns, app.approvals))
        yield app
