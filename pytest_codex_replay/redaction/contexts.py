"""Contexts: where any value is a secret because of what stands before it. No I/O."""

import base64
import re
from enum import Enum, auto
from functools import lru_cache

from pytest_codex_replay.redaction.id_token import ID_TOKEN
from pytest_codex_replay.redaction.placeholders import PLACEHOLDER
from pytest_codex_replay.redaction.rule import Rule, is_assigned, is_password, is_plausible

__all__ = ["CONTEXTS", "is_secret_member"]

_WORDS = ("pass", "pwd", "secret", "token", "cred", "key")
_KEYS = (
    "api access auth private signing encryption master account secret license service session deploy storage".split()
)
_KEY = (
    r"(?:passw(?:or)?d|passphrase|passwort|pass(?<![a-z]pass)(?![a-z])|pwd|secret|(?<!public)(?<!public_)(?<!web)token|credentials?|creds|key(?:"
    + "|".join(rf"(?<={word}key)|(?<={word}[-_ .]key)" for word in _KEYS)
    + "))"
)
"""Words that announce a secret. Not `key` alone, which mostly does not."""
_OTHER = re.compile(
    r"(?:type|name|count|id|ids|url|uri|file|path|expir|expires|expiry|expires_at|expires_in|ref|limit|usage|length|size"
    r"|len|budget|ttl|hash|policy|field|label|hint|prompt|header|izer|tokenizer|(?<!str)ing|format|version|scope|env|var)$",
    re.IGNORECASE,
)
"""What makes such a word another: `token_type`, `secret_name`."""
_SEP = (
    r"(?:(?:[ \t]{1,4}(?:string|str|String)\b|\\{0,3}[\"'`])?\s{0,8}"
    r"(?:=>|:{1,3}=|[.?+]=|==?|:(?:[ \t]{1,4}[|>][+-]?\n)?)"
    r"|\\{0,3}[\"'`]\s{0,8},)\s{0,8}"
)
"""Between a name and its value: of configuration, JSON, YAML (also over lines), code and make."""
_VALUE = r"[^\s\"'\\]"


def _words(text: str) -> str:
    return "(?:" + "|".join(text.split()) + ")"


def _context(kind: str, markers: str, pattern: str, *, flags: re.RegexFlag = re.IGNORECASE) -> Rule:
    compiled = re.compile(pattern, flags)
    return Rule(kind=kind, markers=tuple(markers.split("|")), pattern=compiled, is_secret=is_plausible, is_token=False)


def _is_query_value(value: str) -> bool:
    return is_plausible(value) and (any(c.isdigit() for c in value) or len(value) >= 20)  # noqa: PLR2004


def _is_user_and_password(value: str) -> bool:
    """Return whether `value` is what follows `Basic` (RFC 7617 §2), and no word of a sentence on basic explanations."""
    padded = value.rstrip("=") + "=" * (-len(value.rstrip("=")) % 4)
    try:
        text = base64.b64decode(padded.translate(_URL_SAFE), validate=True).decode()
    except ValueError:
        return False
    return ":" in text and text.isprintable()


