"""pytest wiring, and nothing else. Whatever is heavy is imported when a fixture asks for it."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_codex_replay.errors import CodexReplayError, DamageWarning
from pytest_codex_replay.testing.app import codex_app  # noqa: F401  pytest finds it here
from pytest_codex_replay.testing.config import (
    add_options,
    check_allowed,
    check_directory,
    check_recorder,
    command_line_of,
    directory_of,
    is_ci,
    is_recorded,
    is_worker,
    mode_of,
    nodeid_of,
    normalisers_of,
    record_command,
    runs_everything,
)
from pytest_codex_replay.testing.options import (
    MARKER,
    Action,
    Mode,
    ReplayOptions,
    Unused,
    action_for,
    check_values,
    may_record_again,
    resolve_options,
)
from pytest_codex_replay.testing.run_summary import (
    RunSummary,
    attach,
    nothing_replayed,
    refused_by_worker,
    used_by_worker,
)

if TYPE_CHECKING:
    from pytest_codex_replay.launch.codex_cli import CodexCli
    from pytest_codex_replay.matching.normalise import Normaliser
    from pytest_codex_replay.testing.active_replay import ActiveReplay
    from pytest_codex_replay.testing.handle import CodexReplay
    from pytest_codex_replay.testing.rerecord import CassetteRecorder
    from pytest_codex_replay.testing.secret_gate import SecretGate
    from pytest_codex_replay.vcr import CodexVcr

_NAMES = ("codex_replay", __name__)
"""What pytest calls this plugin: by its entry point, or by `-p pytest_codex_replay.plugin`."""
_FIXTURES = frozenset({"codex_replay", "codex_vcr"})
_IS_TO_RECORD = pytest.StashKey[bool]()
"""The replay missed: the test is run again and recorded."""
_SUMMARY = pytest.StashKey[RunSummary]()
_GATE = pytest.StashKey["SecretGate"]()
_IS_PART = pytest.StashKey[bool]()
"""Not all tests are to run."""


class _Attempt:
    """What became of a test so far, each time that it is run. No dataclass: making one costs every pytest run."""

    def __init__(self) -> None:
        self.played: ActiveReplay | None = None
        self.recorder: CassetteRecorder | None = None
        self.has_passed = False
        self.errors: list[str] = []
        """Why it cannot be replayed or recorded."""


_ATTEMPT = pytest.StashKey[_Attempt]()


def pytest_plugin_registered(plugin: object, manager: pytest.PytestPluginManager) -> None:
    """Block the other name: pytest fails on a plugin that it finds a second time."""
    name = manager.get_name(plugin)
    if name in _NAMES:
        for other in set(_NAMES) - {name}:
            manager.set_blocked(other)


def pytest_addoption(parser: pytest.Parser) -> None:
    add_options(parser)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers",
        f"{MARKER}(name, *, mode, match, speed, faults, allow): replay the cassette of this name. "
        f"mode: {', '.join(Mode)}. match: strict, normal or loose. speed: instant, recorded or a factor. "
        "faults: e.g. ['429', 'cut:5@2']. allow: what the scan may find in it, e.g. ['openai_key:1'].",
    )
    config.stash[_SUMMARY] = summary = RunSummary(config)
    config.pluginmanager.register(summary, "codex-replay-summary")
    try:
        check_values(command_line_of(config))
        normalisers_of(config)
    except CodexReplayError as error:
        raise pytest.UsageError(f"--codex-replay: {error}") from error
    if mode_of(config) is not None:
        check_directory(config)


def pytest_report_header(config: pytest.Config) -> str:
    mode = mode_of(config)
    if mode is None:
        return "codex-replay: off; codex_replay fixtures point at the live upstream (--codex-replay to replay)"
    options, directory, root = command_line_of(config), directory_of(config), config.rootpath
    where = directory.relative_to(root) if directory.is_relative_to(root) else directory
    recut = "" if options.recut_seed is None else f", cut anew by seed {options.recut_seed}"
    recording = "" if mode is Mode.NONE else f", mode {mode}"
    return f"codex-replay: replaying {where}/, match {options.match}, speed {options.speed}{recut}{recording}"


def pytest_deselected(items: Sequence[pytest.Item]) -> None:
    for item in items:
        item.config.stash[_IS_PART] = True


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(session: pytest.Session, config: pytest.Config, items: list[pytest.Item]) -> None:
    """Refuse wrong markers before any test runs."""
    ours = [item for item in items if _is_ours(item)]
    try:
        names = _check(config, ours) if ours else set()
    except pytest.UsageError as error:
        if not is_worker(config):
            raise
        refused_by_worker(config, str(error))
        raise session.Failed(str(error)) from error  # pytest-xdist would take a usage error for a crash
    is_whole = not session.testsfailed and not config.stash.get(_IS_PART, False) and mode_of(config) is not None
    used = sorted(names) if is_whole else None
    used_by_worker(config, used)
    config.stash[_SUMMARY].used = used if runs_everything(config) else None


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
    """Run a test again, and record it, when it asks for what is new in mode new_episodes."""
    try:
        if mode_of(item.config) is None or not may_record_again(_options(item), is_ci=is_ci()):
            return None
    except CodexReplayError:
        return None  # a fixture says it
    from _pytest.runner import runtestprotocol  # noqa: PLC0415  as every plugin that runs tests again

    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    reports = runtestprotocol(item, log=False, nextitem=nextitem)
    played = _attempt_of(item).played
    if played is not None and played.has_missed:
        item.stash[_IS_TO_RECORD] = True
        reports = runtestprotocol(item, log=False, nextitem=nextitem)
    for report in reports:
        item.ihook.pytest_runtest_logreport(report=report)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Forget an earlier attempt: plugins run failed tests again."""
    item.stash[_ATTEMPT] = _Attempt()


