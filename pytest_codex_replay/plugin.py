"""pytest wiring, and nothing else. Heavy modules are imported when a test uses a fixture."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import TYPE_CHECKING

import pytest

from pytest_codex_replay.errors import CodexReplayError
from pytest_codex_replay.testing.app import codex_app  # noqa: F401  a fixture
from pytest_codex_replay.testing.config import (
    MARKER,
    Mode,
    Unused,
    add_options,
    check_directory,
    header_of,
    idle_options,
    is_worker,
    pages_directory_of,
    read_run_options,
    runs_everything,
)
from pytest_codex_replay.testing.fixtures import (  # noqa: F401  pytest finds fixtures among the names of a plugin
    codex_cli,
    codex_replay,
    codex_replay_normalisers,
    codex_vcr,
)
from pytest_codex_replay.testing.run_summary import RunSummary, attach, attach_scopes, refused_by_worker, used_by_worker
from pytest_codex_replay.testing.scopes import (  # noqa: F401
    codex_replay_class,
    codex_replay_module,
    codex_replay_session,
    is_wide_only,
    resolve_scopes,
    scopes_of,
)
from pytest_codex_replay.testing.stash import (
    RUN,
    SUMMARY,
    attempt_of,
    begin_attempt,
    fail,
    forget_test,
    keep_test,
    resolved_test_of,
)
from pytest_codex_replay.visible import visible

if TYPE_CHECKING:
    from pytest_codex_replay.testing.resolved import ResolvedTest

_NAMES = ("codex_replay", __name__)
"""What pytest calls this plugin: by its entry point, or by `-p pytest_codex_replay.plugin`."""
_FIXTURES = frozenset({"codex_replay", "codex_vcr"})
_CODEX = frozenset({"codex_cli", "codex_app"})
_IS_PART = pytest.StashKey[bool]()
"""Whether tests were deselected."""


def pytest_plugin_registered(plugin: object, manager: pytest.PytestPluginManager) -> None:
    """Block the other name: pytest fails on a plugin that it finds a second time."""
    name = manager.get_name(plugin)
    if name in _NAMES:
        for other in set(_NAMES) - {name}:
            manager.set_blocked(other)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add options and ini settings."""
    add_options(parser)


def pytest_configure(config: pytest.Config) -> None:
    """Read what holds for all tests, once."""
    config.addinivalue_line(
        "markers",
        f"{MARKER}(name, *, mode, match, speed, faults, allow, unasked): replay the cassette of this name. "
        f"mode: {', '.join(Mode)}. match: strict, normal or loose. speed: instant, recorded or a factor. "
        "faults: e.g. ['429', 'cut:5@2']. allow: what the scan may find in it, e.g. ['openai_key:1']. "
        "unasked: 'ok' lets the test pass though no request reached the cassette.",
    )
    try:
        config.stash[RUN] = run = read_run_options(config)
    except CodexReplayError as error:
        raise pytest.UsageError(f"--codex-replay: {error}") from error
    config.stash[SUMMARY] = summary = RunSummary(config, run)
    config.pluginmanager.register(summary, "codex-replay-summary")
    if run.mode is not None:
        check_directory(config)
    elif (text := idle_options(config)) and not is_worker(config):
        config.issue_config_time_warning(pytest.PytestConfigWarning(text), stacklevel=2)


def pytest_report_header(config: pytest.Config) -> str:
    """Say what is replayed, and from where."""
    return header_of(config, config.stash[RUN])


def pytest_report_collectionfinish(config: pytest.Config, items: Sequence[pytest.Item]) -> list[str]:
    """Say with `-v` which settings Codex takes from the cassettes."""
    if config.get_verbosity() < 1 or config.stash[RUN].mode is None:
        return []
    ours = [item for item in items if not _CODEX.isdisjoint(getattr(item, "fixturenames", ()))]
    if not ours:
        return []
    from pytest_codex_replay.testing.recorded import settings_lines  # noqa: PLC0415  heavy

    return settings_lines(resolved_test_of(item) for item in ours)


