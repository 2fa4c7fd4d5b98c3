"""All rules together: what they cost on hostile input, and that they leave their own work alone."""

import re
import time

import pytest

from pytest_codex_replay.redaction.rules import RULES

SIZE = 100_000
SLOW_S = 2.0
"""Far above what a linear rule takes here, far below what a quadratic one would."""


def worst_prefixes(marker):
    """Yield what makes a rule begin again and again, or go on and on, and never succeed."""
    for unit in (marker, f"{marker} ", f"{marker}=", f"{marker}:", f"a.{marker}:", f"{marker}:{'a' * 300}"):
        yield unit * (SIZE // len(unit))
    for filler in "a0 -":
        yield marker + filler * SIZE


@pytest.mark.parametrize(
    ("rule", "marker"),
    [pytest.param(rule, marker, id=f"{rule.kind}-{marker}") for rule in RULES for marker in rule.markers],
)
def test_no_rule_is_slow_on_its_worst_prefix(rule, marker):
    """Each takes a large text of what it nearly matches in its stride."""
    spellings = {marker} if rule.pattern.flags & re.IGNORECASE else {marker, marker.upper()}
    for text in (text for spelling in spellings for text in worst_prefixes(spelling)):
        started = time.process_time()
        list(rule.find(text))

        assert time.process_time() - started < SLOW_S, text[:40]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: f"{rule.kind}-{rule.markers[0]}")
def test_no_rule_finds_a_placeholder(rule):
    """So redacting twice is redacting once."""
    text = f'{rule.markers[0]}="[[REDACTED:{rule.kind}:1]]" {rule.markers[0]} [[REDACTED:{rule.kind}:1]]@h'

    assert list(rule.find(text)) == []
