"""Rules for assignments: any value is a secret because of the name before it. No I/O."""

import re

from pytest_codex_replay.redaction.key_names import KeyKind, holds_secret, key_kind
from pytest_codex_replay.redaction.rule import Rule, any_of, context
from pytest_codex_replay.redaction.value_shapes import (
    WORDS_FOR_PASSWORD,
    is_assigned,
    is_credential,
    is_password,
    is_plausible,
    is_random,
    is_wordy,
)

_WORDS = ("pass", "psk", "pwd", "pw", "secret", "token", "cred", "key", "salt", *WORDS_FOR_PASSWORD)
_KEY = (
    r"(?:passw(?:or)?d|passphrase|passwort|passcode|pass|psk|pwd|secrets?|token|credentials?|creds|(?<=[a-z0-9_. -])key"
    rf"|(?<![a-z])salt|(?<![a-z])pw(?![a-z])|{'|'.join(WORDS_FOR_PASSWORD)})"
)
"""Words that announce a secret; `key_names` decides on the whole name."""
_BEFORE = re.compile(r"[\w.$-]{1,48}\Z")
_BEFORE_KEY = re.compile(r"(?:[A-Za-z]{2,16} )?[\w.$-]{0,48}\Z")
_NAME_CHARS = 72
_TYPE = (
    r"(?:[ \t]{1,4}(?:As )?|\??[ \t]{0,4}:[ \t]{0,4})[\w&'<\[ ]{0,24}?(?:[sS]tr(?:ing)?|SecretStr|Text|bytes)"
    r"(?![A-Za-z])[>\]?]{0,2}(?: \| \w{1,16})?(?=[ \t]{0,4}=)"
)
"""A type between a name and its value: `: str`, `: &'static str`, `As String`."""
_SEP = (
    rf"(?:(?:{_TYPE}|\\{{0,3}}[\"'`]\]?|\]|\*\*)?\s{{0,32}}"
    r"(?:\uff1a|=>|:{1,3}=|[.?+]=|==?|\|\||\?\?|:(?:\*\*)?(?:[ \t]{1,4}[|>][+-]?\n[+-]?)?)"
    r"|\\{0,3}[\"'`]\s{0,8},)[\s+]{0,16}(?:\{[^{}]{0,120}?\\{0,3}\"value\\{0,3}\"\s{0,4}:\s{0,4})?"
)
"""The separator of a name and its value in configuration, JSON, YAML (also over lines), code and make."""
_BARE = r"[^\s\"'`\\,;&|<>(){}\[\]]"


def _name_in(match: re.Match[str]) -> str:
    """Return the whole name of which the group `name` is a part; `access key` has two words."""
    begin = match.start("name")
    before = match.string[max(0, begin - _NAME_CHARS) : begin]
    part = match["name"]
    found = (_BEFORE_KEY if part[:3].lower() == "key" else _BEFORE).search(before)
    return (found[0] if found else "") + part


def _is_assigned(match: re.Match[str]) -> bool:
    group = match.lastindex or 0
    name, value = _name_in(match), match[group]
    between = match.string[match.end("name") : match.start(group)]
    if between[:1] == "]" and "=>" not in between and match.string[match.end("name") - len(name) - 1] != ":":
        return False  # `[token] =`: a variable
    if ("," in between or "==" in between) and is_wordy(value) and not name.isupper():
        return False  # a list of words, or a comparison
    if ("," in between or "(" in between) and (_is_name_of_secret(value) or _ARGUMENT.match(value)):
        return False  # a list of names, or of arguments
    if "," in between and _NAME_NEXT.match(match.string, match.end()):
        return False  # the next member
    if "." in value and match.string[match.end() : match.end() + 1] == "(":
        return False  # a function
    return holds_secret(name, value, is_quoted=between[-1:] in {'"', "'", "`"})


def _is_name_of_secret(value: str) -> bool:
    return is_wordy(value) and key_kind(value) is not KeyKind.OTHER


def _is_password_beside(match: re.Match[str]) -> bool:
    """Return whether a value after the word `password` is one, and not the next in a list of names."""
    value = match[match.lastindex or 0]
    if _is_name_of_secret(value) and ("," in match[0] or ("_" in value and value.isupper())):
        return False
    if "," in match[0] and _is_listed(match):
        return False
    return is_password(value)


def _is_listed(match: re.Match[str]) -> bool:
    """Return whether a value is a name: that of a member, or one of a list of words."""
    value, after = match[match.lastindex or 0], match.end()
    if _NAME_NEXT.match(match.string, after):
        return True
    is_name = is_wordy(value) and ("_" in value or not any(c.isdigit() for c in value))
    return is_name and _LIST_NEXT.match(match.string, after) is not None


