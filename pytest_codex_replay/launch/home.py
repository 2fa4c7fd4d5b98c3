"""A `CODEX_HOME`: configured, with the user's login, and with the models of a recording."""

import contextlib
import os
from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from pathlib import Path
from typing import Any

import orjson

from pytest_codex_replay.codex.configuration import NO_WEB_SEARCH, WEB_TOOLS
from pytest_codex_replay.codex.endpoints import Endpoint
from pytest_codex_replay.codex.home_files import CONFIG, SQLITE_HOME_VARIABLE
from pytest_codex_replay.codex.sandbox import sandbox_in
from pytest_codex_replay.codex.threads import helper_kind
from pytest_codex_replay.launch.arguments import settings
from pytest_codex_replay.projection.interactions import Interaction, Role

_SETTINGS = {
    "model": ("model",),
    "model_reasoning_effort": ("reasoning", "effort"),
    "model_reasoning_summary": ("reasoning", "summary"),
    "model_verbosity": ("text", "verbosity"),
    "service_tier": ("service_tier",),
}
"""Settings of Codex -> where a request has them."""
_OWN = frozenset({Role.TURN, Role.PREWARM})
_SPELT = {"priority": "fast"}
"""A value as requests have it -> as all releases of Codex read it."""


def configure_home(home: Path, base_url: str, recorded: Iterable[str] = ()) -> None:
    """Write the settings of `codex_args` into `home`, for a Codex that is started with arguments of its own.

    Of two lines for one setting, the one of `recorded` holds.
    """
    lines = {line.partition("=")[0]: line for line in settings(base_url, recorded)}
    (home / CONFIG).write_text("\n".join([*lines.values(), ""]), encoding="utf-8")


def home_variables(home: Path) -> dict[str, str]:
    """Return the variables by which Codex keeps all its files in `home`, its databases, too."""
    return {"CODEX_HOME": str(home), SQLITE_HOME_VARIABLE: str(home)}


def share_login(home: Path, environment: Mapping[str, str] = os.environ) -> None:
    """Link the login of the user's own `CODEX_HOME` into `home`; no credential is copied."""
    own = Path(environment.get("CODEX_HOME") or Path.home() / ".codex") / "auth.json"
    if own.exists():
        (home / own.name).symlink_to(own.absolute())


def recorded_settings(interactions: Sequence[Interaction], catalogue: Path) -> tuple[str, ...]:
    """Return lines of a config.toml under which Codex asks as it did in a recording, for `codex_args`.

    They name what `chosen_settings` finds, and the models that Codex knew: instructions and tools depend on them, and
    with an API key Codex does not request them. Where the recording has none of these, Codex's own hold.

    Args:
        interactions: the recording.
        catalogue: the file in which the models go.
    """
    models = {"model_catalog_json": str(catalogue)} if _write_models(interactions, catalogue) else {}
    values = chosen_settings(interactions) | _web_search(interactions) | models
    return tuple(f"{name}={orjson.dumps(value).decode()}" for name, value in values.items())


def _web_search(interactions: Iterable[Interaction]) -> dict[str, str]:
    """Return the setting that keeps Codex from offering a search of the web where the recording does not.

    The built-in provider, which a replay asks, offers one where another provider may not.
    """
    asked = [one.request for one in interactions if _is_users_own(one) and one.request]
    is_offered = any(word in raw for raw in (one.passing for one in asked) for word in WEB_TOOLS)
    return {} if not asked or is_offered else dict(NO_WEB_SEARCH)


def chosen_settings(interactions: Iterable[Interaction]) -> dict[str, str]:
    """Return the settings with which the user's own thread was recorded: model, effort, service and the like.

    One that asked nothing itself, as with `codex review`, was prepared all the same.
    """
    own = sorted((one for one in interactions if _is_users_own(one)), key=lambda one: one.role is Role.PREWARM)
    asked = next((one.request.fields for one in own if one.request), {})
    found = {name: _member(asked, *path) for name, path in _SETTINGS.items()}
    return {name: _SPELT.get(value, value) for name, value in found.items() if isinstance(value, str)}


def recorded_sandbox(interactions: Iterable[Interaction]) -> str | None:
    """Return the sandbox in which the user's own thread was recorded; None where its requests name none."""
    asked = (one for one in interactions if one.request and one.role in _OWN and not one.identity.parent_thread_id)
    return next(filter(None, (sandbox_in(one.request.passing) for one in asked if one.request)), None)


def _is_users_own(one: Interaction) -> bool:
    return one.role in _OWN and not one.identity.parent_thread_id and helper_kind(one.identity) is None


def _member(value: Any, *path: str) -> Any:
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


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
