"""The schema of the tables, and where it is written down."""

from pathlib import Path

import pytest

from pytest_codex_replay.interop.tables import SCHEMA_VERSION, TABLES, columns_of

PAGE = (Path(__file__).parents[2] / "docs" / "tables.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("table", TABLES)
def test_each_column_is_written_down(table):
    """In order, with its type; what needs `--content` is marked."""
    rows = "\n".join(
        f"| `{one.name}` | {one.type}{', content' if one.is_content else ''} | {one.about} |" for one in TABLES[table]
    )

    assert f"## {table}\n\n| column | type | what it is |\n|---|---|---|\n{rows}\n" in PAGE


def test_the_version_is_written_down():
    """Readers check it."""
    assert f"Schema version {SCHEMA_VERSION}." in PAGE


def test_content_is_left_out_unless_it_is_asked_for():
    """What people, the model and tools said."""
    assert [one.name for one in TABLES["turns"] if one not in columns_of("turns", has_content=False)] == [
        "prompt",
        "text",
        "error",
    ]
    assert columns_of("turns", has_content=True) == TABLES["turns"]
