"""What the place of a candidate in prose says of it."""

import pytest

from pytest_codex_replay.redaction.prose.judged_places import candidates_in


def places_of(text, value):
    near = [text.index("password")]
    return next(one.places for one in candidates_in(text, near) if text[one.start : one.end] == value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("the password is walnut77", ("before: a copula", "behind: nothing", "password before: a word between")),
        ("walnut77 as the password", ("before: nothing", "behind: as", "password behind: near", "begins its line")),
        ("what is the password?\nwalnut77", ("alone on its line", "line: below a question", "before: a line break")),
        ("what is the password?\nBob: walnut77", ("line: below a question of password", "alone behind who says it")),
        ("it has a password\nthat is walnut77", ("line: below another", "line: below a line of password")),
        ("no, the password is walnut77", ("text: a message", "nouns: strong", "odd words: one", "alike: one")),
        (
            'use the password "walnut77", then',
            ("quoted: by quotes", "before: what names a thing", "behind: the sign ,"),
        ),
        ("my password, please: walnut77 now", ("register: I", "register: please", "behind: now")),
        ("password walnut77 (walnut77)", ("stands again near", "text: short", "password before: beside")),
        ("- the password of x: walnut77", ("line: an item of a list", "line: no sign of code", "ends its line")),
    ],
)
def test_a_place_is_told_in_plain_words(text, said):
    """What is before and behind, how far the nouns are, what the line and the text are like."""
    assert [one for one in said if one not in places_of(text, "walnut77")] == []
