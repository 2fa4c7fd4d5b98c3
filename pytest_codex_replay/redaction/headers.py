"""Header values by allow-list: a name always stays, a value only when its name is known to be harmless.

Codex lets users define any header (codex-rs/model-provider-info, `http_headers`, `env_http_headers`), so any
unknown name may carry a credential.
"""

import re

from pytest_codex_replay.codex.headers import PLAIN_HEADER_SHAPES, PLAIN_HEADERS
from pytest_codex_replay.redaction.formats import pattern, words

_SAFE = PLAIN_HEADERS | frozenset(words("safe_headers"))
_SAFE_SHAPES = re.compile(rf"{PLAIN_HEADER_SHAPES}|(?:x|anthropic)-ratelimit-[a-z-]+")
CREDENTIAL_HEADERS = pattern("credential_header")
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
