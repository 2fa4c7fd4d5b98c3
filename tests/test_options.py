"""Command line and marker, laid over each other."""

import re

import pytest

from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.options import ReplayOptions, Unused, cassette_name, check_values, resolve_options

NODE = "tests/test_bugs.py::test_fix"


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
        ((), {"mtach": "loose"}, "unknown keyword 'mtach'; there are match, speed"),
        ((), {"match": "fuzzy"}, "match: 'fuzzy' is none of strict, normal, loose"),
        ((), {"match": None}, "match: 'None' is none of strict, normal, loose"),
        ((), {"speed": "fast"}, "no speed: 'fast'. Use instant, recorded, or how many times faster, e.g. 10"),
        ((), {"speed": 0}, "no speed: '0'"),
        (("a", "b"), {}, "takes one name"),
        ((3,), {}, "takes one name"),
        (("",), {}, "takes one name"),
        (("/etc",), {}, "'/etc' leaves the cassette directory"),
        (("../x",), {}, "'../x' leaves the cassette directory"),
        (("~/x",), {}, "'~/x' leaves the cassette directory"),
    ],
)
def test_a_wrong_marker_is_named(args, kwargs, reason: str) -> None:
    """One line: the marker, what is wrong with it, and what there is."""
    with pytest.raises(UsageError, match=re.escape(reason)) as caught:
        resolve_options(ReplayOptions(), NODE, args, kwargs)

    assert str(caught.value).startswith("@pytest.mark.codex_replay: ")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("speed", ["instant", "recorded", "10", "0.5"])
def test_values_that_there_are(speed: str) -> None:
    """Nothing is said about them."""
    check_values(ReplayOptions(speed=speed))


@pytest.mark.parametrize(
    ("nodeid", "name"),
    [
        ("tests/test_bugs.py::test_fix", "test_bugs/test_fix"),
        ("test_bugs.py::TestFix::test_it", "test_bugs/TestFix.test_it"),
        ("test_bugs.py::test_größe", "test_bugs/test_größe"),
        ("tests/a/test_bugs.py::test_fix", "a/test_bugs/test_fix"),
        ("tests/b/test_bugs.py::test_fix", "b/test_bugs/test_fix"),
    ],
)
def test_a_plain_test_names_its_cassette(nodeid: str, name: str) -> None:
    """The folder is the module, the cassette the test; modules of the same name are told apart by their folder."""
    assert cassette_name(nodeid) == name


@pytest.mark.parametrize(
    "parameters",
    [
        ["a/b", "a b", "a-b", "a:b", "a\\b", "a.b", "..", "", ".", "~", "a\nb", 'a"b'],
        ["x" * 300, "x" * 301, "x" * 300 + "y", "世" * 300, "世" * 301],
    ],
)
def test_parametrised_tests_never_share_a_cassette(parameters: list[str]) -> None:
    """Each name is its own, safe on every file system, and short enough."""
    names = [cassette_name(f"tests/test_bugs.py::test_fix[{parameter}]") for parameter in parameters]

    assert len({name.lower() for name in names}) == len(parameters)
    assert all(re.fullmatch(r"test_bugs/\w[\w.-]*\w", name) for name in names)
    assert all(len(name.encode()) < 300 for name in names)
    assert all(len(name.partition("/")[2].encode()) <= 255 for name in names)
