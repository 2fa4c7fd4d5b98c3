"""What the plugin keeps with pytest's own objects: of a run, of a test, of an attempt. Each pytest run imports this."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NoReturn

import pytest

from pytest_codex_replay.errors import CodexReplayError
from pytest_codex_replay.testing.config import MARKER, RunOptions
from pytest_codex_replay.testing.run_summary import RunSummary, nothing_replayed
from pytest_codex_replay.visible import visible

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_codex_replay.testing.active_replay import ActiveReplay
    from pytest_codex_replay.testing.rerecord import CassetteRecorder
    from pytest_codex_replay.testing.resolved import ResolvedTest

_OURS = re.compile(r"\Apytest_codex_replay\.[\w.]+: ")
"""What a traceback calls an error of ours: its module and its class."""


def fail(reason: str) -> NoReturn:
    """Fail the test with a text that may quote a recording."""
    pytest.fail(visible(reason), pytrace=False)


class Attempt:
    """A test may have several: plugins run failed tests again. No dataclass: making one costs every pytest run."""

    def __init__(self) -> None:
        """Start with nothing replayed or recorded."""
        self.title = ""
        """What messages call the cassette; empty until a fixture asks for the test."""
        self.replay: ActiveReplay | None = None
        self.recorder: CassetteRecorder | None = None
        self.blocks: list[ActiveReplay] = []
        """Those of `with` blocks in the test that have ended."""
        self.has_passed = False
        """Whether the test itself passed; its teardown may still fail."""
        self.wider = ""
        """What cassettes of wider scopes could not answer while it ran."""
        self.errors: list[str] = []
        """Why it cannot be replayed or recorded."""

    @property
    def has_missed(self) -> bool:
        """Whether a request was not recorded."""
        return self.replay is not None and self.replay.has_missed

    def news(self) -> str:
        """Return what went wrong in the replay since the last call; empty when nothing did."""
        return "" if self.replay is None else self.replay.news()

    def unasked(self) -> str:
        """Return that no request reached the cassette; empty when one did."""
        return "" if self.replay is None else self.replay.unasked()

    def name_miss(self, report: pytest.TestReport, wider: str) -> None:
        """Let the short summary of a failed test begin with what could not be answered, cut to the columns there are.

        `wider`: what could not be answered by cassettes of wider scopes.
        """
        crash = getattr(report.longrepr, "reprcrash", None)
        if crash is None or not report.failed:
            return
        crash.message = _OURS.sub("", crash.message)  # the name of a class would fill the line
        brief = self.replay.in_brief() if self.replay is not None else ""
        if not brief and wider:
            from pytest_codex_replay.replay.explain import in_brief  # noqa: PLC0415  heavy

            brief = in_brief(wider)
        if brief:
            first, *more = crash.message.split("\n", 1)
            crash.message = "\n".join([f"{visible(brief)} ({first})", *more])

    def adopt(self, config: pytest.Config) -> str:
        """Adopt what the clients of a test that passed have sent; return why some cassettes stay as they are."""
        return adopt([one for one in (self.replay, *self.blocks) if one is not None], config)

    @contextmanager
    def plain_failures(self) -> Iterator[None]:
        """Fail the test with the text of an error alone; the report has it, too."""
        try:
            yield
        except CodexReplayError as error:
            self.errors.append(str(error))
            raise pytest.fail.Exception(str(error), pytrace=False) from None

    def name_page(self, report: pytest.TestReport, item: pytest.Item, directory: Path) -> str:
        """Write the page of a failed test; return the line that names it, empty when there is nothing to show."""
        replay = next((one for one in (self.replay, *self.blocks) if one is not None and one.has_missed), self.replay)
        if replay is None or not report.failed:
            return ""
        from pytest_codex_replay.testing.failure_page import page_line  # noqa: PLC0415  heavy

        line, file = page_line(replay, item.nodeid, directory, item.config.rootpath)
        pages = [] if file is None else [("codex_replay_page", str(file))]
        item.user_properties += [one for one in pages if one not in item.user_properties]
        report.user_properties += [one for one in pages if one not in report.user_properties]
        return line

    def section_of(self, report: pytest.TestReport) -> str:
        """Return what to add to a test's report; empty when there is nothing."""
        if report.passed:
            return ""
        if self.replay is not None:
            return "\n".join(filter(None, [self.replay.news(), self.replay.circumstances()]))
        if self.recorder is not None and report.failed and report.when == "call":
            return self.recorder.left_as_it_is("the test failed")
        return ""

    def as_json(self, *, is_kept: bool) -> dict[str, Any] | None:
        """Return the attempt as plain JSON values; None when nothing was replayed, recorded or refused.

        A recording became the cassette if it `is_kept`.
        """
        if self.replay is not None:
            return self.replay.as_json()
        if self.recorder is not None:
            return nothing_replayed(self.title) | {"is_recorded": is_kept}
        return nothing_replayed(self.title) if self.errors else None


def adopt(replays: Sequence[ActiveReplay], config: pytest.Config) -> str:
    """Adopt what was sent, into each cassette that takes it over; return why some stay as they are."""
    if not any(one.test.adopts for one in replays):
        return ""
    from pytest_codex_replay.testing.adopting import adopt_replayed  # noqa: PLC0415  heavy

    return adopt_replayed(replays, config)


RUN = pytest.StashKey[RunOptions]()
SUMMARY = pytest.StashKey[RunSummary]()
_RESOLVED = pytest.StashKey[tuple[pytest.Mark | None, "ResolvedTest"]]()
_ATTEMPT = pytest.StashKey[Attempt]()


def resolved_test_of(item: pytest.Item) -> ResolvedTest:
    """Return a test as it was resolved at collection; now, where its fixtures or its marker were not known then.

    Raises:
        UsageError: its marker is wrong.
    """
    mark, test = item.stash.get(_RESOLVED, (None, None))
    if test is None or mark != item.get_closest_marker(MARKER):
        from pytest_codex_replay.testing.collection import resolve_item  # noqa: PLC0415  the plugin stays light

        test = resolve_item(item, item.config.stash[RUN])
        keep_test(item, test)
    return test


def keep_test(item: pytest.Item, test: ResolvedTest) -> None:
    """Let this hold for a test from now on."""
    item.stash[_RESOLVED] = item.get_closest_marker(MARKER), test


def forget_test(item: pytest.Item) -> None:
    """Resolve a test anew when it is asked for: its cassette has changed."""
    del item.stash[_RESOLVED]


def attempt_of(item: pytest.Item) -> Attempt:
    """Return the current attempt. Other plugins may skip a test before our setup is called."""
    return item.stash.setdefault(_ATTEMPT, Attempt())


def begin_attempt(item: pytest.Item) -> None:
    """Forget an earlier attempt: plugins run failed tests again."""
    item.stash[_ATTEMPT] = Attempt()
