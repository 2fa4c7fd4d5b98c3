"""What is behind a URL."""

import hashlib
import re
import sys
from pathlib import Path

import pytest

from pytest_codex_replay.archive.manifest import MANIFEST
from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.remote.store import RemoteFile, RemoteSession, Store, is_session_file


def test_an_archive_is_listed(record, store, url):
    """Session directories, and of these only what belongs to a session."""
    store.put(record("a"), "a")
    store.names.pipe_file(f"{url}/a/evil.py", b"x")
    store.names.pipe_file(f"{url}/other/readme.md", b"x")
    store.names.pipe_file(f"{url}/shared-values/{'0' * 32}.json", b"{}")

    archive, sessions = Store(f"{url}/").sessions()

    assert archive.url == url
    assert {name: sorted(one.files) for name, one in sessions.items()} == {
        "a": ["traffic-0001.jsonl.zst"],
        "shared-values": [f"{'0' * 32}.json"],
    }
    assert sessions["a"].size > 0


@pytest.mark.parametrize("name", ["abc-1", "abc"])
def test_one_session_may_be_named(record, store, url, name):
    """Or the beginning of its name."""
    store.put(record("abc-1"), "abc-1")

    archive, sessions = Store(f"{url}/{name}").sessions()

    assert (archive.url, list(sessions)) == (url, ["abc-1"])


def test_an_archive_is_named_in_full(record, store, url):
    """Another archive whose name begins so may be someone else's."""
    store.put(record("a"), "a")
    store.put(record("b"), "b")

    with pytest.raises(UsageError, match="/arch: no session in it"):
        Store(url.removesuffix("ive")).sessions()


def test_a_beginning_of_several_is_refused(record, store, url):
    """With their names."""
    for name in ("abc-1", "abc-2"):
        store.put(record(name), name)

    with pytest.raises(UsageError, match=r"several sessions begin so: abc-1, abc-2"):
        Store(f"{url}/abc").sessions()


def test_a_place_without_sessions_is_refused(url, store):
    """Before anything is fetched."""
    store.names.pipe_file(f"{url}/x/readme.md", b"x")

    with pytest.raises(UsageError, match="no session in it"):
        Store(url).sessions()


@pytest.mark.parametrize("url", ["memory://", "memory://a/.."])
def test_an_archive_has_a_name(url):
    """A copy is kept under it."""
    with pytest.raises(UsageError, match="names no archive"):
        Store(url)


def test_the_missing_extra_is_named(monkeypatch):
    """With what to type."""
    monkeypatch.setitem(sys.modules, "fsspec", None)

    with pytest.raises(UsageError, match=r"pip install 'pytest-codex-replay\[remote\]'"):
        Store("s3://b/a")


def test_an_unknown_protocol_is_named():
    """As fsspec says it."""
    with pytest.raises(UsageError, match="Protocol not known"):
        Store("nothing://b/a")


@pytest.mark.parametrize("name", ["rollout-../x.jsonl", "x", "session.json.bak", "rollout-a\n.jsonl", ".remote.json"])
def test_what_is_not_of_a_session(name):
    """Whatever the store holds."""
    assert not is_session_file(name)


def test_a_file_that_does_not_exist(url):
    """It is not an error."""
    assert Store(url).read("a", "SHA256SUMS") is None
    assert Store(url).digest("a", "traffic-0001.jsonl.zst") is None
    assert list(Store(url).manifests({"a": RemoteSession("a", {MANIFEST: RemoteFile(1, "")})})) == []
    assert Store(url).existing() == {}


def test_a_small_file_that_is_long_is_not_held(store, url, monkeypatch):
    """A store of a stranger may hold anything; of a long file, the digest is made piece by piece."""
    monkeypatch.setattr("pytest_codex_replay.remote.store.MANIFEST_BYTES", 3)
    monkeypatch.setattr("pytest_codex_replay.remote.store._TOGETHER_BYTES", 4)
    for name, text in ("a", b"{}"), ("b", b"[]"), ("c", b"{ }"), ("d", b"{  }"):
        store.names.pipe_file(f"{url}/{name}/session.json", text)
        store.names.pipe_file(f"{url}/{name}/traffic.jsonl", b"x")
    archive, sessions = Store(url).sessions()

    assert list(archive.manifests(sessions)) == [("a", b"{}"), ("b", b"[]"), ("c", b"{ }")]
    assert archive.read("c", "session.json") == b"{ }"
    assert archive.digest("d", "session.json") == hashlib.sha256(b"{  }").hexdigest()
    with pytest.raises(UsageError, match=r"d/session\.json: longer than the 3 bytes that are read"):
        archive.read("d", "session.json")


def test_all_that_a_session_directory_holds_is_of_the_session():
    """By the table of docs/format.md."""
    text = (Path(__file__).parents[2] / "docs" / "format.md").read_text(encoding="utf-8")
    names = re.findall(r"^    (\S+)  ", text.partition("<archive>/.index.db")[0], re.MULTILINE)

    assert len(names) == 8
    assert all(is_session_file(name.replace("*", "x").replace("[.zst]", "")) for name in names)
