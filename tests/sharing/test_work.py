"""Sessions that are shared together."""

import pytest

from pytest_codex_replay.redaction.user_rules import UserRules
from pytest_codex_replay.sharing.redact import redact_archive
from pytest_codex_replay.sharing.scan.scan import SecretsLeftError
from pytest_codex_replay.upstream.scenarios import text
from tests.sessions import Talk

SECRET = "q7Zp" + "92mKxW4tLb3R"


@pytest.fixture
def archive(tmp_path):
    """Three sessions; the last one tells that a word of the first two is a secret."""
    for name, prompt in (("a", f"see {SECRET}"), ("b", f"use {SECRET} twice"), ("c", f"password: {SECRET}")):
        client = Talk(text())
        client.turn(prompt)
        client.write(tmp_path / "archive" / name)
    return tmp_path / "archive"


def files(place):
    return {path.relative_to(place).as_posix(): path.read_bytes() for path in place.rglob("*") if path.is_file()}


def test_what_one_session_tells_goes_from_all_in_the_same_bytes_for_any_number_of_processes(archive, tmp_path):
    """And it is told how many are done."""
    told = []
    for jobs in (1, 2):
        redact_archive(archive, tmp_path / str(jobs), jobs=jobs, on_progress=lambda *done: told.append(done))

    assert files(tmp_path / "1") == files(tmp_path / "2")
    assert SECRET.encode() not in b"".join(files(tmp_path / "1").values())
    assert told == [(1, 3), (2, 3), (3, 3)] * 2


def test_a_session_that_cannot_be_shared_is_left_out(archive, tmp_path):
    """The others are written; without anyone to tell, or if none is left, it is an error and nothing is."""

    def scanner(found):
        return ["theirs.1"] if "twice" in found else []

    left = []
    done = redact_archive(archive, tmp_path / "c", external_scanner=scanner, on_left_out=left.append)

    assert [one.source.name for one in done] == ["a", "c"]
    assert [str(one).startswith(f"{archive / 'b'}: Nothing is written: the scan still finds ") for one in left] == [
        True
    ]
    assert sorted(path.name for path in (tmp_path / "c").iterdir()) == ["a", "c"]
    for scan, told in ((scanner, None), (lambda _: ["theirs.1"], left.append)):
        with pytest.raises(SecretsLeftError):
            redact_archive(archive, tmp_path / "d", external_scanner=scan, on_left_out=told, user=UserRules())
    assert not (tmp_path / "d").exists()