@pytest.fixture
def codex_replay_normalisers() -> Sequence[Normaliser]:
    """Override it: functions that rewrite a text of a request, to take out of it what else differs from run to run."""
    return ()


@pytest.fixture
def codex_replay(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    codex_replay_normalisers: Sequence[Normaliser],
) -> Iterator[CodexReplay]:
    """Where to point a client: at the test's cassette in replay, else at the live upstream."""
    from pytest_codex_replay.server import ReplayServer  # noqa: PLC0415
    from pytest_codex_replay.testing.handle import live_upstream, recorded, replayed  # noqa: PLC0415  heavy: only when used

    item = request.node
    action = _action(item)
    if action is None:
        yield live_upstream()
        return
    if action is Action.RECORD:
        with _recording(item, tmp_path_factory) as recorder:
            yield recorded(recorder)
        return
    played = _played(item, codex_replay_normalisers)
    with ReplayServer(played.engine) as server:  # one each: what a client of an earlier test still sends reaches nobody
        yield replayed(server, played.cassette, played.engine, home=tmp_path_factory.mktemp("codex-home"))
    if late := played.news():
        pytest.fail(late, pytrace=False)


@pytest.fixture
def codex_vcr(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    codex_replay_normalisers: Sequence[Normaliser],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[CodexVcr | None]:
    """Answer clients in this process (httpx, requests, aiohttp, the OpenAI SDK) from the test's cassette.

    None where nothing is replayed. To record, clients have to go to $OPENAI_BASE_URL, as the SDK does by itself.
    """
    item = request.node
    action = _action(item)
    if action is None:
        yield None
        return
    if action is Action.RECORD:
        with _recording(item, tmp_path_factory) as recorder:
            monkeypatch.setenv("OPENAI_BASE_URL", recorder.base_url)
            yield None
        return
    from pytest_codex_replay.vcr import CodexVcr  # noqa: PLC0415  heavy: only when it is used

    played = _played(item, codex_replay_normalisers)
    with _plain_failures(item):
        vcr = CodexVcr(played.engine, played.cassette.interactions)
    with vcr:
        played.blocked = lambda: vcr.blocked
        yield vcr
    if late := played.news():
        pytest.fail(late, pytrace=False)


@pytest.fixture
def codex_cli(codex_replay: CodexReplay, request: pytest.FixtureRequest, tmp_path: Path) -> CodexCli:
    """The real Codex with a CODEX_HOME of its own, pointed at `codex_replay`: `codex_cli.exec("prompt")`."""
    from pytest_codex_replay.launch.codex_cli import CodexCli, find_codex, share_login  # noqa: PLC0415

    with _plain_failures(request.node):
        binary = find_codex(request.config.getini("codex_replay_codex") or None)
    cwd = tmp_path / "workspace"
    cwd.mkdir()
    env, sandbox = dict(codex_replay.env), str(request.config.getini("codex_replay_sandbox"))
    if "CODEX_HOME" not in env:  # as the user runs it, with the user's login, but none of the user's configuration
        home = tmp_path / "codex-home"
        home.mkdir()
        share_login(home)
        sandbox = sandbox if env else "workspace-write"
        env = {**os.environ, **env, "CODEX_HOME": str(home)}
    args = codex_replay.codex_args
    return CodexCli(binary, home=Path(env["CODEX_HOME"]), cwd=cwd, args=args, env=env, sandbox=sandbox)


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, None, None]:
    """Fail a test that got by, although the recording could not answer: as a failure of its own, xfail included."""
    yield
    played = _attempt_of(item).played
    if played is not None and (reason := played.news() or _left_over(item, played)):
        pytest.fail(reason, pytrace=False)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None, None, None]:
    """Make a cassette of what was recorded, when all of the test went well."""
    yield
    attempt = _attempt_of(item)
    if attempt.recorder is not None and attempt.has_passed:
        with _plain_failures(item):
            attempt.recorder.keep()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Say what the recording could not answer beside the failure that came of it; and count."""
    report = yield
    attempt = _attempt_of(item)
    played, recorder = attempt.played, attempt.recorder
    if report.when == "call":
        attempt.has_passed = report.passed
    if played is not None:
        said = [] if report.passed else [played.news(), played.circumstances()]
        if told := "\n".join(filter(None, said)):
            report.sections.append(("codex-replay", told))
    elif recorder is not None and report.failed and report.when == "call":
        report.sections.append(("codex-replay", recorder.left_as_it_is("the test failed")))
    if report.when == "teardown":
        item.config.stash[_SUMMARY].dropped = ""
        if played is not None:
            attach(report, played.as_json(), attempt.errors)
        elif recorder is not None:
            attach(report, recorder.as_json(is_kept=report.passed and attempt.has_passed), attempt.errors)
        elif attempt.errors and mode_of(item.config) is not None:
            attach(report, nothing_replayed(_title_of(item)), attempt.errors)
    return report


def _attempt_of(item: pytest.Item) -> _Attempt:
    """Return the one that is being made. Other plugins may skip a test before our setup is called."""
    return item.stash.setdefault(_ATTEMPT, _Attempt())


def _is_ours(item: pytest.Item) -> bool:
    return item.get_closest_marker(MARKER) is not None or not _FIXTURES.isdisjoint(getattr(item, "fixturenames", ()))


def _check(config: pytest.Config, items: Sequence[pytest.Item]) -> set[str]:
    """Check what the tests ask for, each and together; return the names of their cassettes."""
    from pytest_codex_replay.testing.suite import Use, conflicts_of, may_record  # noqa: PLC0415  the plugin stays light

    is_there = partial(is_recorded, config)
    uses = []
    for item in items:
        try:
            options = _options(item)
            check_allowed(config, options.allow)
            uses.append(Use(nodeid=item.nodeid, options=options, command=record_command(item, options.mode)))
        except CodexReplayError as error:
            raise pytest.UsageError(f"{item.nodeid}: {error}") from error
    conflicts = conflicts_of(uses, is_there)
    if conflicts:
        nodeid, why = next(iter(conflicts.items()))
        raise pytest.UsageError(f"{nodeid}: @pytest.mark.{MARKER}: {why}")
    if mode_of(config) is not None and may_record(uses, is_there, is_ci=is_ci()):
        check_recorder(config)
    return {use.options.name for use in uses}


def _action(item: pytest.Item) -> Action | None:
    """Return what to do with a test; None: leave it to the live upstream."""
    with _plain_failures(item):
        options = _options(item)
        if mode_of(item.config) is None:
            return None
        if item.stash.get(_IS_TO_RECORD, False):
            return Action.RECORD
        return action_for(options, is_recorded=is_recorded(item.config, options.name), is_ci=is_ci())


def _played(item: pytest.Item, normalisers: Sequence[Normaliser]) -> ActiveReplay:
    """Return what the test is replayed from; both fixtures share it."""
    if (played := _attempt_of(item).played) is not None:
        return played
    from pytest_codex_replay.replay.explain import rerecord_advice  # noqa: PLC0415
    from pytest_codex_replay.testing.active_replay import ActiveReplay  # noqa: PLC0415
    from pytest_codex_replay.testing.handle import prepare, settings_of  # noqa: PLC0415  heavy: only when it is used

    config = item.config
    with _plain_failures(item):
        directory = directory_of(config)
        options = _options(item, settings_of(directory / _options(item).name))
        cassette, engine = prepare(
            directory,
            options,
            normalisers=(*normalisers_of(config), *normalisers),
            advice=rerecord_advice(f"{directory.name}/{options.name}", command=_rewrite_command(item)),
        )
        _gate(config).check(cassette.path, name=cassette.name, allow=options.allow)
    if cassette.damages:
        first, count = cassette.damages[0], len(cassette.damages)
        more = f" and {count - 1} more (codex-replay check)" if count > 1 else ""
        with _plain_failures(item):  # where warnings are errors
            item.warn(DamageWarning(f"{cassette.name}: damaged: {first}{more}"))
    _attempt_of(item).played = played = ActiveReplay(cassette=cassette, engine=engine)
    return played


def _title_of(item: pytest.Item) -> str:
    """Return what a report calls the cassette of a test; empty where a marker is wrong."""
    try:
        return f"{directory_of(item.config).name}/{_options(item).name}"
    except CodexReplayError:
        return ""


def _rewrite_command(item: pytest.Item) -> str | None:
    """Return what records a test anew; None where no command line does."""
    marker = item.get_closest_marker(MARKER)
    has_mode = marker is not None and "mode" in marker.kwargs  # it holds against the command line
    return None if has_mode or _options(item).faults else record_command(item, Mode.REWRITE)


def _gate(config: pytest.Config) -> SecretGate:
    """Return what looks for secrets in cassettes; one for a run."""
    if _GATE not in config.stash:
        from pytest_codex_replay.testing.secret_gate import SecretGate  # noqa: PLC0415  heavy: only when it is used

        config.stash[_GATE] = SecretGate(config.rootpath, kept=getattr(config, "cache", None))
    return config.stash[_GATE]


@contextmanager
def _recording(item: pytest.Item, paths: pytest.TempPathFactory) -> Iterator[CassetteRecorder]:
    """Record what comes; both fixtures share the recorder."""
    if (recorder := _attempt_of(item).recorder) is not None:
        yield recorder
        return
    from pytest_codex_replay.launch.recorder_process import default_upstream  # noqa: PLC0415  heavy: only when it is used
    from pytest_codex_replay.testing.rerecord import CassetteRecorder, RecordingPlan  # noqa: PLC0415

    config, options = item.config, _options(item)
    home = Path(os.environ.get("CODEX_HOME") or "~/.codex").expanduser()
    upstream = config.getini("codex_replay_upstream") or os.environ.get("OPENAI_BASE_URL") or default_upstream(home)
    plan = RecordingPlan(
        name=options.name,
        directory=directory_of(config),
        mode=options.mode,
        private=paths.mktemp("codex-recording"),
        upstream=upstream,
        program=config.getini("codex_replay_recorder") or None,
        project=config.rootpath,
        allow=options.allow,
    )
    with _plain_failures(item):
        _attempt_of(item).recorder = recorder = CassetteRecorder(plan)
        recorder.__enter__()
    config.stash[_SUMMARY].dropped = recorder.left_as_it_is("the run was interrupted")
    try:
        yield recorder
    finally:
        recorder.__exit__(None, None, None)


def _left_over(item: pytest.Item, played: ActiveReplay) -> str:
    """Return why the test fails for what it did not use; empty when it does not."""
    unused = command_line_of(item.config).unused
    text = "" if unused is Unused.IGNORE else played.left_over()
    if text and unused is Unused.WARN:
        item.warn(pytest.PytestWarning(text))
        return ""
    return text


@contextmanager
def _plain_failures(item: pytest.Item) -> Iterator[None]:
    """Fail with the text of an error alone; the report has it, too."""
    try:
        yield
    except CodexReplayError as error:
        _attempt_of(item).errors.append(str(error))
        raise pytest.fail.Exception(str(error), pytrace=False) from None


def _options(item: pytest.Item, settings: Mapping[str, str] | None = None) -> ReplayOptions:
    marker = item.get_closest_marker(MARKER)
    args, kwargs = (marker.args, marker.kwargs) if marker else ((), {})
    fixtures = getattr(item, "fixturenames", ())
    command_line = command_line_of(item.config)
    if "codex_replay" not in fixtures:  # answers come in one piece
        command_line = replace(command_line, recut_seed=None)
    is_in_process = "codex_vcr" in fixtures
    return resolve_options(command_line, nodeid_of(item), args, kwargs, settings or {}, is_in_process=is_in_process)
