"""Many strings, as words."""

import pytest

from pytest_codex_replay.redaction.views.literals import Literals
from tests.growth import assert_linear


def names(*strings):
    literals = Literals("[A-Za-z0-9]", "[A-Za-z0-9]")
    for string in strings:
        literals.add(string)
    return literals


@pytest.mark.parametrize("others", [0, 100])
@pytest.mark.parametrize(
    ("name", "text", "count"),
    [
        ("janet", "janet janetta xjanet (janet) janet.py janet_x", 4),
        ("janets-box", "janets-box janets janets-boxes", 1),
        ("jane.doe", "jane.doe@x jane doe", 1),
        ("žana", "žana xžana ožana", 1),
        ("Jane Doe", "of Jane Doe, Jane", 1),
        ("janet", "", 0),
    ],
)
def test_they_stand_alone(name, text, count, others):
    """Whether they are few or many."""
    found = list(names(name, *(f"other{number}" for number in range(others))).find(text))

    assert [one for _, one in found] == [name] * count
    assert all(text.startswith(name, at) for at, _ in found)


def test_what_has_no_letter_is_not_found():
    """It could stand anywhere."""
    assert list(names("--").find("-- --")) == []


def test_their_number_costs_nearly_nothing():
    """Names that begin or end alike, in a text of nothing else: twice as many cost twice as much."""

    def find(count):
        strings = [f"same-{number}" for number in range(count)] + [f"{number}-same" for number in range(count)]
        assert len(list(names(*strings).find(" ".join(strings)))) == 2 * count

    assert_linear(int, find, 3_000)
