"""`codex-replay check`."""

import json
import os
import shutil
from pathlib import Path

import pytest

from pytest_codex_replay.archive.check import restore_manifest
from pytest_codex_replay.archive.session import Session
from pytest_codex_replay.upstream.scenarios import cut_stream, tool_loop
from tests.bytewise import flipped
from tests.rollout_lines import NAME, write

CASSETTES = Path(__file__).parents[2] / "cassettes"


@pytest.fixture
def archive(talk, tmp_path):
    """A session that is whole, and one in which the upstream broke off."""
    for name, script in (("whole", tool_loop(2)), ("cut", cut_stream())):
        client = talk(script)
        client.turn("hi")
        restore_manifest(Session(client.write(tmp_path / "archive" / name)))
    return tmp_path / "archive"


@pytest.fixture
def damaged(archive):
    """The same, with a byte flipped in the whole one."""
    (path,) = (archive / "whole").glob("traffic-*")
    path.write_bytes(flipped(path.read_bytes(), path.stat().st_size // 2))
    return archive


def test_recordings_that_are_whole_pass(run, archive):
    """A turn that the upstream broke off is recorded as it was."""
    result = run("check", archive)

    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == "2 sessions, 0 problems\n"


@pytest.mark.parametrize("options", [(), ("--repair",), ("--json",)])
def test_a_session_that_may_not_be_read_does_not_hide_others(run, damaged, monkeypatch, options):
    """As a directory of another user: it is a problem of its own."""
    listdir = os.listdir

    def deny(path="."):
        if Path(path).name == "cut":
            raise PermissionError(13, "Permission denied")
        return listdir(path)

    monkeypatch.setattr(os, "listdir", deny)
    result = run("check", damaged, *options)

    assert result.exit_code == 1
    assert "cut: may not be read (Permission denied)" in result.stdout
    assert "whole/traffic-0001.jsonl.zst" in result.stdout or '"place": "traffic-0001.jsonl.zst' in result.stdout


def test_damage_is_named(run, damaged):
    """Session, file, line; exit code 1; and what can be done."""
    result = run("check", damaged)

    assert result.exit_code == 1
    assert result.stdout.startswith("whole/traffic-0001.jsonl.zst")
    assert "--repair writes it anew and keeps the originals" in result.stderr
    assert result.stderr.endswith(" damage\n")


def test_one_session_can_be_checked(run, damaged):
    """Whatever takes an archive takes a session."""
    assert run("check", damaged / "cut").exit_code == 0
    assert run("check", damaged / "whole").exit_code == 1


def test_a_suite_is_checked_whole(run, damaged):
    """Its cassettes are named by module and test, some levels below the directory that one names."""
    suite = damaged.parent / "cassettes"
    (suite / "test_login").mkdir(parents=True)
    damaged.rename(suite / "test_login" / "tests")

    result = run("check", suite)

    assert result.exit_code == 1
    assert result.stdout.startswith("whole/traffic-0001.jsonl.zst")


def test_sessions_further_down_are_checked_too(run, archive):
    """Also where there are sessions above them; `ls` says that it leaves them out."""
    (archive / "module").mkdir()
    shutil.move(archive / "whole", archive / "module" / "test_it")

    assert run("check", archive).stderr == "2 sessions, 0 problems\n"
    assert f"1 session further down: left out. Name {archive}/module." in run("ls", archive).stderr


@pytest.mark.parametrize("size", [0, 20])
def test_a_segment_that_just_stops_has_a_next_step(run, archive, size):
    """It cannot be repaired; the line says what helps."""
    (path,) = (archive / "whole").glob("traffic-*")
    path.write_bytes(path.read_bytes()[:size])

    lines = run("check", archive).stdout.splitlines()

    assert lines
    assert all("copy it again" in line or "record it again" in line or "session.json" in line for line in lines)


def test_repair_sets_the_damage_aside(run, damaged):
    """It says where the original is; afterwards only the loss is left to report."""
    (path,) = (damaged / "whole").glob("traffic-*")
    raw = path.read_bytes()

    result = run("check", damaged, "--repair")
    again = run("check", damaged, "--repair")

    kept = path.with_name(f"{path.name}.damaged-1")
    assert f"repaired; the original is {kept}" in result.stdout
    assert kept.read_bytes() == raw
    assert "repaired" not in again.stdout
    assert "damage" not in again.stderr
    assert "--repair" not in again.stderr
    assert again.exit_code == 1


def test_json_is_for_programs(run, damaged):
    """One object: how many sessions, each finding, each original that was kept."""
    report = json.loads(run("check", damaged, "--repair", "--json").stdout)

    assert report["sessions"] == 2
    assert {"session", "place", "what", "is_damage", "advice"} == set(report["findings"][0])
    assert [path.endswith("traffic-0001.jsonl.zst.damaged-1") for path in report["kept"]] == [True]


def test_a_session_that_cannot_be_read_does_not_hide_the_others(run, damaged):
    """It is a finding, and is left as it is; where it is all that there is, it is the error."""
    path = damaged / "newer" / "traffic.jsonl"
    path.parent.mkdir()
    newer = {"kind": "segment", "format": 99, "seq": 1, "at_ms": 0, "session": "s", "run": "r", "recorder": "x"}
    path.write_text(json.dumps(newer) + "\n")

    result = run("check", damaged, "--repair")

    assert result.exit_code == 1
    assert "newer: unreadable: " in result.stdout
    assert "format 99 is newer" in result.stdout
    assert "whole/traffic-0001.jsonl.zst" in result.stdout
    assert "repaired" in result.stdout
    assert run("check", path.parent).exit_code == 2


def test_one_is_singular(run, archive):
    """In the closing line."""
    assert run("check", archive / "whole").stderr == "1 session, 0 problems\n"


def test_a_path_that_is_no_archive_is_a_clear_error(refusal, tmp_path):
    """One line."""
    assert "no such file or directory" in refusal("check", tmp_path / "missing")


@pytest.mark.parametrize("text", [None, "5", "{}", "{"])
def test_a_lost_manifest_is_told_and_made_anew(run, archive, text):
    """The traffic is whole; but nothing says any more what it was."""
    path = archive / "whole" / "session.json"
    whole = path.read_bytes()
    path.unlink() if text is None else path.write_text(text)

    found = run("check", archive)
    report = json.loads(run("check", archive, "--json").stdout)
    repaired = run("check", archive, "--repair")

    assert found.exit_code == 0
    assert found.stderr.startswith("2 sessions, 0 problems\nwhole: session.json is missing or cannot be read; ")
    assert report["lost_manifests"] == ["whole"]
    assert repaired.stdout == f"{path}: made anew from the traffic\n"
    assert path.read_bytes() == whole
    assert run("check", archive).stderr == "2 sessions, 0 problems\n"


def test_a_manifest_that_cannot_be_made_hides_no_other(run, archive):
    """The session wants a value that was not copied with it."""
    cassette = archive / "cut"
    shutil.rmtree(cassette)
    shutil.copytree(CASSETTES / "rate-limit", cassette)
    (archive / "whole" / "session.json").unlink()
    (cassette / "session.json").unlink()

    result = run("check", archive, "--repair")

    assert result.exit_code == 1
    assert "wants the shared value" in result.stdout
    assert (archive / "whole" / "session.json").is_file()


def test_a_lost_segment_is_a_problem(run, archive):
    """The manifest names it."""
    (path,) = (archive / "whole").glob("traffic-*")
    path.rename(path.with_name("traffic-0002.jsonl.zst"))

    result = run("check", archive)

    assert result.exit_code == 1
    assert f"whole/{path.name}: is missing; session.json names it" in result.stdout
    assert "check --repair" in result.stdout


def test_a_session_of_which_no_segment_is_left_is_a_problem(run, archive):
    """Only its manifest tells of it; what lies beside a single session is not looked at."""
    lost = archive / "lost"
    shutil.copytree(archive / "whole", lost)
    restore_manifest(Session(lost))
    (path,) = lost.glob("traffic-*")
    path.unlink()

    result = run("check", archive)

    assert result.exit_code == 1
    assert f"lost/{path.name}: is missing" in result.stdout
    assert run("check", archive / "whole").exit_code == 0


def test_a_session_that_a_killed_command_put_aside_is_missing(run, archive):
    """Within a cassette, too, of which then nothing else may be left."""
    session = next(path for path in archive.iterdir() if path.is_dir())
    cassettes = archive.parent / "cassettes"
    shutil.copytree(session, cassettes / "a" / ".s.123.old")
    shutil.copytree(session, cassettes / "b" / "s")

    for place in (cassettes, cassettes / "a"):
        result = run("check", place)
        assert (result.exit_code, f"mv {cassettes}/a/.s.123.old {cassettes}/a/s" in result.stderr) == (1, True)


def test_what_a_killed_command_left_is_no_session(run, archive):
    """It is not listed, and `check` says what to do; a cassette that was about to be replaced is put back by a move."""
    session = next(path for path in archive.iterdir() if path.is_dir())
    for left in (f".{session.name}.123.new", ".gone.123.old", ".a;b.123.new", ".import-x/half"):
        shutil.copytree(session, archive / left)
    result = run("check", archive)
    listed = json.loads(run("ls", archive, "--json").stdout)

    assert f"{archive}/.{session.name}.123.new: a command that was killed left it; rm -r " in result.stderr
    assert f"mv {archive}/.gone.123.old {archive}/gone" in result.stderr
    assert f"rm -r '{archive}/.a;b.123.new'" in result.stderr
    assert f"rm -r {archive}/.import-x" in result.stderr
    assert result.stderr.startswith("2 sessions, 0 problems\n")
    assert result.exit_code == 1
    assert not [one for one in listed if one["id"].startswith(".")]


def test_a_rollout_beside_the_traffic_is_checked(run, archive):
    """As the traffic is: cut short, damaged, or gone though the recorder put it there."""
    for name, change in (("short", lambda data: data[:-9]), ("bad", lambda data: data + b"{\n"), ("whole", bytes)):
        if name != "whole":
            shutil.copytree(archive / "whole", archive / name)
        path = write(archive, folder=name)
        path.write_bytes(change(path.read_bytes()))
    shutil.copytree(archive / "whole", archive / "gone")
    (archive / "gone" / NAME).unlink()
    (archive / "gone" / "codex.json").write_text(json.dumps({"threads": [{"id": "t", "rollout": NAME}]}))

    result = run("check", archive, "--json")

    found = {one["session"]: one["what"] for one in json.loads(result.stdout)["findings"] if "rollout" in one["place"]}
    assert found == {"short": "cut short", "bad": "1 damaged line", "gone": "is missing; codex.json names it"}
    assert f"{NAME}: missing" in run("show", archive / "gone").stdout
