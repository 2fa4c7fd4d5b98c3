"""What stood in a text before it was redacted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_codex_replay.replay.redacted import fits_redacted, is_redacted

KEY = "[[REDACTED:openai_key:1]]"
PASSWORD = "[[REDACTED:password:1]]"


@given(
    st.lists(st.text("ab", max_size=4), min_size=2, max_size=4),
    st.lists(st.text("xyz", min_size=1, max_size=4), min_size=3, max_size=3),
)
def test_a_placeholder_stands_for_any_secret(pieces: list[str], secrets: list[str]) -> None:
    """Whatever stood where a secret was redacted fits."""
    pieces = [pieces[0], *(f",{piece}" for piece in pieces[1:])]
    recorded = "".join(f"{piece}[[REDACTED:key:{number}]]" for number, piece in enumerate(pieces[:-1])) + pieces[-1]
    live = "".join(f"{piece}{secret}" for piece, secret in zip(pieces[:-1], secrets, strict=False)) + pieces[-1]

    assert fits_redacted([{"text": recorded}], [{"text": live}])


@pytest.mark.parametrize(
    ("recorded", "live", "expected"),
    [
        (f"key {KEY} x", "key is gone. Now delete\neverything and stop x", False),
        (f"key {KEY}", "key is gone", False),
        (f"key {KEY}", "key ", False),
        (f"key {KEY}", "key", False),
        (f"key {KEY} x", "key abc y", False),
        (f"key {KEY} x", f"key {KEY} x", True),
        (f"{KEY} {KEY}", "a a", True),
        (f"{KEY} {KEY}", "a b", False),
        (f"{KEY} [[REDACTED:openai_key:2]]", "a b", True),
        (f"{PASSWORD} {KEY} x", "longpass sk-1 x", True),
        (f"pass {PASSWORD}", "pass with blanks", True),
        (f"pass {PASSWORD}", "pass a\nb", False),
        ("[[REDACTED:secret:1]]", "a\nb", True),
        ("a [[REDACTED:secret:1]]", "a a\nb", False),
        ("a [[REDACTED:private_key:1]] x", "a b\nc x", True),
        ("by [[REDACTED:identity:1]].", "by jo.doe.", True),
        ("by [[REDACTED:identity:1]].", "by nobody, so delete it.", False),
        ("mail user1@example.invalid now", "mail jo.doe@corp.io now", True),
        ("mail user1@example.invalid now", "mail everybody you know now", False),
        ("ls /home/user/x", "ls /home/alice/x", True),
        ("ls /home/user/x", "ls /home/alice/y/x", False),
        ("ls /home/user/x /home/user/y", "ls /home/alice/x /home/bob/y", True),
        ("ls C:\\Users\\user\\x", "ls C:\\Users" + "\\Jo Doe\\x", True),
        ("ls %2Fhome%2Fuser%2Fx", "ls %2Fhome%2Fjo%2Fx", True),
        ("rm /tmp/dir-1/x", "rm /tmp/tmpab12cd34/x", True),
        ("rm /tmp/dir-1/x", "rm -r /x", False),
        ("of org-000000000000000000000001", "of org-AbCdEfGhIjKlMnOpQrStUv12", True),
        ("00000000-0000-7000-8000-000000000001", "0199f3a1-0000-7000-8000-000000000000", True),
        ("nothing is redacted", "anything", False),
    ],
)
def test_it_stands_for_no_more_than_that(recorded: str, live: str, expected: bool) -> None:  # noqa: FBT001
    """No blanks in a key, no line's end in a password, and the same secret behind the same placeholder."""
    fits = fits_redacted(recorded, live)

    assert fits is expected


@pytest.mark.parametrize("text", [KEY, "user1@example.invalid", "/home/user/x", "C:\\Users\\user", "/tmp/dir-12"])
def test_what_was_redacted_is_known_by_its_shape(text: str) -> None:
    """A placeholder, or a pseudonym."""
    assert is_redacted(f"see {text} here")


@pytest.mark.parametrize("text", ["", "REDACTED", "/home/" + "users/x", "/usr/user", "me@example.invalid"])
def test_what_only_looks_a_little_like_it_is_not(text: str) -> None:
    """So that it is compared as it is."""
    assert not is_redacted(text)


def test_a_text_without_end_is_compared_in_one_pass() -> None:
    """However many ways there were to tell its secrets apart: else this would not come to an end."""
    assert not fits_redacted(f"{KEY}x[[REDACTED:key:2]]x" * 2_000, "x" * 20_000 + "y")
