"""The provider and the model of a user's own Codex, for a home that has nothing else of the user's configuration."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import orjson

from pytest_codex_replay.codex.configuration import BUILT_IN_PATH, base_urls
from pytest_codex_replay.codex.home_files import CONFIG
from pytest_codex_replay.launch.config_text import parsed
from pytest_codex_replay.launch.home import configure_home, home_variables, share_login
from pytest_codex_replay.launch.pointing import Pointing
from pytest_codex_replay.launch.users_codex import UsersCodex

_CHOICE = (
    *("openai_base_url", "chatgpt_base_url", "model_provider", "model_providers"),
    *("cli_auth_credentials_store", "forced_login_method"),
    *("model", "model_reasoning_effort", "model_reasoning_summary", "model_verbosity", "service_tier"),
)
"""Settings that say who is asked, with which login, for which model."""


def recorded_home(
    home: Path,
    base_url: str,
    route: Callable[[str], str | None] | None,
    *,
    given: str | None = None,
    environment: Mapping[str, str] = os.environ,
) -> tuple[str, list[str]]:
    """Give `home` the login, the providers, profiles and models of the user's own, pointed at a recorder.

    Args:
        home: an empty directory.
        base_url: of the recorder.
        route: where the recorder leads to an upstream; None: it has one only, that of the built-in provider.
        given: base URL that replaces that of the provider in use.
        environment: the user's own.

    Returns:
        The base URL of the built-in provider, and what is not recorded.
    """
    codex = UsersCodex.read(environment)
    pointing = Pointing(codex, given, route or (lambda _: base_url))
    share_login(home, environment)
    if codex.broken:  # Codex reports it
        (home / CONFIG).symlink_to(codex.home / CONFIG)
        return base_url, []
    texts = {name: one.pointed for name, one in pointing.texts().items()} if route else {}
    lines = _choose_as(home, texts)
    configure_home(home, base_url, lines)
    return str(parsed("\n".join(lines)).get(BUILT_IN_PATH[0], base_url)), pointing.left


def live_home(home: Path, environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Give `home` the login, the provider and the model of the user's own; return the variables that name it."""
    codex = UsersCodex.read(environment)
    if lines := _choose_as(home, codex.texts):
        (home / CONFIG).write_text("\n".join([*lines, ""]), encoding="utf-8")
    share_login(home, environment)
    return home_variables(home)


def stand_ins(base_url: str, environment: Mapping[str, str] = os.environ) -> tuple[str, ...]:
    """Return lines of a config.toml by which each provider of the user's configuration leads to `base_url`.

    A test may name one: `codex -c model_provider=…`. Codex refuses a name that it does not know.
    """
    config = UsersCodex.read(environment).config
    names = dict.fromkeys(path[1] for path, _ in base_urls(config) if path != BUILT_IN_PATH)
    return tuple(f"model_providers.{_key(name)}={_inline({'name': name, 'base_url': base_url})}" for name in names)


def _choose_as(home: Path, texts: Mapping[str, str]) -> tuple[str, ...]:
    """Write what the profiles of a configuration choose into `home`; return such lines of its config.toml."""
    lines = {name: _choice_in(parsed(text)) for name, text in texts.items()}
    for name, own in lines.items():
        if name != CONFIG:
            (home / name).write_text("\n".join([*own, ""]), encoding="utf-8")
    return lines.get(CONFIG, ())


def _choice_in(config: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(f"{name}={_inline(config[name])}" for name in _CHOICE if name in config)


def _inline(value: Any) -> str:
    """Return a value as TOML, in one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_key(name)} = {_inline(one)}" for name, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_inline, value)) + "]"
    return orjson.dumps(value).decode()


def _key(name: str) -> str:
    return orjson.dumps(name).decode()
