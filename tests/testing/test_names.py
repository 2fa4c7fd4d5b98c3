"""Names of cassettes."""

import re

import pytest

from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.testing.names import check_name, default_name


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
