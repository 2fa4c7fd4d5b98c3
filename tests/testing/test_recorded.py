"""What `-v` says about the settings of Codex."""

import pytest

from pytest_codex_replay.testing.recorded import settings_lines
from pytest_codex_replay.testing.resolved import Action, CassetteState, ResolvedTest
from tests.user_project import project, run

__all__ = ["project", "run"]

SOURCE = """
@pytest.mark.codex_replay("hello")
def test_it(codex_cli): pass

@pytest.mark.codex_replay("hello")
def test_without(codex_replay): pass
"""


def test_verbose_names_the_settings(run, project, write_cassette):
    """Below the count of the tests: once a cassette, and only where a test runs Codex."""
    write_cassette(project.path / "cassettes" / "other", "hello")

    result = run(SOURCE, "-v", "--collect-only")

    (line,) = [line for line in result.outlines if "Codex as in" in line]
    assert line == "codex-replay: Codex as in cassettes/hello: model gpt-5.4"


@pytest.mark.parametrize(("args", "replay"), [((), True), (("-v",), False)])
def test_nothing_is_said_unasked(run, args, replay):
    """Nor read: a cassette takes its time."""
    assert "Codex as in" not in run(SOURCE, "--collect-only", *args, replay=replay).stdout.str()


def test_cassettes_with_the_same_settings_share_a_line(tmp_path, write_cassette):
    """One that cannot be read, or is to be recorded, has none."""
    names = ("a", "b", "recorded", "missing")
    for name in names[:3]:
        write_cassette(tmp_path / name, "hello")
    tests = [
        ResolvedTest(
            cassette=CassetteState(directory=tmp_path, name=name),
            action=Action.RECORD if name == "recorded" else Action.REPLAY,
        )
        for name in names
    ]

    assert settings_lines(tests) == [f"codex-replay: Codex as in {tmp_path.name}/a, {tmp_path.name}/b: model gpt-5.4"]
