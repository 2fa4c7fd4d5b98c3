"""A `CODEX_HOME`: configured, with the user's login, and with the models of a recording."""

import contextlib
import os
from collections.abc import Iterable, Sequence
from http import HTTPStatus
from pathlib import Path

import orjson

from pytest_codex_replay.codex.endpoints import Endpoint
from pytest_codex_replay.launch.arguments import settings
from pytest_codex_replay.projection.interactions import Interaction, Role


def configure_home(home: Path, base_url: str, recorded: Iterable[str] = ()) -> None:
    """Write the settings of `codex_args` into `home`, for a Codex that is started with arguments of its own."""
    (home / "config.toml").write_text("\n".join(settings(base_url, recorded)) + "\n", encoding="utf-8")


def share_login(home: Path) -> None:
    """Link the login of the user's own `CODEX_HOME` into `home`; no credential is copied."""
    own = Path(os.environ.get("CODEX_HOME") or Path.home() / ".codex") / "auth.json"
    if own.exists():
        (home / own.name).symlink_to(own.absolute())


def recorded_settings(interactions: Sequence[Interaction], catalogue: Path) -> tuple[str, ...]:
    """Return lines of a config.toml under which Codex asks as it did in a recording, for `codex_args`.

    They name the model and the reasoning effort of the user's own thread, and the models that Codex knew: instructions
    and tools depend on them, and with an API key Codex does not request them. Where the recording has none of these,
    Codex's own hold.

    Args:
        interactions: the recording.
        catalogue: the file in which the models go.
    """
    turns = (one for one in interactions if one.role is Role.TURN and one.request and not one.identity.parent_thread_id)
    asked = next((one.request.fields for one in turns if one.request), {})
    reasoning = asked.get("reasoning")
    values = {
        "model": asked.get("model"),
        "model_reasoning_effort": reasoning.get("effort") if isinstance(reasoning, dict) else None,
        "model_catalog_json": str(catalogue) if _write_models(interactions, catalogue) else None,
    }
    return tuple(f"{name}={orjson.dumps(value).decode()}" for name, value in values.items() if isinstance(value, str))


def _write_models(interactions: Iterable[Interaction], path: Path) -> bool:
    """Write the last recorded answer to `GET …/models` into `path`; return whether there is one."""
    asked = [one for one in interactions if one.endpoint is Endpoint.MODELS and one.status == HTTPStatus.OK]
    for one in reversed(asked):
        with contextlib.suppress(orjson.JSONDecodeError):
            answer = orjson.loads(one.body)
            if isinstance(answer, dict) and answer.get("models"):
                path.write_bytes(orjson.dumps({"models": answer["models"]}))
                return True
    return False
