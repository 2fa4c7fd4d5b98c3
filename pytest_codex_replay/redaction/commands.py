"""Rules for commands and calls that take a secret as a plain argument, without a name. No I/O."""

import re
from functools import partial

from pytest_codex_replay.redaction.rule import Rule, any_of, context
from pytest_codex_replay.redaction.value_shapes import is_credential, is_plausible, is_random

_VALUE = r"[^\s\"'\\]"
_ARGUMENT = r"[\"']?([^\s\"'`\\|;&<>$-][^\s\"'`\\|;&<>]{5,127}+)"
_QUOTED = r"\\{0,3}[\"']([^\s\"'\\]{6,512}+)\\{0,3}[\"']"
_TEXT = r"\\{0,3}[\"'][^\"'\\\n]{0,80}\\{0,3}[\"'],\s{0,4}"
_HEX_KEY = re.compile(r"0x[0-9a-fA-F]{64}")


def _is_key(value: str) -> bool:
    return is_plausible(value) and (is_random(value) or _HEX_KEY.fullmatch(value) is not None)


_command = partial(context, "password", is_secret=is_credential)


COMMANDS = (
    context(
        "password",
        "curl|wget",
        rf"\b(?:curl|wget)\b[^\n]{{0,200}}?\s(?:-u|--user)[ =]{{0,2}}[\"']?[^\s:\"'\\]{{1,80}}:({_VALUE}{{4,}}+)",
    ),
    context(
        "password",
        "login|account",
        rf"\b(?:login|account)\s{{1,8}}\S{{1,128}}+\s{{1,8}}password\s{{1,8}}({_VALUE}{{4,}}+)",
    ),
    context(
        "password",
        "sshpass|mysql|mariadb|mongo|cqlsh|redis-cli|login|ldap|smbclient|sqlcmd|http|openssl|freerdp|net use|snmp"
        "|zip|7z|bcp",
        r"\b(?:(?:sshpass|redis-cli|mongo(?:sh|dump|restore)?|cqlsh|sqlcmd|(?:docker|podman|helm registry|az|oc) login)"
        r"\b[^\n|;]{0,120}?[ \t]-[paP][ \t]?|(?:mysql|mariadb)(?:-?dump|-?admin)?\b[^\n|;]{0,120}?[ \t]-p"
        r"|(?:zip|bcp)\b[^\n|;]{0,120}?[ \t]-P[ \t]?|7z[ar]?[ \t][^\n|;]{0,120}?[ \t]-p"
        r"|ldap(?:search|add|modify|delete|whoami)\b[^\n|;]{0,120}?[ \t]-w[ \t]"
        r"|openssl\b[^\n|;]{0,120}?[ \t]-k[ \t]|[wx]?freerdp\b[^\n|;]{0,120}?[ \t]/p:"
        r"|net use\b[^\n|;]{0,120}?/user:\S{1,60}[ \t]|snmp-server community[ \t]"
        r"|smbclient\b[^\n|;]{0,120}?[ \t]-U[ \t]{0,2}[^\s%]{1,60}%"
        r"|https?[ \t][^\n|;]{0,120}?(?:-a|--auth)[ =][^\s:\"']{1,60}:)[\"']?([^\s\"'\\|;-][^\s\"'\\|;]{5,}+)",
    ),
    context(
        "password",
        "requirepass|masterauth|auth",
        r"(?:\b(?:requirepass|masterauth)[ \t]{1,4}|> ?AUTH[ \t])[\"']?([^\s\"'\\<]{6,}+)",
    ),
    context(
        "password",
        "identified|password",
        r"\b(?:identified[ \t]{1,4}(?:with[ \t]{1,4}\S{1,40}[ \t]{1,4})?by|password)"
        r"[ \t]{1,4}(?:password[ \t]{1,4})?\\{0,3}'([^'\\\n]{4,128}+)'",
    ),
    context("password", "pass:", rf"-pass(?:in|out)?\s{{1,8}}pass:({_VALUE}{{4,}}+)"),
    context(
        "secret",
        "pass|token|secret|key",
        r"(?<![\w-])--(?!page-|next-|continuation-)(?:[a-z]{1,16}-){0,2}"
        + any_of("password passwd passphrase pass pwd token secret api-?key access-key secret-key")
        + r"(?:[ \t]{1,8}|=)[\"']?(?![A-Z_-]{2,40}(?:[\]),}\s]|\Z))([^\s\"'`\\|;&<>-][^\s\"'`\\|;&<>]{7,}+)",
    ),
    _command(
        "twine|mosquitto_|ipmitool|oathtool|snyk|login|doctl|rabbitmqctl|poetry|securestring|jenkins-cli|useradd|secret",
        r"\b(?:(?:twine|mosquitto_(?:pub|sub|rr)|ipmitool|useradd|usermod)\b[^\n|;]{0,120}?[ \t]-p[ \t]{1,4}"
        r"|oathtool\b[^\n|;]{0,60}?[ \t](?:-b|--base32)[ \t]{1,4}|"
        r"(?:snyk auth[ \t]|(?:wandb|vault|cargo) login[ \t]|doctl auth init -t[ \t]|D?sonar\.login=)[ \t]{0,4}"
        r"|rabbitmqctl (?:add_user|change_password)[ \t]{1,4}\S{1,60}[ \t]{1,4}"
        r"|poetry config http-basic\.\S{1,60}[ \t]{1,4}\S{1,60}[ \t]{1,4}"
        r"|ConvertTo-SecureString[ \t]{1,4}(?:-String[ \t]{1,4})?|jenkins-cli\b[^\n|;]{0,120}? -auth [^\s:]{1,60}:"
        rf"|gh secret set\b[^\n|;]{{0,80}}?[ \t](?:-b|--body)[ =]{{0,2}}){_ARGUMENT}",
    ),
    _command(
        "htpasswd",
        rf"\bhtpasswd[ \t]-[a-z]{{0,6}}b[a-z]{{0,6}}[ \t](?:[^\s;|]{{1,120}}[ \t]){{1,3}}{_ARGUMENT}(?=\s|\Z|[\"'])",
    ),
    _command("storepass|keypass", rf"[ \t]-(?:src|dest)?(?:store|key)pass[ \t]{{1,4}}{_ARGUMENT}"),
    _command("--from-literal", rf"--from-literal[= ][\w.-]{{1,80}}={_ARGUMENT}"),
    _command(
        "chpasswd|sudo|stdin|secret|with-token",
        r"\b(?:echo|printf)[ \t](?:-\w[ \t]|[\"']%s(?:\\{1,2}n)?[\"'][ \t])?[\"']?(?:[\w.-]{1,32}:)?"
        r"([^\s\"'`|;&$:]{6,128}+)[\"']?[ \t]?"
        r"\|[ \t]?(?:sudo[ \t])?(?:chpasswd|sudo -\w{0,4}S|gh secret set|wrangler secret put"
        r"|[^\n|;]{1,120}?-(?:stdin|with-token))",
    ),
    _command("neo4j_auth", rf"NEO4J_AUTH[\"']?[=:][ \t]?[\"']?[\w-]{{1,40}}/{_ARGUMENT}"),
    _command(
        "pass|secret|token|key",
        r"(?:\.|->|::)(?:(?:set|with)_?[A-Za-z]{0,16}?)?(?:password|passphrase|secret|token|api_?key|access_?key)"
        rf"\(\s{{0,8}}{_QUOTED}",
    ),
    _command("passw", rf"passw[^\n]{{0,80}}?\)\.(?:type|fill|send_?keys)\(\s{{0,8}}{_QUOTED}"),
    _command("<<<", rf"\b(?:passwd|kinit|gpg|wrangler secret put)\b[^\n|;]{{0,80}}?<<<[ \t]?{_ARGUMENT}"),
    _command(
        "tochararray",
        r"(?:\b(?:load|store|getKey|PBEKeySpec|PasswordProtection)\([^\n\"]{0,80})"
        rf"{_QUOTED}\.toCharArray",
    ),
    _command(
        "pdo(|mysqli|dbi->|getconnection(|sequelize(|user(",
        r"(?:\bPDO|\bmysqli(?:_connect)?|DBI->connect|getConnection|\bSequelize|create_(?:super)?user)\(\s{0,8}"
        rf"(?:{_TEXT}|[$\w.]{{1,60}}+,\s{{0,4}}){{2}}{_QUOTED}",
    ),
    _command(
        "jwt.|connect(",
        r"(?:\bjwt\.(?:encode|sign|decode|verify)\(\s{0,8}[^\n\"']{1,120}?,\s{0,8}"
        rf"|\b(?:pymysql|mysqldb|psycopg2?|mariadb|connector|ftp|telnet)\.connect\(\s{{0,8}}{_TEXT}{_TEXT}){_QUOTED}",
    ),
    context(
        "secret",
        "client(|wallet(|login(|authenticate(|fernet(|securitykey(|hmac.new(|createhmac(",
        rf"(?:Client|Wallet|login|authenticate|Fernet|SecurityKey|hmac\.new|createHmac)\(\s{{0,8}}(?:{_TEXT})?"
        r"(?:[\w.]{1,40}+\()?b?\\{0,3}[\"']"
        r"([^\s\"'\\]{20,512}+)\\{0,3}[\"']",
        is_secret=_is_key,
    ),
    _command("password|secret", r"\b(?:password|secret)[ \t][05789][ \t]([0-9A-Za-z$./]{8,128}+)"),
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
"""A value is a secret because of the program, or the function, that takes it."""
