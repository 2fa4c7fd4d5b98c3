"""Header values by allow-list: a name always stays, a value only when its name is known to be harmless.

Codex lets users define any header (codex-rs/model-provider-info, `http_headers`, `env_http_headers`), so any
unknown name may carry a credential.
"""

import re

from pytest_codex_replay.codex.headers import PLAIN_HEADER_SHAPES, PLAIN_HEADERS

_SAFE = PLAIN_HEADERS | frozenset(
    """
    accept accept-encoding accept-language accept-ranges age allow alt-svc cache-control connection content-encoding
    content-language content-length content-location content-range content-type date etag expires expect host
    http2-settings if-range keep-alive last-modified location openai-beta openai-model openai-processing-ms
    openai-version pragma range retry-after server te trailer
    transfer-encoding upgrade user-agent vary version via x-content-type-options x-request-id x-oai-request-id
    sec-websocket-accept sec-websocket-extensions sec-websocket-key sec-websocket-version strict-transport-security
    x-should-retry mcp-protocol-version
    x-stainless-arch x-stainless-async x-stainless-lang x-stainless-os x-stainless-package-version
    x-stainless-raw-response x-stainless-read-timeout x-stainless-retry-count x-stainless-runtime
    x-stainless-runtime-version x-stainless-helper-method x-stainless-timeout
    """.split()
)
_SAFE_SHAPES = re.compile(rf"{PLAIN_HEADER_SHAPES}|x-ratelimit-[a-z-]+")
CREDENTIAL_HEADERS = re.compile(
    r"authorization$|^cookie2?$|^set-cookie$|api[-_]?key|token|secret|password|credential|signature"
    r"|^x-auth|^authentication|attestation|^sec-websocket-protocol$",
    re.IGNORECASE,
)
"""Headers whose values are learnt as secrets, and removed everywhere else, too."""


URL_HEADERS = frozenset({"location", "content-location"})
"""Headers whose values are URLs, and are redacted as such."""
_SUBPROTOCOL = re.compile(r"(?=.{1,24}$)[a-z]+(?:[-.][a-z]+)*")
"""Has no digits: nearly every token has some."""


def is_safe_header(name: str, value: str = "") -> bool:
    """Return whether the value of the header `name` may be written."""
    name = name.lower()
    if name == "sec-websocket-protocol":
        return _SUBPROTOCOL.fullmatch(value) is not None
    return name in _SAFE or _SAFE_SHAPES.fullmatch(name) is not None
