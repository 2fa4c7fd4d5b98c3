"""What was told of a session, kept."""

import sqlite3
from collections.abc import Iterable

import orjson
import pytest
import zstandard

from pytest_codex_replay.archive.session import Session
from pytest_codex_replay.index.told import Telling, is_kept, keeping, kept_told, read_state
from pytest_codex_replay.projection.mutations import Mutation, Tombstone, members_of
from pytest_codex_replay.projection.reducer import mutations_of


def mutations(archive, name: str) -> list[Mutation]:
    return [*mutations_of(Session(archive / name).records()), Tombstone(kind="item", key="k", ordinal=1)]


def as_json(some: Iterable[Mutation]) -> bytes:
    return orjson.dumps([[type(one).__name__, members_of(one)] for one in some])


def told(some: list[Mutation], **options: int) -> Telling:
    telling = Telling(**options)
    for one in some:
        telling.add(one)
    return telling


@pytest.mark.parametrize("name", ["two", "loop", "failed"])
@pytest.mark.parametrize("times", [1, 40])
def test_what_is_kept_comes_back(archive, database, name, times) -> None:
    """All of it, or what most ask for; of a session alone; of the others nothing is known."""
    whole = mutations(archive, name) * times

    keeping(read_state(database, name), 7, {"key": "title"}, told(whole))(database, name)

    found, some = kept_told(database, name, is_whole=True), kept_told(database, name)
    assert found is not None
    assert some is not None
    assert (found.records, found.titles) == (7, {"key": "title"})
    assert as_json(found.mutations) == as_json(found.mutations) == as_json(whole)
    assert as_json(some.mutations) == as_json(filter(is_kept, whole))
    assert kept_told(database, "another") is None


def test_of_what_grows_too_long_some_is_kept(archive, database) -> None:
    """Texts that came in very many pieces: all of it has to be read."""
    whole = mutations(archive, "loop") * 100

    keeping(read_state(database, "loop"), 7, {}, told(whole, most_bytes=100))(database, "loop")

    assert kept_told(database, "loop", is_whole=True) is None
    assert kept_told(database, "loop") is not None


def test_damage_is_told_before_anything_is(archive, database) -> None:
    """The index is made anew then."""
    keeping(read_state(database, "loop"), 7, {}, told(mutations(archive, "loop")))(database, "loop")
    (body,) = database.execute("SELECT body FROM kept WHERE kind = 'told-some'").fetchone()
    database.execute("UPDATE kept SET body = ? WHERE kind = 'told-some'", (body[:30] + b"\0\0" + body[32:],))

    with pytest.raises(sqlite3.DatabaseError, match="what is kept of a session cannot be read"):
        kept_told(database, "loop")


def test_what_was_told_has_values_within_limits(archive, database) -> None:
    """An index of a stranger may hold a row of millions: the session is read."""
    keeping(read_state(database, "loop"), 7, {}, told(mutations(archive, "loop")))(database, "loop")
    body = zstandard.compress(b'{"kept":[%b0]}' % (b"{}," * 1_000_000))
    database.execute("UPDATE kept SET body = ? WHERE kind = 'told-some'", (body,))

    assert kept_told(database, "loop") is None


def test_what_another_process_knows_better_is_not_written_over(database) -> None:
    """The session has grown while it was read here."""
    keeping("another state", 1, {}, Telling())(database, "two")

    assert kept_told(database, "two") is None
    assert read_state(database, "nowhere") == ""


def test_the_members_of_a_mutation_are_its_own() -> None:
    """By name, as a program sees them."""
    assert members_of(Tombstone(kind="item", key="k", ordinal=1)) == {"kind": "item", "key": "k", "ordinal": 1}
