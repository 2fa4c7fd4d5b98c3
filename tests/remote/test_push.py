"""Sessions to a URL."""

import threading
from pathlib import Path

import pytest

from pytest_codex_replay.archive.files import Files
from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.reading import open_archive
from pytest_codex_replay.remote.copies import local_copy
from pytest_codex_replay.remote.pull import pull
from pytest_codex_replay.remote.push import push
from pytest_codex_replay.remote.store import Store

CASSETTES = Path(__file__).parents[2] / "cassettes"


def pushed(source, url, **options):
    return {one.name: one.what for one in push(source, url, **options)}


def test_a_cassette_goes_once(url, store):
    """With its digests, last."""
    assert pushed(CASSETTES / "review", url) == {"review": "pushed"}
    assert pushed(CASSETTES / "review", url) == {"review": "unchanged"}
    own = [name for name in store.files() if not name.startswith("shared-values/")]
    assert own == ["review/SHA256SUMS", "review/session.json", "review/traffic.jsonl"]


def test_what_was_not_redacted_stays(record, url, store):
    """Unless its owner says so. Nothing of it was sent."""
    archive = record("a").parent

    with pytest.raises(UsageError, match=r"was not redacted.*--private. Nothing was sent"):
        pushed(archive, url)
    assert store.files() == []
    assert pushed(archive, url, is_private=True) == {"a": "pushed"}


def test_a_cassette_is_looked_at_once_more(url, store):
    """Before anything is sent."""

    def check(path):
        raise UsageError(f"{path.name}: a secret")

    with pytest.raises(UsageError, match="review: a secret"):
        pushed(CASSETTES / "review", url, check=check)
    assert store.files() == []


def test_another_session_is_not_written_over(record, url, talk):
    """It may be of another project. One that went on is."""
    archive = record("a").parent
    pushed(archive, url, is_private=True)
    record("a", "once more")
    assert pushed(archive, url, is_private=True) == {"a": "updated"}
    (archive / "a" / "traffic-0001.jsonl.zst").write_bytes(b"another")

    with pytest.raises(UsageError, match=r"/a: another session of this name is there. To replace it: --force"):
        pushed(archive, url, is_private=True)
    assert pushed(archive, url, is_private=True, force=True) == {"a": "updated"}


def test_a_push_that_broke_off_goes_on(record, url, store):
    """What it sent has no digests yet; the same command ends it."""
    archive = record("a").parent
    record("a", "once more")
    pushed(archive, url, is_private=True)
    for name in ("SHA256SUMS", "traffic-0002.jsonl.zst"):
        store.names.rm(f"{url}/a/{name}")

    assert pushed(archive, url, is_private=True) == {"a": "updated"}
    assert "a/SHA256SUMS" in store.files()
    assert pushed(archive, url, is_private=True) == {"a": "unchanged"}


def test_a_session_that_is_being_recorded_is_left_out(record, url):
    """It is not whole."""
    archive = record("a").parent
    record("b")
    files = Files()
    descriptor = files.open_append(archive / "a" / "traffic-0001.jsonl.zst")
    files.claim(descriptor)

    found = pushed(archive, url, is_private=True)

    files.close(descriptor)
    assert found == {"a": "is being recorded: not pushed", "b": "pushed"}


def test_what_cassettes_share_goes_along(url, tmp_path):
    """Only what these want; a copy elsewhere replays as it does here."""
    pushed(CASSETTES / "review", url)
    turns = [turn.summary() for turn in open_archive(CASSETTES / "review")[0].turns]

    assert [one.what for one in pull(f"{url}/review", tmp_path / "here")] == ["pulled"]

    assert [turn.summary() for turn in open_archive(tmp_path / "here")[0].turns] == turns
    assert [turn.summary() for turn in open_archive(local_copy(f"{url}/review"))[0].turns] == turns
    shared = {path.name for path in (CASSETTES / "shared-values").glob("*.json")}
    assert 0 < len(list((tmp_path / "here" / "shared-values").iterdir())) < len(shared)


def test_some_go_at_a_time_and_are_told_in_order(record, url, store, monkeypatch):
    """One that fails is named; those before it are told, and those that had not begun are not sent."""
    names = [f"{number:02}" for number in range(30)]
    for name in names:
        archive = record(name).parent
    send = Store.send
    at_once = threading.Barrier(2, timeout=30)

    def sent(self, session, files):
        if session in {"00", "01"}:
            at_once.wait()
        if session == "04":
            raise UsageError(f"{self.url}/{session}: cannot be written")
        send(self, session, files)

    monkeypatch.setattr(Store, "send", sent)
    told = push(archive, url, is_private=True)

    assert [next(told).name for _ in range(4)] == names[:4]
    with pytest.raises(UsageError, match="/04: cannot be written"):
        next(told)
    monkeypatch.undo()
    assert [one.name for one in push(archive, url, is_private=True)] == names
