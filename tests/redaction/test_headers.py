"""The allow-list of headers."""

import pytest

from pytest_codex_replay.redaction.headers import CREDENTIAL_HEADERS, is_safe_header


@pytest.mark.parametrize(
    "name",
    [
        "content-type",
        "Content-Type",
        "session-id",
        "session_id",
        "X-Codex-Turn-Metadata",
        "x-codex-turn-state",
        "originator",
        "openai-beta",
        "x-codex-primary-used-percent",
        "x-codex-secondary-window-minutes",
        "x-codex-credits-balance",
        "x-ratelimit-remaining-tokens",
        "x-ratelimit-limit-requests",
        "anthropic-ratelimit-tokens-remaining",
        "access-control-allow-origin",
        "content-disposition",
        "sec-websocket-key",
        "x-stainless-lang",
    ],
)
def test_a_harmless_name_is_known(name: str) -> None:
    """In upper and lower case."""
    assert is_safe_header(name)


@pytest.mark.parametrize(
    "name",
    [
        "authorization",
        "x-authorization",
        "cookie",
        "set-cookie",
        "x-forwarded-for",
        "chatgpt-account-id",
        "openai-organization",
        "x-unknown",
        "",
        "my-x-ratelimit-token",
        "secret-x-codex-credits-balance",
        "x-ratelimit-remaining-tokens\n",
        "content-type2",
    ],
)
def test_any_other_name_is_not(name: str) -> None:
    """Users may define any header, and hide a credential in it."""
    assert not is_safe_header(name)


@pytest.mark.parametrize("name", ["content-type", "session-id", "x-codex-turn-state", "chatgpt-account-id", "x-other"])
def test_an_identifying_name_is_no_credential(name: str) -> None:
    """Its value is not searched for elsewhere."""
    assert CREDENTIAL_HEADERS.search(name) is None
