"""What the scripted upstream says of its models, and of accounts."""

import pytest

from pytest_codex_replay.upstream.catalogue import MODELS, OLDER, TODAY, account_check


def test_codex_and_sdks_are_shown_the_same_models() -> None:
    """The one of today first: Codex takes it by itself."""
    assert [model["slug"] for model in MODELS["models"]] == [model["id"] for model in MODELS["data"]] == [TODAY, OLDER]


@pytest.mark.parametrize("member", ["use_responses_lite", "tool_mode", "multi_agent_version"])
def test_the_models_differ_in_their_shape(member: str) -> None:
    """Responses-lite, code mode and the second generation of sub-agents are of today."""
    today, older = MODELS["models"]

    assert (member in today, member in older) == (True, False)


def test_an_account_is_not_moved() -> None:
    """Codex goes on to ask where it asked before."""
    (account,) = account_check("a-1")["accounts"]

    assert account["id"] == "a-1"
    assert account["workspace_backend_origin"] == account["account_routing_override"] == "NO_CONSTRAINT"
