"""The texts in a JSON value."""

import json

import pytest

from pytest_codex_replay.projection.leaves import leaves, legible, rest_of
from tests.growth import assert_linear

INNER = {"results": [{"text": 'He said "no".\n'}], "id": "gone"}


@pytest.mark.parametrize(
    ("value", "texts"),
    [
        ("plain", ["plain"]),
        ({"b": ["x", {"c": "y"}], "a": 1}, ["x", "y"]),
        ({"output": json.dumps(INNER)}, ['He said "no".\n']),
        ({"output": json.dumps([json.dumps(INNER)])}, ['He said "no".\n']),
        ({"type": "message", "status": "completed", "encrypted_content": "gA" * 300}, []),
        ({"properties": {"type": {"description": "Its type."}}}, ["Its type."]),
        ({"image_url": "data:image/png;base64," + "iVBO" * 200, "other": "iVBO"}, ["iVBO"]),
        ("{not json", ["{not json"]),
        ('{"lone": "\\ud800"}', ['{"lone": "\\ud800"}']),
        ("", []),
    ],
)
def test_texts_inside_texts_are_opened(value, texts):
    """But for types, ids, and what is encrypted or base64."""
    assert list(leaves(value)) == texts


def test_what_stands_elsewhere_is_left_out():
    """Each of the others once."""
    assert rest_of({"a": "one", "b": ["two", "two", "three"]}, ["one and", "", "three"]) == "two"


def test_hundreds_of_texts_in_a_long_one_are_known():
    """As those of Codex's tools, which are listed in JSON."""
    texts = [f"what tool {number} does {'and how ' * 20}" for number in range(900)]

    assert rest_of(texts, [" ".join(texts)]) == ""


def test_json_is_followed_by_what_it_spells_otherwise():
    """So that both what is written and what is meant can be found."""
    assert legible({"a": 'say "hi"', "b": "plain"}) == '{"a":"say \\"hi\\"","b":"plain"}\x1esay "hi"'
    assert legible({"b": "plain"}) == '{"b":"plain"}'


def test_thousands_of_short_texts_are_looked_for_in_linear_time() -> None:
    """A long text has all of them, each in a line."""

    def texts(size: int) -> list[str]:
        return [str(number) for number in range(size)]

    assert_linear(texts, lambda found: rest_of(found, ["\n".join(found)]), 10_000)
    assert_linear(texts, lambda found: rest_of(found, [" ".join(found)]), 10_000)
