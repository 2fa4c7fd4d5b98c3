"""Values beside the cassettes: each is what its digest says, or it is refused."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

from pytest_codex_replay.archive import value_files
from pytest_codex_replay.archive.shared_values import digest_of
from pytest_codex_replay.archive.value_files import (
    SharedValueError,
    ValueFiles,
    ValueReader,
    begin_sharing,
    is_value_file,
    values_above,
    wanted_in,
)

TEXT = "You are Codex.\n\nAnd: Grüße."
DIGEST = digest_of(orjson.dumps(TEXT))


@pytest.fixture
def values(tmp_path: Path) -> ValueFiles:
    return begin_sharing(tmp_path / "cassettes")


@pytest.fixture
def kept(values: ValueFiles) -> Path:
    """The file of a value."""
    return values.path(values.write(TEXT, orjson.dumps(TEXT)))


@pytest.mark.parametrize("value", [TEXT, "", "\n", "a\r\nb\u2028c\t ", [{"name": "t", "x": [1.5, None]}], {"a": {}}])
def test_a_value_comes_back(values: ValueFiles, value: Any) -> None:
    """A text or anything else, to the byte of its compact JSON."""
    digest = values.write(value, orjson.dumps(value))

    assert orjson.dumps(values.read(digest)) == orjson.dumps(value)
    assert values.digests() == [digest]
    assert values.path(digest).stat().st_mode & 0o777 == 0o644


def test_a_text_is_written_line_by_line(kept: Path) -> None:
    """So that a diff of two releases of Codex shows what they say otherwise."""
    assert orjson.loads(kept.read_bytes()) == {"lines": ["You are Codex.", "", "And: Grüße."]}
    assert kept.read_bytes().count(b"\n") == 7


@pytest.mark.parametrize(
    "change", [lambda raw: raw.replace(b"\n", b"\r\n"), lambda raw: orjson.dumps(orjson.loads(raw))]
)
def test_git_and_formatters_change_nothing(values: ValueFiles, kept: Path, change: Callable[[bytes], bytes]) -> None:
    """The digest is that of the value, not of the file."""
    kept.write_bytes(change(kept.read_bytes()))

    assert values.read(DIGEST) == TEXT


def replaced(path: Path, text: str) -> None:
    path.write_text(text)


def linked(path: Path) -> None:
    path.rename(path.with_name("elsewhere"))
    path.symlink_to("elsewhere")


def piped(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def made_a_directory(path: Path) -> None:
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize(
    ("harm", "why"),
    [
        (Path.unlink, "does not exist"),
        (linked, "cannot be read"),
        (piped, "cannot be read (not a regular file)"),
        (made_a_directory, "cannot be read"),
        (lambda path: replaced(path, path.read_text().replace("Codex", "Kodex")), "was altered"),
        (lambda path: replaced(path, path.read_text()[:-9]), "was altered"),
        (lambda path: replaced(path, ""), "was altered"),
        (lambda path: replaced(path, '["lines"]'), "was altered"),
        (lambda path: replaced(path, '{"lines": [1]}'), "was altered"),
        (lambda path: replaced(path, '{"lines": [], "json": 1}'), "was altered"),
    ],
)
def test_what_is_not_the_value_is_refused(values: ValueFiles, kept: Path, harm: Callable, why: str) -> None:
    """In one line: the file, why, and what to do."""
    harm(kept)

    with pytest.raises(SharedValueError) as refusal:
        values.read(DIGEST)

    assert str(refusal.value).startswith(f"the shared value {kept}, which {why}")
    assert str(refusal.value).endswith(". Restore it (git checkout), or record the cassette anew.")


def test_a_file_has_a_limit(values: ValueFiles, kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stranger's cassettes may hold any."""
    monkeypatch.setattr(value_files, "MAX_FILE_BYTES", kept.stat().st_size - 1)

    with pytest.raises(SharedValueError, match="larger than"):
        values.read(DIGEST)


def test_a_value_that_was_altered_is_put_right(values: ValueFiles, kept: Path) -> None:
    """To record a cassette that wants it is enough."""
    kept.write_text("{}")

    values.write(TEXT, orjson.dumps(TEXT))

    assert values.read(DIGEST) == TEXT


