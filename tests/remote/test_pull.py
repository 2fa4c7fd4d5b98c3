"""Sessions from a URL."""

import pytest

from pytest_codex_replay.remote.pull import pull
from pytest_codex_replay.remote.push import push


@pytest.fixture
def pulled(url, tmp_path):
    """Pull; return what became of each session."""
    return lambda: {one.name: one.what for one in pull(url, tmp_path / "here")}


def test_what_was_pushed_comes_back(record, url, pulled, tmp_path):
    """Byte for byte, and once."""
    archive = record("a").parent
    list(push(archive, url, is_private=True))

    assert pulled() == {"a": "pulled"}
    assert pulled() == {"a": "unchanged"}
    assert files(tmp_path / "here") == files(archive)
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "here" / "a").iterdir()} == {0o600}


def test_what_a_killed_pull_left_is_gone(record, url, pulled, tmp_path):
    """With the next one of its session."""
    list(push(record("a").parent, url, is_private=True))
    (tmp_path / "here" / ".a.4711.new").mkdir(parents=True)

    assert pulled() == {"a": "pulled"}
    assert [path.name for path in (tmp_path / "here").iterdir()] == ["a"]


def files(directory):
    return {path.relative_to(directory): path.read_bytes() for path in directory.rglob("*") if path.is_file()}


def test_what_is_damaged_stays_there(record, url, store, pulled, tmp_path):
    """Nothing stands here that is not what was sent."""
    list(push(record("a").parent, url, is_private=True))
    store.names.pipe_file(f"{url}/a/traffic-0001.jsonl.zst", b"damaged")

    assert pulled()["a"].startswith("damaged, or being pushed (traffic-0001.jsonl.zst)")
    assert list((tmp_path / "here").iterdir()) == []


def test_what_another_tool_copied_there_is_not_verified(record, store, pulled):
    """And that is reported."""
    store.put(record("a"), "a")

    assert pulled() == {"a": "pulled, not verified: it has no SHA256SUMS"}


def test_a_session_that_went_on_is_updated(record, url, pulled, tmp_path):
    """Another one of its name stays as it is."""
    archive = record("a").parent
    list(push(archive, url, is_private=True))
    pulled()
    record("a", "once more")
    list(push(archive, url, is_private=True))
    assert pulled() == {"a": "pulled"}
    assert len(list((tmp_path / "here" / "a").glob("traffic-*"))) == 2
    (tmp_path / "here" / "a" / "traffic-0001.jsonl.zst").write_bytes(b"mine")

    assert pulled()["a"].startswith("another session of this name is here")
    assert (tmp_path / "here" / "a" / "traffic-0001.jsonl.zst").read_bytes() == b"mine"


def test_the_settings_of_a_cassette_go_along(record, url, store, pulled, tmp_path):
    """Without them it would be matched otherwise. Those that are here stay."""
    theirs, mine = record("a") / "codex-replay.toml", tmp_path / "here" / "a" / "codex-replay.toml"
    theirs.write_text('match = "loose"\n')
    list(push(theirs.parents[1], url, is_private=True))

    assert pulled() == {"a": "pulled"}
    assert mine.read_text() == 'match = "loose"\n'
    mine.write_text('match = "strict"\n')
    assert pulled() == {"a": "unchanged"}
    record("a", "once more")
    list(push(theirs.parents[1], url, is_private=True))
    assert pulled() == {"a": "pulled"}
    assert mine.read_text() == 'match = "strict"\n'
