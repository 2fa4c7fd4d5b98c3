"""What a directory of tables holds."""

import json

import pytest

from pytest_codex_replay.archive.files import Files
from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.interop.table_state import STATE_NAME, TableState

SEEN = (1, "traffic.jsonl:2:3:4", False, "5:6:7")


def written(place, **changed):
    state = TableState(place, has_content=False, sessions={"s": ("2026-11-28", SEEN)})
    Files().close(state.claim())
    state.write()
    if changed:
        file = place / STATE_NAME
        file.write_text(json.dumps(json.loads(file.read_text()) | changed))


def test_it_comes_back(tmp_path):
    """Sessions, their days, what they looked like."""
    written(tmp_path / "t")

    assert TableState.opened(tmp_path / "t", has_content=False).sessions == {"s": ("2026-11-28", SEEN)}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"schema": 9}, "tables of schema 9; this is 1"),
        ({"content": True}, "was written with --content. Type it again"),
        ({"sessions": {"s": {"day": "x", "seen": [1, 2, 3]}}}, "cannot be read"),
        ({"sessions": []}, "cannot be read"),
    ],
)
def test_tables_of_another_kind_are_not_touched(tmp_path, changed, said):
    """One line says what to do."""
    written(tmp_path / "t", **changed)

    with pytest.raises(UsageError, match=said):
        TableState.opened(tmp_path / "t", has_content=False)


def test_of_another_release_all_is_written_anew(tmp_path):
    """It may read more out of the same traffic. The days stay known, so that no row is there twice."""
    written(tmp_path / "t", release="0.0.1")

    state = TableState.opened(tmp_path / "t", has_content=False)

    assert state.sessions["s"][0] == "2026-11-28"
    assert state.sessions["s"][1] != SEEN


def test_a_directory_with_something_else_is_refused(tmp_path):
    """It may be anything."""
    (tmp_path / "mine").write_text("")

    with pytest.raises(UsageError, match="holds no tables"):
        TableState.opened(tmp_path, has_content=False)
    with pytest.raises(UsageError, match="holds no tables"):
        TableState.opened(tmp_path / "mine", has_content=False)


def test_an_export_that_was_killed_before_it_had_a_state_is_nothing(tmp_path):
    """The next one begins in the same directory."""
    for name in (".lock", ".tables.json.123.tmp"):
        (tmp_path / name).write_text("")

    assert TableState.opened(tmp_path, has_content=False).sessions == {}


def test_one_export_at_a_time(tmp_path):
    """The second says so."""
    state = TableState(tmp_path / "t", has_content=False)
    descriptor = state.claim()
    try:
        with pytest.raises(UsageError, match="another export writes to it"):
            state.claim()
    finally:
        Files().close(descriptor)
