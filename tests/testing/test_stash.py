"""What is kept with pytest's own objects."""

from typing import Any
from unittest.mock import create_autospec

import pytest

from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.testing.active_replay import ActiveReplay
from pytest_codex_replay.testing.config import read_run_options
from pytest_codex_replay.testing.rerecord import CassetteRecorder
from pytest_codex_replay.testing.resolved import Action
from pytest_codex_replay.testing.stash import (
    RUN,
    Attempt,
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


def report_of(outcome: Any, when: Any = "call") -> pytest.TestReport:
    return pytest.TestReport("t", ("t.py", 0, "t"), {}, outcome, None, when)


@pytest.fixture
def replaying() -> Attempt:
    """An attempt with a replay that has news once, and circumstances."""
    news = iter(["a miss"])
    attempt = Attempt()
    attempt.replay = replay = create_autospec(ActiveReplay, instance=True, has_missed=True)
    replay.news.side_effect = lambda: next(news, "")
    replay.circumstances.return_value = "a fault"
    replay.as_json.return_value = {"name": "x"}
    return attempt


@pytest.fixture
def recording() -> Attempt:
    """An attempt that records."""
    attempt = Attempt()
    attempt.title = "cassettes/fix"
    attempt.recorder = recorder = create_autospec(CassetteRecorder, instance=True)
    recorder.left_as_it_is.side_effect = "unchanged: {}".format
    return attempt


def test_an_attempt_without_a_replay() -> None:
    """There is nothing to say about it."""
    attempt = Attempt()

    assert (attempt.has_missed, attempt.news(), attempt.section_of(report_of("failed"))) == (False, "", "")
    assert attempt.as_json(is_kept=False) is None


def test_an_error_is_one_plain_text() -> None:
    """The test fails with it, and the report has it, with the cassette if that is known."""
    attempt = Attempt()

    with pytest.raises(pytest.fail.Exception, match="no cassette") as caught, attempt.plain_failures():
        raise UsageError("no cassette")

    values = attempt.as_json(is_kept=False)
    assert (caught.value.pytrace, attempt.errors) == (False, ["no cassette"])
    assert values is not None
    assert (values["name"], values["served"]) == ("", [])


@pytest.mark.parametrize(
    ("outcome", "section"), [("passed", ""), ("failed", "a miss\na fault"), ("skipped", "a miss\na fault")]
)
def test_what_stands_beside_a_failure(replaying: Attempt, outcome: str, section: str) -> None:
    """What the replay could not answer, and how it differed from the recording."""
    assert replaying.section_of(report_of(outcome)) == section
    assert replaying.has_missed
    assert replaying.as_json(is_kept=True) == {"name": "x"}


def test_news_are_told_once(replaying: Attempt) -> None:
    """Where the test has failed with them already, only the circumstances are left."""
    assert replaying.news() == "a miss"
    assert replaying.section_of(report_of("failed")) == "a fault"


@pytest.mark.parametrize(
    ("outcome", "when", "section"),
    [
        ("failed", "call", "unchanged: the test failed"),
        ("failed", "teardown", ""),
        ("passed", "call", ""),
        ("skipped", "call", ""),
    ],
)
def test_a_recording_of_a_test_that_failed(recording: Attempt, outcome: str, when: str, section: str) -> None:
    """The message names its place."""
    assert recording.section_of(report_of(outcome, when)) == section


@pytest.mark.parametrize("is_kept", [True, False])
def test_a_recording_as_json(recording: Attempt, *, is_kept: bool) -> None:
    """It was served nothing, and counts as recorded when it is kept."""
    values = recording.as_json(is_kept=is_kept)

    assert values is not None
    assert (values["name"], values["is_recorded"], values["served"]) == ("cassettes/fix", is_kept, [])
