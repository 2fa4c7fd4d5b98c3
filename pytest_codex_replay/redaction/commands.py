"""Commands and calls that take a secret as a plain argument, without a name. No I/O."""

import re

from pytest_codex_replay.redaction.rule import Rule
from pytest_codex_replay.redaction.values import is_plausible, is_random, is_wordy

__all__ = ["COMMANDS"]

_ARGUMENT = r"[\"']?([^\s\"'`\\|;&<>$-][^\s\"'`\\|;&<>]{5,127}+)"
_QUOTED = r"\\{0,3}[\"']([^\s\"'\\]{6,512}+)\\{0,3}[\"']"
_TEXT = r"\\{0,3}[\"'][^\"'\\\n]{0,80}\\{0,3}[\"'],\s{0,4}"
_HEX_KEY = re.compile(r"0x[0-9a-fA-F]{64}")


def _is_secret(value: str) -> bool:
    return is_plausible(value) and not is_wordy(value)


def _is_key(value: str) -> bool:
    return is_plausible(value) and (is_random(value) or _HEX_KEY.fullmatch(value) is not None)


def _rule(markers: str, pattern: str) -> Rule:
    compiled = re.compile(pattern, re.IGNORECASE)
    words = tuple(markers.split())
    return Rule(kind="password", markers=words, pattern=compiled, is_secret=_is_secret, is_token=False)


COMMANDS = (
    _rule(
        "twine mosquitto_ ipmitool oathtool snyk wandb rabbitmqctl poetry securestring jenkins-cli useradd secret",
        r"\b(?:(?:twine|mosquitto_(?:pub|sub|rr)|ipmitool|useradd|usermod)\b[^\n|;]{0,120}?[ \t]-p[ \t]{1,4}"
        r"|oathtool\b[^\n|;]{0,60}?[ \t](?:-b|--base32)[ \t]{1,4}|(?:snyk auth|wandb login)[ \t]{1,4}"
        r"|rabbitmqctl (?:add_user|change_password)[ \t]{1,4}\S{1,60}[ \t]{1,4}"
        r"|poetry config http-basic\.\S{1,60}[ \t]{1,4}\S{1,60}[ \t]{1,4}"
        r"|ConvertTo-SecureString[ \t]{1,4}(?:-String[ \t]{1,4})?|jenkins-cli\b[^\n|;]{0,120}? -auth [^\s:]{1,60}:"
        rf"|gh secret set\b[^\n|;]{{0,80}}?[ \t](?:-b|--body)[ =]{{0,2}}){_ARGUMENT}",
    ),
    _rule(
        "htpasswd",
        rf"\bhtpasswd[ \t]-[a-z]{{0,6}}b[a-z]{{0,6}}[ \t](?:[^\s;|]{{1,120}}[ \t]){{1,3}}{_ARGUMENT}(?=\s|\Z|[\"'])",
    ),
    _rule("storepass keypass", rf"[ \t]-(?:src|dest)?(?:store|key)pass[ \t]{{1,4}}{_ARGUMENT}"),
    _rule("--from-literal", rf"--from-literal[= ][\w.-]{{1,80}}={_ARGUMENT}"),
    _rule(
        "chpasswd sudo stdin secret",
        r"\b(?:echo|printf)[ \t](?:-\w[ \t]|[\"']%s(?:\\{1,2}n)?[\"'][ \t])?[\"']?(?:[\w.-]{1,32}:)?"
        r"([^\s\"'`|;&$:]{6,128}+)[\"']?[ \t]?"
        r"\|[ \t]?(?:sudo[ \t])?(?:chpasswd|sudo -\w{0,4}S|gh secret set|wrangler secret put|[^\n|;]{1,120}?-stdin)",
    ),
    _rule("neo4j_auth", rf"NEO4J_AUTH[\"']?[=:][ \t]?[\"']?[\w-]{{1,40}}/{_ARGUMENT}"),
    _rule(
        "jwt. connect(",
        r"(?:\bjwt\.(?:encode|sign|decode|verify)\(\s{0,8}[^\n\"']{1,120}?,\s{0,8}"
        rf"|\b(?:pymysql|mysqldb|psycopg2?|mariadb|connector|ftp|telnet)\.connect\(\s{{0,8}}{_TEXT}{_TEXT}){_QUOTED}",
    ),
    Rule(
        kind="secret",
        markers=("client(", "wallet(", "login(", "authenticate("),
        pattern=re.compile(
            rf"(?:Client|Wallet|login|authenticate)\(\s{{0,8}}(?:{_TEXT})?\\{{0,3}}[\"']"
            r"([^\s\"'\\]{20,512}+)\\{0,3}[\"']",
            re.IGNORECASE,
        ),
        is_secret=_is_key,
        is_token=False,
    ),
    _rule("password secret", r"\b(?:password|secret)[ \t][05789][ \t]([0-9A-Za-z$./]{8,128}+)"),
    Rule(
        kind="secret",
        markers=("mnemonic", "phrase"),
        pattern=re.compile(
            r"\b(?:mnemonic|(?:seed|recovery)[ _-]?phrase)\\{0,3}[\"']?\s{0,4}[:=]\s{0,4}\\{0,3}[\"']?"
            r"((?:[a-z]{3,8} ){11,23}[a-z]{3,8})\b",
            re.IGNORECASE,
        ),
        is_token=False,
    ),
)
"""What stands before the secret is a program, or a function, that is given one there."""
