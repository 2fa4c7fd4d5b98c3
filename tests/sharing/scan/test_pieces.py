"""A file as texts that a scan can hold."""

import gzip
import io
import tracemalloc

import pytest

from pytest_codex_replay.sharing import expansion
from pytest_codex_replay.sharing.expansion import Expansion
from pytest_codex_replay.sharing.scan import pieces as scan_pieces
from pytest_codex_replay.sharing.scan.content import scan_bytes
from pytest_codex_replay.sharing.scan.files import scan_paths
from pytest_codex_replay.sharing.scan.pieces import Stored, texts_of
from pytest_codex_replay.sharing.scan.scan import Scan

SECRET = "ghp_" + "a1B2c3D4e5" * 4
BEGIN, END = (f"-----{what} " + "PRIVATE KEY-----\n" for what in ("BEGIN", "END"))
KEY = BEGIN + "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC\n" * 20 + END


@pytest.fixture(autouse=True)
def _small(monkeypatch):
    """Pieces that a test can hold."""
    for name, value in {"_CHUNK_BYTES": 512, "PIECE_BYTES": 2048, "OVERLAP_BYTES": 1024}.items():
        monkeypatch.setattr(scan_pieces, name, value)
    monkeypatch.setattr(scan_pieces, "SCANNED_LINE_BYTES", 8192)


def looked(raw):
    said = []
    return [str(one) for one in scan_bytes("a", raw, Scan(), said.append)], said


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "utf-16-le"])
@pytest.mark.parametrize("lines", range(60, 80))
def test_a_secret_is_found_once_wherever_a_piece_ends(encoding, lines):
    """With the line and the column that it has in the file."""
    text = "some words or other\n" * lines + f"a {SECRET}\n" + "some words\n" * 400

    assert looked(text.encode(encoding)) == ([f"a:{lines + 1}: github_token:1: column 3"], [])


@pytest.mark.parametrize("lines", range(0, 100, 5))
def test_a_secret_of_several_lines_is_found_across_pieces(lines):
    """A piece repeats the end of the one before."""
    found, said = looked(("some words or other\n" * lines + KEY + "some words\n" * 400).encode())

    assert found[0].split(": ")[:2] == [f"a:{lines + 1}", "private_key:1"]
    assert said == []


def test_of_a_line_that_is_too_long_the_beginning_is_looked_at():
    """The rest of it is reported; the lines around it are looked at."""
    text = f"{SECRET}1\n{SECRET}2" + " word" * 10_000 + f"{SECRET}3\n{SECRET}4\n"

    found, said = looked(text.encode())

    assert [one.split(": ")[0] for one in found] == ["a:1", "a:2", "a:3"]
    assert said == ["a: line 2 is longer than the 8,192 bytes of it that were looked at"]


def test_a_small_file_expands_to_a_bounded_size(monkeypatch):
    """And what it expands to is not held."""
    monkeypatch.setattr(expansion, "SCANNED_BYTES", 4_950_000)
    raw, said = gzip.compress(b"a word\n" * 2_000_000), []
    tracemalloc.start()

    count = sum(len(text) for _, text in texts_of(io.BytesIO(raw), Stored(1000, Expansion().files), said.append))

    assert tracemalloc.get_traced_memory()[1] < 1_000_000
    tracemalloc.stop()
    assert 5_000_000 <= count < 10_000_000
    assert said == ["holds more than the 5,000,000 bytes that were looked at"]


def test_a_plain_file_is_read_to_its_end(tmp_path):
    """It takes the time of its length, and no more memory."""
    (tmp_path / "a").write_text("some words\n" * 10_000 + SECRET)

    assert [str(one) for one in scan_paths([tmp_path / "a"], Scan(), print)] == [
        f"{tmp_path / 'a'}:10001: github_token:1: column 1"
    ]
