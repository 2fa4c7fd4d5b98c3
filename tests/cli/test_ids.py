"""The interaction that an id means."""

import shutil

import pytest

from pytest_codex_replay.index import stamps
from pytest_codex_replay.reading import open_archive
from pytest_codex_replay.upstream.scenarios import text, tool_loop

FIRST = "01a00000-0000-7000-8000-000000000001"
SECOND = "01a00000-0001-7000-8000-000000000002"


@pytest.fixture
def archive(tmp_path, talk):
    """Two sessions; the second began a day later."""
    archive = tmp_path / "archive"
    for day, name in enumerate((FIRST, SECOND)):
        client = talk(text())
        client.now_ms += day * 86_400_000
        client.turn("hi")
        client.write(archive / name)
    return archive


def test_an_id_that_stands_in_several_sessions_is_told(archive, run):
    """The newest is shown; the others are a command away."""
    (response,) = {call.response_id for one in open_archive(archive) for call in one.interactions}

    result = run("show", archive, "--response", response, "--headers")

    told = f"response {response} stands in 2 sessions; this is the newest of them. All: codex-replay find {response}"
    assert result.stderr == f"{told} {archive}\n"
    assert result.exit_code == 0


@pytest.mark.parametrize("is_there", [True, False])
def test_of_a_whole_id_that_is_known_no_other_session_is_looked_at(archive, run, talk, monkeypatch, is_there):
    """Unless its session has gone since."""
    client = talk(tool_loop(1))
    client.turn("run")
    client.write(archive / "loop")
    (call,) = (one for turn in open_archive(archive)["loop"].turns for one in turn.tool_calls)
    run("ls", archive)
    if not is_there:
        shutil.move(archive / "loop", archive / "moved")
    looked = []
    look = stamps._is_same
    monkeypatch.setattr(stamps, "_is_same", lambda path, before: looked.append(path) or look(path, before))

    result = run("show", archive, "--call", call.call_id, "--headers")

    assert result.stdout.startswith("interaction 1")
    assert result.exit_code == 0
    assert {path.rpartition("/")[2] for path in looked} == ({"loop"} if is_there else {FIRST, SECOND, "moved"})


@pytest.mark.parametrize("kind", ["item", "call", "response"])
def test_an_id_means_the_interaction_in_which_it_first_stands(run, talk, tmp_path, kind):
    """Of an item that the model made, of a tool call, of a response."""
    client = talk(tool_loop(1))
    client.turn("run")
    path = client.write(tmp_path / "archive" / "loop")
    (first, second) = open_archive(path)[0].interactions
    ids = {"item": second.output[-1]["id"], "call": first.output[-1]["call_id"], "response": first.response_id}

    found = run("show", path.parent, f"--{kind}", ids[kind])

    assert found.stdout == run("show", path, "--interaction", 2 if kind == "item" else 1).stdout
    assert found.stdout.startswith("interaction ")
