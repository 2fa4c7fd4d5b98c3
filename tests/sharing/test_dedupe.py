"""Cassettes that keep what they repeat once."""

import os
import re
import shutil
from pathlib import Path

import pytest

from pytest_codex_replay.archive.check import check_session, repair_session
from pytest_codex_replay.archive.session import Session
from pytest_codex_replay.archive.value_files import SharedValueError, unused_values
from pytest_codex_replay.errors import ArchiveError, UsageError
from pytest_codex_replay.replay.cassette import load_cassette
from pytest_codex_replay.sharing.dedupe import dedupe, start_new_suite
from pytest_codex_replay.sharing.redact import redact_archive
from pytest_codex_replay.sharing.sessions import read_whole
from pytest_codex_replay.upstream.scenarios import text
from tests.sessions import Talk, codex_context


def record(work: Path, cassette: Path, prompt: str, release: str = "0.1") -> Path:
    """Record a conversation with a release of Codex, as a cassette."""
    client = Talk(text(), transport="websocket" if "ws" in cassette.name else "sse")
    client.history[:0] = codex_context(release)
    client.turn(prompt)
    archive = client.write(work / f"{cassette.name}-{release}")
    redact_archive(archive, cassette, force=True, names=())
    return cassette


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    """Three cassettes that do not share anything yet; one of them lies deeper."""
    for name in ("one", "deep/two", "ws"):
        record(tmp_path / "archive", tmp_path / "cassettes" / name, f"This is {name}.")
    return tmp_path / "cassettes"


@pytest.fixture
def sharing(suite: Path) -> Path:
    """The same, deduplicated."""
    assert [one.left for one in dedupe(suite)] == ["", "", ""]
    return suite


def files(directory: Path) -> dict[str, bytes]:
    return {
        path.relative_to(directory).as_posix(): path.read_bytes() for path in directory.rglob("*") if path.is_file()
    }


def test_cassettes_say_the_same_and_take_less(suite: Path) -> None:
    """What they have in common is there once, for cassettes at any depth."""
    before = {name: read_whole(Session(suite / name)) for name in ("one", "deep/two", "ws")}

    done = {one.name: one for one in dedupe(suite)}

    assert {name: read_whole(Session(suite / name)) for name in before} == before
    assert all(done[name].bytes_after < done[name].bytes_before - 3500 for name in before)
    assert len(list((suite / "shared-values").glob("*.json"))) == 2
    assert [check_session(Session(suite / name)) for name in before] == [[], [], []]
    assert unused_values(suite) == []


def test_the_result_depends_on_nothing_else(sharing: Path, tmp_path: Path) -> None:
    """Neither on what was there before nor on the order: recorded into it, they are byte for byte the same."""
    other = tmp_path / "other" / "cassettes"
    start_new_suite(other)
    for name in ("ws", "deep/two", "one"):
        record(tmp_path / "again", other / name, f"This is {name}.")

    assert files(other) == files(sharing)


def test_twice_is_once(sharing: Path) -> None:
    """A cassette that shares already stays as it is."""
    before = files(sharing)

    list(dedupe(sharing))

    assert files(sharing) == before


def test_another_release_changes_values_and_digests_only(sharing: Path, tmp_path: Path) -> None:
    """So a diff of a suite after an upgrade is the diff of what Codex says, over both transports."""
    before = files(sharing)
    for name in ("one", "deep/two", "ws"):
        record(tmp_path / "archive", sharing / name, f"This is {name}.", release="0.2")
    for path in unused_values(sharing):
        path.unlink()

    after = files(sharing)

    digest = re.compile(rb"[0-9a-f]{32,64}")
    cassettes = [name for name in before if not name.startswith("shared-values/")]
    assert cassettes == [name for name in after if not name.startswith("shared-values/")]
    assert [digest.sub(b"", after[name]) for name in cassettes] == [digest.sub(b"", before[name]) for name in cassettes]
    assert [name for name in cassettes if after[name] == before[name]] == []
    assert len(after) == len(before)


def test_values_that_none_wants_are_found(sharing: Path, tmp_path: Path) -> None:
    """Those of a release before; what the others still want stays."""
    record(tmp_path / "archive", sharing / "one", "This is one.", release="0.2")
    assert unused_values(sharing) == []

    for name in ("deep", "ws"):
        shutil.rmtree(sharing / name)

    assert len(unused_values(sharing)) == 2
    assert len(list((sharing / "shared-values").glob("*.json"))) == 4


def test_other_files_of_a_cassette_stay(suite: Path) -> None:
    """Its settings, and what a person put there."""
    (suite / "one" / "codex-replay.toml").write_text("match = 'loose'\n")
    (suite / "one" / "notes").mkdir()
    (suite / "one" / "notes" / "why.md").write_text("Because.\n")

    list(dedupe(suite))

    assert (suite / "one" / "codex-replay.toml").read_text() == "match = 'loose'\n"
    assert (suite / "one" / "notes" / "why.md").read_text() == "Because.\n"


