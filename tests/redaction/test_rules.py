"""All rules together: what they cost on hostile input, and that they leave their own work alone."""

import re

import pytest

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
