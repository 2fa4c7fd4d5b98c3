"""`codex-replay redact`."""

import errno
import json
import re

import pytest

from pytest_codex_replay.archive.files import Files
from pytest_codex_replay.archive.session import Session
from pytest_codex_replay.upstream.scenarios import text


def test_it_says_what_it_wrote(run, talk, tmp_path):
    """One line a session."""
    client = talk(text())
    client.turn("hello")
    session = client.write(tmp_path / "session")

    result = run("redact", session, tmp_path / "cassette")

    assert result.exit_code == 0
    assert result.stdout == f"{tmp_path / 'cassette'}: {len(client.records) + 1} records\n"


def test_a_session_without_its_manifest_is_not_read_again_to_tell_what_it_is_for(run, talk, tmp_path, monkeypatch):
    """The cassette has a manifest."""
    client = talk(text())
    client.turn("hello")
    session = client.write(tmp_path / "sessions" / "one")
    read_again = []
    monkeypatch.setattr(Session, "rebuild_manifest", read_again.append)

    assert run("redact", session, tmp_path / "cassette").exit_code == 0

    assert not read_again


def test_a_target_that_is_there_is_refused(refusal, talk, tmp_path):
    """And left alone."""
    session = talk(text()).write(tmp_path / "session")
    (tmp_path / "cassette").mkdir()

    assert "exists already; --force replaces it" in refusal("redact", session, tmp_path / "cassette")


def test_a_disk_that_is_full_is_one_line(refusal, talk, tmp_path, monkeypatch):
    """It names the file, which the system does not; nothing is left half written."""
    client = talk(text())
    client.turn("hello")
    session = client.write(tmp_path / "session")

    def write(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Files, "write", write)

    assert "traffic.jsonl: No space left on device" in refusal("redact", session, tmp_path / "cassette")
    assert [path.name for path in tmp_path.iterdir()] == ["session"]


def test_a_target_that_is_a_link_to_itself_is_refused(refusal, talk, tmp_path):
    """In one line."""
    session = talk(text()).write(tmp_path / "session")
    (tmp_path / "loop").symlink_to("loop")

    assert "loop: cannot be written" in refusal("redact", session, tmp_path / "loop")


def test_what_is_left_ends_with_the_exit_code_of_the_scan(run, talk, tmp_path, monkeypatch):
    """It says what to do."""
    monkeypatch.setattr("pytest_codex_replay.cli.redact.find_external_scanner", lambda: lambda _: ["theirs.1"])
    client = talk(text())
    client.turn("hello")
    session = client.write(tmp_path / "session")

    result = run("redact", session, tmp_path / "cassette")

    assert result.exit_code == 1
    assert result.stderr.startswith("Error: Nothing is written: the scan still finds ")
    assert "secret-env" in result.stderr
    assert "--allow KIND:N" in result.stderr
    assert not (tmp_path / "cassette").exists()
    assert run("redact", session, tmp_path / "cassette", "--allow", "theirs.1").exit_code == 0


def test_what_cannot_be_read_is_left_out_and_said_by_the_exit_code(run, talk, tmp_path):
    """The other sessions are written; if none is left, nothing is."""
    client = talk(text())
    client.turn("hello")
    client.write(tmp_path / "archive" / "whole")
    damaged = client.write(tmp_path / "archive" / "zz-damaged")
    (segment,) = damaged.glob("traffic-*")
    segment.write_bytes(b"\0" * 100)

    result = run("redact", tmp_path / "archive", tmp_path / "cassettes")
    alone = run("redact", damaged, tmp_path / "alone")

    assert result.exit_code == 3
    assert f"left out: {damaged}: cannot be read (" in result.stderr
    assert [path.name for path in (tmp_path / "cassettes").iterdir()] == ["whole"]
    assert (alone.exit_code, (tmp_path / "alone").exists()) == (2, False)


def test_damage_that_is_left_out_is_said_by_the_exit_code(run, talk, tmp_path):
    """What is whole of the session is written."""
    client = talk(text())
    client.turn("hello")
    session = client.write(tmp_path / "session")
    assert run("redact", session, tmp_path / "whole").exit_code == 0
    traffic = tmp_path / "whole" / "traffic.jsonl"
    traffic.write_bytes(traffic.read_bytes() + b"not a record\n")

    result = run("redact", tmp_path / "whole", tmp_path / "cassette")

    assert result.exit_code == 3
    assert "damaged, left out: " in result.stderr
    assert (tmp_path / "cassette" / "traffic.jsonl").exists()


def test_a_place_that_cannot_be_written_is_named_as_it_was_given(refusal, talk, tmp_path):
    """And not by what would have been written beside it."""
    client = talk(text())
    client.turn("hello")
    session = client.write(tmp_path / "session")

    assert refusal("redact", session, "/proc/cassette").startswith("Error: /proc/cassette: cannot be written (")


@pytest.mark.parametrize("verb", ["redact", "pack"])
def test_what_is_found_by_nobody_cannot_be_allowed(refusal, tmp_path, verb):
    """It is reported before anything is read."""
    assert "--allow: identify: unknown kind; the nearest is identity" in refusal(
        verb, tmp_path, tmp_path / "new", "--allow", "identify"
    )


