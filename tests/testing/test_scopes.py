"""Cassettes for longer than a test."""

import json
from pathlib import Path

import pytest

from pytest_codex_replay.upstream import SCENARIOS, ScriptedUpstream
from tests.user_project import project, run

__all__ = ["project", "run"]

TWO = """
from conftest import ask_at

def test_first({fixture}):
    assert "one, indeed" in ask_at({fixture}.base_url, "one")

def test_second({fixture}):
    assert "two, indeed" in ask_at({fixture}.base_url, "two")
"""


@pytest.fixture
def two(project: pytest.Pytester, write_cassette) -> pytest.Pytester:
    """A project with a cassette of two prompts."""
    write_cassette(project.path / "cassettes" / "two", "one", "two")
    return project


def marked(source: str) -> str:
    return f"pytestmark = pytest.mark.codex_replay('two')\n{source}"


def test_a_module_shares_a_cassette(two: pytest.Pytester, run) -> None:
    """What the first test used is used; the report has the module."""
    result = run(marked(TWO.format(fixture="codex_replay_module")), "--codex-replay-report=report.json")

    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(["codex-replay: 1 test, 2 interactions served (2 exact), 0 missed, 0 unused"])
    (test,) = json.loads(Path("report.json").read_text(encoding="utf-8"))["tests"]
    assert test["test"].endswith(".py (cassettes/two)")
    assert (test["outcome"], test["name"], len(test["served"])) == ("passed", "cassettes/two", 2)


def test_a_class_shares_a_cassette(two: pytest.Pytester, run) -> None:
    """Each class has one of its own, even if it is the same."""
    body = """
class Test{name}:
    def test_first(self, codex_replay_class):
        assert "one, indeed" in ask_at(codex_replay_class.base_url, "one")

    def test_second(self, codex_replay_class):
        assert "two, indeed" in ask_at(codex_replay_class.base_url, "two")
"""
    marker = "@pytest.mark.codex_replay('two')"

    result = run(f"from conftest import ask_at\n{marker}{body.format(name='A')}\n{marker}{body.format(name='B')}")

    result.assert_outcomes(passed=4)
    result.stdout.fnmatch_lines(["codex-replay: 2 tests, 4 interactions served (4 exact), 0 missed, 0 unused"])


def test_a_session_shares_a_cassette(project: pytest.Pytester, run, write_cassette) -> None:
    """It has a name that no test has; a test of its own cassette stands beside it."""
    write_cassette(project.path / "cassettes" / "session", "one", "two")

    result = run(
        TWO.format(fixture="codex_replay_session")
        + """
@pytest.mark.codex_replay("hello")
def test_own(ask, codex_replay_session):
    assert "hello, indeed" in ask("hello")
"""
    )

    result.assert_outcomes(passed=3)
    result.stdout.fnmatch_lines(["codex-replay: 2 tests, 3 interactions served (3 exact), 0 missed, 0 unused"])


@pytest.mark.parametrize(
    ("node", "name"),
    [("codex_replay_class", "test_it/TestIt"), ("codex_replay_module", "test_it/module")],
)
def test_names(project: pytest.Pytester, write_cassette, node: str, name: str) -> None:
    """Without a marker a class and a module have cassettes beside those of their tests."""
    write_cassette(project.path / "cassettes" / name, "one")
    project.makepyfile(
        test_it=f"""
from conftest import ask_at

class TestIt:
    def test_it(self, {node}):
        assert "one, indeed" in ask_at({node}.base_url, "one")
"""
    )

    result = project.runpytest_inprocess("-p", "pytest_codex_replay.plugin", "--codex-replay")

    result.assert_outcomes(passed=1)


def test_a_miss_fails_the_test_that_ran(two: pytest.Pytester, run) -> None:
    """And no other."""
    result = run(
        marked(TWO.format(fixture="codex_replay_module"))
        + """
def test_third(codex_replay_module):
    ask_at(codex_replay_module.base_url, "three")

def test_fourth():
    pass
""",
        "-rf",
    )

    result.assert_outcomes(passed=3, failed=1)
    result.stdout.fnmatch_lines(["cassettes/two: request * matches no interaction.", "FAILED *::test_third - *"])


