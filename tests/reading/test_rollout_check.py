"""What is wrong with the rollouts beside the traffic."""

import json

import pytest

from pytest_codex_replay.archive.files import Files
from pytest_codex_replay.archive.segment import create_segment
from pytest_codex_replay.archive.session import Session
from pytest_codex_replay.reading import check_rollouts
from pytest_codex_replay.upstream.scenarios import text
from tests.rollout_lines import NAME, write

CHANGES = {
    "whole": (bytes, []),
    "cut": (lambda data: data[:-9], ["cut short"]),
    "damaged": (lambda data: data + b"{\n", ["1 damaged line"]),
    "emptied": (lambda _: b"", ["empty"]),
}


@pytest.fixture
def session(talk, tmp_path):
    client = talk(text())
    client.turn("hi")
    return Session(client.write(tmp_path / "s"))


@pytest.mark.parametrize(("change", "what"), CHANGES.values(), ids=CHANGES)
def test_each_rollout_is_read(session, change, what):
    """Until the recorder ends, it may still be copied."""
    path = write(session.path.parent, folder="s")
    path.write_bytes(change(path.read_bytes()))
    found = [one.what for one in check_rollouts(session)]
    segment = create_segment(Files(), session.path)

    assert found == what
    assert check_rollouts(session) == []
    segment.abandon()


@pytest.mark.parametrize(("name", "is_lost"), [(None, True), (NAME, False), (f"{NAME}.zst", False)])
def test_one_that_the_recorder_put_there_is_missed(session, name, is_lost):
    """It may have been compressed since."""
    (session.path / "codex.json").write_text(json.dumps({"threads": [{"id": "t", "rollout": NAME}]}))
    if name is not None:
        write(session.path.parent, folder="s", name=name)

    assert [one.what for one in check_rollouts(session)] == ["is missing; codex.json names it"] * is_lost
