"""Headers by which Codex says who it is, and those that its upstream sends to it. No I/O.

Sources: codex-rs/core/src/responses_metadata.rs, codex-api/src/rate_limits.rs and api_bridge.rs (2026-07).
"""

SERVED_MODEL = "openai-model"
"""Of an answer: the model that gives it, which may be another than was asked."""
PLAIN_HEADERS = frozenset(
    """
    originator session-id session_id thread-id thread_id conversation-id conversation_id x-client-request-id
    x-codex-session-id x-codex-conversation-id x-codex-window-id x-codex-parent-thread-id x-codex-turn-metadata
    x-codex-turn-state x-codex-installation-id x-codex-inference-call-id x-codex-beta-features
    x-openai-subagent x-openai-memgen-request x-openai-internal-codex-responses-lite
    x-openai-internal-codex-residency x-responsesapi-include-timing-metrics x-openai-fedramp
    x-models-etag x-reasoning-included
    x-codex-active-limit x-codex-promo-message x-codex-rate-limit-reached-type x-codex-limit-name x-error-json
    x-codex-safety-buffering-enabled x-codex-safety-buffering-faster-model
    """.split()
)
"""Those whose values are no credentials."""
PLAIN_HEADER_SHAPES = (
    r"x-[a-z0-9-]*(?:used-percent|window-minutes|reset-at|reset-after-seconds)"
    r"|x-codex-credits-(?:has-credits|unlimited|balance)"
)
"""Pattern of the names of rate limits, which are plain, too."""

REQUEST_ID_HEADERS = ("x-request-id", "x-oai-request-id", "x-client-request-id", "cf-ray")
"""Those by which an upstream, and what stands before it, finds a request in its own logs."""
RETRY_HEADERS = ("retry-after", "retry-after-ms", "x-should-retry")
"""Those by which an upstream tells a client when to ask again."""
