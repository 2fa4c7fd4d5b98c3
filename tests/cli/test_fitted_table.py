"""A table that takes the room that a terminal has."""

import pytest

from pytest_codex_replay.cli.fitted_table import FittedTable

TABLE = FittedTable(
    columns=("id", "size", "state", "text"),
    numbers={"size"},
    elastic={"state", "text"},
    cut="text",
    least_first=("size", "state"),
)
LINES = [{"id": "0123456789", "size": "12 KiB", "state": "complete, 2 failed", "text": "word " * 9}]


@pytest.mark.parametrize(
    ("width", "columns"),
    [
        (100, {"id": 10, "size": 6, "state": 18, "text": 45}),
        (60, {"id": 10, "size": 6, "state": 18, "text": 23}),
        (48, {"id": 10, "size": 6, "state": 9, "text": 20}),
        (42, {"id": 10, "state": 10, "text": 20}),
        (40, {"id": 10, "text": 29}),
        (25, {"id": 8, "text": 20}),
    ],
)
def test_what_has_no_room_is_narrow_then_left_out(width: int, columns: dict[str, int]) -> None:
    """Texts first, then whole columns; an id alone goes on in the next line."""
    assert TABLE.with_room(LINES, width, 1) == columns
