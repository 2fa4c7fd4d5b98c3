"""What `@pytest.mark.codex_replay` says."""

import re

import pytest

from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.matching.match import MatchLevel
from pytest_codex_replay.replay.faults import Fault
from pytest_codex_replay.replay.reply import Speed
from pytest_codex_replay.testing.marker import MarkerOptions, read_marker
from pytest_codex_replay.testing.options import Mode

FAULT = Fault.parse("cut:5@4")


@pytest.mark.parametrize(
    ("args", "kwargs", "expected"),
    [
        ((), {}, MarkerOptions()),
        (("fix",), {}, MarkerOptions(name="fix")),
        (("a/b",), {"match": "strict"}, MarkerOptions(name="a/b", match=MatchLevel.STRICT)),
        ((), {"match": MatchLevel.LOOSE}, MarkerOptions(match=MatchLevel.LOOSE)),
        ((), {"speed": "instant"}, MarkerOptions(speed=Speed())),
        ((), {"speed": 10}, MarkerOptions(speed=Speed(factor=0.1))),
        ((), {"mode": "once"}, MarkerOptions(mode=Mode.ONCE)),
        ((), {"faults": ["429", FAULT]}, MarkerOptions(faults=(Fault.parse("429"), FAULT))),
        ((), {"allow": ["identity"]}, MarkerOptions(allow=("identity",))),
    ],
)
def test_values_are_typed(args, kwargs, expected: MarkerOptions) -> None:
    """Texts and values mean the same; what is not given stays open."""
    assert read_marker(args, kwargs) == expected


@pytest.mark.parametrize(
    ("args", "kwargs", "reason"),
    [
        ((), {"mtach": "loose"}, "unknown keyword 'mtach'; there are mode, match, speed, faults, allow"),
        ((), {"match": "fuzzy"}, "unknown match level 'fuzzy': use strict, normal or loose"),
        ((), {"match": None}, "unknown match level None: use strict, normal or loose"),
        ((), {"match": []}, "unknown match level []: use strict, normal or loose"),
        ((), {"speed": "fast"}, "'fast'"),
        ((), {"speed": 0}, "'0'"),
        ((), {"mode": "always"}, "unknown mode 'always': use none, once, new_episodes, all or rewrite"),
        ((), {"mode": None}, "unknown mode None: use none, once, new_episodes, all or rewrite"),
        ((), {"faults": "429"}, "faults: '429' is not a list; write e.g. faults=['429']"),
        ((), {"faults": [429]}, "faults: 429 is not a fault; write e.g. faults=['429']"),
        ((), {"allow": "identity"}, "allow: 'identity' is not a list of findings; write e.g. allow=['openai_key:1']"),
        ((), {"allow": [1]}, "allow: [1] is not a list of findings"),
        (("a", "b"), {}, "takes one name"),
        ((3,), {}, "takes one name"),
        (("",), {}, "takes one name"),
        (("../x",), {}, "'../x' leaves the cassette directory"),
    ],
)
def test_a_wrong_marker_is_named(args, kwargs, reason: str) -> None:
    """One line: the marker, what is wrong with it, and what to write."""
    with pytest.raises(UsageError, match=re.escape(reason)) as caught:
        read_marker(args, kwargs)

    assert str(caught.value).startswith("@pytest.mark.codex_replay: ")
    assert "\n" not in str(caught.value)


def test_an_unknown_fault_is_named_with_those_that_there_are() -> None:
    """At collection, as everything that is wrong with a marker."""
    with pytest.raises(UsageError, match=r"codex_replay: unknown fault: 'flood'\. Known faults:\n  STATUS ") as caught:
        read_marker((), {"faults": ["flood"]})

    assert "stall:DURATION+N" in str(caught.value)


def test_a_fault_that_clients_in_this_process_would_not_notice() -> None:
    """It is refused, for them only."""
    assert read_marker((), {"faults": ["stall"]}).faults == (Fault.parse("stall"),)
    with pytest.raises(UsageError, match="codex_replay: fault stall: codex_vcr cannot show it"):
        read_marker((), {"faults": ["stall"]}, is_in_process=True)
