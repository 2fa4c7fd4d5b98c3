"""Background requests."""

import pytest

from pytest_codex_replay.replay.background_requests import comparable_path


@pytest.mark.parametrize(
    "url",
    [
        "https://api.openai.com/v1/models?client_version=1",
        "https://chatgpt.com/backend-api/codex/models",
        "http://127.0.0.1:8123/v1/models/",
        "/proxy/v1/models",
        "/api/codex/models",
        "http://[bad/v1/models?a=b",
    ],
)
def test_a_path_is_compared_without_its_base(url: str) -> None:
    """The client was pointed elsewhere: only what follows its base URL can be the same."""
    path = comparable_path(url)

    assert path == "/models"
