"""All rules together: what they cost on hostile input, and that they leave their own work alone."""

import json
import re

import pytest

from pytest_codex_replay.redaction.finder import Finder
from pytest_codex_replay.redaction.rules import RULES
from tests.growth import assert_linear, repeated

SIZE = 2_000
ALL_WAYS = 8
"""How many markers of a rule are tried in all ways. Of more, which are words of many languages, one is like another."""


def worst_prefixes(marker, *, all_ways):
    """Yield ways to make texts on which a rule begins again and again, or goes on and on, and never succeeds."""
    yield repeated(f"{marker} ")
    yield repeated(f"{marker}:")
    yield repeated("a", begin=marker)
    if all_ways:
        for unit in (marker, f"{marker}=", f"a.{marker}:", f"{marker}:{'a' * 300}"):
            yield repeated(unit)
        for filler in "0 -":
            yield repeated(filler, begin=marker)


@pytest.mark.parametrize(
    ("rule", "marker"),
    [pytest.param(rule, marker, id=f"{rule.kind}-{marker}") for rule in RULES for marker in rule.markers],
)
def test_no_rule_is_slow_on_its_worst_prefix(rule, marker):
    """Twice as much of what it nearly matches takes about twice as long."""
    spellings = {marker} if rule.pattern.flags & re.IGNORECASE else {marker, marker.upper()}
    all_ways = marker in rule.markers[:ALL_WAYS]
    for make in (make for spelling in spellings for make in worst_prefixes(spelling, all_ways=all_ways)):
        assert_linear(make, lambda text: list(rule.find(text)), SIZE)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: f"{rule.kind}-{rule.markers[0]}")
def test_no_rule_finds_a_placeholder(rule):
    """So redacting twice is redacting once."""
    text = f'{rule.markers[0]}="[[REDACTED:{rule.kind}:1]]" {rule.markers[0]} [[REDACTED:{rule.kind}:1]]@h'

    assert list(rule.find(text)) == []


@pytest.mark.parametrize(
    "code",
    [
        "f(user=user, password=password, token=token)",
        "f(user=cfg.user, password=cfg.password, db=cfg.name)",
        "f(username=username, password=passwd, timeout=30)",
        "login(user, password, retries=5)",
        "x['volumes_secrets'] = referenced_vols",
        'getattr(credentials, "universe_domain", other)',
        '"""passlib.handlers.oracle - Oracle DB Password Hashes"""',
        "const k=(a,b)=>a.secret===b.secret?0:1;",
        "e.key===32?o.key=r.C0.NUL:e.key>=51&&f()",
        "e.password=t.secret?1:0;n.token=r.token?r.token:null",
        "P.Minipass=P.isWritable=P.isReadable=P.isStream=void 0;",
        "this.password || grantee",
        "password ?? grantee",
        '"token" | "password" | "otp"\ntype Grant = "password" | "implicit" | "device";',
        'op read "op://Payments/acquirer portal/password" | pbcopy',
        "security find-generic-password -w -s password | pbcopy",
        "CREATE ROLE app LOGIN PASSWORD :'app_password';",
        '    key: password\n- name: TOKEN_TTL\n  value: "3600"',
        "+    key: password\n+- name: LOG_LEVEL\n+  value: verbose",
        '  "pw|pwd",\n  "py|pyt|pyth|pytho|python",\n',
        "Files: slapd-modules/smbk5pwd/smbk5pwd.c\n       contrib/slapd-modules/smbk5pwd/Makefile\n",
        "but if you run a shrink pass, it makes\nno progress, and then you immediately run it again, it should\n",
    ],
)
def test_code_that_speaks_of_secrets_stays(code: str) -> None:
    """Names, types, comparisons and references stay, in a file and in the arguments of a tool."""
    found = Finder(RULES).find
    assert [*found(code), *found(json.dumps({"cmd": code}))] == []
