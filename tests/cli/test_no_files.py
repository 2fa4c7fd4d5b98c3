"""What has the name of a segment and is no file: every verb ends, and says so."""

import os
import socket
from pathlib import Path

import pytest

from pytest_codex_replay.upstream.scenarios import text


def listener(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(os.path.relpath(path))  # a path of a socket is short


@pytest.fixture
def archive(talk, tmp_path, monkeypatch) -> Path:
    """Two sessions; the directory of one of them is the current one."""
    client = talk(text("Hello."))
    client.turn("hi")
    for name in ("good", "odd"):
        client.write(tmp_path / "archive" / name)
    monkeypatch.chdir(tmp_path / "archive" / "odd")
    return tmp_path / "archive"


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir, listener, lambda path: path.symlink_to("/dev/full")])
@pytest.mark.parametrize("is_alone", [True, False])
def test_a_segment_that_is_no_file_is_not_waited_for(run, archive, make, is_alone) -> None:
    """Alone in its session, or behind a good one; other sessions are there."""
    if is_alone:
        (archive / "odd" / "traffic-0001.jsonl.zst").unlink()
        (archive / "odd" / "session.json").unlink(missing_ok=True)
    make(archive / "odd" / "traffic-0002.jsonl.zst")

    for verb in ("ls", "check"):
        assert "odd" in run(verb, archive).output.replace(str(archive), ""), verb
    assert "The answer lacks what was lost" in run("stats", archive).stderr
    assert "good" in run("find", "Hello", archive).output
    followed = run("tail", archive, "--all", "--until-end")
    assert (followed.exit_code, "good" in followed.stdout) == (0, True)
    assert "odd" in followed.stderr
    assert run("show", archive / "odd").output
    assert run("seal", archive, "--cold-for", "1d").output
