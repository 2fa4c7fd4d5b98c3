"""What is needed of a value in a sentence, by what stands around it."""

import pytest

from pytest_codex_replay.redaction.prose.frames import NEVER, Noun, needed_as_answer, needed_before, needed_behind
from pytest_codex_replay.redaction.words.joined_words import Rank

VALUE = "raspberry" + "_ripple"


def needed(text, noun, *, is_next=False):
    """The sentence begins with the noun, which a comma ends."""
    text = text.replace("@", VALUE)
    start = text.index(VALUE)
    begin = text.index("^")
    text = text.replace("^", "")
    return needed_behind(text, begin, start - 1, start - 1 + len(VALUE), noun=noun, is_next=is_next)


@pytest.mark.parametrize(
    ("text", "noun", "rank"),
    [
        ("password^ is @", Noun.ENGLISH, Rank.COMPOUND),
        ("password^ -> @", Noun.ENGLISH, Rank.COMPOUND),
        ("password^ of the router, use @", Noun.ENGLISH, Rank.JOINED),
        ("password^ of the router on @", Noun.ENGLISH, NEVER),
        ("password^ is stored by @", Noun.ENGLISH, NEVER),
        ("senha^ @", Noun.FOREIGN, Rank.COMPOUND),
        ("senha^ da impressora do escrit\u00f3rio @ outra", Noun.FOREIGN, Rank.JOINED),
        ("log in^ as mia with @", Noun.ACCESS, Rank.JOINED),
        ("log in^ with @", Noun.ACCESS, Rank.NUMBERED),
        ("log in^ again after @", Noun.ACCESS, NEVER),
    ],
)
def test_the_frame_tells_the_rank(text, noun, rank):
    """A copula asks for less than a verb, and the place beside a noun for most; English for more than others."""
    assert needed(text, noun) == rank


def test_a_second_value_needs_a_conjunction_alone():
    """`both halves: X and Y`."""
    assert needed("passphrase^ and @", Noun.ENGLISH, is_next=True) == Rank.JOINED


@pytest.mark.parametrize(
    ("text", "rank"),
    [
        ("@ as the root password", Rank.JOINED),
        ("type @, that is the password", Rank.JOINED),
        ("@ lets nobody see the password", NEVER),
    ],
)
def test_a_link_behind_a_value_is_a_frame(text, rank):
    """`X as the password`."""
    text = text.replace("@", VALUE)
    start = text.index(VALUE)

    assert needed_before(text, 0, start, start + len(VALUE), text.index("password"), noun=Noun.ENGLISH) == rank


def test_an_answer_needs_a_question():
    """A mark, or a speaker."""
    assert needed_as_answer(VALUE, is_asked=True, is_named=False) == Rank.COMPOUND
    assert needed_as_answer(VALUE, is_asked=False, is_named=True) == Rank.JOINED
    assert needed_as_answer(VALUE, is_asked=False, is_named=False) == NEVER
