"""Command line and marker, laid over each other."""

import re

import pytest

from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.replay.faults import Fault
from pytest_codex_replay.testing.options import (
    MODE_MEANINGS,
    Action,
    Mode,
    ReplayOptions,
    Unused,
    action_for,
    check_values,
    may_record_again,
    resolve_options,
)

NODE = "test_bugs.py::test_fix"


@pytest.mark.parametrize(
    ("args", "kwargs", "expected"),
    [
        ((), {}, ReplayOptions(match="loose", speed="2", unused=Unused.FAIL, name="test_bugs/test_fix")),
        (("fix",), {}, ReplayOptions(match="loose", speed="2", unused=Unused.FAIL, name="fix")),
        (("a/b",), {"match": "strict"}, ReplayOptions(match="strict", speed="2", unused=Unused.FAIL, name="a/b")),
        (("fix",), {"speed": 10}, ReplayOptions(match="loose", speed="10", unused=Unused.FAIL, name="fix")),
    ],
)
def test_the_marker_lies_over_the_command_line(args, kwargs, expected: ReplayOptions) -> None:
    """What the marker says holds, else what the command line says; the test names what the marker does not."""
    options = resolve_options(ReplayOptions(match="loose", speed="2", unused=Unused.FAIL), NODE, args, kwargs)

    assert options == expected


@pytest.mark.parametrize(
    ("args", "kwargs", "reason"),
    [
        ((), {"mtach": "loose"}, "unknown keyword 'mtach'; there are mode, match, speed, faults, allow"),
        ((), {"match": "fuzzy"}, "match: 'fuzzy' is none of strict, normal, loose"),
        ((), {"match": None}, "match: 'None' is none of strict, normal, loose"),
        ((), {"speed": "fast"}, "unknown speed 'fast': use instant, recorded, or a factor such as 10"),
        ((), {"speed": 0}, "unknown speed '0'"),
        ((), {"mode": "always"}, "mode: 'always' is none of none, once, new_episodes, all, rewrite"),
        ((), {"faults": "429"}, "faults: '429' is no list; write e.g. faults=['429']"),
        ((), {"faults": [429]}, "faults: 429 is none; write e.g. faults=['429']"),
        ((), {"allow": "identity"}, "allow: 'identity' is no list of findings; write e.g. allow=['openai_key:1']"),
        ((), {"allow": [1]}, "allow: [1] is no list of findings"),
        (("a", "b"), {}, "takes one name"),
        ((3,), {}, "takes one name"),
        (("",), {}, "takes one name"),
        (("../x",), {}, "'../x' leaves the cassette directory"),
    ],
)
def test_a_wrong_marker_is_named(args, kwargs, reason: str) -> None:
    """One line: the marker, what is wrong with it, and what there is."""
    with pytest.raises(UsageError, match=re.escape(reason)) as caught:
        resolve_options(ReplayOptions(), NODE, args, kwargs)

    assert str(caught.value).startswith("@pytest.mark.codex_replay: ")
    assert "\n" not in str(caught.value)


def test_an_unknown_fault_is_named_with_those_that_there_are() -> None:
    """At collection, as everything that is wrong with a marker."""
    with pytest.raises(UsageError, match=r"codex_replay: unknown fault: 'flood'\. Known faults:\n  STATUS ") as caught:
        resolve_options(ReplayOptions(), NODE, (), {"faults": ["flood"]})

    assert "stall:DURATION+N" in str(caught.value)


@pytest.mark.parametrize(
    ("settings", "kwargs", "match", "speed"),
    [
        ({}, {}, "loose", "2"),
        ({"match": "strict"}, {}, "strict", "2"),
        ({"match": "strict", "speed": "recorded"}, {"match": "normal"}, "normal", "recorded"),
        ({"speed": "recorded"}, {"speed": "instant"}, "loose", "instant"),
    ],
)
def test_what_the_cassette_says_lies_between(settings, kwargs, match: str, speed: str) -> None:
    """Command line < cassette < marker."""
    options = resolve_options(ReplayOptions(match="loose", speed="2"), NODE, (), kwargs, settings)

    assert (options.match, options.speed) == (match, speed)


