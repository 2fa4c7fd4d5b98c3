"""Points the test's process at where a fixture does, and keeps it from the hosts of models, as long as it lasts."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

import pytest

from pytest_codex_replay.codex.configuration import BASE_URL_VARIABLES, MODEL_HOSTS
from pytest_codex_replay.launch.proxies import environment_with, past_proxies
from pytest_codex_replay.wire.url import split_url
from pytest_codex_replay.wire.web_page import is_loopback

if TYPE_CHECKING:
    from pytest_codex_replay.projection.interactions import Interaction
    from pytest_codex_replay.testing.active_replay import ActiveReplay
    from pytest_codex_replay.testing.handle import CodexReplay

_POINTED = pytest.StashKey[list[dict[str, str | None]]]()
"""What the variables held before, one entry for each fixture that points this process somewhere, oldest first."""
_WAY_OUT = pytest.StashKey["WayOut"]()


def base_urls(url: str) -> dict[str, str]:
    """Return the variables in which SDKs look for a base URL, with this one."""
    return dict.fromkeys(BASE_URL_VARIABLES, url)


@contextmanager
def pointed(
    handle: CodexReplay, config: pytest.Config, patch: pytest.MonkeyPatch | None = None
) -> Iterator[CodexReplay]:
    """Point this process, and what it starts, at where `handle` does.

    With `patch`, that of a test, the variables are put back when the test's own changes are: the last change goes
    first. Without it, what was changed meanwhile stays changed.
    """
    before = {name: os.environ.get(name) for name in handle.env}
    entries = config.stash.setdefault(_POINTED, [])
    entries.append(before)
    try:
        if patch is None:
            os.environ.update(handle.env)
        else:
            _set(handle.env, patch)
        yield handle
    finally:
        entries[:] = [entry for entry in entries if entry is not before]
        for other in entries:  # one that began inside, and goes on, is to put back what was there before both
            other.update({name: old for name, old in before.items() if other.get(name) == handle.env[name]})
        if patch is None:
            _put_back(before, handle.env)


def users_environment(config: pytest.Config) -> dict[str, str]:
    """Return the environment as it is without us: what is recorded meanwhile is not a replay of ours."""
    found: dict[str, str | None] = {**os.environ}
    entries = config.stash.setdefault(_POINTED, [])
    for before in entries[::-1]:
        found |= before
    return {name: value for name, value in found.items() if value is not None}


def model_hosts(interactions: Iterable[Interaction]) -> set[str]:
    """Return hosts that are not to be asked in place of a recording: those of models, and its own upstreams."""
    return {*MODEL_HOSTS, *_others_in(one.url for one in interactions)}


class WayOut:
    """Whether the clients of this process may ask the hosts of models: one of a run, for all that it replays."""

    def __init__(self) -> None:
        """Start with nothing replayed."""
        from pytest_codex_replay.guard import NameGuard  # noqa: PLC0415  heavy

        self.recordings = 0
        """How many recorders are at work in this process: they have to ask the upstream."""
        self._guard = NameGuard(self._lets_through)
        self._replays: list[tuple[Collection[str], list[str]]] = []
        """The hosts that each replay keeps off, and what tried to reach one meanwhile."""
        self._open = ExitStack()

    @contextmanager
    def closed(self, hosts: Collection[str]) -> Iterator[list[str]]:
        """Close the way to these hosts; give what tried to reach one, while nothing else was replayed inside."""
        entry: tuple[Collection[str], list[str]] = (hosts, [])
        if not self._replays:
            self._open.enter_context(self._guard.closed())
        self._enter(entry)
        try:
            yield entry[1]
        finally:
            self._replays = [other for other in self._replays if other is not entry]
            if self._replays:
                self._guard.blocked = self._replays[-1][1]
            else:
                self._open.close()

    def _enter(self, entry: tuple[Collection[str], list[str]]) -> None:
        self._replays.append(entry)
        self._guard.blocked = entry[1]

    def _lets_through(self, host: str) -> bool:
        name = host.lower().removesuffix(".")
        return self.recordings > 0 or not any(
            name == kept_off or name.endswith(f".{kept_off}") for hosts, _ in self._replays for kept_off in hosts
        )


def way_out_of(config: pytest.Config) -> WayOut:
    """Return that of a run."""
    if _WAY_OUT not in config.stash:
        config.stash[_WAY_OUT] = WayOut()
    return config.stash[_WAY_OUT]


@contextmanager
def kept_in(replay: ActiveReplay, config: pytest.Config) -> Iterator[None]:
    """Stop what asks a host of models while `replay` lasts; it fails the test."""
    before, own = replay.blocked, users_environment(config)
    hosts = model_hosts(replay.interactions) | _others_in(own.get(name, "") for name in BASE_URL_VARIABLES)
    with way_out_of(config).closed(hosts) as blocked:
        replay.blocked = lambda: (*before(), *blocked)
        yield


@contextmanager
def recording(config: pytest.Config) -> Iterator[None]:
    """Let a recorder ask its upstream, also inside a replay, and its clients reach it past all proxies."""
    way_out = way_out_of(config)
    way_out.recordings += 1
    try:
        with environment_with(past_proxies(os.environ)):
            yield
    finally:
        way_out.recordings -= 1


def _others_in(urls: Iterable[str]) -> set[str]:
    """Return the hosts of URLs that are not this machine."""
    hosts = {split_url(url).hostname or "" for url in urls}
    return {host for host in hosts if host and not is_loopback(host)}


def _set(variables: Mapping[str, str], patch: pytest.MonkeyPatch) -> None:
    for name, value in variables.items():
        if os.environ.get(name) != value:  # else it was set around this, and is put back before the patch is
            patch.setenv(name, value)


def _put_back(before: Mapping[str, str | None], ours: Mapping[str, str]) -> None:
    for name, value in before.items():
        if os.environ.get(name) == ours[name]:
            os.environ.pop(name, None)
            os.environ.update({} if value is None else {name: value})
