"""Where sessions are."""

import json
from uuid import uuid4

import fsspec
import pytest

from pytest_codex_replay.archive.files import Files
from pytest_codex_replay.archive.session import Session
from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.spark.places import place_at


@pytest.fixture(params=["path", "url"])
def place(request, record, tmp_path, monkeypatch):
    """An archive of two sessions with manifests; and a function that gives its place anew."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for name in "ab":
        (record(name) / "session.json").write_text(json.dumps(Session(tmp_path / "archive" / name).manifest()))
    url = f"memory://{uuid4().hex}/archive"

    def give():
        if request.param == "path":
            return place_at(str(tmp_path / "archive"))
        for path in (tmp_path / "archive").rglob("*.*"):
            fsspec.filesystem("memory").pipe_file(f"{url}/{path.parent.name}/{path.name}", path.read_bytes())
        return place_at(url)

    return give


def test_sessions_are_listed_without_being_read(place):
    """With what tells that one has changed."""
    first, second = place().sessions()

    assert [first.name, second.name] == ["a", "b"]
    assert first.stamp != second.stamp
    assert list(first.sizes) == ["traffic-0001.jsonl.zst"]
    assert not first.is_live


def test_a_session_that_changed_has_another_stamp(place, record):
    """The others have theirs."""
    before = {one.name: one.stamp for one in place().sessions()}
    record("a", prompt="once more")

    after = {one.name: one.stamp for one in place().sessions()}

    assert next(name for name in before if before[name] != after[name]) == "a"


def test_a_manifest_says_when_and_which_model(place):
    """Without the traffic."""
    here = place()

    glances = here.glances(here.sessions())

    assert set(glances) == {"a", "b"}
    assert glances["a"].manifest["models"] == ["gpt-5.4"]
    assert glances["a"].began < glances["a"].ended


@pytest.mark.parametrize("text", ["?", "[]", '{"segments": []}', None])
def test_a_manifest_that_says_nothing_is_left_out(place, tmp_path, text):
    """Or one that is not of what is there now: then the session is read."""
    manifest = tmp_path / "archive" / "a" / "session.json"
    manifest.write_text(text or manifest.read_text().replace('"bytes": ', '"bytes": 1'))
    here = place()

    assert set(here.glances(here.sessions())) == {"b"}


def test_the_paths_are_here(place):
    """Those of a URL are of copies."""
    assert [Session(path).name for path in place().paths(["b", "a"])] == ["b", "a"]


def test_a_session_that_is_being_recorded_is_known(record, tmp_path):
    """By its claim."""
    path = record("a") / "traffic-0001.jsonl.zst"
    files = Files()
    descriptor = files.open_append(path)
    files.claim(descriptor)

    (found,) = place_at(str(tmp_path / "archive")).sessions()

    files.close(descriptor)
    assert found.is_live


def test_a_place_that_does_not_exist_is_one_line():
    """Path or URL."""
    with pytest.raises(UsageError, match="no such directory"):
        place_at("/nowhere")
    with pytest.raises(UsageError, match="Protocol not known"):
        place_at("nowhere://a/b")
