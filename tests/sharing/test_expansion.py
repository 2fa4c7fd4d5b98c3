"""How far compressed traffic expands that is shared."""

import pytest
import zstandard

from pytest_codex_replay.archive.session import Session
from pytest_codex_replay.errors import ArchiveError
from pytest_codex_replay.sharing import expansion
from pytest_codex_replay.sharing.expansion import Expansion, expanded_bytes
from pytest_codex_replay.sharing.redact import redact_archive
from pytest_codex_replay.sharing.scan import Scan
from pytest_codex_replay.sharing.scan_files import scan_paths


@pytest.fixture
def bomb(tmp_path):
    """A session of 200 bytes whose one line is 16 MB."""

    def make(number=1):
        path = tmp_path / "sessions" / f"01a00000-0000-7000-8000-{number:012}"
        path.mkdir(parents=True)
        (path / "traffic-0001.jsonl.zst").write_bytes(zstandard.compress(bytes(16_000_000)))
        return Session(path)

    return make


def test_what_no_recorder_writes_is_not_shared(bomb, tmp_path):
    """It is refused before any of it is read as records."""
    with pytest.raises(ArchiveError, match=r"expands to more than 8,388,608 bytes, 50 times"):
        redact_archive(bomb().path, tmp_path / "out")

    assert not (tmp_path / "out").exists()


def test_it_is_not_expanded_beyond_that(bomb):
    """A session may expand to some bytes however small it is; all that are shared together, to a few times that."""
    looked, shared = [], Expansion()
    for number in range(20):
        with pytest.raises(ArchiveError):
            shared.check(bomb(number))
        looked.append(expanded_bytes(Session(bomb(100 + number).path).segments(), 10_000))

    assert shared._left <= 0
    assert max(looked) <= 2**21


def test_only_the_beginning_of_it_is_scanned(bomb, monkeypatch):
    """The rest is reported."""
    said = []
    scan = Scan()
    texts = []
    monkeypatch.setattr(Scan, "text", lambda _self, _file, text, **_: texts.append(text) or iter(()))

    assert list(scan_paths([bomb().path], scan, said.append)) == []
    assert sum(map(len, texts)) <= expansion.SCANNED_BYTES
    assert len(said) == 1