_URL_SAFE = str.maketrans("-_", "+/")
_COOKIES = ("session", "sessid", "connect.sid", "cf_clearance", "__cf_bm", "_cfuvid", "oai-", "_session=")
_HTTP = (
    _context("authorization", "bearer", r"\bBearer[ \t]{1,4}([A-Za-z0-9._~+/-]{16,}+={0,2})"),
    Rule(
        kind="authorization",
        markers=("basic",),
        pattern=re.compile(r"\bBasic[ \t]{1,4}([A-Za-z0-9+/_-]{8,}+={0,2})", re.IGNORECASE),
        is_secret=_is_user_and_password,
        is_token=False,
    ),
    _context(
        "authorization",
        "authorization",
        rf"\bauthorization{_SEP}[\"']?(?:(?:Bearer|Basic|Token|ApiKey)[ \t]+)?([^\s\"'\\,;]{{12,}}+)",
    ),
    Rule(
        kind="authorization",
        markers=('auth"', 'auth\\"'),
        pattern=re.compile(r"auth\\{0,3}\"\s{0,8}:\s{0,8}\\{0,3}\"([A-Za-z0-9+/_-]{8,}+={0,2})"),
        is_secret=_is_user_and_password,
        is_token=False,
    ),
    _context("signature", "signature=", r"\bSignature=([0-9a-fA-F]{32,}+)"),
    _context("password", "://", r"://[^\s:@/\"'\\?#<>]{0,128}+:([^\s@/\"'\\<>]{3,512}+)@(?=[A-Za-z0-9\[\$%{])"),
    _context("token", "://", r"://([A-Za-z0-9_.~-]{20,512}+)@(?=[A-Za-z0-9])"),
    _context("signature", "sig=|signature=", r"[?&](?:amp;)?(?:sig|[A-Za-z-]{0,12}Signature)=([^\s&\"'\\<>#]{16,}+)"),
    Rule(
        kind="query",
        markers=("?", "&", "#"),
        pattern=re.compile(
            r"[?&#](?:amp;)?"
            + _words(
                "access_token refresh_token id_token auth_token token api[-_]?key apikey key code code_verifier "
                "code_challenge client_secret secret password passwd pwd assertion SAMLRequest SAMLResponse session "
                "session_id state nonce device_code user_code login_hint id_token_hint X-Amz-Credential "
                "X-Amz-Security-Token AWSAccessKeyId subject_token requested_token"
            )
            + r"=([^\s&\"'\\<>#]{8,}+)",
            re.IGNORECASE,
        ),
        is_secret=_is_query_value,
        is_token=False,
    ),
    Rule(
        kind="cookie",
        markers=_COOKIES,
        pattern=re.compile(
            r"(?:session[-_.]?token(?:\.\d)?|session_?id|sessid|_session|connect\.sid|cf_clearance|__cf_bm|_cfuvid|oai-[a-z-]{2,30})"
            r"=([^\s;,\"'\\&]{12,}+)",
            re.IGNORECASE,
        ),
        is_secret=is_assigned,
        is_token=False,
        anchors=_COOKIES,
    ),
)
_COMMANDS = (
    _context(
        "password",
        "curl|wget",
        rf"\b(?:curl|wget)\b[^\n]{{0,200}}?\s(?:-u|--user)[ =]{{0,2}}[\"']?[^\s:\"'\\]{{1,80}}:({_VALUE}{{4,}}+)",
    ),
    _context(
        "password",
        "login|account",
        rf"\b(?:login|account)\s{{1,8}}\S{{1,128}}+\s{{1,8}}password\s{{1,8}}({_VALUE}{{4,}}+)",
    ),
    _context(
        "password",
        "sshpass|mysql|redis-cli|docker login",
        r"\b(?:sshpass|mysql(?:dump|admin)?|redis-cli|docker login)\b[^\n|;]{0,120}?[ \t]-[pa][ \t]?[\"']?"
        r"([^\s\"'\\|;-][^\s\"'\\|;]{5,}+)",
    ),
    _context("password", "pass:", rf"-pass(?:in|out)?\s{{1,8}}pass:({_VALUE}{{4,}}+)"),
    _context(
        "secret",
        "pass|token|secret|key",
        r"(?<![\w-])--(?:[a-z]{1,16}-){0,2}"
        + _words("password passwd passphrase token secret api-?key access-key secret-key")
        + r"(?:[ \t]{1,8}|=)[\"']?([^\s\"'`\\|;&<>-][^\s\"'`\\|;&<>]{7,}+)",
    ),
    _context(
        "device_code",
        "code",
        r"\b[Cc]ode\b[^\n\"']{0,40}[\s:=\"']{1,8}([A-Z0-9]{4}-[A-Z0-9]{4,5})(?![A-Za-z0-9-])",
        flags=re.NOFLAG,
    ),
)
_FILES = (
    _context(
        "secret",
        "</",
        r"<(?:[a-z]{1,10}:)?"
        + _words("password passwd passphrase secret token api[-_]?key secretkey accesskey privatekey clientsecret")
        + r">\s{0,16}([^<>\s]{6,512}+)\s{0,16}</",
    ),
    Rule(
        kind="secret",
        markers=("</",),
        pattern=re.compile(rf"{_KEY}>\s{{0,16}}([^<>\s]{{8,512}}+)\s{{0,16}}</", re.IGNORECASE),
        is_secret=is_assigned,
        is_token=False,
        anchors=_WORDS,
    ),
    Rule(
        kind="secret",
        markers=("token,", "secret,", "password,", "key,"),
        pattern=re.compile(rf"{_KEY},([A-Za-z0-9_+/=.~-]{{16,512}}+)(?:,|\s|\Z)", re.IGNORECASE),
        is_secret=is_assigned,
        is_token=False,
        anchors=_WORDS,
    ),
    _context(
        "secret",
        "value=",
        r"\b(?:key|name)=\"[^\"]{0,60}(?:password|secret|token|api_?key|accesskey)[^\"]{0,20}\"\s{1,8}"
        r"value=\"([^\"\s]{6,512}+)\"",
    ),
    Rule(
        kind="secret",
        markers=_WORDS,
        pattern=re.compile(
            rf"(?P<name>{_KEY}[\w.-]{{0,24}}+){_SEP}"
            r"(?:\\{0,3}\"([^\"\\\n]{6,512}+)\\{0,3}\"|'([^'\\\n]{6,512}+)'|`([^`\\\n]{6,512}+)`|([^\s\"'`\\,;&|<>(){}\[\]]{7,}+))",
            re.IGNORECASE,
        ),
        is_secret=is_assigned,
        is_name=lambda name: _OTHER.search(name) is None,
        is_token=False,
        anchors=_WORDS,
    ),
    Rule(
        kind="password",
        markers=("pass",),
        pattern=re.compile(
            rf"(?P<name>pass(?:w(?:or)?d)?(?:[_-]?[0-9])?)(?:{_SEP}| is )"
            r"(?:\"([^\"\\\s]{6,128}+)\"|'([^'\\\s]{6,128}+)')",
            re.IGNORECASE,
        ),
        is_secret=is_password,
        is_token=False,
        anchors=("pass",),
    ),
    _context(
        "password",
        "networkcredential",
        r"\bNetworkCredential\(\s{0,8}\"[^\"\n]{1,80}\"\s{0,8},\s{0,8}\"([^\"\n]{6,80})\"",
    ),
    Rule(
        kind="secret",
        markers=("pass", "pwd", "secret", "token", "key"),
        pattern=re.compile(
            r"(?:PASS(?:WORD|WD|PHRASE)?|PWD|SECRET|TOKEN|API_?KEY|ACCESS_?KEY)=[\"']?"
            r"([^\s\"'\\;&|<>(){}$`/~][^\s\"'\\;&|<>(){}$`]{5,}+)"
        ),
        is_secret=is_plausible,
        is_token=False,
    ),
)
CONTEXTS = (*_HTTP, *_COMMANDS, *_FILES)
"""Where a value is a secret because of what stands before it."""