@pytest.mark.parametrize("digest", ["../../secret", "", "A" * 32, "0" * 31, "0" * 33, 7, None, ["0" * 32], "\x1b[2J"])
def test_only_a_digest_names_a_value(values: ValueFiles, tmp_path: Path, digest: Any) -> None:
    """No path in a cassette is followed, and none is shown as it is."""
    (tmp_path / "secret.json").write_text('{"json": 1}')

    with pytest.raises(SharedValueError, match="which is not a digest") as refusal:
        ValueReader(values.directory.parent / "fix").read(digest)

    assert "\x1b" not in str(refusal.value)


def test_a_cassette_that_was_copied_alone(tmp_path: Path) -> None:
    """It says what it lacks, and how to take it along."""
    with pytest.raises(SharedValueError, match=f"{DIGEST}, and no directory above it holds shared-values"):
        ValueReader(tmp_path / "fix").read(DIGEST)


def test_the_closest_values_count(values: ValueFiles, tmp_path: Path) -> None:
    """For cassettes at any depth."""
    inner = begin_sharing(tmp_path / "cassettes" / "unit")

    assert values_above(tmp_path / "cassettes" / "a" / "b" / "c").directory == values.directory
    assert values_above(tmp_path / "cassettes" / "unit" / "c").directory == inner.directory
    assert values_above(tmp_path / "cassettes" / ".." / "c") is None


def test_a_path_is_shown_as_it_was_given(values: ValueFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Short, where it is relative."""
    monkeypatch.chdir(tmp_path / "cassettes")

    assert str(values_above(Path("fix")).directory) == "shared-values"


def test_the_search_ends_with_the_repository(values: ValueFiles, tmp_path: Path) -> None:
    """What lies around it belongs to something else."""
    (tmp_path / "cassettes" / "project" / ".git").mkdir(parents=True)

    assert values_above(tmp_path / "cassettes" / "project" / "fix") is None


def test_a_link_holds_no_values(values: ValueFiles, tmp_path: Path) -> None:
    """It may lead anywhere."""
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "shared-values").symlink_to(values.directory)

    assert values_above(tmp_path / "other" / "fix") is None


def test_what_else_is_in_the_directory_is_noticed(values: ValueFiles, kept: Path) -> None:
    """Only what we wrote may be replaced."""
    assert not values.is_foreign()
    (values.directory / "notes.txt").touch()
    assert values.is_foreign()
    assert is_value_file(kept)
    assert not is_value_file(values.directory / "notes.txt")


def test_sharing_begins_once(values: ValueFiles, kept: Path) -> None:
    """A README says what the files are, and keeps the directory in git while there is none."""
    again = begin_sharing(values.directory.parent)

    assert again.digests() == [DIGEST]
    assert "codex-replay dedupe" in (values.directory / "README.md").read_text()


def test_mentions_are_found(tmp_path: Path) -> None:
    """Also in traffic that a formatter rewrote, or that is damaged: rather too many than too few."""
    path = tmp_path / "traffic.jsonl"
    path.write_bytes(b'{"$shared":"%b"} {"$shared" : "%b"}{"$shared":"x"}' % (b"0" * 32, b"a" * 32))

    assert wanted_in(path) == {"0" * 32, "a" * 32}


@pytest.mark.parametrize("cut", range(1, 60))
def test_mentions_are_found_where_pieces_meet(tmp_path: Path, cut: int) -> None:
    """Traffic is looked through piece by piece: it may have any length."""
    path = tmp_path / "traffic.jsonl"
    path.write_bytes(b" " * (1024 * 1024 - cut) + b'{"$shared" : "%b"}' % (b"0" * 32))

    assert wanted_in(path) == {"0" * 32}


def test_a_value_is_read_once(values: ValueFiles, kept: Path) -> None:
    """Each sub-agent wants the same ones."""
    reader = ValueReader(values.directory.parent / "fix")
    first = reader.read(DIGEST)
    kept.unlink()

    assert reader.read(DIGEST) is first
