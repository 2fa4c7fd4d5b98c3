"""The fixtures. Heavy modules are imported when a test uses one."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.testing.pointing import base_urls, recording, users_environment
from pytest_codex_replay.testing.stash import RUN, SUMMARY, attempt_of, fail, resolved_test_of

if TYPE_CHECKING:
    from pytest_codex_replay.launch.codex_cli import CodexCli
    from pytest_codex_replay.matching.normalise import Normaliser
    from pytest_codex_replay.testing.active_replay import ActiveReplay
    from pytest_codex_replay.testing.handle import CodexReplay
    from pytest_codex_replay.testing.rerecord import CassetteRecorder
    from pytest_codex_replay.testing.resolved import ResolvedTest
    from pytest_codex_replay.vcr import CodexVcr


@pytest.fixture
def codex_replay_normalisers() -> Sequence[Normaliser]:
    """Override it: functions that rewrite a text of a request, to remove what else differs from run to run."""
    return ()


@pytest.fixture
def codex_replay(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    codex_replay_normalisers: Sequence[Normaliser],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[CodexReplay]:
    """Where to point a client: at the test's cassette in replay, else at the live upstream.

    This process, and what it starts, has `.env` in its environment meanwhile. In replay a client in this process that
    asks the host of a model all the same is stopped, and fails the test. Not stopped are other processes, clients that
    look names up by themselves (libcurl, Rust, Go), connections that were open before, and proxies that a client was
    given in its code.
    """
    from pytest_codex_replay.testing.handle import live_upstream  # noqa: PLC0415  heavy
    from pytest_codex_replay.testing.in_use import recorder_in_use, replay_in_use  # noqa: PLC0415  heavy
    from pytest_codex_replay.testing.resolved import Action  # noqa: PLC0415  heavy

    item = request.node
    match _test_of(item).action:
        case Action.LIVE:
            yield live_upstream()
        case Action.RECORD:
            home = tmp_path_factory.mktemp("codex-home")
            with (
                _recording(item, tmp_path_factory) as recorder,
                recorder_in_use(recorder, item.config, home=home, patch=monkeypatch) as handle,
            ):
                yield handle
        case _:
            replay = _replay_of(item, codex_replay_normalisers)
            home = tmp_path_factory.mktemp("codex-home")
            with replay_in_use(replay, item.config, home=home, patch=monkeypatch) as handle:
                yield handle
            _fail_for(replay.news())


@pytest.fixture
def codex_vcr(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    codex_replay_normalisers: Sequence[Normaliser],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[CodexVcr | None]:
    """Answer clients in this process (httpx, httpx2, requests, aiohttp, the OpenAI SDK) from the test's cassette.

    None where nothing is replayed. To record, clients must use $OPENAI_BASE_URL, as the SDK does by default.
    """
    from pytest_codex_replay.testing.resolved import Action  # noqa: PLC0415  heavy

    item = request.node
    match _test_of(item).action:
        case Action.LIVE:
            yield None
        case Action.RECORD:
            with _recording(item, tmp_path_factory) as recorder:
                for name, url in base_urls(recorder.base_url).items():
                    monkeypatch.setenv(name, url)
                yield None
        case _:
            from pytest_codex_replay.vcr import CodexVcr  # noqa: PLC0415  heavy

            replay = _replay_of(item, codex_replay_normalisers)
            with attempt_of(item).plain_failures():
                vcr = CodexVcr(replay.engine, replay.cassette.interactions)
            with vcr:
                before = replay.blocked
                replay.blocked = lambda: (*before(), *vcr.blocked)
                yield vcr
            _fail_for(replay.news())


@pytest.fixture
def codex_cli(codex_replay: CodexReplay, request: pytest.FixtureRequest, tmp_path: Path) -> CodexCli:
    """The real Codex with a CODEX_HOME of its own, pointed at `codex_replay`: `codex_cli.exec("prompt")`."""
    from pytest_codex_replay.launch.codex_cli import CodexCli, find_codex  # noqa: PLC0415  heavy
    from pytest_codex_replay.launch.users_choice import live_home  # noqa: PLC0415

    with attempt_of(request.node).plain_failures():
        binary = find_codex(request.config.getini("codex_replay_codex") or None)
    cwd = tmp_path / "workspace"
    cwd.mkdir()
    env, sandbox = dict(codex_replay.env), str(request.config.getini("codex_replay_sandbox"))
    if "CODEX_HOME" not in env:  # live: with the user's login, provider and model, and nothing else of the user's
        home = tmp_path / "codex-home"
        home.mkdir()
        env |= live_home(home)
        sandbox = "workspace-write"
    if attempt_of(request.node).replay is None:
        env = {**os.environ, **env}
    args = codex_replay.codex_args
    return CodexCli(binary, home=Path(env["CODEX_HOME"]), cwd=cwd, args=args, env=env, sandbox=sandbox)


def _test_of(item: pytest.Item) -> ResolvedTest:
    """Return a test that may run; fail one that is refused."""
    attempt = attempt_of(item)
    with attempt.plain_failures():
        test = resolved_test_of(item)
        attempt.title = test.cassette.title
        if test.refusal:
            raise UsageError(test.refusal)
    return test


def _replay_of(item: pytest.Item, normalisers: Sequence[Normaliser]) -> ActiveReplay:
    """Return the replay of a test; both fixtures share it."""
    from pytest_codex_replay.testing.active_replay import checked_replay  # noqa: PLC0415  heavy

    attempt, test, config = attempt_of(item), resolved_test_of(item), item.config
    if attempt.replay is None:
        with attempt.plain_failures():
            attempt.replay = checked_replay(test, item, (*config.stash[RUN].normalisers, *normalisers))
        if test.adopts:
            config.stash[SUMMARY].dropped.append(attempt.replay.left_as_it_is("the run was interrupted"))
    return attempt.replay


@contextmanager
def _recording(item: pytest.Item, paths: pytest.TempPathFactory) -> Iterator[CassetteRecorder]:
    """Record what clients exchange; both fixtures share the recorder."""
    attempt, config = attempt_of(item), item.config
    if attempt.recorder is not None:
        yield attempt.recorder
        return
    with ExitStack() as stack:
        stack.enter_context(recording(config))
        with attempt.plain_failures():
            attempt.recorder = recorder = recorder_of(resolved_test_of(item), config, paths)
            stack.enter_context(recorder)
        config.stash[SUMMARY].dropped.append(recorder.left_as_it_is("the run was interrupted"))
        yield recorder


def recorder_of(test: ResolvedTest, config: pytest.Config, paths: pytest.TempPathFactory) -> CassetteRecorder:
    """Return what records a test, from the upstream of the run.

    Raises:
        UsageError: no recorder is found, the upstream is not a URL, or another cassette would be replaced.
    """
    from pytest_codex_replay.testing.rerecord import CassetteRecorder  # noqa: PLC0415  heavy

    return CassetteRecorder(
        test,
        private=paths.mktemp("codex-recording"),
        upstream=config.getini("codex_replay_upstream"),
        environment=users_environment(config),
        project=config.rootpath,
        program=config.getini("codex_replay_recorder") or None,
    )


def _fail_for(news: str) -> None:
    if news:
        fail(news)
