"""What points the user's Codex at a recorder: changed copies of its configuration, and changed arguments. No I/O."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from pytest_codex_replay.codex.configuration import base_urls, merged, override, path_of
from pytest_codex_replay.codex.home_files import CONFIG
from pytest_codex_replay.launch.config_text import Change, parsed, with_text
from pytest_codex_replay.launch.users_codex import UsersCodex, overrides_in, split_command

Route = Callable[[str], str | None]
"""Takes the base URL of an upstream; returns the address at which the recorder leads there, another one each time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PointedText:
    """A file of the home, as Codex is to see it."""

    users: str
    pointed: str
    changes: tuple[Change, ...]


class Pointing:
    """Points one command."""

    def __init__(self, codex: UsersCodex, given: str | None, route: Route) -> None:
        """Prepare it.

        Args:
            codex: the user's own.
            given: base URL that replaces that of the provider in use; None: none.
            route: where the recorder leads to an upstream.
        """
        self.left: list[str] = []
        """Base URLs that could not be changed: Codex asks them directly."""
        self._codex, self._given, self._route = codex, given, route
        self._in_use = path_of(codex.upstream(given).provider)

    def texts(self) -> dict[str, PointedText]:
        """Return the files of the home in which a base URL stands, or has to stand."""
        return {name: self._text(name, text) for name, text in self._codex.texts.items()}

    def command(self, command: Sequence[str]) -> list[str]:
        """Return a command in which the arguments of Codex lead to the recorder."""
        before, words = split_command(command)
        for at in reversed(list(overrides_in(words))):
            words[at : at + 1] = self._argument(words[at])
        return [*before, *words]

    def _text(self, name: str, text: str) -> PointedText:
        config, changes, pointed = parsed(text), [], text
        layers = merged((self._codex.system, config)) if name == CONFIG else config
        for path, url in base_urls(layers):
            if url is None and name != CONFIG:
                continue  # config.toml says it
            local = self._local(path, url)
            if local is None:
                continue
            done = with_text(pointed, path, local)
            if done is None:
                self.left.append(f"{'.'.join(path)} in {name}")
                continue
            pointed, change = done
            changes.append(change)
        return PointedText(users=text, pointed=pointed, changes=tuple(changes))

    def _argument(self, word: str) -> list[str]:
        """Return an argument of `-c` that leads to the recorder, with one more where a new provider has no base URL."""
        more: list[str] = []
        for path, url in base_urls(override(word)):
            known: Any = dict(base_urls(self._codex.config)).get(path)
            if url is not None and (local := self._local(path, url)) is not None:
                word = word.replace(url, local, 1)
            elif url is None and known is None and len(path) > 1 and (local := self._local(path, None)) is not None:
                more = ["-c", f"{'.'.join(path)}={orjson.dumps(local).decode()}"]
        return [word, *more]

    def _local(self, path: tuple[str, ...], url: str | None) -> str | None:
        """Return the address of the recorder for what stands at a path; None where it does not lead there."""
        provider = path[1] if len(path) > 1 else "openai"
        is_replaced = self._given is not None and path == self._in_use
        target = self._given if is_replaced else url or self._codex.default(provider).url
        local = self._route(target or "")
        if local is None:
            self.left.append(f"{'.'.join(path)} = {target}")
        return local
