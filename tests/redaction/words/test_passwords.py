"""Words that could be a password: which form is enough where."""

import pytest

from pytest_codex_replay.redaction.words.joined_words import Rank
from pytest_codex_replay.redaction.words.passwords import (
    could_be_password,
    is_numbered_words,
    is_own_form,
    is_told_value,
    is_word_told,
)


@pytest.mark.parametrize(
    ("value", "rank"),
    [
        ("Kr4ut!salat", Rank.NUMBERED),
        ("openUp.shed-2", Rank.JOINED),
        ("tulpen-und-brot", Rank.JOINED),
        ("doorbellghost", Rank.JOINED),
        ("turnip.walnut", Rank.JOINED),
        ("walnut_kettle", Rank.COMPOUND),
        ("perkeltnokedli", Rank.UNCOMMON),
    ],
)
def test_a_form_is_enough_in_all_places_that_ask_for_less(value: str, rank: Rank) -> None:
    """The surer a place, the plainer the word that is a password there."""
    enough = [least for least in Rank if could_be_password(value, least)]

    assert enough == [least for least in Rank if least <= rank]


@pytest.mark.parametrize("value", ["Ctrl+Alt", "shift-Enter", "key-vault", "read-only", "bcrypt"])
def test_keys_to_press_and_usual_compounds_are_none(value: str) -> None:
    """However sure the place is."""
    assert not any(could_be_password(value, least) for least in Rank)


def test_a_word_and_its_number_may_be_a_product() -> None:
    """A place that asks for an own form does not take it."""
    assert could_be_password("umbrella-13", Rank.COMPOUND)
    assert not could_be_password("umbrella-13", Rank.JOINED)


def test_what_is_told_has_an_own_form_or_is_uncommon():
    """An ordinary word that is joined to another by a hyphen is a compound."""
    assert is_own_form("turnip_" + "ghost_9")
    assert is_told_value("Turnip" + "Ghost")
    assert is_told_value("turnip_" + "ghost")
    assert not is_told_value("turnip-" + "ghost")
    assert not is_told_value("wrong")


@pytest.mark.parametrize("value", ["sunflower", "Sonnenblume", "goatherd"])
def test_a_plain_word_is_told(value):
    """A word that programs do not use is a password where a sentence tells one."""
    assert is_word_told(value)


@pytest.mark.parametrize("value", ["Tamarind" + "_soda9", "Harbour" + "-Light5", "Pilau" + "-na-Kachumbari"])
def test_words_with_a_number_or_capitals_need_no_noun(value):
    """Such a form is enough where a verb says what is done with it."""
    assert is_numbered_words(value)


@pytest.mark.parametrize("value", ["read-only", "backup-user", "public_key"])
def test_compounds_and_names_are_no_numbered_words(value):
    """What is called so stays."""
    assert not is_numbered_words(value)
    assert not is_word_told(value)
