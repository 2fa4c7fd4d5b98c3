"""`show` with the id of a rollout."""

import pytest

from pytest_codex_replay.cli.rollout_target import find_thread
from tests.rollout_lines import CHILD, NAME, THREAD, TODAY, write


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("CODEX_HOME", str(tmp_path / "home"))
    write(tmp_path / "home")
    write(tmp_path / "home", *TODAY, folder="archived_sessions")
    write(tmp_path / "home", name=NAME.replace(THREAD, CHILD))
    return tmp_path / "home"


def test_a_rollout_is_shown_by_its_thread(run, refusal, home, monkeypatch, tmp_path) -> None:
    """By the beginning of its id; one that several have is refused."""
    monkeypatch.chdir(tmp_path)

    assert run("show", THREAD).stdout.startswith(f"rollout {THREAD} · {NAME}")
    assert "several threads begin with it. Give more of it: " in refusal("show", THREAD[:13])
    assert "no session begins with" in refusal("show", "nobody")


def test_of_two_the_one_that_is_not_archived_is_meant(home) -> None:
    """As Codex does."""
    found = find_thread(THREAD)

    assert found is not None
    assert found.parent.name != "archived_sessions"


def test_without_a_home_there_is_none(tmp_path, monkeypatch) -> None:
    """The error is then of sessions."""
    monkeypatch.setenv("CODEX_HOME", str(tmp_path / "nowhere"))

    assert find_thread(THREAD) is None
