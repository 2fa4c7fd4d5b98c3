"""Formats of tokens."""

import pytest

from pytest_codex_replay.redaction.rules import TOKENS
from tests.redaction.corpus import more_planted, planted


def test_each_token_of_the_corpus_has_its_format():
    """One rule or more knows it, and takes all of it."""
    tokens = [one for one in (*planted(), *more_planted()) if one.group == "token"]

    missed = [
        one.kind for one in tokens if one.secret not in {f.secret for rule in TOKENS for f in rule.find(one.text)}
    ]
    assert missed == []


@pytest.mark.parametrize("before", ["a", "0", "_", "-"])
def test_a_token_does_not_begin_inside_a_word(before):
    """`task-…` is no `sk-…`."""
    token = "sk-" + "a1B2c3D4e5" * 3

    assert not [found for rule in TOKENS for found in rule.find(before + token)]
    assert [found.secret for rule in TOKENS for found in rule.find(f"({token})")] == [token]
