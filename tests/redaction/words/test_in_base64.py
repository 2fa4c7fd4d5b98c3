"""What base64 holds."""

import base64

import pytest

from pytest_codex_replay.redaction.words.in_base64 import is_login_in_base64, is_opaque_base64, is_user_and_password


def test_a_login_in_base64_has_two_parts() -> None:
    """Other texts in base64 are judged by what is in them."""
    assert is_login_in_base64(base64.b64encode(b"anna:stiller-see").decode())
    assert not is_login_in_base64(base64.b64encode(b"just some words: these").decode())
    assert not is_login_in_base64("no base64!")


@pytest.mark.parametrize("text", ["a:b", "\u00fc\u00ff?>:b\u00fe"])
def test_basic_takes_a_user_and_a_password_of_any_characters(text: str) -> None:
    """In both alphabets, with padding or without."""
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        encoded = encode(text.encode()).decode()
        assert is_user_and_password(encoded)
        assert is_user_and_password(encoded.rstrip("="))


@pytest.mark.parametrize("value", ["explanations", "bm8gY29sb24=", "YToK"])
def test_a_word_a_text_without_a_colon_and_a_line_are_none(value: str) -> None:
    """A sentence goes on with a word behind `Basic`, too."""
    assert not is_user_and_password(value)


def test_what_is_opaque_holds_no_text() -> None:
    """A text is looked at by the other rules, and encoded again."""
    assert is_opaque_base64(base64.b64encode(bytes(range(128, 160))).decode())
    assert is_opaque_base64("no base64!")
    assert not is_opaque_base64(base64.b64encode(b"a text").decode())
