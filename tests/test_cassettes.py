"""The cassettes that the project ships are whole, and replay to the real Codex."""

import re
import subprocess
from pathlib import Path

import pytest

from pytest_codex_replay.archive.check import check_session
from pytest_codex_replay.archive.session import open_sessions
from pytest_codex_replay.launch.arguments import codex_args
from pytest_codex_replay.launch.codex_cli import CodexCli
from pytest_codex_replay.matching.match import MatchLevel
from pytest_codex_replay.replay.cassette import cassette_names, load_cassette
from pytest_codex_replay.replay.engine import Engine
from pytest_codex_replay.server import EngineServer
from pytest_codex_replay.sharing.redact import redact_archive

CASSETTES = Path(__file__).parent.parent / "cassettes"
SHIPPED = sorted(
    manifest.parent for tree in (CASSETTES, CASSETTES.parent / "examples") for manifest in tree.rglob("session.json")
)
REPLAYED = {
    "compaction": (["Go on until it is full."], "I carry on from the compacted history."),
    "non-ascii": (["Grüße! Sag etwas auf Japanisch: 世界 👋"], None),
    "rate-limit": (["Say hello."], ""),
    "resume": (["My name is Ada.", "What is my name?", "Thank you."], None),
    "sse-tool-loop": (["Do the three steps."], "All 3 steps are done."),
    "sub-agents": (["Let a sub-agent greet me."], "The sub-agent is there."),
    "websocket-tool-loop": (["Do the three steps."], "All 3 steps are done."),
}


def _files(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in directory.iterdir()}


def test_every_cassette_is_replayed_here() -> None:
    """No cassette is shipped that nothing tries."""
    assert cassette_names(CASSETTES) == sorted(REPLAYED)


@pytest.mark.parametrize("name", sorted(REPLAYED))
def test_a_cassette_is_whole(name: str) -> None:
    """`codex-replay check` finds nothing."""
    (session,) = open_sessions(CASSETTES / name)

    assert check_session(session) == []


@pytest.mark.parametrize("cassette", SHIPPED, ids=lambda path: path.name)
def test_a_cassette_is_redacted_by_the_rules_of_today(cassette: Path, tmp_path: Path) -> None:
    """Redacted again, it is the same, its ruleset included."""
    redact_archive(cassette, tmp_path / "again", names=())

    assert _files(tmp_path / "again") == _files(cassette)


@pytest.mark.parametrize("name", sorted(REPLAYED))
def test_a_cassette_names_nobody(name: str) -> None:
    """No directory of the machine on which it was recorded is left."""
    text = (CASSETTES / name / "traffic.jsonl").read_text()
    host = subprocess.run(["hostname"], capture_output=True, text=True, check=True).stdout.strip()

    found = re.findall(r"/(?:tmp|home|Users)/[\w./-]+", text)

    assert not [path for path in found if not path.startswith("/home/user")]
    assert host not in text


@pytest.mark.parametrize("name", sorted(REPLAYED))
def test_a_cassette_replays_to_the_real_codex(name: str, codex_binary: str, tmp_path: Path) -> None:
    """Everything that is recorded is asked for, nothing else is, and the last answer is the recorded one; strictly."""
    prompts, answer = REPLAYED[name]
    cassette = load_cassette(CASSETTES / name)
    (tmp_path / "workspace").mkdir()
    with EngineServer(Engine(cassette.interactions, name=name, level=MatchLevel.STRICT)) as server:
        codex = CodexCli(
            Path(codex_binary),
            home=tmp_path / "home",
            cwd=tmp_path / "workspace",
            args=codex_args(server.base_url),
            env={"CODEX_API_KEY": "sk-none"},
        )
        thread = None
        for prompt in prompts:
            run = codex.exec(prompt, resume=thread)
            thread = run.thread_id
        report = server.engine.report

    assert [miss.text for miss in report.misses] == []
    assert report.errors == ()
    assert report.unused == ()
    assert (run.exit_code == 0) is (name != "rate-limit")
    assert run.message == (recorded_answer(name) if answer is None else answer)


def recorded_answer(name: str) -> str:
    """Return the last text that the model gave."""
    calls = load_cassette(CASSETTES / name).interactions
    messages = [item for call in calls for item in call.output if item["type"] == "message"]
    return str(messages[-1]["content"][0]["text"])
