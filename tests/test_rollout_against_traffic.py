"""The real Codex, recorded: what its rollouts know beside its traffic. Resumed, with a sub-agent, and interrupted."""

import os
import signal
import subprocess
from pathlib import Path

import pytest

from pytest_codex_replay.launch.arguments import codex_args
from pytest_codex_replay.launch.codex_cli import CodexCli
from pytest_codex_replay.launch.embedded_recorder import EmbeddedRecorder
from pytest_codex_replay.launch.recorder_process import RecordingSetup
from pytest_codex_replay.projection.rollout_join import Fact
from pytest_codex_replay.reading import Archive, RecordedSession, open_archive
from pytest_codex_replay.upstream import SCENARIOS, ScriptedUpstream

KEY = "key-that-nobody-may-find-0123456789"


class Place:
    """A home, a checkout with changes, and an archive."""

    def __init__(self, path: Path, binary: str) -> None:
        self.home, self.work, self._archive = path / "home", path / "work", path / "archive"
        self.work.mkdir()
        git = ["git", "-C", str(self.work), "-c", "user.name=x", "-c", "user.email=x@example.com"]
        subprocess.run([*git, "init", "-q"], check=True)
        subprocess.run([*git, "commit", "-q", "--allow-empty", "-m", "x"], check=True)
        (self.work / "changed").touch()
        self._binary = binary

    def record(self, scenario: str, *prompts: str, is_interrupted: bool = False) -> RecordedSession:
        """Run Codex once for each prompt, each time going on; return the session."""
        with ScriptedUpstream(SCENARIOS[scenario].script()) as upstream:
            setup = RecordingSetup(archive=self._archive / scenario, upstream=upstream.base_url, codex_home=self.home)
            with EmbeddedRecorder(setup) as recorder:
                args = (*codex_args(recorder.base_url), "-c", 'model="gpt-5.5"')
                codex = CodexCli(
                    Path(self._binary), home=self.home, cwd=self.work, args=args, env={"CODEX_API_KEY": KEY}
                )
                thread = None
                for prompt in prompts:
                    if is_interrupted:
                        self._interrupt(codex, upstream, prompt)
                    else:
                        thread = codex.exec(prompt, resume=thread).thread_id
        archive: Archive = open_archive(self._archive / scenario)
        return archive[0]

    @staticmethod
    def _interrupt(codex: CodexCli, upstream: ScriptedUpstream, prompt: str) -> None:
        command = [str(codex.binary), "exec", "-s", codex.sandbox, "--skip-git-repo-check", *codex.args, prompt]
        quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        env = codex.environment()
        with subprocess.Popen(command, cwd=codex.cwd, env=env, start_new_session=True, **quiet) as process:
            assert upstream.holding.wait(60)
            os.killpg(process.pid, signal.SIGINT)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, codex_binary: str) -> Place:
    path = tmp_path_factory.mktemp("rollouts")
    (path / "home").mkdir()
    return Place(path, codex_binary)


def told(facts: tuple[Fact, ...]) -> set[str]:
    return {fact.name for fact in facts}


def test_a_thread_that_is_resumed(place: Place) -> None:
    """One rollout, both turns joined by their ids; the run says in which checkout, and that it had changes."""
    session = place.record("tool-loop", "run the steps", "once more")

    (rollout,) = session.rollouts
    joined = session.joined_turns
    assert [(one.turn and one.turn.index, one.rollout_turn and one.rollout_turn.index, one.by) for one in joined] == [
        (1, 1, "turn id"),
        (2, 2, "turn id"),
    ]
    for one in joined:
        assert {"approval policy", "tool time", "turn time", "first token after"} <= told(one.only_rollout)
        assert {"transport", "timing"} <= told(one.only_traffic)
        assert one.different == ()
        assert one.turn is not None
        assert one.rollout_turn is not None
        assert {call.response_id for call in one.turn.interactions} == set(one.rollout_turn.response_ids)
        assert one.turn.tokens.total == one.rollout_turn.tokens.total
    run = {fact.name: (fact.value, fact.source) for fact in session.run_facts}
    assert run["changes"] == ("not committed", "traffic")
    assert run["commit"][0] == rollout.meta.git_commit
    assert run["branch"][1] == "rollout"
    assert (rollout.state, rollout.unknown) == ("complete", {})
    assert KEY.encode() not in b"".join(path.read_bytes() for path in session.path.iterdir())


def test_a_thread_with_a_sub_agent(place: Place) -> None:
    """Each thread has its rollout; the turn of the sub-agent is joined to its own."""
    session = place.record("sub-agents", "ask the agents")

    parents = {one.thread_id: one.meta.parent_id for one in session.rollouts}
    assert {one.thread_id: one.by for one in session.joined_turns} == dict.fromkeys(parents, "turn id")
    assert sorted(map(str, parents.values())) == sorted(["None", str(session.threads[0].id)])


def test_a_turn_that_is_interrupted(place: Place) -> None:
    """The rollout says who stopped it; the traffic, how far the answer had come."""
    session = place.record("held", "wait for me", is_interrupted=True)

    (one,) = session.joined_turns
    assert {fact.value for fact in one.only_rollout if fact.name == "aborted"} == {"interrupted"}
    assert any(str(fact.value).startswith("client-gone") for fact in one.only_traffic if fact.name == "attempt")
    assert [fact.source for fact in session.run_facts if fact.name == "cancelled"] == ["rollout"]
