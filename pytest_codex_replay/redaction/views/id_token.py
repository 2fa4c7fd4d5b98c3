"""A made-up id token: Codex reads its claims at login, so a placeholder would break a replayed one. No I/O.

Codex reads it in codex-rs/login/src/token_data.rs (revision of 2026-07). It has no signature, and is recognised by its
value.
"""

import base64
import json
import re
from typing import Any

_ACCOUNT = "00000000-0000-4000-8000-000000000000"
_CLAIMS = {
    "email": "redacted@example.invalid",
    "https://api.openai.com/profile": {"email": "redacted@example.invalid"},
    "https://api.openai.com/auth": {
        "chatgpt_plan_type": "plus",
        "chatgpt_user_id": "user-redacted",
        "chatgpt_account_id": _ACCOUNT,
    },
    "exp": 4102444800,
}
_SHAPE = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*")


def looks_like_jwt(value: str) -> bool:
    """Return whether a value has the three parts of a signed token."""
    return value.startswith("eyJ") and _SHAPE.fullmatch(value) is not None


def _part(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value, separators=(",", ":")).encode()).decode().rstrip("=")


ID_TOKEN = f"{_part({'alg': 'none', 'typ': 'JWT'})}.{_part(_CLAIMS)}.REDACTED"
"""The only token that is not a secret."""


def is_other_than_id_token(value: str) -> bool:
    """Return whether a signed token is not the one that we made up."""
    return value != ID_TOKEN
