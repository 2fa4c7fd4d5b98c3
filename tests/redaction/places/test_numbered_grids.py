"""Codes and words in numbered grids, of which nothing says what they are."""

import pytest

from pytest_codex_replay.redaction.finder import Finder
from pytest_codex_replay.redaction.rules import RULES
from tests.growth import assert_linear, repeated

WORDS = "guard radio question amazing bid annual gallery black oak robust chunk ball".split()


def test_codes_in_columns_are_found() -> None:
    """Eight digits in two groups, numbered."""
    text = "can you lay these out as a card?\n1. 9856 2876     6. 5536 7330\n2. 7884 8588     7. 1532 9040\n"

    found = [one.secret for one in Finder(RULES).find(text)]

    assert found == ["9856 2876", "5536 7330", "7884 8588", "1532 9040"]


def test_words_numbered_down_the_columns_are_found() -> None:
    """As the plate of a wallet has them."""
    rows = [" ".join(f"{at + 1} {WORDS[at]}   " for at in range(row, 12, 4)) for row in range(4)]

    found = [one.secret for one in Finder(RULES).find("from the metal plate:\n" + "\n".join(rows) + "\n")]

    assert found == [WORDS[at] for row in range(4) for at in range(row, 12, 4)]


@pytest.mark.parametrize(
    "text",
    [
        "1 one\n2 two\n3 three\n",
        "1. 9856 2876\n2. see below\n",
        "\n".join(f"{number + 1}. {word}" for number, word in enumerate(WORDS)),
        "1 2023 2024\n2 2024 2025\n",
    ],
)
def test_other_numbered_lines_stay(text: str) -> None:
    """Lists of one column, a few numbers."""
    assert list(Finder(RULES).find(text)) == []


def test_a_long_grid_takes_linear_time() -> None:
    """Whatever stands in its cells."""
    for unit in ("\n2 guard 3 radio", "\n2. 9856 2876", "\n 2 "):
        assert_linear(repeated(unit), Finder(RULES).find, 20_000)
