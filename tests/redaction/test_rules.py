"""All rules together: what they cost on hostile input, and that they leave their own work alone."""

import json
import re

import pytest

from pytest_codex_replay.redaction.finder import Finder
from pytest_codex_replay.redaction.lazy_pattern import lazy
from pytest_codex_replay.redaction.rule import Rule
from pytest_codex_replay.redaction.rules import RULES
from tests.growth import assert_linear, repeated

SIZE = 2_000
ALL_WAYS = 8
"""How many markers of a rule are tried in all ways. Of more, which are words of many languages, one is like another."""
WORST = (
    *("{0}", "{0} ", "{0}:", "{0}=", "a.{0}:", "{0}:" + "a" * 300),
    *("{0} {0}:",),  # the second and the third in one
)
"""Units of texts on which a rule begins again and again and never succeeds; 0 is a marker."""
MIXED = WORST[-1]
ENDLESS = "a0 -"
"""What a text goes on and on with, behind one marker."""


def worst_prefixes(spelling, *, all_ways):
    """Yield the ways to make texts of a marker that a rule nearly matches, each with what it is called."""
    for unit in WORST if all_ways else (MIXED,):
        yield unit, repeated(unit.format(spelling))
    for filler in ENDLESS if all_ways else ENDLESS[:1]:
        yield filler, repeated(filler, begin=spelling)


def spellings_of(rule):
    """Yield the markers of a rule as they may stand in a text; and whether one is tried in all ways."""
    for number, marker in enumerate(rule.markers):
        for spelling in (marker,) if rule.pattern.flags & re.IGNORECASE else (marker, marker.upper()):
            yield spelling, number < ALL_WAYS


def assert_linear_at_its_markers(rule):
    """Assert it of each marker; what costs about as much as the marker before it, in the same way, is measured once."""
    before_s = {}
    for spelling, all_ways in spellings_of(rule):
        for way, make in worst_prefixes(spelling, all_ways=all_ways):
            before_s[way] = assert_linear(make, lambda text: list(rule.find(text)), SIZE, before_s.get(way, 0.0))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: f"{rule.kind}-{rule.markers[0]}")
def test_no_rule_is_slow_on_its_worst_prefix(rule):
    """Twice as much of what it nearly matches takes about twice as long."""
    assert_linear_at_its_markers(rule)


@pytest.mark.parametrize(
    "branch",
    [
        pytest.param(r"w19[^\n]*!", id="each beginning looks to the end of the text"),
        pytest.param(r"w19a*a*!", id="two repeats share what follows one beginning"),
        pytest.param(r"w19(?:[\s:]+w19)*[\s:]+!", id="it goes on from marker to marker"),
    ],
)
def test_a_slow_rule_is_seen_at_its_last_marker(branch):
    """One branch of a pattern is quadratic, and only the last of twenty markers leads to it."""
    markers = tuple(f"w{number:02}" for number in range(20))
    pattern = lazy(rf"{branch}|w\d\d:? ?[a-z]{{8,40}}+\b")
    rule = Rule(kind="secret", markers=markers, anchors=markers, pattern=pattern)

    with pytest.raises(AssertionError, match="w19"):
        assert_linear_at_its_markers(rule)


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