def _is_whole_line(match: re.Match[str]) -> bool:
    """Return whether an assignment is a whole line, as in an environment or in YAML, but not in code."""
    begin = match.start("name")
    before = match.string[max(0, begin - _NAME_CHARS) : begin]
    return _LINE_BEFORE.search(before) is not None and holds_secret(
        _name_in(match), match[match.lastindex or 0], is_quoted=False
    )


def _is_in_cell(match: re.Match[str]) -> bool:
    """Return whether a value in the next column, or the next argument, is a secret: it has to look like one."""
    value = match[match.lastindex or 0]
    return (
        is_random(value) and _DIGEST.fullmatch(value) is None and holds_secret(_name_in(match), value, is_quoted=True)
    )


def _is_defined(match: re.Match[str]) -> bool:
    """Return whether a constant is a secret, and not the name of one."""
    value = match[2]
    is_name = is_wordy(value) or key_kind(value) is not KeyKind.OTHER or not any(c.isdigit() for c in value)
    return not is_name and _DIGEST.fullmatch(value) is None and holds_secret(match["name"], value, is_quoted=True)


def _is_named_value(match: re.Match[str]) -> bool:
    """Return whether `name` is the value of a member `name` or `key`; the member `value` beside it is then a secret."""
    begin = match.start("name")
    named = _NAMED.search(match.string[max(0, begin - _NAME_CHARS) : begin])
    value = match[match.lastindex or 0]
    return named is not None and holds_secret(named[1] + match["name"], value, is_quoted=True)


def _is_value_named(match: re.Match[str]) -> bool:
    return holds_secret(match["name"], match[match.lastindex or 0], is_quoted=True)


def _is_in_jwk(match: re.Match[str]) -> bool:
    """Return whether a member belongs to a JSON Web Key (RFC 7517), which has a `kty`."""
    first, last = max(0, match.start() - _JWK_CHARS), match.end() + _JWK_CHARS
    begin, end = match.string.rfind("{", first, match.start()), match.string.find("}", match.end(), last)
    return _KTY.search(match.string, max(begin, first), end if end >= 0 else last) is not None


def _is_key_of_aws(value: str) -> bool:
    return (
        is_plausible(value) and is_random(value) and any(c.isupper() for c in value) and any(c.islower() for c in value)
    )


