"""Rules and searches, applied to a text and its views."""

import re

import pytest

from pytest_codex_replay.redaction.finder import Finder, Span, merged, replaced
from pytest_codex_replay.redaction.rule import Rule

RULE = Rule(kind="pet", markers=("cat",), pattern=re.compile("cat-[0-9]+"))


@pytest.mark.parametrize("text", ["a cat-12!", r"a c\u0061t-12!", "a%20cat-12!", "a \x1b[1mcat-12\x1b[0m!"])
def test_a_find_in_a_view_is_placed_in_the_text(text):
    """What goes is the coded form, whole."""
    spans = Finder((RULE,)).find(text)

    clean = replaced(text, [(span.start, span.end, "*") for span in spans])
    assert [span.secret for span in spans] == ["cat-12"]
    assert "12" not in clean
    assert clean.endswith("!")


def test_a_marker_in_any_case_lets_a_rule_look():
    """Markers are written in lower case."""
    upper = Rule(kind="pet", markers=("cat",), pattern=re.compile("CAT-[0-9]+"))

    assert [span.secret for span in Finder((upper,)).find("CAT-1")] == ["CAT-1"]


def test_placeholders_are_not_looked_into():
    """A rule of a user's own may match the text of one."""
    rule = Rule(kind="word", markers=("redacted",), pattern=re.compile("REDACTED"))

    assert Finder((rule,)).find("[[REDACTED:word:1]]") == []


def test_spans_that_overlap_become_one():
    """A secret is stronger than a name in it."""
    spans = [Span(0, 7, "identity", "name", pseudonym="user"), Span(5, 9, "token", "secret"), Span(9, 10, "token", "x")]

    assert merged(spans) == [Span(0, 9, "token", "secret"), Span(9, 10, "token", "x")]
