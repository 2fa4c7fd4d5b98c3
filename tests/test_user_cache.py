"""The user's cache is where the desktop's specification puts it."""

from pathlib import Path

import pytest

from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.user_cache import user_cache


@pytest.mark.parametrize("said", ["", None, ".", "cache", "~/cache"])
def test_it_is_below_home(monkeypatch, tmp_path, said):
    """An empty variable counts as none, and so does a relative path: it could lead into what is checked."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False) if said is None else monkeypatch.setenv("XDG_CACHE_HOME", said)

    assert user_cache() == tmp_path / ".cache" / "codex-replay"


def test_a_variable_moves_it(monkeypatch):
    """To another disk, for instance."""
    monkeypatch.setenv("XDG_CACHE_HOME", "/fast")

    assert user_cache() == Path("/fast/codex-replay")


def test_without_a_home_that_is_said(monkeypatch):
    """A container may run as a user that it has no entry for."""
    monkeypatch.delenv("HOME")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr("os.getuid", lambda: 4_000_000_000)

    with pytest.raises(UsageError, match="Set HOME"):
        user_cache()
