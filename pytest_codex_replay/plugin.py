"""pytest wiring, and nothing else. Whatever is heavy is imported when a fixture asks for it."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_codex_replay.errors import CodexReplayError
from pytest_codex_replay.options import MARKER, ReplayOptions, Unused, check_values, resolve_options

if TYPE_CHECKING:
    from pytest_codex_replay.codex import CodexCli
    from pytest_codex_replay.handle import CodexReplay, ReplayedCassette
    from pytest_codex_replay.replay.report import Report

_NAMES = ("codex_replay", __name__)
"""What pytest calls this plugin: by its entry point, or by `-p pytest_codex_replay.plugin`."""
_REPLAYED: pytest.StashKey[ReplayedCassette] = pytest.StashKey()
_TOLD = pytest.StashKey[int]()
"""How much of what went wrong is in a report already."""
_PROPERTY = "codex_replay"


def pytest_plugin_registered(plugin: object, manager: pytest.PytestPluginManager) -> None:
    """Block the other name: pytest fails on a plugin that it finds a second time."""
    name = manager.get_name(plugin)
    if name in _NAMES:
        for other in set(_NAMES) - {name}:
            manager.set_blocked(other)


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("codex-replay", "replay recorded Codex traffic (pytest-codex-replay)")
    group.addoption(
        "--codex-replay",
        action="store_true",
        help="Replay: fixtures serve cassettes; nothing goes to the network. Without it tests run against the live "
        "upstream.",
    )
    group.addoption("--codex-replay-dir", metavar="DIR", help="Cassette directory (default: cassettes/ under rootdir).")
    group.addoption(
        "--codex-replay-speed",
        default="instant",
        metavar="SPEED",
        help="instant (default), recorded, or how many times faster than recorded.",
    )
    group.addoption(
        "--codex-replay-match",
        default="normal",
        choices=["strict", "normal", "loose"],
        help="strict: same requests. normal (default): volatile text and tool outputs may differ. "
        "loose: instructions and tools, too.",
    )
    group.addoption(
        "--codex-replay-unused",
        default="warn",
        choices=[str(value) for value in Unused],
        help="What becomes of a test that leaves interactions unused (default: warn).",
    )
    parser.addini("codex_replay_dir", "Cassette directory, relative to rootdir.", default="cassettes")
    parser.addini("codex_replay_codex", "The Codex binary (default: $CODEX_REPLAY_CODEX, then codex on the PATH).")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers",
        f"{MARKER}(name, *, match, speed): replay the cassette of this name; match is strict, normal or loose, "
        "speed is instant, recorded or a factor.",
    )
    config.pluginmanager.register(Tally(), "codex-replay-tally")
    try:
        check_values(_command_line(config))
    except CodexReplayError as error:
        raise pytest.UsageError(f"--codex-replay: {error}") from error
    if config.getoption("--codex-replay") and config.getoption("--codex-replay-dir"):
        directory = _directory(config)
        if not directory.is_dir():
            reason = "is a file" if directory.exists() else "no such directory"
            raise pytest.UsageError(f"--codex-replay-dir: {directory}: {reason}")


def pytest_report_header(config: pytest.Config) -> str:
    if not config.getoption("--codex-replay"):
        return "codex-replay: off; codex_replay fixtures point at the live upstream (--codex-replay to replay)"
    match, speed = config.getoption("--codex-replay-match"), config.getoption("--codex-replay-speed")
    directory, root = _directory(config), config.rootpath
    where = directory.relative_to(root) if directory.is_relative_to(root) else directory
    return f"codex-replay: replaying {where}/, match {match}, speed {speed}"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Refuse wrong markers before any test runs."""
    if hasattr(config, "workerinput"):  # pytest-xdist takes a usage error in a worker for a crash: the fixture says it
        return
    for item in items:
        if item.get_closest_marker(MARKER) is None:
            continue
        try:
            _options(item)
        except CodexReplayError as error:
            raise pytest.UsageError(f"{item.nodeid}: {error}") from error


