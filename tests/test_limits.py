"""What is read at most."""

import pytest

from pytest_codex_replay.limits import (
    DIFFERENT_TEXTS,
    JSON_VALUES,
    ROUGH_VALUES,
    SECRETS,
    SEGMENT_BYTES,
    SEGMENT_RATIO,
    TEXTS,
    TRIES,
    TRIES_BY_BYTE,
    TextCount,
    TooManyTextsError,
    ValueCount,
    expansion_of,
    is_light,
    plain_requests_of,
    shared_requests_of,
    values_in,
)


@pytest.mark.parametrize("unit", [b"0,", b"{},", b"[],", b'{"a":1},', b'"a",'])
def test_values_are_counted(unit):
    """By what separates them, whatever they are."""
    assert is_light(b"[" + unit * 1000 + b"0]")
    assert not is_light(b"[" + unit * (2 * JSON_VALUES) + b"0]")


def test_what_stands_in_a_text_is_no_value():
    """A long table that a tool printed is one text, escapes and all."""
    assert is_light(b'["' + rb"1,2,\",[{" * 500_000 + b'"]')


@pytest.mark.parametrize(
    ("text", "light"), [(b'"' + b",\\" * 2_000_000 + b",", True), (b'\\"' * 2_000_000 + b"," * 600_000, False)]
)
def test_what_is_no_json_is_counted_once(text, light):
    """A text without an end takes the rest; looking for its end from each place would take hours."""
    assert is_light(text) == light


def test_values_are_counted_wherever_a_text_is_cut():
    """In a name, behind a backslash, between two."""
    json_text = rb'{"a,":"x,\"[\\","b":[1,"\\"]}'
    for first in range(len(json_text)):
        for second in range(first, len(json_text)):
            count = ValueCount()
            pieces = json_text[:first], json_text[first:second], json_text[second:]
            assert [count.add(piece, 10) for piece in pieces][-1] == 4


def test_of_many_values_one_over_the_most_is_enough():
    """A table that is a text has none. Of few, it does not matter."""
    assert values_in(b'["' + b"1," * ROUGH_VALUES + b'",2]') == 2
    assert values_in(b'["1,2",3]') == 3
    assert values_in(b"[" + b"1," * 2 * JSON_VALUES + b"1]") == JSON_VALUES + 1


def test_a_segment_expands_to_a_multiple_of_its_bytes():
    """And a short one to what a line may need."""
    assert expansion_of(100) == SEGMENT_BYTES
    assert expansion_of(SEGMENT_BYTES) == SEGMENT_RATIO * SEGMENT_BYTES


@pytest.mark.parametrize(("stored", "plain"), [(81, 1233), (133, 1233), (254, 2113)])
def test_ten_thousand_calls_of_a_line_may_be_shared(stored, plain):
    """Bytes of each, kept by a recorder and in a cassette: over a WebSocket, at once and in time, and over HTTP."""
    assert shared_requests_of(10_000 * stored) > 10_000
    assert plain_requests_of(10_000 * plain) > 10_000


def test_ten_thousand_calls_may_have_four_different_texts_each():
    """Two ids, what the user says and what the model says: such a session is shared."""
    count = TextCount(10_000 * 81)

    for _ in range(40_000):
        count.add_different()
    for _ in range(10_000 * 45):
        count.add()


def test_texts_are_counted():
    """A small file may hold any number of short ones."""
    count = TextCount(0)
    for _ in range(TEXTS):
        count.add()
    count.add_different(DIFFERENT_TEXTS)

    with pytest.raises(TooManyTextsError, match=f"more than {TEXTS:,} texts"):
        count.add()
    with pytest.raises(TooManyTextsError, match=f"more than {DIFFERENT_TEXTS:,} different texts"):
        count.add_different()


def test_values_that_are_replaced_count_less_than_texts():
    """Seed data of twenty thousand users is one text with as many addresses, each found and learnt."""
    count = TextCount(26_000)

    count.add_different()
    for _ in range(2):
        count.add_values(16_000)
    with pytest.raises(TooManyTextsError):
        count.add_values(20_000)


def test_ten_thousand_passwords_are_redacted():
    """In however few bytes. One that came before does not count: outputs of tools repeat them."""
    count = TextCount(0)

    for number in 2 * [*range(SECRETS)]:
        count.add_secret(f"Tiger!{number}")
    with pytest.raises(TooManyTextsError, match=f"more than {SECRETS:,} different secrets"):
        count.add_secret("Lion!1")

    assert SECRETS > 10_000


def test_tries_of_rules_are_counted():
    """A word of a rule may stand at each ninth character of a text that compresses to nothing."""
    count = TextCount(100)

    count.add_tries(TRIES + 100 * TRIES_BY_BYTE)
    with pytest.raises(TooManyTextsError, match="tries of rules"):
        count.add_tries(1)


def test_two_counts_together_have_the_limits_of_both():
    """What one counted above its own limit does not take from the other; a secret of both is one."""
    first, second = TextCount(0), TextCount(0)
    first.add_secret("a")
    second.add_secret("a")
    with pytest.raises(TooManyTextsError):
        second.add_tries(9 * TRIES)

    first.join(second)
    first.add_tries(TRIES)
    for number in range(2 * SECRETS - 1):
        first.add_secret(str(number))

    with pytest.raises(TooManyTextsError):
        first.add_tries(1)
    with pytest.raises(TooManyTextsError):
        first.add_secret("b")
