"""What is kept with pytest's own objects."""

import pytest

from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.testing.config import read_run_options
from pytest_codex_replay.testing.resolved import Action
from pytest_codex_replay.testing.stash import (
    RUN,
    attempt_of,
    begin_attempt,
    forget_test,
    keep_test,
    resolved_test_of,
)


@pytest.fixture
def item(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Item:
    """A collected test."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    arguments = ["-p", "pytest_codex_replay.plugin", "--codex-replay"]
    module = pytester.getmodulecol("def test_it(codex_replay): pass", configargs=arguments)
    (item,) = pytester.genitems([module])
    item.config.stash[RUN] = read_run_options(item.config)
    return item


def test_a_test_is_resolved_once(item: pytest.Item) -> None:
    """Every caller gets the same value, until another is kept or its cassette has changed."""
    test = resolved_test_of(item)
    again = resolved_test_of(item)
    keep_test(item, test.as_recording())
    recording = resolved_test_of(item)
    forget_test(item)

    assert again is test
    assert recording.action is Action.RECORD
    assert resolved_test_of(item) == test


def test_a_marker_that_is_added_later(item: pytest.Item) -> None:
    """It holds, as when a fixture adds it; a wrong one is an error then."""
    before = resolved_test_of(item)
    item.add_marker(pytest.mark.codex_replay("fix"))
    after = resolved_test_of(item)
    item.add_marker(pytest.mark.codex_replay("fix", match="fuzzy"), append=False)

    assert (before.cassette.name == after.cassette.name, after.cassette.name) == (False, "fix")
    with pytest.raises(UsageError, match="unknown match level"):
        resolved_test_of(item)


def test_each_attempt_begins_anew(item: pytest.Item) -> None:
    """Within one, all hooks and fixtures share it."""
    first = attempt_of(item)
    same = attempt_of(item)
    begin_attempt(item)

    assert same is first
    assert attempt_of(item) is not first
