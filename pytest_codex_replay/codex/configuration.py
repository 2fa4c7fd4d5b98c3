"""Codex's configuration, as far as it says which host Codex asks. No I/O.

Seen with Codex 0.145, 0.160 and 0.171: `$OPENAI_BASE_URL` and the file of a project decide nothing of this, and
`$OPENAI_API_KEY` does not replace a ChatGPT login.
"""

import json
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

Config = Mapping[str, Any]
Path = tuple[str, ...]

API_UPSTREAM = "https://api.openai.com/v1"
CHATGPT_UPSTREAM = "https://chatgpt.com/backend-api/codex"
"""Where Codex goes with an API key, and with a ChatGPT login."""
MODEL_HOSTS = ("openai.com", "chatgpt.com", "openai.azure.com")
"""Domains of the upstreams that Codex and the SDKs of its makers know by themselves."""
BASE_URL_VARIABLES = ("OPENAI_BASE_URL", "OPENAI_API_BASE")
"""Environment variables from which SDKs take the base URL: OpenAI's own, and the older one of LangChain and LiteLLM."""
UNTRACED: Mapping[str, str] = MappingProxyType({"OPENAI_AGENTS_DISABLE_TRACING": "1"})
"""Keeps the OpenAI Agents SDK from reporting each run to OpenAI, in a thread that goes on after it."""
WEB_TOOLS = (b"web_search", b"web__run")
"""Names in a request by which Codex offers a search of the web: a tool of its own, or one inside `exec` (0.171)."""
NO_WEB_SEARCH = (("web_search", "disabled"),)
"""The setting under which it offers none. Providers of the user's get none by default, the built-in one does."""
BUILT_IN = "openai"
BUILT_IN_PATH = ("openai_base_url",)
LOCAL_PROVIDERS = frozenset({"ollama", "lmstudio"})
SIGNING_PROVIDERS = frozenset({"amazon-bedrock"})
"""Built-in providers that sign their requests for one host."""
_KEYRING = frozenset({"auto", "keyring"})


def merged(layers: Iterable[Config]) -> dict[str, Any]:
    """Return the configuration of several layers, the last of which wins."""
    result: dict[str, Any] = {}
    for layer in layers:
        for name, value in layer.items():
            mine = result.get(name)
            result[name] = merged((mine, value)) if isinstance(mine, dict) and isinstance(value, dict) else value
    return result


def provider_in_use(config: Config) -> str:
    """Return the id of the provider that Codex asks."""
    named = config.get("model_provider")
    return named if isinstance(named, str) and named else BUILT_IN


def base_urls(config: Config) -> Iterator[tuple[Path, str | None]]:
    """Yield where a configuration has, or may have, a base URL, with the URL: the built-in provider's first."""
    yield BUILT_IN_PATH, _url(config.get(BUILT_IN_PATH[0]))
    providers = config.get("model_providers")
    for name, provider in providers.items() if isinstance(providers, dict) else ():
        if isinstance(provider, dict) and name not in SIGNING_PROVIDERS | {BUILT_IN}:
            yield path_of(name), _url(provider.get("base_url"))


def path_of(provider: str) -> Path:
    """Return where a configuration has the base URL of a provider."""
    return BUILT_IN_PATH if provider == BUILT_IN else ("model_providers", provider, "base_url")


def override(word: str) -> dict[str, Any]:
    """Return what an argument of `-c` sets: `key=value`, where the value is TOML, else taken as it is written."""
    key, _, raw = word.partition("=")
    try:
        value = tomllib.loads(f"value = {raw}")["value"]
    except tomllib.TOMLDecodeError:
        value = raw.strip().strip("\"'")
    for name in reversed(key.strip().split(".")):
        value = {name: value}
    return value if isinstance(value, dict) else {}


def is_chatgpt_login(environment: Mapping[str, str], login: bytes | None, config: Config) -> bool:
    """Whether Codex asks with a ChatGPT login: by the variables, else by what `auth.json` holds.

    Where the login is in the system's keyring it cannot be seen, and is taken for ChatGPT's.
    """
    if environment.get("CODEX_API_KEY"):
        return False
    if environment.get("CODEX_ACCESS_TOKEN"):
        return True
    if login is None:
        return is_hidden_login(environment, login, config)
    try:
        stored = json.loads(login)
    except ValueError:
        return False  # Codex reports it
    stored = stored if isinstance(stored, dict) else {}
    if mode := stored.get("auth_mode"):
        return bool(mode != "apikey")
    return bool(stored.get("tokens")) and not stored.get("OPENAI_API_KEY")


def is_hidden_login(environment: Mapping[str, str], login: bytes | None, config: Config) -> bool:
    """Whether the login is where only Codex can look: in the system's keyring."""
    is_elsewhere = login is None and not any(environment.get(name) for name in ("CODEX_API_KEY", "CODEX_ACCESS_TOKEN"))
    return is_elsewhere and config.get("cli_auth_credentials_store") in _KEYRING


def login_kind(environment: Mapping[str, str], login: bytes | None, config: Config) -> str:
    """Return what Codex logs in with, for people; never a part of it."""
    for name, kind in (("CODEX_API_KEY", "API key"), ("CODEX_ACCESS_TOKEN", "ChatGPT")):
        if environment.get(name):
            return f"{kind} (${name})"
    if login is None:
        return "in the system's keyring" if is_hidden_login(environment, login, config) else "none"
    return f"{'ChatGPT' if is_chatgpt_login(environment, login, config) else 'API key'} (auth.json)"


def missing_variable(environment: Mapping[str, str], config: Config) -> str | None:
    """Return the variable from which the provider in use takes its key, when that is not set."""
    providers = config.get("model_providers")
    provider = providers.get(provider_in_use(config)) if isinstance(providers, dict) else None
    name = provider.get("env_key") if isinstance(provider, dict) else None
    return name if isinstance(name, str) and not environment.get(name) else None


def _url(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None