_LINE_BEFORE = re.compile(r"(?:\A|[\n\r])[+ \t-]{0,24}(?:export |set |Environment=)?[\w.]{0,48}\Z")
_NAME_NEXT = re.compile(r"\s{0,8}:")
_LIST_NEXT = re.compile(r"\s{0,8},\s{0,16}[\"'`]")
_ARGUMENT = re.compile(r"[a-z_]{1,24}=")
_DIGEST = re.compile(r"(?:[0-9a-f]{2}){16,64}")
_NAMED = re.compile(r"(?:name|key)\\{0,3}[\"']?\s{0,4}[:=]\s{0,4}\\{0,3}[\"']?([\w./-]{0,48})\Z", re.IGNORECASE)
_KTY = re.compile(r"\"kty\\{0,3}\"")
_JWK_CHARS = 4000
ASSIGNMENTS = (
    context(
        "authorization",
        "authorization",
        rf"\bauthorization{_SEP}[\"'`]?(?:[A-Za-z][\w-]{{1,30}}+[ \t]{{1,4}})?([^\s\"'`\\,;(){{}}\[\]]{{12,}}+)",
        is_secret=is_credential,
    ),
    context(
        "secret",
        _WORDS,
        rf"(?P<name>{_KEY}[\w.-]{{0,24}}+)\\{{0,3}}[\"'`]?(?:[ \t]{{1,40}}(?:\|[ \t]{{0,40}})?|\|"
        r"|[ \t](?:is|was|lautet|set to|changed to)(?::|[ \t]now)?[ \t])"
        r"\\{0,3}[\"'`]?([^\s\"'`\\|,;()<>]{16,512}+)",
        is_meant=_is_in_cell,
        anchors=_WORDS,
    ),
    context(
        "secret",
        "aws configure|setenv |set -",
        r"(?:aws configure set|setenv|set -[a-zA-Z]{1,4})[ \t]{1,4}(?P<name>[\w.-]{1,80}+)[ \t]{1,32}"
        r"[\"']?([^\s\"'\\]{6,512}+)",
        is_meant=_is_assigned,
        flags=re.NOFLAG,
    ),
    context(
        "secret",
        "#define",
        r"#define[ \t]{1,8}(?P<name>\w{1,80}+)[ \t]{1,40}\\{0,3}\"([^\"\\\n]{6,512}+)\\{0,3}\"",
        is_meant=_is_defined,
        flags=re.NOFLAG,
    ),
    context(
        "password",
        ":",
        r"(?<![\w.:/*-])(?:[A-Za-z0-9.-]{1,253}|\*):(?:\d{3,5}|\*):[^:\s]{1,64}:[^:\s]{1,64}:((?=[^\s:]{0,128}?\d)[^\s:\"'\\]{8,128}+)(?![^\s\"'\\])",
        is_secret=is_credential,
        flags=re.NOFLAG,
    ),
    Rule(
        kind="aws_secret",
        markers=("akia", "asia"),
        pattern=re.compile(
            r"(?:AKIA|ASIA)[A-Z0-9]{16}[^\nA-Za-z0-9][^\n]{0,80}?(?<![A-Za-z0-9+/=])([A-Za-z0-9+/]{40})(?![A-Za-z0-9+/=])"
        ),
        is_secret=_is_key_of_aws,
    ),
    context(
        "device_code",
        "code",
        r"(?<![Ee]rror )\b[Cc]ode\b[^\n\"']{0,40}[\s:=\"']{1,8}"
        r"((?=[\d-]{0,8}[A-Z])[A-Z0-9]{4}-[A-Z0-9]{4,5})(?![A-Za-z0-9-])",
        flags=re.NOFLAG,
    ),
    context(
        "secret",
        "</",
        r"<(?:[a-z]{1,10}:)?"
        + any_of("password passwd passphrase secret token api[-_]?key secretkey accesskey privatekey clientsecret")
        + r"(?:\s[^<>]{0,200})?>\s{0,16}([^<>\s]{6,512}+)\s{0,16}</",
    ),
    context(
        "secret",
        "</",
        rf"(?P<name>{_KEY})>\s{{0,16}}([^<>\s]{{8,512}}+)\s{{0,16}}</",
        is_meant=_is_assigned,
        anchors=_WORDS,
    ),
    context(
        "secret",
        "value",
        rf"(?P<name>{_KEY}[\w.-]{{0,24}}+)\\{{0,3}}[\"']?[^{{}}]{{0,160}}?(?<![A-Za-z])value\\{{0,3}}[\"']?\s{{0,4}}"
        rf"[:=]\s{{0,4}}\\{{0,3}}[\"']?({_BARE}{{6,512}}+)",
        is_meant=_is_named_value,
        anchors=_WORDS,
    ),
    context(
        "secret",
        "value",
        rf"(?<![A-Za-z])value\\{{0,3}}[\"']?\s{{0,4}}[:=]\s{{0,4}}\\{{0,3}}[\"']?(?={_BARE}{{6,512}}+\\{{0,3}}[\"']?\s{{0,4}},?"
        r"\s{0,24}\\{0,3}[\"']?(?:name|key)\\{0,3}[\"']?\s{0,4}[:=]\s{0,4}\\{0,3}[\"']?(?P<name>[\w./-]{2,80}+))"
        rf"({_BARE}{{6,512}}+)",
        is_meant=_is_value_named,
    ),
    context(
        "secret",
        "vault.azure.net/secrets|keyname",
        r"(?:vault\.azure\.net/secrets/|\"keyName\\{0,3}\")[^\0]{0,600}?\"value\\{0,3}\"\s{0,4}:\s{0,4}\\{0,3}\""
        r"([^\"\\\s]{8,512}+)",
        is_secret=is_credential,
    ),
    context(
        "secret",
        '<string|default|">|\\">',
        rf"(?P<name>{_KEY}[\w.-]{{0,24}}+)(?:</key>\s{{0,16}}<string>\s{{0,16}}|\"[^<>\n]{{0,40}}>"
        r"|\\{0,3}\"\s{0,4}\{[^{}]{0,200}?\bdefault\s{0,8}=\s{0,8}\\{0,3}\")([^<>\"\s\\]{6,512}+)",
        is_meant=_is_assigned,
        anchors=_WORDS,
    ),
    context(
        "secret",
        "key",
        r"\"(?:jwt|token|auth|crypto|encryption|security|signing)[a-z]{0,16}\\{0,3}\"\s{0,4}:\s{0,4}\{[^{}]{0,200}?"
        r"\"(?:signing)?key\\{0,3}\"\s{0,4}:\s{0,4}\\{0,3}\"([^\"\\\s]{8,512}+)",
        is_secret=is_assigned,
    ),
    Rule(
        kind="private_key",
        markers=("kty",),
        pattern=re.compile(r"\"(?:d|k|p|q|dp|dq|qi)\\{0,3}\"\s{0,4}:\s{0,4}\\{0,3}\"([A-Za-z0-9_-]{20,}+)"),
        is_meant=_is_in_jwk,
    ),
    context(
        "secret",
        "token,|secret,|password,|key,",
        rf"(?P<name>{_KEY}),([A-Za-z0-9_+/=.~-]{{16,512}}+)(?:,|\s|\Z)",
        is_meant=_is_assigned,
        anchors=_WORDS,
    ),
    context(
        "secret",
        "_auth|authident|authstr",
        r"(?P<name>(?<![A-Za-z0-9])(?:npm)?_?auth(?:ident|str)?)\\{0,3}\"?[ \t]{0,4}[=:][ \t]{0,4}\\{0,3}[\"']?"
        r"([^\s\"'\\]{8,512}+)",
        is_meant=_is_assigned,
    ),
    context(
        "secret",
        "value=",
        r"(?:\b(?:key|name)=\"[^\"]{0,60}(?:password|secret|token|api_?key|accesskey)[^\"]{0,20}\"\s{1,8}"
        r"|\btype=\"password\"[^<>]{0,200}?\s)"
        r"value=\"([^\"\s]{6,512}+)\"",
    ),
    context(
        "secret",
        _WORDS,
        rf"(?P<name>{_KEY}[\w.-]{{0,24}}+){_SEP}(?:(?:[A-Za-z][\w.:]{{0,30}}+|\[\]byte)\(\s{{0,4}}(?=\\{{0,3}}[\"'`])"
        r"|[bBrRuUN@](?=\\{0,3}[\"'])|string\(\d{1,4}\) "
        r"|(?:\\{0,3}\"){2}(?=\\{0,3}\")|''(?=')|\[\[(?=(?!REDACTED)[^\s\"'\[\]]{6,128}\]\]))?"
        r"(?:\\{0,3}\"([^\"\\\n]{6,512}+)\\{0,3}\"|'([^'\\\n]{6,512}+)'|`([^`\\\n]{6,512}+)`"
        rf"|({_BARE}{{6,128}}+))",
        rest=re.compile(rf"{_BARE}++"),
        is_meant=_is_assigned,
        anchors=_WORDS,
    ),
    context(
        "secret",
        _WORDS,
        rf"(?P<name>{_KEY}[\w.-]{{0,24}}+)(?:=|[ \t]{{0,8}}=[ \t]{{0,8}}|:[ \t]{{1,8}})"
        r"([^\s\"'`\\&]{4,512}+(?:&(?!\w{1,40}=)[^\s\"'`\\&]{0,128}+){0,4}+)"
        r"(?<![,;{(])(?=[ \t]{0,8}(?:[\r\n&]|\Z))",
        is_meant=_is_whole_line,
        anchors=_WORDS,
    ),
    context(
        "password",
        "pass",
        rf"(?P<name>pass(?:w(?:or)?d)?(?:[_-]?[0-9])?)(?:{_SEP}| is )"
        r"(?:\"([^\"\\\s]{6,128}+)\"|'([^'\\\s]{6,128}+)')",
        is_meant=_is_password_beside,
        anchors=("pass",),
    ),
    context("secret", "_pat=", r"[A-Z]_PAT=[\"']?([A-Za-z0-9_-]{20,512}+)", is_secret=is_random),
    context(
        "password",
        "auth|credential|login",
        r"(?:\bauth=|(?:auth|authentication|credentials?|login))\(\s{0,8}"
        r"(?:\\{0,3}[\"'][^\"'\\\n]{1,80}\\{0,3}[\"']|[\w.]{1,60}+)\s{0,8},"
        r"\s{0,8}\\{0,3}[\"']([^\"'\\\n]{6,80})\\{0,3}[\"']",
        is_secret=is_credential,
    ),
    context(
        "secret",
        "pass|pwd|secret|token|key",
        r"(?:PASS(?:WORD|WD|PHRASE)?|PWD|SECRET|TOKEN|API_?KEY|ACCESS_?KEY)=[\"']?"
        r"([^\s\"'\\;&|<>(){}$`/~.*][^\s\"'\\;&|<>(){}$`]{5,}+)",
        is_secret=is_plausible,
        flags=re.NOFLAG,
    ),
)
"""A value is a secret because of the name before it."""
