"""The words of secrecy."""

import pytest

from pytest_codex_replay.sharing.review.secret_nouns import NOUN, OF_IDS, OF_PASSWORDS, SAYS_CODE, has_noun


@pytest.mark.parametrize(
    "text", ["password", "DB_PW", "master.key", "2FA", "Kellertür", "пароль", "密码", "PIN1", "sessionid"]
)
def test_a_word_of_secrecy_is_known(text: str) -> None:
    """In any language, as a part of a name, with a number."""
    assert NOUN.search(text)


@pytest.mark.parametrize("text", ["d9c62fa7c1", "db.keys()", "spin"])
def test_a_part_of_another_word_is_none(text: str) -> None:
    """A short word of secrecy is in much that is none."""
    assert NOUN.search(text) is None


def test_a_value_in_a_script_without_blanks_is_no_part_of_the_word() -> None:
    """Nor is a number."""
    found = NOUN.match("密码蚯蚓123456")

    assert found
    assert found[0] == "密码"


def test_words_differ_in_what_may_stand_beside_them() -> None:
    """A number beside what it opens, an id beside a session, anything beside a password."""
    assert SAYS_CODE.fullmatch("garage")
    assert OF_IDS.match("session_id")
    assert OF_PASSWORDS.match("passphrase")
    assert not OF_IDS.match("sessionid")


@pytest.mark.parametrize(
    "text", ["password", "master.key", "Kellertür", "kap\u0131", "kapital", "PİN", "d9c62fa7c1", "spin"]
)
def test_whether_a_text_has_one_is_what_the_pattern_says(text: str) -> None:
    """Not its literals alone: a short word is a word of its own, and `i` is the Turkish letter without a dot, too."""
    assert has_noun(text) is (NOUN.search(text) is not None)
