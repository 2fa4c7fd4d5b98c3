"""Rules for HTTP in texts: headers, addresses, cookies. No I/O."""

import base64
import re

from pytest_codex_replay.redaction.rule import any_of, context
from pytest_codex_replay.redaction.value_shapes import is_assigned, is_credential, is_plausible, is_wordy

_COOKIES = ("session", "sessid", "connect.sid", "cf_clearance", "__cf_bm", "_cfuvid", "oai-", "_session=")


def _is_password_in_url(match: re.Match[str]) -> bool:
    """Return whether `user:password@` holds a secret; `guest:guest` does not."""
    return is_plausible(match[2]) and not (match[1] == match[2] and is_wordy(match[2]))


def _is_query_value(value: str) -> bool:
    """Return whether a value is a secret, and not a program, as in `?code=fn+main()`."""
    is_long = any(c.isdigit() for c in value) or len(value) >= 20  # noqa: PLR2004
    return is_long and "()" not in value and "%0A" not in value and is_credential(value)


def _is_user_and_password(value: str) -> bool:
    """Return whether `value` is a credential after `Basic` (RFC 7617 §2), and not a word of a sentence."""
    padded = value.rstrip("=") + "=" * (-len(value.rstrip("=")) % 4)
    try:
        text = base64.b64decode(padded.translate(_URL_SAFE), validate=True).decode()
    except ValueError:
        return False
    return ":" in text and text.isprintable()


_URL_SAFE = str.maketrans("-_", "+/")

HTTP = (
    context("authorization", "bearer", r"\bBearer[ \t]{1,4}([A-Za-z0-9._~+/-]{16,}+={0,2})", is_secret=is_credential),
    context(
        "authorization", "basic", r"\bBasic[ \t]{1,4}([A-Za-z0-9+/_-]{8,}+={0,2})", is_secret=_is_user_and_password
    ),
    context("authorization", "digest", r"\bDigest\s[^\n]{0,512}?\bresponse=\\{0,3}\"?([0-9A-Za-z]{32,64}+)"),
    context(
        "authorization",
        'auth"|auth\\"',
        r"auth\\{0,3}\"\s{0,8}:\s{0,8}\\{0,3}\"([A-Za-z0-9+/_-]{8,}+={0,2})",
        is_secret=_is_user_and_password,
        flags=re.NOFLAG,
    ),
    context("signature", "signature=", r"\bSignature=([0-9a-fA-F]{32,}+)"),
    context("password", "jdbc:oracle", r"\bjdbc:oracle:[a-z0-9]{1,10}:[^\s/:@]{1,64}/([^\s@\"'\\]{3,128}+)@"),
    context("password", "@tcp(|@unix(", r"(?<![\w.-])[\w.-]{1,64}+:([^\s@\"'\\]{3,128}+)@(?:tcp|unix)\("),
    context(
        "webhook",
        "hooks.zapier.com|make.com|/bot/v2/hook",
        r"(?:hooks\.zapier\.com/hooks/catch|hook\.[a-z]{2}\d\.make\.com|/bot/v2/hook)/([A-Za-z0-9/_-]{12,128}+)",
    ),
    context(
        "password",
        "://",
        r"://([^\s:@/\"'\\?#<>]{0,128}+):((?:[^\s@/\"'\\<>]|@(?=[^\s@/\"'\\<>]{1,64}@)){3,512}+)"
        r"@(?=[A-Za-z0-9\[\$%{])",
        is_meant=_is_password_in_url,
        flags=re.NOFLAG,
    ),
    context("token", "://", r"://([A-Za-z0-9_.~-]{20,512}+)@(?=[A-Za-z0-9])", is_secret=is_credential, flags=re.NOFLAG),
    context("signature", "sig=|signature=", r"[?&](?:amp;)?(?:sig|[A-Za-z-]{0,12}Signature)=([^\s&\"'\\<>#]{16,}+)"),
    context(
        "query",
        "?|&|#",
        r"[?&#](?:amp;)?"
        + any_of(
            "access_token refresh_token id_token auth_token token api[-_]?key apikey appid key code code_verifier "
            "code_challenge client_secret secret password passwd pwd assertion SAMLRequest SAMLResponse session "
            "session_id state nonce device_code user_code login_hint id_token_hint X-Amz-Credential "
            "X-Amz-Security-Token AWSAccessKeyId jwt ticket sid hmac auth subject_token requested_token"
        )
        + r"=([^\s&\"'\\<>#]{8,}+)",
        is_secret=_is_query_value,
    ),
    context(
        "cookie",
        _COOKIES,
        r"(?:session[-_.]?token(?:\.\d)?|session_?id|sessid|_session|connect\.sid|cf_clearance|__cf_bm|_cfuvid|oai-[a-z-]{2,30})"
        r"=([^\s;,\"'\\&]{12,}+)",
        is_secret=is_assigned,
        anchors=_COOKIES,
    ),
    context(
        "cookie",
        'cookie:|cookie\\":|cookie":',
        r"(?:cookie\\{0,3}\"?:\s?\\{0,3}\"?|;)\s{0,2}(?!boundary|charset|filename)[\w.$-]{1,80}+=([^\s;,\"'\\]{12,}+)",
        is_secret=_is_query_value,
    ),
    context(
        "cookie",
        "httponly",
        r"\"value\\{0,3}\"\s{0,4}:\s{0,4}\\{0,3}\"([^\"\\\s]{12,4096}+)(?=[^{}]{0,400}?\"httpOnly\\{0,3}\")",
        is_secret=_is_query_value,
    ),
    context(
        "cookie",
        "\ttrue\t|\tfalse\t",
        r"\t(?:TRUE|FALSE)\t\d{1,12}\t[^\t\n]{1,80}\t([^\s]{12,}+)",
        is_secret=_is_query_value,
        flags=re.NOFLAG,
    ),
)
"""Credentials of HTTP, where a text shows them."""
