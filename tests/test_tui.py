"""The real TUI, at a terminal of its own: it asks for a title beside the conversation."""

import json
import os
import pty
import select
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_codex_replay.launch.arguments import codex_args
from pytest_codex_replay.launch.codex_cli import CodexCli
from pytest_codex_replay.projection.interactions import Interaction, Role
from pytest_codex_replay.replay.engine import Engine
from pytest_codex_replay.server import EngineServer
from pytest_codex_replay.upstream import SCENARIOS, ScriptedUpstream
from tests.replay.recording import record_script

PROMPT = "My name is Ada."
TITLE = "Talk to a script"
DEADLINE_S = 60
ANSWERS = {
    b"\x1b[6n": b"\x1b[1;1R",
    b"\x1b[c": b"\x1b[?1;2c",
    b"\x1b[?u": b"\x1b[?0u",
    b"\x1b]10;?": b"\x1b]10;rgb:ffff/ffff/ffff\x1b\\",
    b"\x1b]11;?": b"\x1b]11;rgb:0000/0000/0000\x1b\\",
}
"""What a terminal says when it is asked for its cursor, its kind, its keyboard, its colours."""


class Tui:
    """A home and a directory in which the TUI runs, one prompt a run."""

    def __init__(self, binary: str, place: Path) -> None:
        self.home, cwd = place / "home", place / "workspace"
        for directory in (self.home, cwd):
            directory.mkdir(parents=True)
        self.index = self.home / "session_index.jsonl"
        self._cwd = cwd.resolve()
        env = {"CODEX_API_KEY": "sk-none", "HOME": str(self.home), "TERM": "xterm-256color"}
        self._codex = CodexCli(Path(binary), home=self.home, cwd=cwd, args=(), env=env)
        (self.home / "auth.json").write_text('{"OPENAI_API_KEY": "sk-none"}')

    @property
    def name(self) -> str | None:
        """What the TUI calls the conversation, as far as it has written that down."""
        lines = self.index.read_text(encoding="utf-8").splitlines() if self.index.exists() else []
        return json.loads(lines[-1])["thread_name"] if lines else None

    def talk(self, base_url: str, is_done: Callable[[], bool]) -> None:
        """Run it with the prompt until all is done."""
        ours, its = pty.openpty()
        trust = f'projects."{self._cwd}".trust_level="trusted"'
        command = [str(self._codex.binary), *codex_args(base_url), "-c", trust, PROMPT]
        env, terminal = self._codex.environment(), {"stdin": its, "stdout": its, "stderr": its}
        with subprocess.Popen(command, cwd=self._cwd, env=env, start_new_session=True, **terminal) as process:
            try:
                self._serve_terminal(ours, is_done)
            finally:
                os.killpg(process.pid, signal.SIGKILL)  # npm's command is a script that starts the program
                os.close(ours)
                os.close(its)

    def _serve_terminal(self, ours: int, is_done: Callable[[], bool]) -> None:
        deadline = time.monotonic() + DEADLINE_S
        screen = b""
        while not is_done():
            assert time.monotonic() < deadline, screen.decode(errors="replace")
            if select.select([ours], [], [], 0.1)[0]:
                shown = os.read(ours, 65536)
                screen += shown
                for asked, answer in ANSWERS.items():
                    if asked in shown:
                        os.write(ours, answer)


@pytest.fixture(scope="module")
def recorded(codex_command: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[Interaction, ...]:
    """What the TUI asked, and what the scripted upstream answered."""
    tui = Tui(codex_command, tmp_path_factory.mktemp("recorded"))
    with ScriptedUpstream(SCENARIOS["multi-turn"].script()) as upstream:
        tui.talk(upstream.base_url, lambda: tui.name == TITLE)
    return record_script(SCENARIOS["multi-turn"].script(), upstream.requests)


def test_the_tui_asks_for_a_title_in_a_session_of_its_own(recorded):
    """Which names no conversation."""
    (turn,) = [call for call in recorded if call.role is Role.TURN]
    (title,) = [call for call in recorded if call.role is Role.TITLE]

    assert (turn.identity.thread_source, title.identity.thread_source) == ("user", "thread_title")
    assert title.identity.session_id not in {None, turn.identity.session_id}
    assert title.identity.parent_thread_id is None


@pytest.mark.parametrize(("has_title", "name"), [(True, TITLE), (False, "My name is Ada")])
def test_a_conversation_replays_with_its_title_or_without(recorded, codex_command, tmp_path, has_title, name):
    """The TUI takes either title; nothing is missed, nothing is unused."""
    engine = Engine([call for call in recorded if has_title or call.role is not Role.TITLE])
    tui = Tui(codex_command, tmp_path)

    with EngineServer(engine) as server:
        tui.talk(server.base_url, lambda: bool(tui.name) and not engine.report.unused)

    assert tui.name == name
    assert (engine.report.is_clean, len(engine.report.unmatched)) == (True, 0 if has_title else 1)
