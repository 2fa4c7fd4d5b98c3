"""What `@pytest.mark.codex_replay` says."""

import re

import pytest

from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.matching.match import MatchLevel
from pytest_codex_replay.replay.faults import Fault
from pytest_codex_replay.replay.reply import Speed
from pytest_codex_replay.testing.config import Mode
from pytest_codex_replay.testing.marker import MarkerOptions, check_name, default_name, read_marker

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
        ((), {"mode": "adopt"}, "mode 'adopt' is for a whole run: pytest --codex-replay-mode=adopt"),
        ((), {"faults": "429"}, "faults: '429' is not a list of faults; write e.g. faults=['429']"),
        ((), {"faults": [429]}, "faults: [429] is not a list of faults; write e.g. faults=['429']"),
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
    with pytest.raises(UsageError, match=r"codex_replay: unknown fault: 'flood'\. Known faults: STATUS; ") as caught:
        read_marker((), {"faults": ["flood"]})

    assert "stall:DURATION+N" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_fault_that_clients_in_this_process_would_not_notice() -> None:
    """It is refused, for them only."""
    assert read_marker((), {"faults": ["stall"]}).faults == (Fault.parse("stall"),)
    with pytest.raises(UsageError, match="codex_replay: fault stall: codex_vcr cannot show it"):
        read_marker((), {"faults": ["stall"]}, is_in_process=True)


@pytest.mark.parametrize("name", ["fix_bug", "a/b/c", "größe", "世界", "with space", "a..b", ".hidden", "x" * 200])
def test_a_name(name: str) -> None:
    """It is taken as it is."""
    assert check_name(name) == name


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("/etc", "'/etc' leaves the cassette directory"),
        ("../x", "'../x' leaves the cassette directory"),
        ("a/../b", "'a/../b' leaves the cassette directory"),
        ("~/x", "'~/x' leaves the cassette directory"),
        (".", "'.' is the cassette directory itself; name a cassette in it, e.g. 'fix_bug'"),
        ("./", "'./' is the cassette directory itself"),
        ("hello/", "'hello/' is not a plain path; write 'hello'"),
        ("./hello", "'./hello' is not a plain path; write 'hello'"),
        ("a//b", "'a//b' is not a plain path; write 'a/b'"),
        ("a/./b", "'a/./b' is not a plain path; write 'a/b'"),
        ("a\0b", r"'a\x00b' is not a name: it has characters that cannot be printed"),
        ("a\nb", r"'a\nb' is not a name"),
        ("a\ud800", r"'a\ud800' is not a name"),
        ("x" * 300, "'xxxxxxxxxxxxxxxxxxxx…' is too long: 300 bytes, at most 200 are allowed"),
        ("世" * 67, "is too long: 201 bytes, at most 200 are allowed"),
        ("a/" * 2000 + "a", "is too long: 4001 bytes, at most 200 are allowed"),
    ],
)
def test_what_is_no_name(name: str, reason: str) -> None:
    """One line that says why, and what to write."""
    with pytest.raises(UsageError, match=re.escape(reason)) as caught:
        check_name(name)

    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("nodeid", "name"),
    [
        ("test_bugs.py::test_fix", "test_bugs/test_fix"),
        ("test_bugs.py::TestFix::test_it", "test_bugs/TestFix.test_it"),
        ("test_bugs.py::test_größe", "test_bugs/test_größe"),
        ("a/test_bugs.py::test_fix", "a/test_bugs/test_fix"),
        ("b/test_bugs.py::test_fix", "b/test_bugs/test_fix"),
    ],
)
def test_a_plain_test_names_its_cassette(nodeid: str, name: str) -> None:
    """The folder is the module, the cassette the test; modules of the same name are told apart by their folder."""
    assert default_name(nodeid) == name


@pytest.mark.parametrize(
    "parameters",
    [
        ["a/b", "a b", "a-b", "a:b", "a\\b", "a.b", "..", "", ".", "~", "a\nb", 'a"b', "a\0b", "\ud800"],
        ["x" * 300, "x" * 301, "x" * 300 + "y", "世" * 300, "世" * 301],
    ],
)
def test_parametrised_tests_never_share_a_cassette(parameters: list[str]) -> None:
    """Each name is its own, safe on every file system, and short enough."""
    names = [default_name(f"test_bugs.py::test_fix[{parameter}]") for parameter in parameters]

    assert len({name.lower() for name in names}) == len(parameters)
    assert all(re.fullmatch(r"test_bugs/\w[\w.-]*\w", name) for name in names)
    assert all(len(name.encode()) <= 200 for name in names)


def test_tests_outside_rootdir_name_a_place_below_the_directory() -> None:
    """Each its own, and none that of a test inside."""
    paths = ["../a/test_bugs.py", "../../a/test_bugs.py", "/a/test_bugs.py", "a/test_bugs.py"]

    names = [default_name(f"{path}::test_fix") for path in paths]

    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"a/test_bugs(-[0-9a-f]{8})?/test_fix", name) for name in names)
    assert all(check_name(name) == name for name in names)
