"""The user's cache is where the desktop's specification puts it."""

from pathlib import Path

import pytest

from pytest_codex_replay.user_cache import user_cache


@pytest.mark.parametrize("said", ["", None])
def test_it_is_below_home(monkeypatch, said):
    """An empty variable counts as none (XDG Base Directory Specification)."""
    monkeypatch.setenv("HOME", "/home/anna")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False) if said is None else monkeypatch.setenv("XDG_CACHE_HOME", said)

    assert user_cache() == Path("/home/anna/.cache/codex-replay")


def test_a_variable_moves_it(monkeypatch):
    """To another disk, for instance."""
    monkeypatch.setenv("XDG_CACHE_HOME", "/fast")

    assert user_cache() == Path("/fast/codex-replay")
