"""What was told of a session, kept."""

import pytest

from pytest_codex_replay.archive.session import Session
from pytest_codex_replay.index.told import Told, is_kept, keep_told, kept_told, read_state
from pytest_codex_replay.projection.mutations import Mutation
from pytest_codex_replay.projection.reducer import mutations_of


def mutations(archive, name: str) -> tuple[Mutation, ...]:
    return tuple(filter(is_kept, mutations_of(Session(archive / name).records())))


@pytest.mark.parametrize("name", ["two", "loop", "failed"])
def test_what_is_kept_comes_back(archive, database, name) -> None:
    """Of a session alone; of the others nothing is known."""
    told = Told(7, {"key": "title"}, mutations(archive, name))

    keep_told(database, name, read_state(database, name), told)

    found = kept_told(database, name)
    assert found is not None
    assert (found.records, found.titles) == (told.records, told.titles)
    assert list(map(type, found.mutations)) == list(map(type, told.mutations))
    assert [one.turn for one in found.mutations if hasattr(one, "turn")]
    assert kept_told(database, "another") is None


def test_what_another_process_knows_better_is_not_written_over(archive, database) -> None:
    """The session has grown while it was read here."""
    keep_told(database, "two", "another state", Told(1, {}, ()))

    assert kept_told(database, "two") is None
    assert read_state(database, "nowhere") == ""