def pytest_deselected(items: Sequence[pytest.Item]) -> None:
    """Note that not all tests are run."""
    for item in items:
        item.config.stash[_IS_PART] = True


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(session: pytest.Session, config: pytest.Config, items: list[pytest.Item]) -> None:
    """Resolve our tests, and refuse wrong ones before any test runs."""
    try:
        tests = _resolved(config, items)
    except pytest.UsageError as error:
        if not is_worker(config):
            raise
        refused_by_worker(config, str(error))
        raise session.Failed(str(error)) from error  # pytest-xdist would take a usage error for a crash
    is_whole = not session.testsfailed and not config.stash.get(_IS_PART, False) and config.stash[RUN].mode is not None
    used = sorted({test.cassette.name for test in tests}) if is_whole else None
    used_by_worker(config, used)
    config.stash[SUMMARY].used = used if runs_everything(config) else None


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
    """Run a test again, and record it, when its replay missed in mode new_episodes."""
    test = _recordable(item)
    if test is None:
        return None
    from _pytest.runner import runtestprotocol  # noqa: PLC0415  as every plugin that runs tests again

    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    reports = runtestprotocol(item, log=False, nextitem=nextitem)
    if attempt_of(item).has_missed:
        keep_test(item, test.as_recording())
        reports = runtestprotocol(item, log=False, nextitem=nextitem)
    for report in reports:
        item.ihook.pytest_runtest_logreport(report=report)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Begin an attempt."""
    begin_attempt(item)


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, None, None]:
    """Fail a test that passed although the recording could not answer: as a failure of its own, xfail included."""
    yield
    attempt = attempt_of(item)
    attempt.wider = scopes_of(item.config).news()
    news = "\n".join(filter(None, [attempt.news(), attempt.wider]))
    if reason := news or attempt.unasked() or _left_over(item):
        fail(reason)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None, None, None]:
    """Make a cassette of the recording, or adopt what was sent, when the whole test passed."""
    yield
    attempt = attempt_of(item)
    if attempt.recorder is not None and attempt.has_passed:
        with attempt.plain_failures():
            attempt.recorder.keep()
        forget_test(item)
    if attempt.has_passed and (reason := attempt.adopt(item.config)):
        fail(reason)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add what the recording could not answer to the failure that came of it; and count."""
    report = yield
    attempt, config = attempt_of(item), item.config
    if report.when == "call":
        attempt.has_passed = report.passed
    pages = pages_directory_of(config)
    page = attempt.name_page(report, item, pages) if pages is not None else ""
    if not report.passed and config.stash[RUN].mode is not None and (_is_ours(item) or is_wide_only(item)):
        from pytest_codex_replay.testing.quoted import make_visible  # noqa: PLC0415  seldom needed

        make_visible(report, has_colours=config.get_terminal_writer().hasmarkup)
    wider = scopes_of(config).noted(report)
    for section in filter(None, (attempt.section_of(report), wider, page)):
        report.sections.append(("codex-replay", visible(section)))
    attempt.name_miss(report, wider or attempt.wider)
    if report.when == "teardown":
        config.stash[SUMMARY].dropped.clear()
        attach_scopes(report, scopes_of(config).take_reports())
        values = attempt.as_json(is_kept=report.passed and attempt.has_passed)
        if values is not None and config.stash[RUN].mode is not None:
            attach(report, values, attempt.errors)
    return report


def _is_ours(item: pytest.Item) -> bool:
    if not _FIXTURES.isdisjoint(getattr(item, "fixturenames", ())):
        return True
    return item.get_closest_marker(MARKER) is not None and not is_wide_only(item)


def _resolved(config: pytest.Config, items: Sequence[pytest.Item]) -> list[ResolvedTest]:
    """Resolve tests, each and together.

    Raises:
        pytest.UsageError: a marker is wrong, or tests cannot run together.
    """
    ours = [item for item in items if _is_ours(item)]
    if not ours and not any(map(is_wide_only, items)):
        return []
    from pytest_codex_replay.testing.collection import check_item, check_together  # noqa: PLC0415  heavy

    try:
        tests = list(resolve_scopes(items, config.stash[RUN]))
        for test in tests:
            check_item(items[0], test)
    except CodexReplayError as error:
        raise pytest.UsageError(str(error)) from error
    for item in ours:
        try:
            tests.append(resolved_test_of(item))
            check_item(item, tests[-1])
        except CodexReplayError as error:
            raise pytest.UsageError(f"{item.nodeid}: {error}") from error
    check_together(config, tests)
    return tests


def _recordable(item: pytest.Item) -> ResolvedTest | None:
    """Return a test that is to be recorded when its replay misses; None for any other."""
    run = item.config.stash[RUN]
    if run.mode is None or not (run.mode is Mode.NEW_EPISODES or _is_ours(item)):
        return None
    try:
        test = resolved_test_of(item)
    except CodexReplayError:
        return None  # its fixture reports it
    return test if test.records_misses else None


def _left_over(item: pytest.Item) -> str:
    """Return why the test fails for what it did not use; empty when it does not."""
    replay, unused = attempt_of(item).replay, item.config.stash[RUN].unused
    text = "" if replay is None or unused is Unused.IGNORE else replay.left_over()
    if text and unused is Unused.WARN:
        item.warn(pytest.PytestWarning(text))
        return ""
    return text
