"""What the fixtures hand out. What becomes of a test with them: tests/plugin/ and tests/test_plugin.py."""

import sys

import pytest

from tests.user_project import project, run

__all__ = ["project", "run"]


def test_no_codex(run, project: pytest.Pytester) -> None:
    """`codex_cli` says what is missing, and where to get it."""
    project.makeini("[pytest]\ncodex_replay_codex = no-such-codex\n")

    result = run("@pytest.mark.codex_replay('hello')\ndef test_it(codex_cli): pass\n")

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*no-such-codex*Install it (npm install *"])


def test_codex_is_isolated(run, project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """Home and directory are the test's own; no key, no proxy and no setting of ours reaches Codex."""
    project.makeini(f"[pytest]\ncodex_replay_codex = {sys.executable}\n")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-mine")
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("CODEX_HOME", "mine")

    result = run(
        """
@pytest.mark.codex_replay("hello")
def test_it(codex_cli, codex_replay, ask, tmp_path):
    environment = codex_cli.environment()
    assert codex_cli.cwd.parent == tmp_path
    assert codex_cli.args == codex_replay.codex_args
    assert environment["CODEX_HOME"] == str(codex_cli.home) != "mine"
    assert "sk-mine" not in environment.values()
    assert "HTTPS_PROXY" not in environment
    ask("hello")
"""
    )

    result.assert_outcomes(passed=1)


def test_live_codex_has_the_login_of_the_user(run, project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """By a link in a home of its own, in a sandbox; nothing is copied, no setting of the user's is read."""
    own = project.mkdir("mine")
    (own / "auth.json").write_text("{}")
    project.makeini(f"[pytest]\ncodex_replay_codex = {sys.executable}\n")
    monkeypatch.setenv("CODEX_HOME", str(own))

    result = run(
        """
def test_it(codex_cli):
    (login,) = codex_cli.home.iterdir()
    assert login.is_symlink()
    assert codex_cli.environment()["CODEX_HOME"] == str(codex_cli.home)
    assert codex_cli.sandbox == "workspace-write"
""",
        replay=False,
    )

    result.assert_outcomes(passed=1)


def test_settings_that_cannot_be_read(project: pytest.Pytester, run) -> None:
    """The test that is replayed by them fails with one text; where it runs live, they are ignored."""
    settings = project.path / "cassettes" / "hello" / "codex-replay.toml"
    settings.write_text("match = 'sloppy'\n")
    source = "@pytest.mark.codex_replay('hello')\ndef test_it(codex_replay): pass\ndef test_other(): pass\n"

    replayed, live = run(source), run(source, replay=False)

    replayed.assert_outcomes(passed=1, errors=1)
    replayed.stdout.fnmatch_lines(["*/hello/codex-replay.toml: unknown match level 'sloppy': use strict, normal *"])
    live.assert_outcomes(passed=2)


def test_a_marker_that_a_fixture_adds(project: pytest.Pytester, run) -> None:
    """It names the cassette, though it was not there at collection."""
    result = run(
        """
@pytest.fixture
def late(request):
    request.node.add_marker(pytest.mark.codex_replay("hello"))

def test_it(late, ask):
    assert "hello, indeed" in ask("hello")
"""
    )

    result.assert_outcomes(passed=1)


def test_a_fixture_that_a_test_asks_for_by_name(run) -> None:
    """It is resolved then; whatever is wrong with it fails the test alone."""
    result = run("def test_it(request): request.getfixturevalue('codex_replay')\n")

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["no cassette 'test_a_fixture_that_a_test_asks_for_by_name/test_it' in *"])
