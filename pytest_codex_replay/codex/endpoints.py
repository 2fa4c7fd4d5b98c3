"""Which of Codex's endpoints a URL is: the Responses API or one of the background requests. No I/O.

Source: codex-rs/codex-api/src/endpoint/ and backend-client/src/client.rs (revision of 2026-07).
"""

import re
from enum import StrEnum
from functools import lru_cache

from pytest_codex_replay.wire.url import split_url


class Endpoint(StrEnum):
    """What a request is for."""

    RESPONSES = "responses"
    """A model call: HTTP POST, or the WebSocket that carries `response.create` frames."""
    COMPACT = "compact"
    """`POST responses/compact`: compaction by the remote, version 1."""
    MODELS = "models"
    USAGE = "usage"
    """Rate limits and account state below `wham/` or `api/codex/`."""
    ANALYTICS = "analytics"
    AUTH = "auth"
    MCP = "mcp"
    OTHER = "other"


_PATHS: tuple[tuple[Endpoint, re.Pattern[str]], ...] = (
    (Endpoint.COMPACT, re.compile(r"/responses/compact$")),
    (Endpoint.RESPONSES, re.compile(r"/responses$")),
    (Endpoint.MODELS, re.compile(r"/models$")),
    (Endpoint.ANALYTICS, re.compile(r"/analytics-events/|/otlp/|/metrics$")),
    (Endpoint.AUTH, re.compile(r"/oauth/|/deviceauth/|/user-auth-credential/|/agent/(?:[^/]+/task/)?register$")),
    (Endpoint.MCP, re.compile(r"/(?:wham/apps|ps/mcp|mcp)$")),
    (Endpoint.USAGE, re.compile(r"/(?:wham|api/codex)/(?:usage|accounts|rate-limit|profiles|workspace|config|tasks)")),
)


@lru_cache(maxsize=64)  # nearly all requests go to one
def endpoint_of(url: str) -> Endpoint:
    """Classify a URL or path; what is not known is OTHER, and recorded all the same."""
    path = split_url(url).path.rstrip("/")
    return next((endpoint for endpoint, pattern in _PATHS if pattern.search(path)), Endpoint.OTHER)
