"""`codex-replay push` and `pull`, and verbs that read what is behind a URL: on a real S3 server."""

import json
import os
import re
from pathlib import Path

import pytest

from pytest_codex_replay.sharing.pack import pack, unpack
from pytest_codex_replay.upstream.scenarios import text
from tests.buckets import bucket, without_permission

CASSETTES = Path(__file__).parents[2] / "cassettes"


@pytest.fixture(scope="module")
def s3():
    """A bucket on loopback."""
    with bucket() as url:
        yield url


@pytest.fixture(autouse=True)
def _cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def test_verbs_read_what_was_pushed(run, s3, tmp_path):
    """As if it were here."""
    url = f"{s3}/cassettes"
    assert run("push", CASSETTES / "review", url).stdout.endswith(f"{url}: 1 session, 0 unchanged, 0 left out\n")

    assert [one["id"] for one in json.loads(run("ls", url, "--json").stdout)] == ["review"]
    assert run("show", f"{url}/review").stdout == run("show", CASSETTES / "review").stdout
    assert run("find", "resp_", f"{url}/review", "--jsonl").stdout.count("\n") > 0
    assert run("view", f"{url}/review", "--out", tmp_path / "x.html").exit_code == 0
    assert run("export", "--format", "har", f"{url}/review", tmp_path / "x.har").exit_code == 0
    assert run("pull", url, tmp_path / "here").stdout.endswith(" 0 unchanged, 0 left out\n")
    assert (tmp_path / "here" / "review" / "traffic.jsonl").read_bytes() == (
        CASSETTES / "review" / "traffic.jsonl"
    ).read_bytes()


def test_it_says_what_it_fetches(run, s3):
    """Once."""
    run("push", CASSETTES / "review", f"{s3}/one")

    assert run("ls", f"{s3}/one").stderr.startswith(f"{s3}/one: fetching 1 session, ")
    assert "fetching" not in run("ls", f"{s3}/one").stderr


def test_at_a_terminal_the_sessions_are_told_behind_the_progress_bar(run, tmp_path, monkeypatch):
    """A line that is printed within it is garbled."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    result = run("push", CASSETTES / "review", f"file://{tmp_path}/store")

    bar, told = result.output.split("\x1b[?25h")  # the cursor is shown again
    assert "pushing" in bar
    assert "review: pushed" not in bar
    assert "review: pushed" in told


def test_an_archive_is_private(run, refusal, s3, talk, tmp_path):
    """Unless its owner says otherwise."""
    client = talk(text())
    client.turn("hello")
    client.write(tmp_path / "a" / "s")

    assert "--private" in refusal("push", tmp_path / "a", f"{s3}/mine")
    said = json.loads(run("push", tmp_path / "a", f"{s3}/mine", "--private", "--json").stdout)
    assert [(one["name"], one["what"]) for one in said] == [("s", "pushed")]


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (
            lambda place: (place / "traffic.0002.jsonl").write_text("{}\n"),
            "not scanned as a whole: .*0002.jsonl:1",
        ),
        (lambda place: os.mkfifo(place / "note"), "not scanned as a whole: .*note: not a regular file"),
        (lambda place: (place / "recorder.log").symlink_to("/etc/hostname"), "recorder.log: is a link"),
    ],
)
def test_a_cassette_that_cannot_be_looked_at_is_not_sent(refusal, tmp_path, spoil, why):
    """What stands in it is not known."""
    place = tmp_path / "unpacked" / "resume"
    pack(CASSETTES / "resume", tmp_path / "packed")
    unpack(tmp_path / "packed", tmp_path / "unpacked")
    spoil(place)

    assert re.search(why, refusal("push", place, f"file://{tmp_path}/store"))
    assert not (tmp_path / "store").exists() or not list((tmp_path / "store").rglob("*.jsonl"))


def test_a_session_that_is_left_out_is_an_error(run, s3, tmp_path):
    """Scripts see it by the exit code."""
    run("push", CASSETTES / "review", f"{s3}/two")
    (tmp_path / "here" / "review").mkdir(parents=True)
    (tmp_path / "here" / "review" / "traffic.jsonl").write_text("mine")

    result = run("pull", f"{s3}/two", tmp_path / "here")

    assert result.exit_code == 1
    assert "another session of this name is here" in result.stderr


def test_a_bucket_without_permission_is_one_line(refusal, s3, tmp_path):
    """To read and to write; one that does not exist, too."""
    assert "not found" in refusal("ls", "s3://nobodys/a")
    with without_permission():
        for words in (
            ("ls", f"{s3}/cassettes"),
            ("push", CASSETTES / "review", f"{s3}/new"),
            ("pull", f"{s3}/x", tmp_path),
        ):
            assert "Give credentials that may" in refusal(*words)


def test_a_command_that_writes_takes_no_url(refusal):
    """It would write to a copy."""
    assert "codex-replay pull s3://team/a DIR" in refusal("prune", "s3://team/a", "--older-than", "1d")
    assert "is not a URL" in refusal("push", CASSETTES, "there")
