"""Header values by allow-list: a name always stays, a value only when its name is known to be harmless.

Codex lets users define any header (codex-rs/model-provider-info, `http_headers`, `env_http_headers`), so any
unknown name may carry a credential.
"""

import re

_SAFE = frozenset(
    """
    accept accept-encoding accept-language accept-ranges age allow alt-svc cache-control connection content-encoding
    content-language content-length content-type date etag expires expect host http2-settings keep-alive last-modified
    openai-beta openai-model openai-processing-ms openai-version originator pragma retry-after server te trailer
    transfer-encoding upgrade user-agent vary version via x-content-type-options x-request-id x-oai-request-id
    sec-websocket-accept sec-websocket-extensions sec-websocket-key sec-websocket-version strict-transport-security
    session-id session_id thread-id thread_id conversation-id conversation_id x-client-request-id
    x-codex-session-id x-codex-conversation-id x-codex-window-id x-codex-parent-thread-id x-codex-turn-metadata
    x-codex-turn-state x-codex-installation-id x-codex-inference-call-id x-codex-beta-features
    x-openai-subagent x-openai-memgen-request x-openai-internal-codex-responses-lite
    x-openai-internal-codex-residency x-responsesapi-include-timing-metrics x-openai-fedramp
    x-models-etag x-reasoning-included x-should-retry mcp-protocol-version
    x-codex-active-limit x-codex-promo-message x-codex-rate-limit-reached-type x-codex-limit-name x-error-json
    x-codex-safety-buffering-enabled x-codex-safety-buffering-faster-model
    x-stainless-arch x-stainless-async x-stainless-lang x-stainless-os x-stainless-package-version
    x-stainless-raw-response x-stainless-read-timeout x-stainless-retry-count x-stainless-runtime
    x-stainless-runtime-version x-stainless-helper-method x-stainless-timeout
    """.split()
)
_SAFE_SHAPES = re.compile(
    r"x-[a-z0-9-]*(?:used-percent|window-minutes|reset-at|reset-after-seconds)"
    r"|x-codex-credits-(?:has-credits|unlimited|balance)"
    r"|x-ratelimit-[a-z-]+"
)
CREDENTIAL_HEADERS = re.compile(
    r"authorization$|^cookie2?$|^set-cookie$|api[-_]?key|token|secret|password|credential|signature"
    r"|^x-auth|^authentication|attestation|^sec-websocket-protocol$",
    re.IGNORECASE,
)
"""Headers whose values are learnt as secrets, and removed everywhere else, too."""


def is_safe_header(name: str) -> bool:
    """Return whether the value of the header `name` may be written."""
    name = name.lower()
    return name in _SAFE or _SAFE_SHAPES.fullmatch(name) is not None
