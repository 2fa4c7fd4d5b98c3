"""The files that a scan looks through."""

import bz2
import gzip
import lzma
import os
import shutil

import pytest
import zstandard

from pytest_codex_replay.archive.record import SegmentRecord
from pytest_codex_replay.archive.value_files import begin_sharing
from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.redaction.views.views import opened_bytes
from pytest_codex_replay.sharing import expansion
from pytest_codex_replay.sharing.scan.files import scan_paths
from pytest_codex_replay.sharing.scan.scan import Scan
from pytest_codex_replay.sharing.sessions import write_session
from pytest_codex_replay.upstream.scenarios import tool_loop
from tests.sessions import Talk

SECRET = "ghp_" + "a1B2c3D4e5" * 4


def test_any_file_can_be_scanned(tmp_path):
    """By line and column; directories as a whole, without those of tools."""
    (tmp_path / "notes.txt").write_text(f"one\ntwo {SECRET}\n")
    (tmp_path / "image.bin").write_bytes(bytes(range(256)))
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "config").write_text(SECRET)

    found = [str(one) for one in scan_paths([tmp_path], Scan(), print)]

    assert found == [f"{tmp_path / 'notes.txt'}:2: github_token:1: column 5"]


def test_a_path_that_is_not_there_is_refused(tmp_path):
    """A typing error must not pass for a clean bill."""
    with pytest.raises(UsageError, match="no such file"):
        list(scan_paths([tmp_path / "nothing"], Scan(), print))


def test_a_file_that_cannot_be_read_keeps_none_from_being_scanned(look, tmp_path):
    """It is named, and what the others have is found: `a` has an error at its first byte, `b` is of a later release."""
    (tmp_path / "a").symlink_to("/proc/self/mem")
    (tmp_path / "b").mkdir()
    newer = SegmentRecord(at_ms=0.0, format=2, session="s", run="r", recorder="test 9", ruleset=1)
    write_session(tmp_path / "b", [newer])
    (tmp_path / "z").write_text(SECRET)

    found, unread = look()

    assert found == ["z:1: github_token:1: column 1"]
    assert len(unread) == 2
    assert unread[0] == "a: Input/output error"
    assert "format 2 is newer" in unread[1]


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress, zstandard.compress])
@pytest.mark.parametrize("is_long", [False, True])
def test_compressed_files_are_opened(look, tmp_path, monkeypatch, pack, is_long):
    """All of them: more than is opened within a text, and more than one frame."""
    monkeypatch.setattr(opened_bytes, "__defaults__", (20_000,))
    lines = 3_000 if is_long else 1
    (tmp_path / "a").write_bytes(pack(b"a few words\n" * lines) + pack(SECRET.encode()))

    assert look() == ([f"a:{lines + 1}: github_token:1: column 1"], [])


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_texts_say_their_encoding(look, tmp_path, encoding):
    """By a mark at their beginning."""
    (tmp_path / "a").write_bytes(f"für {SECRET}".encode(encoding))

    assert look() == (["a:1: github_token:1: column 5"], [])


def test_what_cannot_be_opened_is_said(look, tmp_path):
    """And what comes before the damage is looked at."""
    (tmp_path / "a.gz").write_bytes(gzip.compress(SECRET.encode()) + b"rest")
    (tmp_path / "b.gz").write_bytes(gzip.compress(SECRET.encode())[:-8])
    shutil.make_archive(str(tmp_path / "c"), "zip", tmp_path, "a.gz")

    found, said = look()

    assert [one.split(":")[0] for one in found] == ["a.gz", "b.gz"]
    assert [one.split(",")[0].split(" (")[0] for one in said] == [
        "a.gz: is damaged",
        "b.gz: is damaged",
        "c.zip: is a zip archive",
    ]


