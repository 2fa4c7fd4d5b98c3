"""A user's project, in which pytest is run."""

import pytest

from tests.user_project import ASK, project, run

__all__ = ["ASK", "project", "run"]


@pytest.fixture(autouse=True)
def nobody_is_watched(monkeypatch: pytest.MonkeyPatch) -> None:
    """These runs are not in CI, though we may be."""
    monkeypatch.delenv("CI", raising=False)
