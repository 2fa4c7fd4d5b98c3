"""Which releases of Codex replay each other's recordings."""

import re
from pathlib import Path

import pytest

from pytest_codex_replay.codex.releases import LOOSE, NORMAL, release_in, support_of

MATRIX = Path(__file__).parents[2] / "docs" / "compatibility.md"


def test_the_releases_are_those_of_the_matrix():
    """`make versions` writes the table; a new result in it is a change here."""
    rows = re.findall(r"^\| ([\d.]+) \|.*\| (.*) \| (.*) \|$", MATRIX.read_text("utf-8"), re.MULTILINE)
    tried = [(release_in(name), "loose" not in first + second) for name, first, second in rows]

    normal = [release for release, is_normal in tried if is_normal]
    assert (min(normal), max(normal)) == NORMAL
    assert min(release for release, _ in tried) == LOOSE


@pytest.mark.parametrize(
    ("printed", "is_supported", "what"),
    [
        ("codex-cli 0.171.0", True, "supported"),
        ("codex-cli 0.162.1", True, "supported"),
        ("codex-cli 0.172.0-alpha.1", False, "newer"),
        ("codex-cli 0.160.0", False, "loose"),
        ("codex-cli 0.99.0", False, "older"),
        ("codex", False, "unknown"),
    ],
)
def test_what_is_known_of_a_release(printed, is_supported, what):
    """As `codex --version` prints it."""
    found, text = support_of(release_in(printed))

    assert found == is_supported
    assert what in text
