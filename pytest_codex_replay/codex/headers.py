"""Headers and metadata by which Codex says who it is, and which its upstream sends to it. No I/O.

Sources: codex-rs/core/src/responses_metadata.rs, codex-api/src/rate_limits.rs and api_bridge.rs (2026-07).
"""

import re

TURN_METADATA = "x-codex-turn-metadata"
"""A header and a member of the metadata whose value is JSON."""
TURN_STATE = "x-codex-turn-state"
"""What the upstream sends, to be echoed as it is."""
STREAM_START = "x-codex-ws-stream-request-start-ms"
"""In the metadata of a frame: when it was sent, in milliseconds since 1970."""
TURN_START = re.compile(r'("turn_started_at_unix_ms"[ ]?:[ ]?)\d+')
"""In the turn metadata: when the turn began; group 1 stays."""

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

MINTED_IDS = re.compile(
    r"^(?:(?:x-codex-)?(?:session|thread|turn|window|installation|conversation|inference-call)[-_]id|prompt_cache_key"
    r"|(?:parent|root|forked_from|context|x-codex-parent|x-client|x-codex-inference)[a-z_-]*[-_]id|safety_identifier"
    r"|(?:chatgpt_)?(?:account|user)_id|organization(?:_id)?|x-(?:oai-)?request-id)$"
)
"""Names of members and headers whose UUIDs say who and where."""
