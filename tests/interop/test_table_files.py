"""Tables as Parquet files."""

import pyarrow.parquet
import pytest

from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.interop.table_files import write_day
from pytest_codex_replay.interop.tables import FILE_NAME

DAY = "2026-11-28"


def read(place, table="turns"):
    return pyarrow.parquet.ParquetFile(place / table / f"day={DAY}" / FILE_NAME).read()


def turn(session, number=1, **more):
    return "turns", {"session": session, "turn": number, **more}


def write(place, *rows, drop=(), has_content=False):
    write_day(place, DAY, rows, drop, has_content=has_content)


def test_rows_come_back_with_their_types(tmp_path):
    """Times in UTC, lists, numbers; what a row does not name is null; content is left out."""
    write(tmp_path, turn("a", started_at=1_790_000_000_000_001, transports=("sse",), retries=1, prompt="hidden"))

    table = read(tmp_path)

    (row,) = table.to_pylist()
    assert row["started_at"].isoformat() == "2026-09-21T14:13:20.000001+00:00"
    assert (row["transports"], row["retries"], row["model"]) == (["sse"], 1, None)
    assert "prompt" not in table.column_names


def test_files_are_private_and_compressed_with_zstd(tmp_path):
    """As private as what they are made from."""
    write(tmp_path, turn("a"))

    file = tmp_path / "turns" / f"day={DAY}" / FILE_NAME
    assert file.stat().st_mode & 0o777 == 0o600
    assert pyarrow.parquet.ParquetFile(file).metadata.row_group(0).column(0).compression == "ZSTD"


def test_a_table_without_rows_is_no_file(tmp_path):
    """Also when its rows go."""
    write(tmp_path, turn("a"))
    write(tmp_path, drop={"a"})

    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_the_rows_of_a_session_are_replaced_and_all_others_stay(tmp_path):
    """Once each, however often it is written."""
    write(tmp_path, turn("a"), turn("b"))
    for _ in range(2):
        write(tmp_path, turn("b", 1), turn("b", 2), drop={"b"})

    assert [(row["session"], row["turn"]) for row in read(tmp_path).to_pylist()] == [("a", 1), ("b", 1), ("b", 2)]


def test_a_column_that_an_older_file_lacks_is_null(tmp_path):
    """Columns are added without a new version."""
    write(tmp_path, turn("a"))
    file = tmp_path / "turns" / f"day={DAY}" / FILE_NAME
    pyarrow.parquet.write_table(read(tmp_path).drop_columns(["tool_ms"]), file)

    write(tmp_path, turn("b", tool_ms=2.0))

    assert read(tmp_path)["tool_ms"].to_pylist() == [None, 2.0]


def test_what_fails_leaves_the_files_as_they_were(tmp_path):
    """And nothing beside them."""
    write(tmp_path, turn("a"))

    def rows():
        yield turn("b")
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        write_day(tmp_path, DAY, rows(), (), has_content=False)

    assert read(tmp_path)["session"].to_pylist() == ["a"]
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == [FILE_NAME]


def test_what_a_killed_export_left_is_written_over(tmp_path):
    """It was never put in place."""
    (tmp_path / "turns" / f"day={DAY}").mkdir(parents=True)
    (tmp_path / "turns" / f"day={DAY}" / f".{FILE_NAME}.tmp").write_text("half")

    write(tmp_path, turn("a"))

    assert read(tmp_path)["session"].to_pylist() == ["a"]


@pytest.mark.parametrize(
    ("column", "value", "kept"),
    [
        ("model", "a\ud800", "a?"),
        ("model", {"a": 1}, '{"a":1}'),
        ("retries", 1 << 63, None),
        ("retries", "many", None),
        ("is_rolled_back", "yes", None),
        ("tool_ms", "long", None),
        ("transports", ["a\ud800", None], ["a?", None]),
        ("started_at", 1e300, None),
    ],
)
def test_traffic_may_hold_any_value(tmp_path, column, value, kept):
    """One that a column cannot hold costs no other."""
    write(tmp_path, turn("a", **{column: value}), turn("b"))

    assert read(tmp_path)[column].to_pylist() == [kept, None]


def test_many_rows_are_several_groups(tmp_path):
    """So that memory stays small; with content, by its size."""
    write(tmp_path, *(turn("a", number, prompt="x" * 2_500_000) for number in (1, 2, 3)), has_content=True)

    assert pyarrow.parquet.ParquetFile(tmp_path / "turns" / f"day={DAY}" / FILE_NAME).num_row_groups == 2
    assert read(tmp_path)["turn"].to_pylist() == [1, 2, 3]


def test_a_damaged_file_is_left_as_it_is(tmp_path):
    """What it held is not lost with the next session of the day."""
    write(tmp_path, turn("a"))
    file = tmp_path / "turns" / f"day={DAY}" / FILE_NAME
    damaged = file.read_bytes()[:-50]
    file.write_bytes(damaged)

    with pytest.raises(UsageError, match=r"part\.parquet: is damaged .* Export into a new directory"):
        write(tmp_path, turn("b"))

    assert [path.read_bytes() for path in (tmp_path / "turns").rglob("*.*t")] == [damaged]
