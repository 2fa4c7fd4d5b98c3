"""What finds a secret."""

import re

import pytest

from pytest_codex_replay.redaction.rule import PlacesRule, Rule, _anchors_of


def test_an_anchored_rule_finds_what_it_would_find_without():
    """Anchors make it faster, and nothing else."""
    pattern = re.compile(r"key=(\w+)", re.IGNORECASE)
    text = "KEY=one key=two monkey=three İ key=four"
    plain = Rule(kind="k", markers=("key",), pattern=pattern)
    anchored = Rule(kind="k", markers=("key",), pattern=pattern, anchors=("key",))

    assert list(anchored.find(text.replace("İ", ""))) == list(plain.find(text.replace("İ", "")))
    assert list(anchored.find(text)) == list(plain.find(text))


@pytest.mark.parametrize(
    "pattern", [r"ab\d|bc to (\w+)", r"(?:a|b)c? ?to (\w+)", r"\w{2,3}+ to (\w+)"], ids=["known", "letters", "unknown"]
)
def test_a_rule_that_looks_back_finds_what_begins_before_its_marker(pattern):
    """Also where the beginning of another match is within that of the one that is found, and behind the last match."""
    rule = Rule(kind="k", markers=(" to ",), pattern=re.compile(pattern, re.IGNORECASE), reach=8)
    text = "ABC to one, go to, ABc to two to three"

    assert [one.secret for one in rule.find(text)] == ["one", "two"]


@pytest.mark.parametrize(
    ("pattern", "anchors"),
    [
        (r"(?<![a-z])gh[po]_[A-Z]+", ("gho_", "ghp_")),
        (r"\b(?:Bearer|Basic)[ ]x", ("basic x", "bearer x")),
        (r"(?:a|ab)?key", ("abkey", "akey", "key")),
        (r"wi-?fi", ("wi-fi", "wifi")),
        (r"keys?=", ("key=", "keys=")),
        (r"keys?\d", ("key",)),
        (r"(?:a\d)?key", ()),
        ("key" + "(?:a|b|c|d)?" * 4, ("key",)),
        (r"[0-9a-f]{32}-us", ()),
        (r"[ab]\d", ()),
        (r"[?&]key", ("&key", "?key")),
        (r"(?:(?<!a)|(?<=b))key", ("key",)),
        (r"(?:a|)\d", ()),
        (r"(?:x|)key", ("key", "xkey")),
        (r"(?:x|)", ()),
    ],
)
def test_a_pattern_says_how_its_matches_begin(pattern, anchors):
    """So it is tried only there."""
    assert _anchors_of(re.compile(pattern)) == anchors


def test_a_rule_that_looks_farther_around_a_marker_takes_more():
    """A limit on how often rules are tried would else be one of seconds, or of minutes."""
    plain = {"kind": "k", "markers": ("key",), "pattern": re.compile("key")}

    assert Rule(**plain).effort == 1
    assert Rule(**plain, reach=80).effort == 11
    assert PlacesRule(**plain, places=lambda *_: iter(())).effort == 8


@pytest.mark.parametrize(
    ("pattern", "searched"), [(r"gh[po]_\w+", ("gho_", "ghp_")), (r"(?:s|ze) \w+", ()), (r":\w+", ()), (r"\d+", ())]
)
def test_a_text_without_a_beginning_is_skipped_where_all_are_searched(pattern, searched):
    """The last letter of a word is in all texts, and a single character is not searched with the others."""
    assert Rule(kind="k", markers=("key",), pattern=re.compile(pattern)).searched_anchors() == searched
