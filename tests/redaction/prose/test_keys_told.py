"""Keys in sentences that speak of one."""

import pytest

from pytest_codex_replay.redaction.finder import Finder
from pytest_codex_replay.redaction.prose.keys_told import KEYS_TOLD
from tests.growth import assert_linear, repeated

HEX, MIXED = "c43f874fca12df8e10b3" + "b1c267bc5062", "SC9cLjQUxh54fy8jCX" + "VsJtRSN0TjtUoT"


def found_in(text):
    return [text[one.start : one.end] for one in Finder((KEYS_TOLD,)).find(text)]


@pytest.mark.parametrize("value", [HEX, MIXED])
@pytest.mark.parametrize(
    "text",
    [
        "Use my weather key @ for the calls and cache the response",
        "the tracking provider gave us a key: @. header is X-Tracking-Key",
        "it needs a bearer token, this one works until friday @",
        "My username is rc-datalab and the key I downloaded today says @",
        "replace YOUR_API_KEY with @ in the script and run it",
        "With your key (`@`) the second one returned 200",
        "The value `@` looks like a live auth token. Move it",
    ],
)
def test_a_sentence_calls_a_random_value_a_key(text, value):
    """Behind the noun with any words between, or before it."""
    assert found_in(text.replace("@", value)) == [value]


def test_a_sentence_may_tell_two():
    """The one behind the other."""
    other = MIXED[::-1]

    assert found_in(f"The token of project 212 is {MIXED} and the one of 340 is {other}.") == [MIXED, other]


@pytest.mark.parametrize(
    "text",
    [
        f"the cache key is {HEX}",
        f"the key changed in commit {HEX}45fc1048",
        f"the idempotency key {HEX} was used twice",
        f"Add the signing key {HEX.upper()}45FC1048",
        f"the token is expired. See trace {HEX}",
        f"key = lookup({HEX})",
        "the secret is rotated every thirty days",
    ],
)
def test_digests_and_ids_stay(text):
    """They look the same, and their sentences name them, or end before them."""
    assert found_in(text) == []


def test_hostile_text_takes_linear_time():
    """Many nouns, and many runs that are none."""
    for piece in ("key ", "token: ", "a_KEY ", f"key {'z' * 40} ", f"{HEX} "):
        assert_linear(repeated(piece), found_in, 100_000)
