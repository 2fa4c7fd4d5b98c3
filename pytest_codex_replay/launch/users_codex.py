"""Where the user's own Codex goes: its home, its configuration in all layers, its login. Changes nothing."""

import os
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any, Self

from pytest_codex_replay.codex.configuration import (
    API_UPSTREAM,
    BUILT_IN,
    CHATGPT_UPSTREAM,
    base_urls,
    is_chatgpt_login,
    is_hidden_login,
    merged,
    override,
    path_of,
    provider_in_use,
)
from pytest_codex_replay.codex.home_files import CONFIG, LOGIN, MANAGED_CONFIG, PROFILE_SUFFIX, SYSTEM_CONFIG
from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.launch.origins import is_base_url, without_password

_PROGRAMS = ("codex", "@openai/codex")
"""Names of Codex on a command line; npm's may have a version behind it."""
_OVERRIDE = ("-c", "--config")
_PROFILE = ("-p", "--profile")
_JOINED = re.compile(r"(--config|--profile)=|(-c)=?(?=[\w.-]+=)")
_JOINED_PROFILE = re.compile(r"-p=?(?=\w)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Upstream:
    """Where requests go when nothing is in between."""

    url: str
    why: str
    """What says so."""
    provider: str = BUILT_IN

    @property
    def shown(self) -> str:
        """The URL without a password."""
        return without_password(self.url)

    def check(self) -> None:
        """Check that the recorder can ask it.

        Raises:
            UsageError: it is not a base URL.
        """
        if not is_base_url(self.url):
            raise UsageError(f"{self.shown} ({self.why}): not a base URL. Give one such as {API_UPSTREAM}.")


@dataclass(frozen=True, slots=True, kw_only=True)
class UsersCodex:
    """The user's Codex, as a command would find it."""

    home: Path
    environment: Mapping[str, str] = field(repr=False)
    texts: Mapping[str, str] = field(repr=False)
    """Files of the home that configure Codex: name -> text."""
    system: Mapping[str, Any]
    """What the system's own file sets."""
    config: Mapping[str, Any]
    """All layers together, arguments included."""
    arguments: Mapping[str, Any]
    """What `-c` sets on the command line."""
    login: bytes | None = field(repr=False)
    broken: str | None = None
    """Why a file cannot be read; None: all can."""

    @classmethod
    def read(
        cls,
        environment: Mapping[str, str] = os.environ,
        command: Sequence[str] = (),
        *,
        system: Path = Path(SYSTEM_CONFIG),
    ) -> Self:
        """Look at what `command` would find in `environment`."""
        home = Path(environment.get("CODEX_HOME") or "~/.codex").expanduser().absolute()
        words = split_command(command)[1]
        profile = f"{_profile_in(words)}{PROFILE_SUFFIX}"
        texts, layers, broken = {CONFIG: ""}, {}, None
        for path in [home / CONFIG, *sorted(home.glob(f"*{PROFILE_SUFFIX}"))] if home.is_dir() else ():
            try:
                text = path.read_bytes().decode()
                layers[path.name] = tomllib.loads(text)
            except FileNotFoundError:
                continue
            except (OSError, ValueError) as error:
                if path.name in {CONFIG, profile}:  # Codex reads no other
                    broken = broken or f"{path}: {getattr(error, 'strerror', None) or error}"
            else:
                texts[path.name] = text
        arguments = merged(override(words[at]) for at in overrides_in(words))
        below = _parsed(system)
        return cls(
            home=home,
            environment=environment,
            texts=texts,
            system=below,
            config=merged((below, layers.get(CONFIG, {}), layers.get(profile, {}), arguments)),
            arguments=arguments,
            login=_bytes(home / LOGIN),
            broken=broken,
        )

    @property
    def is_chatgpt(self) -> bool:
        """Whether its login is one of ChatGPT."""
        return is_chatgpt_login(self.environment, self.login, self.config)

    def default(self, provider: str = BUILT_IN) -> Upstream:
        """Return where a provider goes that has no base URL."""
        configured = self.environment.get("OPENAI_BASE_URL")
        if configured and provider == BUILT_IN and not self.is_chatgpt:
            return Upstream(url=configured, why="$OPENAI_BASE_URL", provider=provider)
        is_guess = is_hidden_login(self.environment, self.login, self.config)
        why = "" if provider == BUILT_IN else f"model_providers.{provider} has no base_url: "
        why += "the default of a ChatGPT login" if self.is_chatgpt else "the default of an API key"
        why += "; the login is in the keyring, --upstream says otherwise" if is_guess else ""
        return Upstream(url=CHATGPT_UPSTREAM if self.is_chatgpt else API_UPSTREAM, why=why, provider=provider)

    def upstream(self, given: str | None = None) -> Upstream:
        """Return where Codex goes: where `given` says, else its configuration, else the environment or its login."""
        provider = provider_in_use(self.config)
        if given:
            return Upstream(url=given, why="--upstream", provider=provider)
        return self.upstream_of(provider)

    def upstream_of(self, provider: str = BUILT_IN) -> Upstream:
        """Return where a provider goes: what the configuration says, else the environment or the login."""
        path = path_of(provider)
        url = dict(base_urls(self.config)).get(path)
        if url is None:
            return self.default(provider)
        where = "-c" if dict(base_urls(self.arguments)).get(path) else CONFIG
        return Upstream(url=url, why=f"{'.'.join(path)}, {where}", provider=provider)

    def for_others(self, given: str | None = None) -> Upstream:
        """Return where a client goes that reads $OPENAI_BASE_URL: an API key goes to no host of ChatGPT."""
        if configured := given or self.environment.get("OPENAI_BASE_URL"):
            return Upstream(url=configured, why="--upstream" if given else "$OPENAI_BASE_URL")
        codex = self.upstream()
        return Upstream(url=API_UPSTREAM, why="the default") if codex.url == CHATGPT_UPSTREAM else codex


def split_command(command: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return a command up to the Codex that it starts, and the arguments of that, each option a word of its own.

    Codex may stand behind `timeout 60`, `npx` and the like.
    """
    for at, word in enumerate(command):
        name = word if word.startswith("@") else word.rpartition("/")[2]
        if name in _PROGRAMS or name.startswith("@openai/codex@"):
            return list(command[: at + 1]), list(_separate(command[at + 1 :]))
    return list(command), []


def _separate(words: Sequence[str]) -> Iterator[str]:
    """Yield arguments of Codex; `--config=a=b`, `-ca=b` and `-c=a=b` are two words. Behind `--` stands a prompt."""
    is_over = False
    for word in words:
        is_over |= word == "--"
        if not is_over and (match := _JOINED.match(word)):
            yield match[match.lastindex or 1]
            yield word[match.end() :]
        else:
            yield word


def overrides_in(words: Sequence[str]) -> Iterator[int]:
    """Yield the places of the words that set something: those behind `-c`."""
    return (at for at in range(1, len(words)) if words[at - 1] in _OVERRIDE and "=" in words[at])


def managed_base_urls(path: Path = Path(MANAGED_CONFIG)) -> list[str]:
    """Return the base URLs that an administrator has set: they win over what we set."""
    return [url for _, url in base_urls(_parsed(path)) if url]


def _profile_in(words: Sequence[str]) -> str:
    named = (words[at] for at in range(1, len(words)) if words[at - 1] in _PROFILE)
    joined = (word[match.end() :] for word in words if (match := _JOINED_PROFILE.match(word)))
    return next(chain(named, joined), "")


def _parsed(path: Path) -> dict[str, Any]:
    """Return what a file of the system sets; what is wrong with it is reported by Codex."""
    try:
        return tomllib.loads(path.read_bytes().decode())
    except (OSError, ValueError):
        return {}


def _bytes(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None