@pytest.mark.parametrize(
    ("command_line", "marker", "mode", "may_record_in_ci"),
    [
        (Mode.NONE, None, Mode.NONE, False),
        (Mode.NONE, "rewrite", Mode.REWRITE, False),
        (Mode.ONCE, None, Mode.ONCE, False),
        (Mode.REWRITE, None, Mode.REWRITE, True),
        (Mode.REWRITE, "none", Mode.NONE, True),
        (Mode.NEW_EPISODES, "all", Mode.ALL, True),
    ],
)
def test_the_mode(command_line: Mode, marker: str | None, mode: Mode, *, may_record_in_ci: bool) -> None:
    """The marker's holds; but only the command line can ask to record in CI."""
    options = resolve_options(ReplayOptions(mode=command_line), NODE, (), {"mode": marker} if marker else {})

    assert (options.mode, options.may_record_in_ci) == (mode, may_record_in_ci)


def test_faults_are_texts_or_values() -> None:
    """A marker may have either."""
    fault = Fault.parse("cut:5@4")

    assert resolve_options(ReplayOptions(), NODE, (), {"faults": ["429", fault]}).faults == ("429", fault)


@pytest.mark.parametrize(
    ("mode", "when_there", "when_not"),
    [
        ("none", Action.REPLAY, Action.REPLAY),
        ("once", Action.REPLAY, Action.RECORD),
        ("new_episodes", Action.REPLAY, Action.RECORD),
        ("all", Action.RECORD, Action.RECORD),
        ("rewrite", Action.RECORD, Action.RECORD),
    ],
)
def test_what_a_mode_comes_to(mode: str, when_there: Action, when_not: Action) -> None:
    """It depends on whether the cassette is there."""
    options = ReplayOptions(mode=Mode(mode), name="fix")

    assert action_for(options, is_recorded=True, is_ci=False) is when_there
    assert action_for(options, is_recorded=False, is_ci=False) is when_not


@pytest.mark.parametrize("mode", list(Mode))
def test_what_has_faults_is_replayed(mode: Mode) -> None:
    """They are laid over what is recorded."""
    options = ReplayOptions(mode=mode, name="fix", faults=("429",))

    assert action_for(options, is_recorded=True, is_ci=True) is Action.REPLAY


@pytest.mark.parametrize(("mode", "why"), [("once", "is not there"), ("rewrite", "is always recorded")])
def test_in_ci_nothing_is_recorded_by_the_way(mode: str, why: str) -> None:
    """The text says what to do; the same is fine when the command line asks for it."""
    options = ReplayOptions(mode=Mode(mode), name="fix")

    with pytest.raises(UsageError, match=f"the cassette 'fix' {why} in mode {mode}, and in CI .* nothing is recorded"):
        action_for(options, is_recorded=False, is_ci=True)
    asked = resolve_options(ReplayOptions(mode=Mode.REWRITE), NODE, ("fix",), {"mode": mode})
    assert action_for(asked, is_recorded=False, is_ci=True) is Action.RECORD


@pytest.mark.parametrize(
    ("options", "here", "in_ci"),
    [
        (ReplayOptions(mode=Mode.NEW_EPISODES), True, False),
        (ReplayOptions(mode=Mode.NEW_EPISODES, may_record_in_ci=True), True, True),
        (ReplayOptions(mode=Mode.NEW_EPISODES, faults=("429",)), False, False),
        (ReplayOptions(mode=Mode.ONCE), False, False),
    ],
)
def test_what_is_recorded_when_a_replay_misses(options: ReplayOptions, *, here: bool, in_ci: bool) -> None:
    """New episodes alone."""
    assert may_record_again(options, is_ci=False) is here
    assert may_record_again(options, is_ci=True) is in_ci


def test_each_mode_has_its_meaning() -> None:
    """`--help` and the README say it in one line."""
    assert list(MODE_MEANINGS) == list(Mode)


@pytest.mark.parametrize("speed", ["instant", "recorded", "10", "0.5"])
def test_values_that_there_are(speed: str) -> None:
    """Nothing is said about them."""
    check_values(ReplayOptions(speed=speed))