def test_what_is_unused_is_reported_at_the_end(two: pytest.Pytester, run) -> None:
    """Not by the first test, which leaves most of it."""
    source = (
        marked(TWO.format(fixture="codex_replay_module"))
        .replace('"two, indeed" in', "not")
        .replace('ask_at(codex_replay_module.base_url, "two")', "None")
    )

    result = run(source, "--codex-replay-unused=fail")

    result.assert_outcomes(passed=2, errors=1)
    result.stdout.fnmatch_lines(["cassettes/two: no request asked for interaction 2 of 2."])


def test_a_block(two: pytest.Pytester, run) -> None:
    """In a fixture of any scope; a cassette that only a block names is no orphan."""
    result = run(
        """
import pytest_codex_replay
from conftest import ask_at

@pytest.fixture(scope="module")
def base_url(request):
    with pytest_codex_replay.use_cassette("two", request, match="strict") as replay:
        yield replay.base_url

def test_first(base_url):
    assert "one, indeed" in ask_at(base_url, "one")

def test_second(base_url, request):
    with pytest_codex_replay.use_cassette("hello", request) as other:
        assert "hello, indeed" in ask_at(other.base_url, "hello")
    assert "two, indeed" in ask_at(base_url, "two")
"""
    )

    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(["codex-replay: 2 tests, 3 interactions served (3 exact), 0 missed, 0 unused"])
    result.stdout.no_fnmatch_line("*that no test uses*")


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ("'nothing', request", "no cassette 'nothing' in *. There are: hello, two.*"),
        ("'../two', request", "@pytest.mark.codex_replay: '../two' leaves the cassette directory"),
        ("'two', request, match='exactly'", "@pytest.mark.codex_replay: *exactly*"),
    ],
)
def test_a_block_that_cannot_be(two: pytest.Pytester, run, arguments: str, reason: str) -> None:
    """One line, without a trace."""
    result = run(
        f"""
import pytest_codex_replay

def test_it(request):
    with pytest_codex_replay.use_cassette({arguments}):
        raise AssertionError("it began")
"""
    )

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([reason, "codex-replay: *, 1 error"])
    result.stdout.no_fnmatch_line("*it began*")


def test_a_wrong_marker_is_refused_at_collection(two: pytest.Pytester, run) -> None:
    """As that of a test is."""
    source = marked(TWO.format(fixture="codex_replay_module")).replace("'two'", "'two', mode='sometimes'")

    result = run(source)

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*unknown mode 'sometimes'*"])


def test_a_recording(project: pytest.Pytester, run, monkeypatch: pytest.MonkeyPatch, mitmdump_binary: str) -> None:
    """Is kept when no test of the module failed, and replays; else the cassette is unchanged."""
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-none")
    source = marked(TWO.format(fixture="codex_replay_module")).replace(" in ask_at", " != ask_at")
    options = [f"-ocodex_replay_recorder={mitmdump_binary}", "--codex-replay-mode=once"]
    with ScriptedUpstream(SCENARIOS["text"].script()) as upstream:
        options.append(f"-ocodex_replay_upstream={upstream.base_url}")
        failed = run(source + "\ndef test_third(codex_replay_module):\n    assert 0\n", *options, replay=False)
        is_kept = (project.path / "cassettes" / "two").exists()
        recorded = run(source, *options, replay=False)

    failed.assert_outcomes(passed=2, failed=1, warnings=1)
    failed.stdout.fnmatch_lines(["*cassettes/two was not recorded, the cassette is unchanged: a test failed*"])
    assert not is_kept
    recorded.assert_outcomes(passed=2)
    run(source).assert_outcomes(passed=2)


def test_an_interrupted_recording(project: pytest.Pytester, run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half a module never becomes the cassette of the whole; it is named."""
    monkeypatch.delenv("CI", raising=False)
    source = marked(TWO.format(fixture="codex_replay_module")).replace('assert "two', "pytest.exit('enough')  # ")
    with ScriptedUpstream(SCENARIOS["text"].script()) as upstream:
        options = ["--codex-replay-mode=once", f"-ocodex_replay_upstream={upstream.base_url}"]
        result = run(source.replace("one, indeed", "Hello"), *options, replay=False)

    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.stdout.fnmatch_lines(["codex-replay: cassettes/two was not recorded, *: the run was interrupted"])
    assert not (project.path / "cassettes" / "two").exists()
