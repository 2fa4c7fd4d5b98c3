"""What a scan looks at of files other than traffic."""

import gzip

import pytest

from pytest_codex_replay import limits
from pytest_codex_replay.sharing import expansion
from pytest_codex_replay.sharing.scan import content as scan_content
from pytest_codex_replay.sharing.scan.content import scan_bytes
from pytest_codex_replay.sharing.scan.scan import Scan
from pytest_codex_replay.upstream.scenarios import tool_loop
from tests.sessions import Talk

SECRET = "ghp_" + "a1B2c3D4e5" * 4
OTHER = "ghp_" + "z9Y8x7W6v5" * 4


@pytest.fixture
def _few(monkeypatch):
    """No file has more than fifty different texts."""
    monkeypatch.setattr(limits, "DIFFERENT_TEXTS", 50)
    monkeypatch.setattr(limits, "DIFFERENT_TEXT_BYTES", 1 << 30)


def write(path, *prompts):
    talk = Talk(tool_loop(1))
    for one in prompts:
        talk.turn(one)
    path.parent.mkdir(exist_ok=True)
    return talk.write(path)


@pytest.mark.usefixtures("_few")
def test_what_one_file_has_too_much_of_is_not_counted_for_the_next(look, tmp_path):
    """Traffic of too many texts, and behind it a file with a secret in its content, and in its name."""
    write(tmp_path / "a", *(f"say {number}" for number in range(60)))
    (tmp_path / f"b {SECRET}.txt").write_text(OTHER)

    found, said = look()

    assert [one.rpartition("github_token")[2] for one in found] == [":1: its name", ":2: column 1"]
    assert said == ["a/traffic-0001.jsonl.zst: more than 50 different texts; the rest was not looked at"]


@pytest.mark.usefixtures("_few")
def test_a_file_of_too_many_findings_is_said(look, tmp_path):
    """A table of addresses expands from a few bytes to any number of lines."""
    addresses = "".join(f"ann{number}.smith@brightworks.org\n" for number in range(60))
    (tmp_path / "rollout.jsonl.gz").write_bytes(gzip.compress(addresses.encode()))

    found, said = look()

    assert len(found) == 49, found
    assert said == ["rollout.jsonl.gz: more than 50 different texts; the rest was not looked at"]


def test_an_index_is_looked_at_behind_its_sessions(look, tmp_path):
    """It has what a session said that was removed since."""
    write(tmp_path / "s1", "run it")
    (tmp_path / ".index.db").write_bytes(b"SQLite format 3\0" + bytes(range(256)) * 40 + f"\n{SECRET}\n".encode())

    found, said = look()

    assert [one.split(":")[2] for one in found] == [" github_token"]
    assert said == []


@pytest.mark.usefixtures("_few")
@pytest.mark.parametrize("name", [".index.db", ".index.db-wal", ".index.db.set-aside"])
def test_the_texts_of_an_index_count_with_those_of_its_sessions(look, tmp_path, name):
    """These expand to many, and it repeats them: both together take the time of one."""
    write(tmp_path / "s1", *(f"say {number}" for number in range(60)))
    (tmp_path / name).write_text(f"{SECRET}\n" * 500)

    found, said = look()

    assert found == []
    assert [one.split(": ")[:2] for one in said] == [
        ["s1/traffic-0001.jsonl.zst", "more than 50 different texts; the rest was not looked at"],
        [name, "more than 50 different texts; the rest was not looked at"],
    ]


def test_of_an_index_as_much_is_looked_at_as_of_its_sessions(look, tmp_path, monkeypatch):
    """They expand to no more."""
    session = write(tmp_path / "s1", "run it")
    stored = sum(one.stat().st_size for one in session.glob("traffic-*"))
    monkeypatch.setattr(expansion, "SCANNED_BYTES", 10_000)
    monkeypatch.setattr(scan_content, "SCANNED_BYTES", 10_000)
    most = 50 * stored + 10_000
    (tmp_path / ".index.db").write_text("a\n" * most)

    assert look() == ([], [f".index.db: holds more than the {most:,} bytes that were looked at"])


def test_what_files_expand_to_is_bounded_for_all_together(look, tmp_path, monkeypatch):
    """Beyond what those expand to that repeat nothing, as transcripts and logs."""
    monkeypatch.setattr(expansion, "SCANNED_BYTES", 20_000)
    for number in range(4):
        (tmp_path / f"{number}.gz").write_bytes(gzip.compress(b"a word\n" * 3_000, mtime=0))
    packed = 50 * (tmp_path / "0.gz").stat().st_size
    left = 20_000 - (21_000 - packed)

    found, said = look()

    assert found == []
    assert said == [
        f"{number}.gz: holds more than the {packed + more:,} bytes that were looked at"
        for number, more in enumerate((left, 0, 0), 1)
    ]


def test_a_text_at_which_rules_would_be_tried_too_often_is_said(monkeypatch):
    """It takes seconds for a megabyte of `password `, which compresses to nothing."""
    monkeypatch.setattr(limits, "TRIES", 10_000)
    said = []

    assert list(scan_bytes("a", b"password " * 1_000, Scan(), said.append)) == []

    assert said == ["a: more than 82,000 tries of rules; the rest was not looked at"]


def test_rules_are_tried_so_often_in_all_files_together(look, tmp_path, monkeypatch):
    """Many small files take no longer than one; a secret is found in each, whatever the ones before had."""
    monkeypatch.setattr(limits, "TRIES", 200_000)
    for number in range(4):
        (tmp_path / f"{number}.txt").write_text("password " * 1_000 + str(number))
    (tmp_path / "last.txt").write_text(f"password={SECRET}")

    found, said = look()

    assert [(one.rpartition("/")[2]).partition(":")[0] for one in found] == ["last.txt"]
    assert [one.partition(":")[0] for one in said] == ["1.txt", "2.txt", "3.txt"]
    assert said[-1] == "3.txt: more than 82,008 tries of rules; the rest was not looked at"


def test_a_finding_says_line_and_column_wherever_the_one_before_stood():
    """Identity comes behind the secrets."""
    text = f"one\nx {SECRET} {OTHER}\nann.smith@brightworks.org\n\n  {SECRET}"

    found = [str(one) for one in scan_bytes("a", text.encode(), Scan(), print)]

    assert sorted(found) == [
        "a:2: github_token:1: column 3",
        "a:2: github_token:2: column 48",
        "a:3: identity:1: column 1",
        "a:5: github_token:1: column 3",
    ]