_MEMBER = re.compile(rf"[\w.-]{{0,40}}?{_KEY}[\w.-]{{0,24}}", re.IGNORECASE)
_SURE_MEMBER = re.compile(
    r"(?:access|refresh|id|session|auth)[-_]?token|client[-_]?secret|code[-_]verifier|user_?code|device[-_](?:code|auth_id)"
    r"|authorization(?:[-_]code)?|private[-_]?key|personal_access_token|passw(?:or)?d|passphrase|(?:set-)?cookie"
    r"|openai_api_key",
    re.IGNORECASE,
)
_MIN_PIN_CHARS = 4
_MIN_MEMBER_CHARS = 7
_MIN_TOKEN_CHARS = 20
"""`token` alone is also a piece of text, in `logprobs`."""


class _Meaning(Enum):
    """What the name of a member says of its value."""

    SECRET = auto()
    PERHAPS = auto()
    OTHER = auto()


def is_secret_member(name: str, value: str) -> bool:
    """Return whether the value of a JSON member is a secret because of its name; what was redacted in it is none."""
    if "[[REDACTED:" in value:
        value = PLACEHOLDER.sub("", value).strip()
    meaning = _meaning(name)
    if meaning is _Meaning.OTHER or len(value) < _MIN_PIN_CHARS or value == ID_TOKEN:
        return False
    if meaning is _Meaning.SECRET:
        return is_plausible(value)
    return len(value) >= (_MIN_TOKEN_CHARS if name == "token" else _MIN_MEMBER_CHARS) and is_assigned(value)


@lru_cache(maxsize=4096)  # names repeat, but come from whoever made the traffic
def _meaning(name: str) -> _Meaning:
    if _SURE_MEMBER.fullmatch(name):
        return _Meaning.SECRET
    return _Meaning.OTHER if _MEMBER.fullmatch(name) is None or _OTHER.search(name) else _Meaning.PERHAPS