@pytest.fixture
def codex_replay(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[CodexReplay]:
    """Where to point a client: at the test's cassette with --codex-replay, else at the live upstream."""
    from pytest_codex_replay.handle import live_upstream, prepare, replayed  # noqa: PLC0415  heavy: only when it is used
    from pytest_codex_replay.server import ReplayServer  # noqa: PLC0415

    item, is_replay = request.node, request.config.getoption("--codex-replay")
    try:
        options = _options(item)
        prepared = prepare(_directory(request.config), options) if is_replay else None
    except CodexReplayError as error:
        pytest.fail(str(error), pytrace=False)
    if prepared is None:
        yield live_upstream()
        return
    cassette, player = prepared
    for damage in cassette.damages:
        item.warn(pytest.PytestWarning(f"{cassette.name}: damaged, not served: {damage}"))
    with ReplayServer(player) as server:  # one each: what a client of an earlier test still sends reaches nobody
        item.stash[_REPLAYED] = handle = replayed(server, cassette, player, home=tmp_path_factory.mktemp("codex-home"))
        item.stash[_TOLD] = 0
        yield handle
    if late := _news(item):
        pytest.fail(late, pytrace=False)


@pytest.fixture
def codex_cli(codex_replay: CodexReplay, request: pytest.FixtureRequest, tmp_path: Path) -> CodexCli:
    """The real Codex with a CODEX_HOME of its own, pointed at `codex_replay`: `codex_cli.exec("prompt")`."""
    from pytest_codex_replay.codex import CodexCli, find_codex, share_login  # noqa: PLC0415

    try:
        binary = find_codex(request.config.getini("codex_replay_codex") or None)
    except CodexReplayError as error:
        pytest.fail(str(error), pytrace=False)
    cwd = tmp_path / "workspace"
    cwd.mkdir()
    env, sandbox = dict(codex_replay.env), "danger-full-access"
    if not env:  # live: as the user runs it, with the user's login, but none of the user's configuration
        home = tmp_path / "codex-home"
        home.mkdir()
        share_login(home)
        env, sandbox = {**os.environ, "CODEX_HOME": str(home)}, "workspace-write"
    args = codex_replay.codex_args
    return CodexCli(binary, home=Path(env["CODEX_HOME"]), cwd=cwd, args=args, env=env, sandbox=sandbox)


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, None, None]:
    """Fail a test that got by, although the recording could not answer: as a failure of its own, xfail included."""
    yield
    if item.stash.get(_REPLAYED, None) is not None and (reason := _news(item) or _unused(item)):
        pytest.fail(reason, pytrace=False)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Say what the recording could not answer beside the failure that came of it; and count."""
    report = yield
    handle = item.stash.get(_REPLAYED, None)
    if handle is None:
        return report
    if not report.passed and (reason := _news(item)):
        report.sections.append(("codex-replay", reason))
    if report.when == "teardown":
        report.user_properties.append((_PROPERTY, _counts(handle.report)))
    return report


class Tally:
    """Adds up what the tests replayed, workers of pytest-xdist included, and says it in one line."""

    def __init__(self) -> None:
        self._totals: Counter[str] = Counter()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        for name, value in report.user_properties:
            if name == _PROPERTY and report.when == "teardown" and isinstance(value, dict):
                self._totals.update(value)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        totals = self._totals
        if not totals["tests"]:
            return
        rungs = ", ".join(f"{totals[rung]} {rung}" for rung in ("exact", "normalised", "drifted") if totals[rung])
        served = f"{_count_text(totals['served'], 'interaction')} served" + (f" ({rungs})" if rungs else "")
        tests = _count_text(totals["tests"], "test")
        line = f"codex-replay: {tests}, {served}, {totals['missed']} missed, {totals['unused']} unused"
        terminalreporter.write_line(line, red=bool(totals["missed"]), green=not totals["missed"])


def _count_text(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _counts(report: Report) -> dict[str, int]:
    counts = Counter(one.rung.name.lower() for one in report.served)
    totals = {"tests": 1, "served": len(report.served), "missed": len(report.misses), "unused": len(report.unused)}
    return {**counts, **totals}


def _news(item: pytest.Item) -> str:
    """Return what went wrong and is in no report yet; empty when nothing did."""
    replay = item.stash[_REPLAYED].report
    trouble = [miss.text for miss in replay.misses] + [f"{replay.name}: {error}" for error in replay.errors]
    news, item.stash[_TOLD] = trouble[item.stash[_TOLD] :], len(trouble)
    return "\n".join(news)


def _unused(item: pytest.Item) -> str:
    """Return why the test fails for what it did not ask for; empty when it does not."""
    handle = item.stash[_REPLAYED]
    mode = _options(item).unused
    if not handle.unused or mode is Unused.IGNORE:
        return ""
    which = ", ".join(str(one.index) for one in handle.unused)
    text = f"{handle.cassette.name}: no request asked for interaction {which} of {len(handle.interactions)}."
    if mode is Unused.FAIL:
        return text
    item.warn(pytest.PytestWarning(text))
    return ""


def _directory(config: pytest.Config) -> Path:
    if given := config.getoption("--codex-replay-dir"):
        return config.invocation_params.dir / Path(given).expanduser()
    return config.rootpath / str(config.getini("codex_replay_dir"))


def _command_line(config: pytest.Config) -> ReplayOptions:
    return ReplayOptions(
        match=config.getoption("--codex-replay-match"),
        speed=config.getoption("--codex-replay-speed"),
        unused=Unused(config.getoption("--codex-replay-unused")),
    )


def _options(item: pytest.Item) -> ReplayOptions:
    marker = item.get_closest_marker(MARKER)
    args, kwargs = (marker.args, marker.kwargs) if marker else ((), {})
    return resolve_options(_command_line(item.config), item.nodeid, args, kwargs)
