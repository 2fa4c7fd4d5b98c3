"""Base64 and hexadecimal with a text in it: decoded, redacted, and encoded again by the same rules. No I/O."""

import base64
import binascii
import json
from collections.abc import Callable
from urllib.parse import quote

from pytest_codex_replay.redaction.placeholders import IN_BASE64, PLACEHOLDER
from pytest_codex_replay.redaction.views.views import HEX, LINE_BREAK, encoded_runs

_MAX_ESCAPES = 4
"""JSON in JSON in JSON: the line ends of a run are escaped once in each."""
_MASK = "*"
_END = b" "


def without_placeholders(text: str) -> str:
    """Return a text with a mask for each placeholder, also within encoded text: what is left is to be judged."""
    if any(marker in text for marker in IN_BASE64):
        for start, end, _ in reversed([*encoded_runs(text)]):
            run = text[start:end]
            text = text[:start] + (recoded(run, run, without_placeholders) or run) + text[end:]
    return PLACEHOLDER.sub(_MASK, text)


def recoded(written: str, run: str, redacted: Callable[[str], str], *, is_before_line: bool = False) -> str | None:
    """Return an encoded text, redacted, as it is `written` in another one; None when that is not possible.

    Compressed bytes, and lines of several forms, cannot be encoded as they were.

    Args:
        written: the encoded text.
        run: the same without escapes.
        redacted: what redacts the text in it.
        is_before_line: another line follows, which base64 without padding would take for its own: where what was
            padded would need no padding, it ends with a blank.
    """
    new = _recoded(run, redacted, is_before_line=is_before_line)
    if new is None:
        return None
    if written != run and written == quote(run, safe=""):
        return quote(new, safe="")
    for _ in range(_MAX_ESCAPES):
        if written == run:
            return new
        run, new = json.dumps(run)[1:-1], json.dumps(new)[1:-1]
    return None


def _recoded(run: str, redacted: Callable[[str], str], *, is_before_line: bool) -> str | None:
    breaks, lines = LINE_BREAK.findall(run), LINE_BREAK.split(run)
    width = len(lines[0])
    if len(set(breaks)) > 1 or any(len(line) != width for line in lines[:-1]) or len(lines[-1]) > width:
        return None
    code = "".join(lines)
    encode = _encoder(code)
    try:
        raw = bytes.fromhex(code) if HEX.fullmatch(code) else base64.urlsafe_b64decode(_padded(code))
        text = raw.decode()
    except (binascii.Error, ValueError):
        return None
    clean = redacted(text)
    if clean == text or encode(raw) != code:
        return None
    new = encode(clean.encode())
    if is_before_line and code.endswith("=") and not new.endswith("="):
        new = encode(clean.encode() + _END)
    return "".join(breaks[:1]).join(new[at : at + width] for at in range(0, len(new), width)) if breaks else new


def _encoder(code: str) -> Callable[[bytes], str]:
    """Return the function that encodes in the form of `code`: its alphabet, and with or without padding."""
    if HEX.fullmatch(code):
        return lambda raw: raw.hex() if code == code.lower() else raw.hex().upper()
    encode = base64.urlsafe_b64encode if "-" in code or "_" in code else base64.b64encode
    is_padded = code.endswith("=") or len(code) % 4 == 0
    return lambda raw: encode(raw).decode() if is_padded else encode(raw).decode().rstrip("=")


def _padded(code: str) -> str:
    bare = code.rstrip("=").replace("+", "-").replace("/", "_")
    return bare + "=" * (-len(bare) % 4)
