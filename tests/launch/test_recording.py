"""A command, pointed at a recorder: what it gets, what the user is told before it runs, how it ends."""

import re
import signal
from pathlib import Path

import pytest

from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.launch.embedded_recorder import EmbeddedRecorder
from pytest_codex_replay.launch.recorder_process import RecordingSetup
from pytest_codex_replay.launch.recording import PointedCommand, check_command, run_command, undisturbed
from pytest_codex_replay.launch.users_codex import UsersCodex

ODD = '[model_providers.x]\nname = "x"\nbase_url = "ftp://x"\n'
UPSTREAM = "http://127.0.0.1:9/v1"


@pytest.fixture
def pointed(tmp_path: Path):
    """Point a command at a recorder; return it with its notes."""

    def make(*command: str, config: str = "", has_home: bool = True, **variables: str) -> PointedCommand:
        home = tmp_path / "own"
        if has_home:
            home.mkdir()
            (home / "config.toml").write_text(config)
        codex = UsersCodex.read({"CODEX_HOME": str(home), **variables}, command, system=tmp_path / "none")
        setup = RecordingSetup(archive=tmp_path / "archive", upstream=codex.for_others().url)
        with EmbeddedRecorder(setup) as recorder:
            one = PointedCommand(recorder, codex, command, None, homes=tmp_path / "homes")
            with one:
                one.seen = one.env
        return one

    return make


def test_codex_has_a_home_and_others_a_variable(pointed, tmp_path: Path) -> None:
    """Whatever starts them; nothing more is to be told."""
    one = pointed("./agent.sh", config=f'openai_base_url = "{UPSTREAM}"\n')

    assert one.command == ["./agent.sh"]
    assert one.seen["OPENAI_BASE_URL"].endswith("/v1")
    assert one.seen["CODEX_HOME"].startswith(str(tmp_path / "homes"))
    assert "127.0.0.1" in one.seen["NO_PROXY"]
    assert (one.notes, one.troubles) == ([], [])


def test_each_variable_leads_where_the_user_has_it(pointed) -> None:
    """That of LangChain and LiteLLM, too, also where it is another upstream than that of OpenAI's SDK."""
    alone = pointed("x", OPENAI_BASE_URL=UPSTREAM).seen
    other = pointed("x", has_home=False, OPENAI_BASE_URL=UPSTREAM, OPENAI_API_BASE="http://other.example/v1").seen

    assert alone["OPENAI_API_BASE"] == alone["OPENAI_BASE_URL"]
    assert other["OPENAI_API_BASE"].endswith("/other.example/v1")


@pytest.mark.parametrize(
    ("command", "config", "note"),
    [
        (["codex"], "a = = 1", r"own/config\.toml: .*Codex is not pointed at the recorder\."),
        (["codex"], ODD, r"^model_providers\.x\.base_url = ftp://x: cannot lead to the recorder"),
        (["codex"], 'model_provider = "amazon-bedrock"\n', "^amazon-bedrock: signs its requests"),
        (["codex", "--oss"], "", r"^A model of this machine \(--oss\) is asked directly"),
        (["codex"], 'model_provider = "ollama"\n', r"^A model of this machine \(--oss\) is asked directly"),
        (["codex", "--remote", "ws://x"], "", "^--remote: the model is asked where that app-server runs"),
        (["docker", "run", "x"], "", "^docker: starts programs in another environment; hand on CODEX_HOME"),
        (["/usr/bin/curl", "x"], "", "^curl: reads no OPENAI_BASE_URL"),
    ],
)
def test_what_is_not_recorded_is_told_before(pointed, command: list[str], config: str, note: str) -> None:
    """With the way that records it."""
    one = pointed(*command, config=config)

    (told,) = one.notes
    assert re.search(note, told)


def test_a_home_that_is_missing_is_left_to_codex(pointed) -> None:
    """It reports that `$CODEX_HOME` is not there; a home of ours would hide it."""
    assert "CODEX_HOME" not in pointed("codex", has_home=False).seen


@pytest.mark.parametrize(
    ("program", "reason"),
    [
        ("no-such-program", "no-such-program: command not found"),
        (str(Path(__file__)), "may not be run"),
        ("", "The command is empty"),
    ],
)
def test_a_command_that_cannot_be_run(program: str, reason: str) -> None:
    """It is reported before anything is started."""
    with pytest.raises(UsageError, match=reason):
        check_command([program])


def test_codex_that_a_variable_names_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """`doctor` finds it there; a command does not."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("CODEX_REPLAY_CODEX", "/opt/codex")

    with pytest.raises(UsageError, match=r"codex: command not found\. Give /opt/codex, which CODEX_REPLAY_CODEX names"):
        check_command(["codex"])


@pytest.mark.parametrize(("script", "code"), [("exit 42", 42), ("kill -TERM $$", 128 + signal.SIGTERM)])
def test_the_exit_code_is_that_of_a_shell(script: str, code: int) -> None:
    """Also of a command that a signal ended."""
    assert run_command(["sh", "-c", script], {"PATH": "/usr/bin:/bin"}) == code


def test_a_program_that_is_not_one(tmp_path: Path) -> None:
    """The system's reason comes through."""
    (tmp_path / "x").write_bytes(b"\x7fELF")
    (tmp_path / "x").chmod(0o755)

    with pytest.raises(UsageError, match=r"x: cannot be run \("):
        run_command([str(tmp_path / "x")], {})


def test_nothing_disturbs_the_end() -> None:
    """A second Ctrl-C does not interrupt what is written; afterwards it does again."""
    before = signal.getsignal(signal.SIGINT)

    with undisturbed():
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGTERM)

    assert signal.getsignal(signal.SIGINT) is before
