"""Archives behind URLs."""

from uuid import uuid4

import fsspec
import pytest

from pytest_codex_replay.upstream.scenarios import text


@pytest.fixture(autouse=True)
def _cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def url():
    """An archive in a store that lives in this process."""
    place = f"/{uuid4().hex}"
    yield f"memory:/{place}/archive"
    fsspec.filesystem("memory").rm(place, recursive=True) if fsspec.filesystem("memory").exists(place) else None


@pytest.fixture
def store(url):
    """The store: `put` a directory into it."""
    system = fsspec.filesystem("memory")

    class Put:
        names = system

        def put(self, directory, name):
            for path in directory.iterdir():
                system.pipe_file(f"{url}/{name}/{path.name}", path.read_bytes())

        def files(self):
            return sorted(path.rpartition("/archive/")[2] for path in system.find(url))

    return Put()


@pytest.fixture
def record(talk, tmp_path):
    """Write a session with these prompts; it may be there already."""

    def write(name, *prompts):
        client = talk(text())
        for prompt in prompts or ("hello",):
            client.turn(prompt)
        return client.write(tmp_path / "archive" / name)

    return write
