"""What the plugin keeps with pytest's own objects: of a run, of a test, of an attempt. Each pytest run imports this."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_codex_replay.testing.attempt import Attempt
from pytest_codex_replay.testing.options import MARKER, RunOptions
from pytest_codex_replay.testing.run_summary import RunSummary

if TYPE_CHECKING:
    from pytest_codex_replay.testing.resolved import ResolvedTest

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