@pytest.fixture
def breaking(talk, tmp_path, monkeypatch):
    """A session of which a rule of the user's takes a line end, which no placeholder matches; where it goes."""
    (tmp_path / "pyproject.toml").write_text(
        "[tool.codex-replay]\nsecret-patterns = [{ kind = 'acme', pattern = 'two\\nwords' }]"
    )
    monkeypatch.chdir(tmp_path)
    client = talk(text())
    client.turn("two\nwords")
    return client.write(tmp_path / "session"), tmp_path / "cassette"


def test_a_cassette_that_would_not_replay_is_not_written(run, breaking):
    """One line a fault, then what to do; the exit code is that of what is found."""
    result = run("redact", *breaking)

    assert result.exit_code == 1
    fault, error = result.stderr.splitlines()
    assert fault.endswith("interaction 1: input[2].content[0].text differs")
    assert error.startswith("Error: Nothing is written: redaction would change the replay: ")
    assert "--no-verify" in error
    assert not breaking[1].exists()


def test_without_a_proof_it_is_written_and_marked(run, breaking):
    """`check`, `scan` and `show` say so from then on."""
    session, cassette = breaking

    assert run("redact", "--no-verify", session, cassette).exit_code == 0

    said = "was redacted with --no-verify: it may not replay as its archive did"
    assert f"{cassette.name} {said}" in run("check", cassette).stderr
    assert json.loads(run("check", "--json", cassette).stdout)["unverified"] == [cassette.name]
    assert f"{cassette} {said}" in run("scan", cassette.parent).stderr
    assert said in run("show", cassette).stdout
    assert json.loads(run("show", "--json", cassette).stdout)["manifest"]["verified"] is False


@pytest.fixture
def stalled(talk, tmp_path):
    """A session in which the answer took long."""
    client = talk(text())
    client.turn("hello")
    client.now_ms += 61_234
    client.turn("again")
    return client.write(tmp_path / "session")


def test_kept_times_are_shown_and_canonical_ones_are_not(run, stalled, tmp_path):
    """No millisecond is shown that nobody measured: not by `show`, not for programs, not in a list."""
    run("redact", stalled, tmp_path / "canonical")
    run("redact", "--keep-times", stalled, tmp_path / "kept")

    kept, canonical = run("show", tmp_path / "kept").stdout, run("show", tmp_path / "canonical").stdout
    assert "1 min 2 s" in kept
    assert not re.search(r"\d m?s\b|2000-01-01", canonical)
    assert "not known: times are canonical (redact --keep-times keeps durations)" in canonical
    whole = json.loads(run("show", "--json", tmp_path / "canonical").stdout)
    assert whole["manifest"]["times"] == "canonical"
    assert {turn[name] for turn in whole["turns"] for name in ("started_at", "first_event_ms", "duration_ms")} == {None}
    exchange = run("show", "--interaction", "1", tmp_path / "canonical")
    assert not re.search(r"\+[\d.]+ ms", exchange.stdout)
    (row,) = json.loads(run("ls", "--json", tmp_path / "canonical").stdout)
    assert (row["started_at"], row["ended_at"]) == (None, None)
    times = [
        [(turn["started_at"], turn["first_event_ms"], turn["duration_ms"]) for turn in json.loads(shown)["turns"]]
        for shown in (run("show", "--json", path).stdout for path in (stalled, tmp_path / "kept"))
    ]
    assert times[0] == times[1]


def test_times_that_were_dropped_cannot_be_kept(run, refusal, stalled, tmp_path):
    """A cassette of a cassette would call made-up times recorded."""
    run("redact", stalled, tmp_path / "once")

    assert "its times are canonical already" in refusal("redact", "--keep-times", tmp_path / "once", tmp_path / "two")
    assert not (tmp_path / "two").exists()


@pytest.fixture
def titled(talk, tmp_path):
    """A conversation and its title, each in a session of its own."""
    client, title = talk(text()), talk(text(), thread="title")
    client.turn("hello")
    title.title("hello")
    client.write(tmp_path / "sessions" / "talk")
    title.write(tmp_path / "sessions" / "title")
    return tmp_path / "sessions"


def test_a_conversation_goes_without_its_title_and_says_so(run, titled, tmp_path):
    """And how to keep it."""
    result = run("redact", titled / "talk", tmp_path / "cassette")

    assert result.exit_code == 0
    assert f"{titled / 'title'}: left out (title)." in result.stderr
    assert f"codex-replay redact {titled} DST" in result.stderr


def test_an_archive_goes_with_its_titles(run, titled, tmp_path):
    """Nothing is left out."""
    result = run("redact", titled, tmp_path / "cassettes")

    assert [line.endswith("(title)") for line in result.stdout.splitlines()] == [False, True]
    assert (result.stderr, result.exit_code) == ("", 0)


def test_a_title_alone_is_called_that(run, titled, tmp_path):
    """Rarely is it what was meant."""
    result = run("redact", titled / "title", tmp_path / "cassette")

    assert "began beside a conversation (title)" in result.stderr
    assert result.exit_code == 0
