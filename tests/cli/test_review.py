"""`codex-replay review`, and what `redact` and `pack` say of it."""

import json
import os
import pty
import select
import signal
import subprocess

import pytest

from pytest_codex_replay.upstream.script import Script
from tests.documented import documented

PASSPHRASE, BUILD = "raven-cobalt-lagoon-81", "quartz-maple-20"


@pytest.fixture
def cassette(run, talk, tmp_path):
    commands = [f"brokerctl enrol svc {PASSPHRASE}", f"echo done build {BUILD}"]
    client = talk(Script(lambda cue: cue.shell(commands[cue.step]) if cue.step < 2 else cue.say("done")))
    client.turn("go")
    result = run("redact", client.write(tmp_path / "session"), tmp_path / "c")
    assert f"2 values unreviewed: codex-replay review {tmp_path / 'c'}" in result.stderr
    return tmp_path / "c"


def test_each_value_is_listed_with_its_place_and_surroundings(run, cassette):
    """As text, and as JSON; the exit code says that something is left to decide."""
    shown, rows = run("review", cassette), run("review", cassette, "--json")

    assert (shown.exit_code, rows.exit_code) == (1, 1)
    lines = shown.output.replace("  c, record", "  fix_bug, record").splitlines()
    assert [
        line for line in documented("redaction.md", "codex-replay review cassettes/fix_bug") if line not in lines
    ] == []
    assert f"enrol svc [{PASSPHRASE}]" in shown.stdout
    assert shown.stderr == "2 values unreviewed\n"
    assert {one["value"]: one["count"] for one in json.loads(rows.stdout)} == {PASSPHRASE: 2, BUILD: 2}


def test_options_decide(run, cassette):
    """One goes, the others stay; then nothing is left to say."""
    (gone,) = [one["id"] for one in json.loads(run("review", cassette, "--json").stdout) if one["value"] == PASSPHRASE]

    result = run("review", cassette, "--remove", gone[:5], "--keep", "all")

    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "everything is reviewed\n")
    assert PASSPHRASE not in (cassette / "traffic.jsonl").read_text()
    assert run("review", cassette, "--json").stdout == "[]\n"


def test_an_unknown_id_changes_nothing(refusal, cassette):
    """Nor do the others that were named with it."""
    before = (cassette / "traffic.jsonl").read_bytes()

    assert "zz: no open value has this id" in refusal("review", cassette, "--remove", "all", "--keep", "zz")
    assert (cassette / "traffic.jsonl").read_bytes() == before
    assert not (cassette / "codex-replay.toml").exists()


def test_a_reviewed_pack_has_nothing_undecided(run, refusal, cassette, tmp_path):
    """Without the option it only says how many there are."""
    assert "2 values unreviewed: codex-replay review" in run("pack", cassette, tmp_path / "one.tar.zst").stderr
    assert "2 values unreviewed: codex-replay review" in refusal("pack", "--reviewed", cassette, tmp_path / "two")
    assert not (tmp_path / "two").exists()

    run("review", cassette, "--keep", "all")
    assert run("pack", "--reviewed", cassette, tmp_path / "two").exit_code == 0


def test_keys_decide_at_a_terminal(program, cassette):
    """One value after the other; keys that mean nothing do nothing."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen([*program, "review", str(cassette)], stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    shown = "".join(_answered(ours, b"xr")).replace("\r", "")
    os.close(ours)

    assert process.wait(60) == 0
    assert "1 of 2: k keep, r remove, s skip, q stop and save r\n" in shown
    assert "everything is reviewed\n" in shown
    assert PASSPHRASE not in (text := (cassette / "traffic.jsonl").read_text())
    assert BUILD not in text


@pytest.mark.parametrize("is_closed", [False, True])
def test_what_was_decided_is_kept_when_a_person_stops(program, cassette, tmp_path, is_closed):
    """By Ctrl-C, or because the terminal was closed, when only the signal tells; with at most one line about it."""
    ours, theirs = pty.openpty()
    with (errors := tmp_path / "errors.txt").open("w") as file:
        process = subprocess.Popen([*program, "review", str(cassette)], stdin=theirs, stdout=theirs, stderr=file)
    os.close(theirs)
    shown = ""
    for piece in _answered(ours, b"r"):
        shown += piece
        if "2 of 2" in shown:
            break
    if is_closed:
        os.close(ours)
        process.send_signal(signal.SIGHUP)
    else:
        "".join(_answered(ours, b"\x03"))
        os.close(ours)

    assert process.wait(60) != 0
    said = "Error: output: Input/output error\n" if is_closed else "1 value unreviewed\n"
    assert errors.read_text() == said
    text = (cassette / "traffic.jsonl").read_text()
    assert (PASSPHRASE in text) + (BUILD in text) == 1


def _answered(terminal, keys):
    """Yield what a program prints; press `keys` whenever it waits: what was typed before it asks, it never gets."""
    for _ in range(600):
        if not select.select([terminal], [], [], 0.1)[0]:
            os.write(terminal, keys)
            continue
        try:
            yield os.read(terminal, 4096).decode(errors="replace")
        except OSError:  # its other end is closed
            return
    raise AssertionError("the command does not end")
