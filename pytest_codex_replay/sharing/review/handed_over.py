"""What a command, a call or a line of a known form hands over as a password: any word in that place. No I/O.

A rule of redaction leaves a plain word there, which may be an example. A person is shown it.
"""

import re
from collections.abc import Iterator

from pytest_codex_replay.redaction.markers import Markers
from pytest_codex_replay.redaction.rule import matches_at
from pytest_codex_replay.redaction.words.value_shapes import is_plausible

_ARGUMENT = r"[\"']?([^\s\"'$<>|;&(){}\[\],][^\s\"'|;&(){}<>]{3,63})"
_WORDS = r"[^\s\"'|;&]"
_REST = r"[^\n|;&]{0,120}?"
_FORMS = (
    ("sshpass", rf"sshpass (?:-\w+ ){{0,2}}-p ?{_ARGUMENT}"),
    ("mysql|mariadb", rf"(?:mysql|mariadb)[\w-]{{0,12}} {_REST}(?<= )-p{_ARGUMENT}"),
    ("zip|7z|unrar|rar ", rf"(?:zip|7z\w?|unrar|rar) {_REST}(?<= )-(?:p|P ?|hp){_ARGUMENT}"),
    (
        (
            "sqlcmd|cqlsh|bcp |isql|mosquitto|steghide|influx|clickhouse|snmp|x11vnc|mongo"
            "|docker login|podman login|useradd|usermod|ipmitool|ldap|security add|smbclient"
            "|rpcclient|impacket|psexec|rdesktop|pscp|plink"
        ),
        (
            rf"(?:sqlcmd|cqlsh|bcp|isql|mosquitto_\w+|steghide|influx|clickhouse-client|snmp\w+|x11vnc"
            rf"|mongo\w*|(?:docker|podman) login|user(?:add|mod)|ipmitool|ldap\w+|security add"
            rf"|smbclient|rpcclient|rdesktop"
            rf"|pscp|plink)\b {_REST}(?<= )(?:-(?:p|P|w|pw|A|X) {_ARGUMENT}|-U [\"']?[^\s%]{{1,40}}%{_ARGUMENT})"
        ),
    ),
    ("--pass|--pw", rf"--p(?:ass\w{{0,16}}|w)[ =]{_ARGUMENT}"),
    (
        "user |login |connect |ssid |benutzer |konto |usuario |utilisateur ",
        (
            rf"(?:user|login|connect|ssid|benutzer|konto|usuario|utilisateur) \S{{1,32}}[,;/]? {{1,2}}"
            rf"(?:pass|password|passwort|pw|pwd|mdp|clave)[: ]{{1,2}}{_ARGUMENT}(?=[\s,.;]|$)"
        ),
    ),
    ("ssid", rf"ssid[^\n]{{0,60}}\n[^\n]{{0,40}}?(?:key|psk|pass\w{{0,8}}|pw)\W{{1,4}}{_ARGUMENT}"),
    (
        "use |type |enter |nimm |gib |utilise |usa |gebruik ",
        (
            r"(?:use|type|enter|nimm|gib|utilise|usa|gebruik) [\"'`]?([^\s\"'`]{5,48})[\"'`]? (?:as"
            r"|als|for|für|comme|como|come) (?:the |das |le |la |il |el )?(?:pass|pw|kenn|mot de"
            r"|contra|senha|wacht|hasło)"
        ),
    ),
    ("sqlplus|sqlldr|rman |expdp|impdp", rf"(?:sqlplus|sqlldr|rman|expdp|impdp) {_REST}\w{{1,32}}/{_ARGUMENT}"),
    (
        "rabbitmqctl|set-initial-password|wpa_passphrase|convertto-securestring|set-password|setpassword",
        (
            rf"(?:rabbitmqctl (?:add_user|change_password) \S+|set-initial-password|wpa_passphrase \S+"
            rf"|convertto-securestring"
            rf"(?: -string)?|set-?password(?: \S+)?)[ (]{_ARGUMENT}"
        ),
    ),
    (
        "auth|credential|basic",
        r"(?:auth|credential|basic)\w{0,12}\s?[=:]?\s?[\[(]\s?[\"'][^\"'\n]{1,40}[\"'],\s?[\"']([^\"'\n]{5,64})[\"']",
    ),
    ("/p:", rf"(?<=[ ])/p:{_ARGUMENT}"),
    ("chpasswd", r"chpasswd <<< ?[\"']?\w{1,32}:([^\s\"']{4,64})"),
    ("echo", r"echo [\"']?[\w.-]{1,32}:([^\s\"'|]{4,64})[\"']? ?\| ?(?:sudo )?chpasswd"),
    ("://", r"://[^\s:/@\"']{0,40}:([^\s:/@\"'$<>{}]{4,64})@[\w\[]"),
    (
        'type(|fill(|send_keys(|send "|send -- "',
        (
            r"(?:(?:password|pwd?|pass)\W[^\n]{0,24})?(?:type|fill|send_keys"
            r"|send)\(?\s?(?:-- )?(?:'[^'\n]*pass[^'\n]*',\s?)?[\"']([^\"'\n,\\]{5,48})[\"'\\\n]"
        ),
    ),
    ("redis-cli|valkey-cli", rf"(?:redis|valkey)-cli {_REST}(?<= )-a {_ARGUMENT}"),
    ("curl|wget", rf"(?:curl|wget) {_REST}(?<= )(?:-u ?|--user[ =]|-a )[\"']?{_WORDS}{{1,40}}?:{_ARGUMENT}"),
    ("htpasswd", rf"htpasswd -\w*b\w* (?:\S+ ){{1,3}}{_ARGUMENT}(?=\s*(?:\n|$|[|;&]))"),
    ("storepass|keypass|srcstorepass|deststorepass", rf"(?:storepass|keypass)(?::env)? {_ARGUMENT}"),
    ("openssl", rf"openssl {_REST}(?<= )(?:-k |-pass(?:in|out)? pass:){_ARGUMENT}"),
    (
        "echo|printf",
        (
            rf"(?:echo|printf) (?:-n |'%s\\n' )?{_ARGUMENT}[\"']? {{0,3}}\| {{0,3}}(?:sudo -S"
            rf"|docker login|gpg|cryptsetup|passwd)"
        ),
    ),
    ("identified by", rf"identified by (?:password )?{_ARGUMENT}"),
    ("qpdf", rf"qpdf {_REST}--encrypt {_ARGUMENT} "),
    (
        "http |https |xh |curl ",
        rf"(?:https?|xh|curl) {_REST}(?<= )-(?:a|u|-auth|-user)[ =][\"']?[\w.@-]{{1,40}}:{_ARGUMENT}",
    ),
    ("password '", r"password '([^'\n]{4,64})'"),
    ("enable secret|enable password", rf"enable (?:secret|password) (?:\d )?{_ARGUMENT}"),
    ("community", rf"snmp-server community {_ARGUMENT}|community[ \t=:]{{1,3}}{_ARGUMENT} (?:ro|rw)\b"),
    ("login ", rf"login \S{{1,64}}\s{{1,4}}password {_ARGUMENT}"),
    ("wifi:", r"wifi:[^\n]{0,80}?;?p:([^;\n]{4,64});"),
    (":5432:|:3306:|:*:", r":(?:5432|3306|\*):[^\s:]{1,40}:[^\s:]{1,40}:([^\s:]{4,64})(?=\s|$)"),
    (
        "connect(|client(|login(|auth(|session(|signin(|authenticate(|begin(",
        (
            r"(?:connect|client|login|auth|session|signin|authenticate|begin)\(\s{0,4}[\"'][^\"'\n]{1,40}[\"'],\s{0,4}"
            r"[\"']([^\"'\n]{6,64})[\"']\s{0,4}[,)]"
        ),
    ),
)
"""Each has the beginnings of its matches in lower case, and what is handed over as its last group."""
_FOUND = tuple((tuple(begins.split("|")), re.compile(form, re.IGNORECASE)) for begins, form in _FORMS)
_MARKERS = Markers(literal for begins, _ in _FOUND for literal in begins)


def handed_over(text: str) -> Iterator[tuple[int, str, str]]:
    """Yield place and text of what is handed over as a password, with what it is handed to."""
    lowered = text.lower()
    if len(lowered) != len(text):
        return
    places = _MARKERS.places(lowered)
    if not places:
        return
    for begins, form in _FOUND:
        for found in matches_at(form, begins, text, places):
            group = found.lastindex or 0
            if is_plausible(found[group]):
                yield found.start(group), found[group], found[0][: found.start(group) - found.start()].split()[0]
