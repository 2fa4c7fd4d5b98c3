"""The cassettes that the project ships are whole, and replay to the real Codex."""

import json
import re
import runpy
import subprocess
from pathlib import Path

import pytest

from pytest_codex_replay.archive.check import check_session
from pytest_codex_replay.archive.session import open_sessions
from pytest_codex_replay.archive.value_files import begin_sharing, unused_values, values_above
from pytest_codex_replay.matching.match import MatchLevel
from pytest_codex_replay.replay.cassette import cassette_names
from pytest_codex_replay.sharing.redact import redact_archive
from pytest_codex_replay.upstream.catalogue import OLDER, TODAY
from pytest_codex_replay.upstream.scenarios import NON_ASCII_TEXT

pytestmark = pytest.mark.usefixtures("unmeasured")

CASSETTES = Path(__file__).parent.parent / "cassettes"
SHIPPED = sorted(
    manifest.parent for tree in (CASSETTES, CASSETTES.parent / "examples") for manifest in tree.rglob("session.json")
)
RECORD = runpy.run_path(str(CASSETTES / "record.py"))
SCENES = RECORD["SCENES"]
ANSWERS = {
    "app-server": "It is clean.",
    "compaction": "I carry on from the compacted history.",
    "interrupted": "This time to the end: Stop counting.",
    "non-ascii": NON_ASCII_TEXT,
    "older-sub-agents": "The sub-agent is there.",
    "older-tool-loop": "All 3 steps are done.",
    "rate-limit": "",
    "resume": "This is answer 3.",
    "review": "Nothing to find.",
    "sse-tool-loop": "All 3 steps are done.",
    "steered": "This time to the end: Stop at five.",
    "sub-agents": "The sub-agent is there.",
    "three-sub-agents": "All 3 sub-agents are there.",
    "websocket-tool-loop": "All 3 steps are done.",
}
"""Of each cassette: the last message of the model."""
AS_OFTEN_AS_NEEDED = "three-sub-agents"
"""Its model waits once more when an agent takes longer."""


def _files(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in directory.iterdir()}


def test_every_cassette_is_replayed_here() -> None:
    """No cassette is shipped that nothing tries, or that nothing records anew."""
    assert cassette_names(CASSETTES) == sorted(ANSWERS) == sorted(SCENES)


def test_cassettes_of_both_kinds_of_model_are_here() -> None:
    """Responses-lite, and the older shape."""
    models = {model for path in CASSETTES.rglob("session.json") for model in json.loads(path.read_text())["models"]}

    assert models == {TODAY, OLDER}


@pytest.mark.parametrize("name", sorted(ANSWERS))
def test_a_cassette_is_whole(name: str) -> None:
    """`codex-replay check` finds nothing."""
    (session,) = open_sessions(CASSETTES / name)

    assert check_session(session) == []


@pytest.mark.parametrize("cassette", SHIPPED, ids=lambda path: path.name)
def test_a_cassette_is_redacted_by_the_rules_of_today(cassette: Path, tmp_path: Path) -> None:
    """Redacted again, it is the same, its ruleset included; and so are the values that it shares."""
    if (shared := values_above(cassette)) is not None:
        begin_sharing(tmp_path)
    redact_archive(cassette, tmp_path / "again", names=())

    assert _files(tmp_path / "again") == _files(cassette)
    if shared is not None:
        assert _files(tmp_path / "shared-values").items() <= _files(shared.directory).items()


def test_no_shared_value_is_unused() -> None:
    """What a release before had goes with its cassettes."""
    assert unused_values(CASSETTES) == []


@pytest.mark.parametrize("name", sorted(ANSWERS))
def test_a_cassette_names_nobody(name: str) -> None:
    """No directory of the machine on which it was recorded is left."""
    text = (CASSETTES / name / "traffic.jsonl").read_text()
    text += "".join(path.read_text() for path in (CASSETTES / "shared-values").iterdir())
    host = subprocess.run(["hostname"], capture_output=True, text=True, check=True).stdout.strip()

    found = re.findall(r"/(?:tmp|home|Users)/[\w./-]+", text)

    assert not [path for path in found if not path.startswith("/home/user")]
    assert host not in text


@pytest.mark.parametrize("name", sorted(ANSWERS))
def test_a_cassette_replays_to_the_real_codex(name: str, codex_binary: str, tmp_path: Path) -> None:
    """Everything that is recorded is asked for, nothing else is, and the last answer is the recorded one; strictly."""
    scene, binary = SCENES[name], Path(codex_binary)

    replayed = RECORD["replay"](scene, CASSETTES / name, tmp_path, binary=binary, level=MatchLevel.STRICT)

    report = replayed.report
    assert ([miss.text for miss in report.misses], replayed.error) == ([], "")
    assert report.errors == ()
    assert report.unused == () or name == AS_OFTEN_AS_NEEDED
    assert replayed.answer == ANSWERS[name]
