"""What a value must be to be taken for a secret."""

import re

import pytest

from pytest_codex_replay.redaction.rule import Rule
from pytest_codex_replay.redaction.values import is_assigned, is_mixed, is_no_dummy, is_plausible


@pytest.mark.parametrize(
    "value", ["$TOKEN", "${TOKEN}", "<token>", "os.environ", "process.env.X", "xxxxxxxx", "****", "true"]
)
def test_what_stands_for_a_secret_is_none(value):
    """Variables, templates and blanks."""
    assert not is_plausible(value)


@pytest.mark.parametrize(
    ("value", "is_secret"),
    [
        ("hunter2", True),
        ("correct!horse", True),
        ("getToken(request)", False),
        ("12345678", False),
        ("/run/secrets/db1", False),
        ("sessionToken", False),
        ("aBcDeFgHqXyZkLmN", True),
    ],
)
def test_an_assigned_value_is_mixed(value, is_secret):
    """Words, numbers, paths and code are no secrets."""
    assert is_assigned(value) == is_secret


def test_a_dummy_is_no_token():
    """A shape filled with one letter, or that says so."""
    assert [is_no_dummy("sk-" + tail) for tail in ("a" * 20, "x1" * 8, "b8Qz1k" * 4, "EXAMPLE9q3")] == [
        False,
        False,
        True,
        False,
    ]
    assert not is_mixed("task-management-of-things")


def test_an_anchored_rule_finds_what_it_would_find_without():
    """Anchors make it faster, and nothing else."""
    pattern = re.compile(r"key=(\w+)", re.IGNORECASE)
    text = "KEY=one key=two monkey=three İ key=four"
    plain = Rule(kind="k", markers=("key",), pattern=pattern)
    anchored = Rule(kind="k", markers=("key",), pattern=pattern, anchors=("key",))

    assert list(anchored.find(text.replace("İ", ""))) == list(plain.find(text.replace("İ", "")))
    assert list(anchored.find(text)) == list(plain.find(text))
