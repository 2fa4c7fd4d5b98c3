"""Words that are joined as a person joins them to a password."""

import pytest

from pytest_codex_replay.redaction.words.joined_words import Rank, is_compound, is_ordinary, rank_of


@pytest.mark.parametrize(
    ("value", "rank"),
    [
        ("lemon-trac" + "tor-8", Rank.NUMBERED),
        ("moss&gran" + "ite", Rank.NUMBERED),
        ("Blue.Stap" + "ler", Rank.JOINED),
        ("burek_nije" + "_pita", Rank.JOINED),
        ("otters4" + "ever", Rank.JOINED),
        ("Boba\u534a\u7cd6", Rank.JOINED),
        ("quiet-ot" + "ter", Rank.COMPOUND),
        ("raspberry" + "_ripple", Rank.COMPOUND),
        ("\uae40\uce58-\ucc0c\uac1c", Rank.COMPOUND),
    ],
)
def test_a_form_has_a_rank(value, rank):
    """The more seldom anything else is called so, the higher."""
    assert rank_of(value) == rank


@pytest.mark.parametrize(
    "value",
    ["word", "db_password", "MAX_LENGTH", "utf-8-sig", "config.py", "x.y@host.org", "YYYY-MM-DD", "--quiet", "a-b"],
)
def test_what_is_called_so_has_none(value):
    """Words, names, constants, encodings, files, addresses and the forms of dates."""
    assert rank_of(value) == Rank.NONE


@pytest.mark.parametrize("value", ["case-sensitive", "read-only", "backup-user", "SSH-client", "celui-ci"])
def test_a_compound_of_a_language_is_ordinary(value):
    """By its beginning, its end, or what it names."""
    assert is_compound(value)
    assert is_ordinary(value)


def test_other_compounds_may_be_a_password():
    """The place decides."""
    assert not is_ordinary("quiet-ot" + "ter")
