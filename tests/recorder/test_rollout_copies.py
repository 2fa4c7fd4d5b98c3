"""Codex's own transcripts, kept beside the traffic, and compressed once they are cold."""

import fcntl
import os
from collections.abc import Callable
from itertools import islice
from pathlib import Path

import pytest
import zstandard

from pytest_codex_replay.archive.files import Files
from pytest_codex_replay.archive.session import Session
from pytest_codex_replay.errors import ArchiveError, UsageError
from pytest_codex_replay.recorder import rollout_copies
from pytest_codex_replay.recorder.rollout_copies import cold_directories, compress_rollouts, keep_rollout
from tests.rollout_lines import NAME, TODAY, wire, write


def same(raw: bytes) -> bytes:
    """Know no secret."""
    return raw


def forget_hunter(raw: bytes) -> bytes:
    """Know one secret."""
    return raw.replace(b"hunter2", b"[...]") if b"hunter2" in raw else raw


class TestKept:
    def test_a_kept_rollout_is_a_private_copy(self, tmp_path: Path) -> None:
        """Brought up to date when Codex has gone on; no other user may read it."""
        rollout = write(tmp_path / "home")
        keep_rollout(Files(), rollout, tmp_path, same)
        rollout.write_text("more\n", encoding="utf-8")
        keep_rollout(Files(), rollout, tmp_path, same)

        copy = tmp_path / NAME
        assert copy.read_text(encoding="utf-8") == "more\n"
        assert copy.stat().st_mode & 0o777 == 0o600

    def test_a_rollout_that_did_not_change_is_not_copied_again(self, tmp_path: Path) -> None:
        """An idle session costs nothing."""
        rollout = write(tmp_path / "home")
        keep_rollout(Files(), rollout, tmp_path, same)
        before = (tmp_path / NAME).stat().st_ino

        keep_rollout(Files(), rollout, tmp_path, same)

        assert (tmp_path / NAME).stat().st_ino == before

    @pytest.mark.parametrize("name", [NAME, f"{NAME}.zst"])
    def test_a_known_secret_is_in_no_copy(self, tmp_path: Path, name: str) -> None:
        """What a tool printed stands in Codex's file, plain or compressed, and stays there."""
        rollout = write(tmp_path / "home", name=name)
        text = b'{"output":"hunter2"}\n'
        rollout.write_bytes(zstandard.compress(text) if name.endswith(".zst") else text)

        keep_rollout(Files(), rollout, tmp_path, forget_hunter)

        raw = (tmp_path / name).read_bytes()
        kept = zstandard.decompress(raw) if name.endswith(".zst") else raw
        assert kept == b'{"output":"[...]"}\n'

    def test_one_form_takes_the_place_of_the_other(self, tmp_path: Path, session: Path) -> None:
        """A copy that was compressed is up to date until Codex goes on; then the plain one is read."""
        rollout = write(tmp_path / "home")
        keep_rollout(Files(), rollout, session, same)
        compress_rollouts(Files(), session)
        keep_rollout(Files(), rollout, session, same)
        assert rollouts_in(session) == [f"{NAME}.zst"]

        rollout.write_text("more\n", encoding="utf-8")
        keep_rollout(Files(), rollout, session, same)

        assert [path.name for path in Session(session).rollouts()] == [NAME]

    def test_a_rollout_that_codex_compressed_takes_the_place_of_the_plain_one(
        self, tmp_path: Path, session: Path
    ) -> None:
        """It may have more lines: the plain one would be read first."""
        put(session, b"older\n", age_s=99)
        rollout = write(tmp_path / "home", name=f"{NAME}.zst")
        rollout.write_bytes(zstandard.compress(b"newer\n"))

        keep_rollout(Files(), rollout, session, same)

        assert rollouts_in(session) == [rollout.name]

    def test_a_directory_is_refused(self, tmp_path: Path) -> None:
        """Whatever it is called."""
        with pytest.raises(UsageError, match="is a directory"):
            keep_rollout(Files(), tmp_path, tmp_path, same)


@pytest.fixture
def session(tmp_path: Path) -> Path:
    """A session directory in an archive."""
    path = tmp_path / "archive" / "s"
    path.mkdir(parents=True)
    (path / "traffic-0001.jsonl.zst").touch()
    return path


