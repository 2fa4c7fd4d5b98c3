"""Which lines speak of access, and which are beside those."""

import pytest

from pytest_codex_replay.sharing.review.access_lines import access_lines, has_secret
from tests.growth import assert_linear, repeated


def lines(text, *, is_spoken=False):
    return [text[one.begin : one.end] for one in access_lines(text, is_spoken=is_spoken)]


LONG = "The quick brown fox jumps over the lazy dog.\n" * 40


@pytest.mark.parametrize(
    "cue", ["the wifi of the shop", "ssh to it", "[[REDACTED:password:1]]", "la alarma", "unlocks"]
)
def test_a_line_with_a_cue_is_looked_at(cue):
    """A word of access in any language, or what stands for a secret; in a long text no other line but those beside."""
    found = lines(f"{LONG}{cue}\n{LONG}")

    assert cue in found
    assert len(found) <= 4


@pytest.mark.parametrize("text", ["assshore", "[[REDACTED:email:1]]", "The quick brown fox"])
def test_a_line_without_a_cue_is_left_out(text):
    """A short cue is a word of its own; the name of a person tells nothing."""
    assert lines(f"{LONG}{text}\n{LONG}") == []


def test_of_a_short_message_each_line_is_looked_at():
    """Whatever it speaks of; it tells whether a cue is in it."""
    (only,) = access_lines("it's sardine parade again", is_spoken=True)

    assert not only.is_near
    assert lines("the vpn\n\nis down", is_spoken=True) == ["the vpn", "is down"]


def test_only_some_lines_of_a_long_text_are_looked_at():
    """However many speak of access."""
    assert len(lines("the password\n" * 500)) == 12


def test_a_placeholder_of_a_name_is_no_secret():
    """That of a person, or of a machine."""
    assert has_secret("[[REDACTED:token:1]]", 0, 20)
    assert not has_secret("[[REDACTED:person:1]]", 0, 21)


@pytest.mark.parametrize("unit", ["password\n", "ssh ", "[[REDACTED:token:1]] "])
def test_many_cues_take_time_by_their_number(unit):
    """Also where all of a text are cues."""
    assert_linear(repeated(unit), lines, 8_000)
