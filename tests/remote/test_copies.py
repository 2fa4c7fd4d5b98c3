"""Copies of remote sessions."""

import pytest

from pytest_codex_replay.reading import open_archive
from pytest_codex_replay.remote.copies import local_copy


@pytest.fixture
def fetched(url):
    """Bring the copy up to date; return how many sessions that took, and its path."""

    def fetch(name=""):
        told = []
        path = local_copy(f"{url}/{name}".rstrip("/"), lambda count, _: told.append(count))
        return sum(told), path

    return fetch


def test_what_did_not_change_is_not_fetched(record, store, fetched):
    """Only what is new or has changed."""
    for name in "ab":
        store.put(record(name), name)
    first, path = fetched()
    store.put(record("b", "once more"), "b")

    again, _ = fetched()
    nothing, _ = fetched()

    assert (first, again, nothing) == (2, 1, 0)
    assert sorted(one.parent.name for one in path.glob("*/traffic-*")) == ["a", "b", "b"]


def test_a_copy_is_private(record, store, fetched):
    """As the archive is."""
    store.put(record("a"), "a")

    _, path = fetched()

    assert path.stat().st_mode & 0o777 == 0o700
    assert {one.stat().st_mode & 0o777 for one in path.rglob("traffic*")} == {0o600}


def test_what_went_there_goes_here(record, store, fetched, url):
    """Sessions, and files of one."""
    for name in "ab":
        store.put(record(name), name)
    store.names.pipe_file(f"{url}/a/rollout-x.jsonl", b"{}\n")
    _, path = fetched()
    store.names.rm(f"{url}/b", recursive=True)
    store.names.rm(f"{url}/a/rollout-x.jsonl")

    fetched()

    assert open_archive(path).ids == ("a",)
    assert not (path / "a" / "rollout-x.jsonl").exists()


def test_one_session_is_fetched_alone(record, store, fetched):
    """Into the copy of its archive."""
    for name in "ab":
        store.put(record(name), name)

    count, path = fetched("a")

    assert (count, path.name) == (1, "a")
    assert open_archive(path.parent).ids == ("a",)
    assert fetched()[0] == 1


def test_a_copy_that_was_touched_is_fetched_again(record, store, fetched):
    """A file of another size, or a state that cannot be read."""
    store.put(record("a"), "a")
    _, path = fetched()
    (path / "a" / "traffic-0001.jsonl.zst").write_bytes(b"")

    assert fetched()[0] == 1
    (path / "a" / ".remote.json").write_text("?")
    assert fetched()[0] == 1
    assert len(open_archive(path)[0].turns) == 1
