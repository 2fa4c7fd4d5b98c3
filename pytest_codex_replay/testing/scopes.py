"""A cassette for longer than a test: for a class, a module, a session, or a `with` block."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import pytest

from pytest_codex_replay.errors import CodexReplayError, UsageError
from pytest_codex_replay.testing.config import MARKER, RunOptions, Unused, is_ci
from pytest_codex_replay.testing.pointing import recording
from pytest_codex_replay.testing.run_summary import nothing_replayed
from pytest_codex_replay.testing.stash import RUN, SUMMARY, adopt, attempt_of, fail

if TYPE_CHECKING:
    from pytest_codex_replay.testing.active_replay import ActiveReplay
    from pytest_codex_replay.testing.handle import CodexReplay
    from pytest_codex_replay.testing.resolved import ResolvedTest

_NODES = MappingProxyType(
    {"codex_replay_class": pytest.Class, "codex_replay_module": pytest.Module, "codex_replay_session": pytest.Session}
)
"""The fixtures, and what each lasts for."""
_SCOPES = pytest.StashKey["Scopes"]()
_INTERRUPTED = "the run was interrupted"


class Scope:
    """A cassette in use, and what there is to report about it."""

    def __init__(self, nodeid: str, title: str) -> None:
        """Start with nothing replayed or recorded."""
        self.nodeid = nodeid
        self.title = title
        self.replay: ActiveReplay | None = None
        self.is_recorded = False
        self.outcomes: set[str] = set()
        """How tests went meanwhile."""
        self.errors: list[str] = []

    @property
    def has_failed(self) -> bool:
        """Whether a test failed meanwhile."""
        return "failed" in self.outcomes

    def as_json(self) -> dict[str, Any]:
        """Return the report as plain JSON values."""
        values = nothing_replayed(self.title) if self.replay is None else self.replay.as_json()
        return values | {"errors": [*values["errors"], *self.errors], "is_recorded": self.is_recorded}


class Scopes:
    """The cassettes in use in this process, oldest first, and those that were since the last test."""

    def __init__(self) -> None:
        """Start with none."""
        self.open: list[Scope] = []
        self._ended: list[Scope] = []

    def news(self) -> str:
        """Return what went wrong since the last call: while the current test ran."""
        return "\n".join(
            filter(None, [scope.replay.news() for scope in (*self.open, *self._ended) if scope.replay is not None])
        )

    def noted(self, report: pytest.TestReport) -> str:
        """Note how a test went; return what to add to its report."""
        for scope in self.open if report.failed or report.when == "call" else ():
            scope.outcomes.add(report.outcome)
        return self.news() if report.failed else ""

    def take_reports(self) -> dict[str, dict[str, Any]]:
        """Return the reports of those that ended, by what used them; each is returned once."""
        ended, self._ended = self._ended, []
        return {f"{scope.nodeid} ({scope.title})": scope.as_json() for scope in ended}

    @contextmanager
    def using(self, scope: Scope) -> Iterator[None]:
        """Keep a scope among the open ones."""
        self.open.append(scope)
        try:
            yield
        except CodexReplayError as error:
            scope.errors.append(str(error))
            raise pytest.fail.Exception(str(error), pytrace=False) from None
        finally:
            self.open.remove(scope)
            self._ended.append(scope)


def scopes_of(config: pytest.Config) -> Scopes:
    """Return the cassettes in use."""
    return config.stash.setdefault(_SCOPES, Scopes())


@contextmanager
def use_cassette(
    name: str,
    request: pytest.FixtureRequest,
    *,
    mode: str | None = None,
    match: str | None = None,
    speed: str | float | None = None,
    faults: Sequence[Any] = (),
    allow: Sequence[str] = (),
    unasked: str | None = None,
) -> Iterator[CodexReplay]:
    """Replay or record a cassette for as long as a `with` block lasts, in a fixture of any scope or in a test.

    This process, and what it starts, has `.env` of the result in its environment meanwhile. A request that was not
    recorded fails the test that runs at that time. What no request asked for is reported at the end of the block, and
    that none asked at all fails there. A cassette is recorded when no test failed meanwhile.

    Args:
        name: of the cassette, below the cassette directory.
        request: pytest's, of the fixture or the test.
        mode: when to record; this and what follows as for `@pytest.mark.codex_replay`.
        match: strict, normal or loose.
        speed: instant, recorded, or a factor.
        faults: what is to go wrong.
        allow: what the scan may find in the cassette.
        unasked: "ok" where it may be that no request is meant.
    """
    options = {"mode": mode, "match": match, "speed": speed, "faults": list(faults), "allow": list(allow)}
    given = {key: value for key, value in {**options, "unasked": unasked}.items() if value not in (None, [])}
    with _used(pytest.mark.codex_replay(name, **given).mark, request.node, request) as handle:
        yield handle


@pytest.fixture(scope="class")
def codex_replay_class(request: pytest.FixtureRequest) -> Iterator[CodexReplay]:
    """Where to point the clients of a class: all its tests share one cassette."""
    with _used(request.node.get_closest_marker(MARKER), request.node, request) as handle:
        yield handle


@pytest.fixture(scope="module")
def codex_replay_module(request: pytest.FixtureRequest) -> Iterator[CodexReplay]:
    """Where to point the clients of a module: all its tests share one cassette."""
    with _used(request.node.get_closest_marker(MARKER), request.node, request) as handle:
        yield handle


@pytest.fixture(scope="session")
def codex_replay_session(request: pytest.FixtureRequest) -> Iterator[CodexReplay]:
    """Where to point the clients of all tests: they share one cassette."""
    with _used(None, request.node, request) as handle:
        yield handle


def resolve_scopes(items: Sequence[pytest.Item], run: RunOptions) -> Iterator[ResolvedTest]:
    """Yield what the fixtures of wider scopes will use, each once.

    Raises:
        UsageError: a marker is wrong.
    """
    seen = set()
    for item in items:
        for fixture in _NODES.keys() & set(getattr(item, "fixturenames", ())):
            node: Any = item.getparent(_NODES[fixture]) or item
            if (fixture, node) not in seen:
                seen.add((fixture, node))
                yield _resolve(None if node is item.session else node.get_closest_marker(MARKER), node, run)


def is_wide_only(item: pytest.Item) -> bool:
    """Whether the cassette of a test is that of its class, its module or the session: it has none of its own."""
    return not _NODES.keys().isdisjoint(getattr(item, "fixturenames", ()))


def _resolve(mark: pytest.Mark | None, node: Any, run: RunOptions) -> ResolvedTest:
    from pytest_codex_replay.testing.collection import nodeid_of, record_command  # noqa: PLC0415  heavy
    from pytest_codex_replay.testing.marker import read_marker, scope_name  # noqa: PLC0415  heavy
    from pytest_codex_replay.testing.resolved import read_cassette_state, resolve  # noqa: PLC0415  heavy

    marker = read_marker(*((mark.args, mark.kwargs) if mark else ()))
    return resolve(
        run,
        marker,
        read_cassette_state(run.directory, marker.name or scope_name(nodeid_of(node))),
        nodeid=node.nodeid or "session",
        fixtures={"codex_replay"},
        is_ci=is_ci(),
        command=partial(record_command, node),
    )


@contextmanager
def _used(mark: pytest.Mark | None, node: Any, request: pytest.FixtureRequest) -> Iterator[CodexReplay]:
    """Use a cassette as it is resolved now: it may have been recorded since the collection."""
    from pytest_codex_replay.testing.handle import live_upstream  # noqa: PLC0415  heavy
    from pytest_codex_replay.testing.resolved import Action  # noqa: PLC0415  heavy

    config = request.config
    if config.stash[RUN].mode is None:
        yield live_upstream()
        return
    scope = Scope(_worker(config) + (node.nodeid or "session"), "")
    with ExitStack() as stack:
        stack.enter_context(scopes_of(config).using(scope))
        test = _resolve(mark, node, config.stash[RUN])
        scope.title = test.cassette.title
        if test.refusal:
            raise UsageError(test.refusal)
        use = _recorded if test.action is Action.RECORD else _replayed
        yield stack.enter_context(use(scope, test, request))


@contextmanager
def _replayed(scope: Scope, test: ResolvedTest, request: pytest.FixtureRequest) -> Iterator[CodexReplay]:
    from pytest_codex_replay.testing.active_replay import checked_replay  # noqa: PLC0415  heavy
    from pytest_codex_replay.testing.in_use import replay_in_use  # noqa: PLC0415  heavy

    scope.replay = replay = checked_replay(test, request.node, request.config.stash[RUN].normalisers)
    summary, dropped = request.config.stash[SUMMARY], replay.left_as_it_is(_INTERRUPTED) if test.adopts else ""
    with replay_in_use(replay, request.config, home=_new_home(request)) as handle, summary.dropping(dropped):
        yield handle
    if reason := replay.news() or _unasked(scope, replay, request.node) or _left_over(scope, replay, request):
        fail(reason)
    if isinstance(request.node, pytest.Item):
        attempt_of(request.node).blocks.append(replay)  # it is adopted when the test has passed
        summary.dropped += [dropped] * test.adopts
    elif not (scope.has_failed or summary.is_interrupted) and (reason := adopt([replay], request.config)):
        fail(reason)


@contextmanager
def _recorded(scope: Scope, test: ResolvedTest, request: pytest.FixtureRequest) -> Iterator[CodexReplay]:
    from pytest_codex_replay.testing.fixtures import recorder_of  # noqa: PLC0415
    from pytest_codex_replay.testing.in_use import recorder_in_use  # noqa: PLC0415  heavy

    paths = request.getfixturevalue("tmp_path_factory")
    summary = request.config.stash[SUMMARY]
    with (
        recording(request.config),
        recorder_of(test, request.config, paths) as recorder,
        recorder_in_use(recorder, request.config, home=_new_home(request)) as handle,
        summary.dropping(recorder.left_as_it_is(_INTERRUPTED)),
    ):
        yield handle
    if summary.is_interrupted:
        return
    if scope.has_failed:
        request.node.warn(pytest.PytestWarning(recorder.left_as_it_is("a test failed")))
        return
    recorder.keep()
    scope.is_recorded = True


def _unasked(scope: Scope, replay: ActiveReplay, node: Any) -> str:
    """Return that no request reached the cassette; empty where one did, or where no test could have sent one."""
    is_inside = isinstance(node, pytest.Item) and not scope.outcomes  # of a test that goes on
    return replay.unasked() if not scope.has_failed and (is_inside or "passed" in scope.outcomes) else ""


def _left_over(scope: Scope, replay: ActiveReplay, request: pytest.FixtureRequest) -> str:
    unused = request.config.stash[RUN].unused
    left = "" if scope.has_failed or unused is Unused.IGNORE else replay.left_over()
    if left and unused is Unused.WARN:
        request.node.warn(pytest.PytestWarning(left))
        return ""
    return left


def _new_home(request: pytest.FixtureRequest) -> Path:
    paths: pytest.TempPathFactory = request.getfixturevalue("tmp_path_factory")
    return paths.mktemp("codex-home")


def _worker(config: pytest.Config) -> str:
    """Return what tells the workers of pytest-xdist apart: each has scopes of its own."""
    worker = getattr(config, "workerinput", {}).get("workerid", "")
    return f"{worker} " if worker else ""
