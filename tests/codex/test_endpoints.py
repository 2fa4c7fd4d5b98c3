"""Endpoints: what a URL is for."""

import pytest

from pytest_codex_replay.codex.endpoints import Endpoint, endpoint_of

URLS = {
    "https://api.openai.com/v1/responses": Endpoint.RESPONSES,
    "https://chatgpt.com/backend-api/codex/responses": Endpoint.RESPONSES,
    "wss://chatgpt.com/backend-api/codex/responses": Endpoint.RESPONSES,
    "http://127.0.0.1:8080/v1/responses/": Endpoint.RESPONSES,
    "https://example.invalid/openai/responses?api-version=1": Endpoint.RESPONSES,
    "/v1/responses": Endpoint.RESPONSES,
    "https://api.openai.com/v1/responses/compact": Endpoint.COMPACT,
    "https://api.openai.com/v1/models?client_version=1.2.3": Endpoint.MODELS,
    "https://chatgpt.com/backend-api/wham/usage": Endpoint.USAGE,
    "https://chatgpt.com/backend-api/wham/rate-limit-reset-credits": Endpoint.USAGE,
    "https://chatgpt.com/backend-api/wham/accounts/check": Endpoint.USAGE,
    "https://chatgpt.com/backend-api/wham/config/bundle": Endpoint.USAGE,
    "https://example.invalid/api/codex/tasks/list": Endpoint.USAGE,
    "https://chatgpt.com/backend-api/codex/analytics-events/events": Endpoint.ANALYTICS,
    "https://ab.chatgpt.com/otlp/v1/metrics": Endpoint.ANALYTICS,
    "https://auth.openai.com/oauth/token": Endpoint.AUTH,
    "https://auth.openai.com/oauth/revoke": Endpoint.AUTH,
    "https://auth.openai.com/api/accounts/deviceauth/usercode": Endpoint.AUTH,
    "https://auth.openai.com/api/accounts/v1/user-auth-credential/whoami": Endpoint.AUTH,
    "https://auth.openai.com/api/accounts/v1/agent/register": Endpoint.AUTH,
    "https://auth.openai.com/api/accounts/v1/agent/a1/task/register": Endpoint.AUTH,
    "https://chatgpt.com/backend-api/wham/apps": Endpoint.MCP,
    "https://chatgpt.com/backend-api/ps/mcp": Endpoint.MCP,
    "https://example.invalid/mcp": Endpoint.MCP,
    "https://api.openai.com/v1/responses/resp_1": Endpoint.OTHER,
    "https://api.openai.com/v1/responses_other": Endpoint.OTHER,
    "https://api.openai.com/v1/alpha/search": Endpoint.OTHER,
    "https://example.invalid/?next=/v1/responses": Endpoint.OTHER,
    "https://example.invalid/#/v1/responses": Endpoint.OTHER,
    "": Endpoint.OTHER,
}


@pytest.mark.parametrize(("url", "endpoint"), URLS.items(), ids=URLS)
def test_a_url_tells_its_endpoint(url: str, endpoint: Endpoint) -> None:
    """Only the path counts; what is not known is OTHER."""
    assert endpoint_of(url) is endpoint


@pytest.mark.parametrize(
    ("url", "endpoint"),
    [("http://[abc/oauth/token?a=/responses", Endpoint.AUTH), ("http://[abc", Endpoint.OTHER)],
)
def test_an_odd_host_is_no_obstacle(url: str, endpoint: Endpoint) -> None:
    """A client may send any Host; the path says what the request is for."""
    assert endpoint_of(url) is endpoint
