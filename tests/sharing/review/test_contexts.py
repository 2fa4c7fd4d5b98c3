"""Where a text speaks of a secret and has no noun for one."""

import pytest

from pytest_codex_replay.sharing.review.contexts import beside_contexts, odd_beside_contexts
from tests.growth import assert_linear, repeated


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('jwt.sign({ id: user.id }, "hookedonabanana")', "hookedonabanana"),
        ("createHmac('sha256', 'hookedonaline')", "hookedonaline"),
        ('DriverManager.getConnection(url, "pos", "zenit2008")', "zenit2008"),
        ("/msg NickServ IDENTIFY solderfumes", "solderfumes"),
        ("openssl enc -d -k 'old mill by the river'", "old mill by the river"),
        ("the page (admin / tonerlow3) is stuck", "tonerlow3"),
        ("18:06 - Me: popcornbrothers all lowercase", "popcornbrothers"),
        ("mosquitto_sub -u x -P brombeerkuchen -t a", "brombeerkuchen"),
        ('1.2 [0 h] "AUTH" "bryndzovehalusky"', "bryndzovehalusky"),
        ("network_key: [13, 201, 77, 4, 166, 92, 250, 31]", "13, 201, 77, 4, 166, 92, 250, 31"),
    ],
)
def test_what_is_odd_is_found_in_any_text(text: str, value: str) -> None:
    """As an argument of a call or a command, with how it is spelled, behind a key."""
    assert value in [found for _, found, _ in odd_beside_contexts(text, is_spoken=False)]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("the demo account signs in, gets in with rhubarbcrumble", "rhubarbcrumble"),
        ("the volume is locked with herons by the weir.", "herons by the weir"),
        ("unlock the key, answer with the purple ferry leaves at noon (spaces)", "the purple ferry leaves at noon"),
    ],
)
def test_what_opens_something_is_found_where_people_write(text: str, value: str) -> None:
    """A word, or several."""
    assert any(value in found for _, found, _ in odd_beside_contexts(text, is_spoken=True))


@pytest.mark.parametrize(
    "text",
    [
        "client.verify('sha256', signature)",
        "the design (old) is good",
        "keyword: value",
        "key: value\n",
        "sudo apt-get update",
    ],
)
def test_words_of_languages_and_programs_are_not(text: str) -> None:
    """Whatever they stand beside."""
    assert list(odd_beside_contexts(text, is_spoken=True)) == []


def test_what_a_command_hands_over_is_found_too() -> None:
    """A plain word, and an odd one."""
    text = "sshpass -p sunflower ssh h; /msg NickServ IDENTIFY solderfumes"

    assert {value for _, value, _ in beside_contexts(text, text, is_spoken=False)} == {"sunflower", "solderfumes"}


@pytest.mark.parametrize("unit", ["sign(", "login('a', ", "unlock with ", "key: a b ", "auth "])
def test_a_long_text_takes_time_by_its_length(unit: str) -> None:
    """Also one that is made to be slow."""
    assert_linear(repeated(unit), lambda text: list(odd_beside_contexts(text, is_spoken=True)), 4_000)