def rollouts_in(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir() if "rollout" in path.name)


def put(session: Path, raw: bytes = wire(*TODAY), age_s: float = 0) -> Path:
    path = session / NAME
    path.write_bytes(raw)
    os.utime(path, (1_000_000 - age_s, 1_000_000 - age_s))
    return path


class Meddling(Files):
    """A file system on which something else happens just before or after an operation."""

    def __init__(self, operation: str, meddle: Callable[[], object]) -> None:
        self._operation, self._meddle = operation, meddle

    def move(self, source: Path, target: Path) -> None:
        is_packed = target.suffix == ".zst"
        self._at("" if is_packed else "take away")
        super().move(source, target)
        self._at("packed" if is_packed else "taken away")

    def _at(self, operation: str) -> None:
        if operation == self._operation:
            self._meddle()


class TestCompressed:
    def test_a_newer_compressed_one_is_left_alone(self, session: Path) -> None:
        """Both are there for a moment, while a recorder copies what Codex compressed."""
        put(session)
        (session / f"{NAME}.zst").write_bytes(b"newer")

        assert compress_rollouts(Files(), session) == 0
        assert (session / f"{NAME}.zst").read_bytes() == b"newer"

    def test_a_cold_rollout_is_compressed(self, session: Path) -> None:
        """The same bytes, the same time; the plain one is gone."""
        raw, plain = wire(*TODAY), put(session)
        changed_ns = plain.stat().st_mtime_ns

        assert compress_rollouts(Files(), session) == 1

        packed = session / f"{NAME}.zst"
        assert rollouts_in(session) == [packed.name]
        assert zstandard.ZstdDecompressor().decompressobj().decompress(packed.read_bytes()) == raw
        assert (packed.stat().st_mtime_ns, packed.stat().st_mode & 0o777) == (changed_ns, 0o600)

    def test_never_while_a_recorder_has_the_session(self, session: Path) -> None:
        """It may be about to put a newer copy there."""
        put(session)
        with (session / "traffic-0001.jsonl.zst").open("ab") as segment:
            fcntl.flock(segment, fcntl.LOCK_EX)

            assert compress_rollouts(Files(), session) == 0

        assert rollouts_in(session) == [NAME]

    @pytest.mark.parametrize("moment", ["packed", "take away", "taken away"])
    def test_a_copy_that_comes_in_the_middle_is_kept(self, session: Path, moment: str) -> None:
        """Whatever the moment: the newest text is there afterwards, and what reads plain first reads that."""
        put(session)
        newer = session / "newer.tmp"

        def replace_it() -> None:
            newer.write_bytes(b"newer\n")
            newer.replace(session / NAME)

        compress_rollouts(Meddling(moment, replace_it), session)

        assert (session / NAME).read_bytes() == b"newer\n"
        assert list(session.glob("*.tmp")) + list(session.glob(".*")) == []

    def test_what_is_not_what_was_written_costs_nothing(self, session: Path) -> None:
        """A disk that gives back something else: the plain one stays."""
        put(session)
        packed = session / f"{NAME}.zst"

        with pytest.raises(ArchiveError, match=f"is not what was written; {NAME} is kept"):
            compress_rollouts(Meddling("packed", lambda: packed.write_bytes(b"x")), session)

        assert rollouts_in(session) == [NAME]

    def test_a_cassette_and_a_link_are_left_alone(self, tmp_path: Path, session: Path) -> None:
        """A user put them there."""
        (session / "traffic.jsonl").touch()
        put(session)
        (tmp_path / "link").symlink_to(session)

        assert compress_rollouts(Files(), session) == 0
        assert compress_rollouts(Files(), tmp_path / "link") == 0
        assert compress_rollouts(Files(), tmp_path / "nowhere") == 0

    def test_only_cold_ones_are_named(self, session: Path) -> None:
        """By age; each run may begin at another directory."""
        put(session, age_s=rollout_copies.COLD_S + 1)
        for name in ("a", "z"):
            (session.parent / name).mkdir()
            (session.parent / name / "traffic-0001.jsonl.zst").touch()
        put(session.parent / "z", age_s=rollout_copies.COLD_S - 1)

        assert list(cold_directories(session.parent, 1_000_000)) == [None, session, None]
        assert list(islice(cold_directories(session.parent, 1_000_000, 7), 1)) == [session]
