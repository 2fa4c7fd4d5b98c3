"""A `CODEX_HOME`: configured, with the user's login, and with the models of a recording."""

import contextlib
import os
from collections.abc import Iterable
from http import HTTPStatus
from pathlib import Path

import orjson

from pytest_codex_replay.codex.endpoints import Endpoint
from pytest_codex_replay.launch.arguments import settings
from pytest_codex_replay.projection.interactions import Interaction


def configure_home(home: Path, base_url: str, catalogue: Path | None = None) -> None:
    """Write the settings of `codex_args` into `home`, for a Codex that is started with arguments of its own."""
    (home / "config.toml").write_text("\n".join(settings(base_url, catalogue)) + "\n", encoding="utf-8")


def share_login(home: Path) -> None:
    """Link the login of the user's own `CODEX_HOME` into `home`; no credential is copied."""
    own = Path(os.environ.get("CODEX_HOME") or Path.home() / ".codex") / "auth.json"
    if own.exists():
        (home / own.name).symlink_to(own.absolute())


def write_models(interactions: Iterable[Interaction], path: Path) -> Path | None:
    """Write the last recorded answer to `GET …/models` into `path`, for `codex_args`.

    Instructions and tools depend on the models that Codex knows, so it has to know those of the recording.

    Returns:
        `path`, or None when the recording has no such answer.
    """
    asked = [one for one in interactions if one.endpoint is Endpoint.MODELS and one.status == HTTPStatus.OK]
    for one in reversed(asked):
        with contextlib.suppress(orjson.JSONDecodeError):
            answer = orjson.loads(one.body)
            if isinstance(answer, dict) and answer.get("models"):
                path.write_bytes(orjson.dumps({"models": answer["models"]}))
                return path
    return None
