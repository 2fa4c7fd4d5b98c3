"""A cell is a secret because of one above it, or beside it."""

import pytest

from pytest_codex_replay.redaction.finder import Finder
from pytest_codex_replay.redaction.rules import RULES
from tests.growth import assert_linear, repeated


@pytest.mark.parametrize(
    "text",
    [
        "<tr><th>User</th><th>Password</th></tr><tr><td>anna</td><td>paper boat</td></tr>",
        "<tr><td>Login</td><td>anna</td></tr>\n<tr><td>Password</td><td><code>paper boat</code></td></tr></table>",
        "====== Data ======\nKey         Value\n---         -----\nusername    anna\nleft        paper boat\n",
    ],
)
def test_a_cell_is_known_by_its_neighbours(text: str) -> None:
    """In HTML, and in what Vault prints."""
    assert "paper boat" in [one.secret for one in Finder(RULES).find(text)]


@pytest.mark.parametrize(
    "text",
    [
        "<tr><th>Field</th><th>Password</th></tr><tr><td>text</td><td>required</td></tr>",
        "<tr><td>Password</td><td>must have 8 characters</td></tr>",
        "<tr><td>User</td><td>Host</td></tr><tr><td>anna</td><td>garden shed</td></tr>",
        "== Data ==\nKey         Value\n---         -----\nusername    anna\ndb_host     garden-shed\n",
    ],
)
def test_other_cells_stay(text: str) -> None:
    """A hint about a password, and what stands beside it."""
    assert Finder(RULES).find(text) == []


@pytest.mark.parametrize("unit", ["<tr><td>password</td>", "<tr>", "<tr><td>a</td><td>password</td></tr>"])
def test_rows_are_read_once(unit: str) -> None:
    """Twice as many take about twice as long."""
    assert_linear(repeated(unit), Finder(RULES).find, 2_000)
