"""What finds a secret."""

import re

from pytest_codex_replay.redaction.rule import Rule


def test_an_anchored_rule_finds_what_it_would_find_without():
    """Anchors make it faster, and nothing else."""
    pattern = re.compile(r"key=(\w+)", re.IGNORECASE)
    text = "KEY=one key=two monkey=three İ key=four"
    plain = Rule(kind="k", markers=("key",), pattern=pattern)
    anchored = Rule(kind="k", markers=("key",), pattern=pattern, anchors=("key",))

    assert list(anchored.find(text.replace("İ", ""))) == list(plain.find(text.replace("İ", "")))
    assert list(anchored.find(text)) == list(plain.find(text))
