"""docs/api.md says what the docstrings say."""

import re
import runpy
from importlib.util import find_spec
from pathlib import Path

import pytest

import pytest_codex_replay

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def made() -> str:
    """The page, made anew."""
    if find_spec("griffe2md") is None:
        pytest.fail("griffe2md is not installed: pip install -e '.[test,lint]'")
    text = runpy.run_path(str(ROOT / "docs" / "make_api.py"))["page"]()
    assert isinstance(text, str)
    return text


def test_it_is_fresh(made):
    """`make api` writes it."""
    assert made == PAGE


def test_it_has_all_that_is_public():
    """A section each, and no other."""
    sections = re.findall(r"^## `(\w+)`$", PAGE, re.MULTILINE)

    assert sorted(sections) == [name for name in pytest_codex_replay.__all__ if name != "__version__"]


def test_its_links_lead_somewhere():
    """To sections of its own."""
    sections = {name.lower() for name in re.findall(r"^## `(\w+)`$", PAGE, re.MULTILINE)}

    assert set(re.findall(r"\]\(#([^)]*)\)", PAGE)) <= sections
    assert "](#" in PAGE