def test_what_is_longer_than_can_be_looked_at_is_said(look, tmp_path, monkeypatch):
    """The beginning is looked at."""
    monkeypatch.setattr(expansion, "SCANNED_BYTES", 1000)
    monkeypatch.setattr(expansion, "SCANNED_RATIO", 0)
    (tmp_path / "a.gz").write_bytes(gzip.compress(SECRET.encode() + bytes(1000)))

    assert look() == (
        ["a.gz:1: github_token:1: column 1"],
        ["a.gz: holds more than the 1,000 bytes that were looked at"],
    )


def test_what_is_said_does_not_show_a_secret(look, tmp_path):
    """It may stand where a record says what it is."""
    (tmp_path / "traffic.jsonl").write_text(f'{{"seq":0,"at_ms":1,"kind":"{SECRET}"}}\n')

    found, said = look()

    assert found == ["traffic.jsonl:1: github_token:1: kind"]
    assert SECRET not in "".join(said)
    assert len(said) == 1


def test_what_is_no_file_is_said(look, tmp_path):
    """A pipe is not read, which would wait for ever."""
    os.mkfifo(tmp_path / "traffic.jsonl")

    assert look() == ([], ["traffic.jsonl: not a regular file"])
    assert look(tmp_path / "traffic.jsonl") == ([], ["traffic.jsonl: not a regular file"])


def test_links_to_directories_are_said(look, tmp_path):
    """Unless they lead to what is looked at anyway."""
    (tmp_path / "inside" / "deep").mkdir(parents=True)
    (tmp_path / "inside" / "again").symlink_to(tmp_path / "inside" / "deep")
    (tmp_path / "outside").mkdir()
    (tmp_path / "inside" / "link").symlink_to(tmp_path / "outside")
    (tmp_path / "inside" / "nowhere").symlink_to(tmp_path / "nothing")

    found, said = look(tmp_path / "inside")

    assert found == []
    assert [one.split(",")[0] for one in said] == ["inside/link: is a link to a directory"]


@pytest.fixture
def values(tmp_path):
    """Values that cassettes share."""
    return begin_sharing(tmp_path / "suite")


def test_no_secret_hides_in_a_shared_value(values, look, tmp_path):
    """It is found in the file of the value, by its place in it, and in the cassette that wants it."""
    tools = [{"name": "t", "description": f"first\n{SECRET} " + "x" * 2000}]
    client = Talk(tool_loop(2))
    client.history.insert(0, {"type": "additional_tools", "tools": tools})
    client.turn("run")
    head = SegmentRecord(at_ms=1.0, format=1, session="s", run="r", recorder="tests", ruleset=1)
    write_session(tmp_path / "suite" / "loop", [head, *client.records])
    (path,) = (values.path(digest) for digest in values.digests())

    found, said = look(tmp_path / "suite")

    assert said == []
    assert f"suite/shared-values/{path.name}:1: github_token:1: value[0].description" in found
    assert any(line.startswith("suite/loop/traffic.jsonl:2: github_token:1: input[0]") for line in found)
    assert look(path)[0] == [f"suite/shared-values/{path.name}:1: github_token:1: value[0].description"]


@pytest.mark.parametrize("text", ['{"lines": ["%s"]}', '{"lines": [], "more": "%s"}', "%s"])
def test_an_altered_value_is_looked_at_as_text(values, look, text):
    """And reported."""
    values.path("0" * 32).write_text(text % SECRET)

    found, said = look()

    assert [line.rpartition(": column")[0] for line in found] == [
        f"suite/shared-values/{'0' * 32}.json:1: github_token:1"
    ]
    assert "which was altered" in said[0]


def test_a_cassette_that_lacks_a_value_is_looked_at_as_text(values, look, tmp_path):
    """And reported: of what is not there nothing can be said."""
    line = b'{"seq":0,"at_ms":1,"kind":"shared","digest":"d","json":{"tools":{"$shared":"%b"}}}\n' % (b"0" * 32)
    (tmp_path / "suite" / "loop").mkdir()
    (tmp_path / "suite" / "loop" / "traffic.jsonl").write_bytes(line + SECRET.encode())

    found, said = look()

    assert found == ["suite/loop/traffic.jsonl:2: github_token:1: column 1"]
    assert "wants the shared value" in said[-1]
