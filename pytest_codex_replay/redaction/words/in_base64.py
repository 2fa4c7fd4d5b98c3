"""What base64 holds: a login and its password, or no text at all. No I/O."""

import base64
import re

_LOGIN = re.compile(r"[\w.@+-]{1,64}:(?!\[\[REDACTED)\S[^\n]{1,126}\S")
_URL_SAFE = str.maketrans("-_", "+/")


def is_user_and_password(value: str) -> bool:
    """Return whether `value` is a credential after `Basic` (RFC 7617 §2), and not a word of a sentence."""
    text = text_in_base64(value.translate(_URL_SAFE))
    return text is not None and ":" in text


def is_login_in_base64(value: str) -> bool:
    """Return whether base64 holds a login and its password (RFC 7617 §2), and nothing else."""
    text = text_in_base64(value)
    return text is not None and _LOGIN.fullmatch(text) is not None


def is_opaque_base64(value: str) -> bool:
    """Return whether base64 holds no text, which would be looked at, and encoded again."""
    return text_in_base64(value) is None


def text_in_base64(value: str) -> str | None:
    """Return the printable text that base64 holds, with its padding or without."""
    bare = value.rstrip("=")
    try:
        text = base64.b64decode(bare + "=" * (-len(bare) % 4), validate=True).decode()
    except ValueError:
        return None
    return text if text.isprintable() else None
