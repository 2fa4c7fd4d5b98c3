"""Forms of values that could be secrets."""

import pytest

from pytest_codex_replay.sharing.review.value_forms import (
    TOKEN,
    could_be_phrase,
    in_token,
    is_cell,
    is_given,
    is_placed,
    is_plain_word,
    is_signed,
)


@pytest.mark.parametrize("value", ["Oyster=Lamp=77", "Linde:Gasse:1902", "Taube8562:Dach"])
def test_words_joined_by_a_sign_of_assignment_are_one_value(value: str) -> None:
    """What stands before the sign does not name it."""
    found = TOKEN.match(value)

    assert is_signed(value)
    assert found
    assert [one for _, one, _ in in_token(found)] == [value]


@pytest.mark.parametrize("value", ["port=5432", "name=Anna", "a=b=c", "password=x=y", "Max-Age=1209600"])
def test_a_name_and_its_value_are_two(value: str) -> None:
    """As in options and headers."""
    assert not is_signed(value)


@pytest.mark.parametrize("value", ["20.11.1987", "k9!a", "qu4yMaster.Key", "gr8(day)", "5f4dcc3b"])
def test_what_is_assigned_to_a_password_may_have_any_form(value: str) -> None:
    """Also that of a date, of a member, of a call."""
    assert is_given(value)


@pytest.mark.parametrize(
    "value", ["$PASSWORD", "os.environ", "get_it(x)", "********", "<value>", "${PW}", "--force", "true"]
)
def test_code_and_stand_ins_are_not_given(value: str) -> None:
    """Variables, members, calls, options."""
    assert not is_given(value)


def test_words_may_be_a_phrase_unless_they_are_of_a_form() -> None:
    """With function words, but not with words of a message."""
    assert could_be_phrase("rain on tin roofs")
    assert not could_be_phrase("must be entered again")
    assert is_placed("seaweed and salt 12", is_quoted=True)
    assert not is_placed("seaweed and salt 12", is_quoted=False)


@pytest.mark.parametrize("value", ["lampenschirm", "дождевой_червь", "さくらんぼ"])
def test_one_word_is_plain(value: str) -> None:
    """In any script, joined or not."""
    assert is_plain_word(value)


def test_a_word_of_forms_is_not_plain() -> None:
    """It says something about the field."""
    assert not any(map(is_plain_word, ("required", "username", "string")))


def test_a_cell_is_digits_words_or_a_mixture() -> None:
    """And nothing shorter."""
    assert all(map(is_cell, ("4471", "lampenschirm", "Wolke-7", "regen wurm 5")))
    assert not any(map(is_cell, ("abc", "", "---")))
