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
    from pytest_codex_replay.server import ReplayServer

_REPLAYED = pytest.StashKey["ReplayedCassette"]()
_PROPERTY = "codex_replay"
_LIVE_URL = "https://api.openai.com/v1"


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
        raise pytest.UsageError(f"--codex-replay-{error}") from error


def pytest_report_header(config: pytest.Config) -> str:
    if not config.getoption("--codex-replay"):
        return "codex-replay: off; codex_replay fixtures point at the live upstream (--codex-replay to replay)"
    match, speed = config.getoption("--codex-replay-match"), config.getoption("--codex-replay-speed")
    return f"codex-replay: replaying {_directory(config)}, match {match}, speed {speed}"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.get_closest_marker(MARKER) is None:
            continue
        try:
            _options(item)
        except CodexReplayError as error:
            raise pytest.UsageError(f"{item.nodeid}: {error}") from error


@pytest.fixture(scope="session")
def _codex_replay_server() -> Iterator[ReplayServer]:
    """One server for all tests; each test brings its own player."""
    from pytest_codex_replay.replay.player import Player  # noqa: PLC0415  heavy: only when a test replays
    from pytest_codex_replay.server import ReplayServer  # noqa: PLC0415

    with ReplayServer(Player(())) as server:
        yield server


@pytest.fixture
def codex_replay(request: pytest.FixtureRequest) -> Iterator[CodexReplay]:
    """Where to point a client: at the test's cassette with --codex-replay, else at the live upstream."""
    from pytest_codex_replay.handle import LiveUpstream, prepare, replayed  # noqa: PLC0415

    if not request.config.getoption("--codex-replay"):
        yield LiveUpstream(base_url=os.environ.get("OPENAI_BASE_URL", _LIVE_URL).rstrip("/"), env={})
        return
    try:
        cassette, player = prepare(_directory(request.config), _options(request.node))
    except CodexReplayError as error:
        pytest.fail(str(error), pytrace=False)
    server: ReplayServer = request.getfixturevalue("_codex_replay_server")
    server.player = player
    request.node.stash[_REPLAYED] = handle = replayed(server, cassette, player)
    yield handle


@pytest.fixture
def codex_cli(codex_replay: CodexReplay, request: pytest.FixtureRequest, tmp_path: Path) -> CodexCli:
    """The real Codex with a CODEX_HOME of its own, pointed at `codex_replay`: `codex_cli.exec("prompt")`."""
    from pytest_codex_replay.codex import CodexCli, find_codex, share_login  # noqa: PLC0415

    try:
        binary = find_codex(request.config.getini("codex_replay_codex") or None)
    except CodexReplayError as error:
        pytest.fail(str(error), pytrace=False)
    home, cwd = tmp_path / "codex-home", tmp_path / "workspace"
    home.mkdir()
    cwd.mkdir()
    env = codex_replay.env
    if not env:  # live: with the user's own credentials
        env = {name: value for name, value in os.environ.items() if name.endswith("_API_KEY")}
        share_login(home)
    return CodexCli(binary, home=home, cwd=cwd, args=codex_replay.codex_args, env=env)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    handle = item.stash.get(_REPLAYED, None)
    if handle is None or call.when != "call":
        return report
    replay = handle.report
    trouble = [miss.text for miss in replay.misses] + [f"{replay.name}: {error}" for error in replay.errors]
    if replay.unused and not trouble and report.passed:
        trouble += _unused(item, handle)
    if trouble and report.passed and not hasattr(report, "wasxfail"):
        report.outcome, report.longrepr = "failed", "\n".join(trouble)
    elif trouble:
        report.sections.append(("codex-replay", "\n".join(trouble)))
    report.user_properties.append((_PROPERTY, _counts(replay)))
    return report


class Tally:
    """Adds up what the tests replayed, workers of pytest-xdist included, and says it in one line."""

    def __init__(self) -> None:
        self._totals: Counter[str] = Counter()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        for name, value in report.user_properties:
            if name == _PROPERTY and report.when == "call" and isinstance(value, dict):
                self._totals.update(value)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        totals = self._totals
        if not totals["tests"]:
            return
        rungs = ", ".join(f"{totals[rung]} {rung}" for rung in ("exact", "normalised", "drifted") if totals[rung])
        served = f"{totals['served']} interactions served" + (f" ({rungs})" if rungs else "")
        line = f"codex-replay: {totals['tests']} tests, {served}, {totals['missed']} missed, {totals['unused']} unused"
        terminalreporter.write_line(line, red=bool(totals["missed"]), green=not totals["missed"])


def _counts(report: Report) -> dict[str, int]:
    counts = Counter(one.rung.name.lower() for one in report.served)
    totals = {"tests": 1, "served": len(report.served), "missed": len(report.misses), "unused": len(report.unused)}
    return {**counts, **totals}


def _unused(item: pytest.Item, handle: ReplayedCassette) -> list[str]:
    which = ", ".join(str(one.index) for one in handle.unused)
    text = f"{handle.cassette.name}: no request asked for interaction {which} of {len(handle.interactions)}."
    mode = _options(item).unused
    if mode is Unused.WARN:
        item.warn(pytest.PytestWarning(text))
    return [text] if mode is Unused.FAIL else []


def _directory(config: pytest.Config) -> Path:
    given = config.getoption("--codex-replay-dir")
    return config.invocation_params.dir / given if given else config.rootpath / str(config.getini("codex_replay_dir"))


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