def test_a_pipe_in_a_cassette_is_named(suite: Path) -> None:
    """It cannot be copied. The cassette is as it was, and nothing is left beside it."""
    pipe = suite / "one" / "note"
    os.mkfifo(pipe)
    before = sorted(suite.iterdir())

    with pytest.raises(OSError, match=r"not a regular file.*note"):
        list(dedupe(suite))

    assert sorted(set(suite.iterdir()) - {suite / "shared-values"}) == before
    assert pipe.is_fifo()


def test_what_cannot_be_written_anew_is_left_as_it_is(suite: Path, tmp_path: Path) -> None:
    """A damaged cassette, and a private recording: each with the reason, and the others go on."""
    traffic = suite / "one" / "traffic.jsonl"
    lines = traffic.read_bytes().splitlines(keepends=True)
    traffic.write_bytes(b"".join(lines[:-1]) + b"no record\n" + lines[-1])
    shutil.copytree(tmp_path / "archive" / "ws-0.1", suite / "private")
    before = {name: files(suite / name) for name in ("one", "private")}

    left = {one.name: one.left for one in dedupe(suite)}

    assert left == {
        "deep/two": "",
        "one": "damaged: traffic.jsonl:" + left["one"].partition("jsonl:")[2],
        "private": "was not redacted",
        "ws": "",
    }
    assert {name: files(suite / name) for name in before} == before


@pytest.mark.parametrize("name", ["one", "nowhere", "deep/two/traffic.jsonl"])
def test_a_directory_of_cassettes_is_wanted(suite: Path, name: str) -> None:
    """One cassette has nobody to share with."""
    with pytest.raises(UsageError, match=r"name the directory that holds the cassettes"):
        dedupe(suite / name)

    assert not list(suite.rglob("shared-values"))


def test_an_archive_is_left_alone(suite: Path, tmp_path: Path) -> None:
    """No directory is made in it."""
    with pytest.raises(UsageError, match="name the directory that holds the cassettes"):
        dedupe(tmp_path / "archive")

    assert not (tmp_path / "archive" / "shared-values").exists()


def test_a_new_suite_shares_and_an_old_one_stays_as_it_is(suite: Path, tmp_path: Path) -> None:
    """Who has cassettes chooses."""
    start_new_suite(suite)
    start_new_suite(tmp_path / "new")
    start_new_suite(tmp_path / "new" / "inner")

    assert [path.parent for path in tmp_path.rglob("shared-values")] == [tmp_path / "new"]


def test_a_missing_value_is_named_with_the_cassette_that_wants_it(sharing: Path) -> None:
    """At loading, in one line; a repair changes nothing, and once the value is back all is well."""
    kept = {path: path.read_bytes() for path in (sharing / "shared-values").glob("*.json")}
    for path in kept:
        path.unlink()
    before = files(sharing)

    with pytest.raises(ArchiveError, match=r"one/traffic\.jsonl:2: wants the shared value .*which does not exist"):
        load_cassette(sharing / "one")
    (problem,) = check_session(Session(sharing / "one"))
    assert "wants the shared value" in str(problem)
    assert repair_session(Session(sharing / "one")) == []
    assert files(sharing) == before

    for path, raw in kept.items():
        path.write_bytes(raw)
    assert check_session(Session(sharing / "one")) == []


def test_a_repair_goes_on_sharing(sharing: Path) -> None:
    """What a damaged line took is a gap; the rest of the cassette refers to the same values."""
    traffic = sharing / "one" / "traffic.jsonl"
    lines = traffic.read_bytes().splitlines(keepends=True)
    traffic.write_bytes(b"".join(lines[:-1]) + b"no record\n" + lines[-1])

    repair_session(Session(sharing / "one"))

    assert traffic.read_bytes().count(b'"$shared"') == 2
    assert unused_values(sharing) == []


def test_a_cassette_copied_alone_says_what_it_lacks(sharing: Path, tmp_path: Path) -> None:
    """And how to take it along."""
    shutil.copytree(sharing / "one", tmp_path / "alone")

    with pytest.raises(SharedValueError, match=r"no directory above it holds shared-values.*codex-replay pack"):
        load_cassette(tmp_path / "alone")


def test_what_a_linked_cassette_wants_is_used(sharing: Path, tmp_path: Path) -> None:
    """A cassette that lies elsewhere, behind a link, is replayed from here: so its values must not be removed."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    for name in ("one", "deep", "ws"):
        (sharing / name).rename(elsewhere / name)
        (sharing / name).symlink_to(elsewhere / name)
    (elsewhere / "deep" / "loop").symlink_to(sharing)

    assert unused_values(sharing) == []
    assert load_cassette(sharing / "one").interactions
