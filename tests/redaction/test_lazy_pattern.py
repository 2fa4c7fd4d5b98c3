"""Patterns that are compiled when they are first tried."""

import copy
import pickle
import re
import subprocess
import sys

import pytest

from pytest_codex_replay.redaction.lazy_pattern import lazy
from pytest_codex_replay.redaction.rules import RULES, STRICT_IDENTITY


def test_it_finds_what_the_compiled_one_finds():
    """By each of the ways in which rules look; copies and pickles, too."""
    compiled, text = re.compile("(?P<name>a+)=(b)", re.IGNORECASE), "x A=b aa=B"
    for one in (lazy("(?P<name>a+)=(b)", re.IGNORECASE), copy.copy(lazy(compiled.pattern, re.IGNORECASE))):
        again = pickle.loads(pickle.dumps(one))

        assert [m.span() for m in one.finditer(text)] == [m.span() for m in compiled.finditer(text)]
        assert (one.match(text, 2)[2], one.search(text)["name"], one.match(text)) == ("b", "A", None)
        assert dict(one.groupindex) == dict(again.groupindex) == {"name": 1}
        assert again.fullmatch("a=b")
        assert (one.sub("", text), one.split("a=bc"), one.findall("a=b")) == ("x  ", ["", "a", "b", "c"], [("a", "b")])


def test_each_pattern_that_ships_can_be_compiled():
    """None is found malformed only when a text needs it."""
    rules = [*RULES, *STRICT_IDENTITY]
    compiled = [re.compile(rule.pattern.pattern, rule.pattern.flags) for rule in rules]

    assert len(compiled) > 300


def test_a_malformed_pattern_fails_when_it_is_tried():
    """It raises; it does not find nothing."""
    with pytest.raises(re.error, match="missing"):
        lazy("(").search("x")


def test_to_start_compiles_little():
    """Whatever a verb does, it pays for what rules compile when they are imported; a class of letters most."""
    program = r"""
import re, sys
seen, compiled = [], re._compiler.compile
re._compiler.compile = lambda pattern, flags=0: (seen.append((pattern, flags)), compiled(pattern, flags))[1]
import pytest_codex_replay.sharing.redact, pytest_codex_replay.sharing.review.review
large = [1 for one, flags in seen if flags & re.IGNORECASE and chr(0xD7AF) in str(one)]
print(sum(len(one) for one, _ in seen), len(large))
"""
    printed = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout
    chars, large = map(int, printed.split())

    assert 10_000 < chars < 100_000
    assert large < 4
