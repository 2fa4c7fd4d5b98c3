"""The runner of the real Codex: what Codex gets, what is read from it, and that nothing of it is left."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.launch.arguments import codex_args
from pytest_codex_replay.launch.codex_cli import CodexCli, CodexFailedError, CodexRun, find_codex
from pytest_codex_replay.launch.home import configure_home
from pytest_codex_replay.upstream import SCENARIOS, ScriptedUpstream

STREAM = """\
{"type":"thread.started","thread_id":"t-1"}
warning: a tool prints what it likes
["no", "event"]
{"type":"item.started","item":{"id":"item_0","type":"command_execution"}}
{"type":"item.completed","item":{"id":"item_0","type":"command_execution","aggregated_output":"Köln 👋"}}
{"type":"item.completed","item":{"id":"item_1","type":"agent_message","text":"First."}}
{"type":"item.completed","item":{"id":"item_2","type":"agent_message","text":"Last."}}
{"type":"error","message":"Reconnecting... 1/5"}
{"type":"turn.failed","error":{"message":"no more"}}
{"type":"error","message":"no more"}
{"type":"turn.completed","usage":{"input_tokens":3}}
{"type":"item.comp"""
"""What `codex exec --json` may print: events, chatter, and a last line that was cut."""

MakeCodex = Callable[..., CodexCli]


@pytest.fixture
def fake_codex(tmp_path: Path) -> MakeCodex:
    """Make a `codex` that is a shell script."""

    def make(script: str, **options) -> CodexCli:
        binary = tmp_path / "codex"
        binary.write_text(f"#!/bin/sh\n{script}\n")
        binary.chmod(0o755)
        return CodexCli(binary, home=tmp_path / "home", cwd=tmp_path, **options)

    return make


def said(run: CodexRun) -> list[str]:
    return run.stderr.splitlines()


def test_what_codex_reports(fake_codex: MakeCodex, tmp_path: Path) -> None:
    """Events are read; other lines between them are skipped."""
    (tmp_path / "stream").write_text(STREAM, encoding="utf-8")

    run = fake_codex("cat stream; echo trouble >&2; exit 7").exec("go")

    assert [event["type"] for event in run.events[:3]] == ["thread.started", "item.started", "item.completed"]
    assert [item["id"] for item in run.items] == ["item_0", "item_1", "item_2"]
    assert run.items[0]["aggregated_output"] == "Köln 👋"
    assert (run.message, run.thread_id, run.usage) == ("Last.", "t-1", {"input_tokens": 3})
    assert run.errors == ("no more", "Reconnecting... 1/5")
    assert (run.exit_code, run.stderr) == (7, "trouble\n")


def test_a_codex_that_says_nothing(fake_codex: MakeCodex) -> None:
    """An empty output is legal: there are no events."""
    run = fake_codex("exit 0").exec("go")

    assert (run.events, run.items, run.message, run.errors, run.thread_id, run.usage) == ((), (), "", (), None, {})


PRINT_ARGUMENTS = 'for word in "$@"; do echo "$word" >&2; done'


@pytest.mark.parametrize(
    ("args", "resume", "expected"),
    [
        ([], None, "exec -s danger-full-access --json --skip-git-repo-check -c own go"),
        (["-m", "x"], None, "exec -s danger-full-access --json --skip-git-repo-check -c own -m x go"),
        (["--sandbox", "read-only"], None, "exec --json --skip-git-repo-check -c own --sandbox read-only go"),
        ([], "t-1", "exec -s danger-full-access --json --skip-git-repo-check -c own resume t-1 go"),
    ],
)
def test_the_command_line(fake_codex: MakeCodex, args: list[str], resume: str | None, expected: str) -> None:
    """The arguments of the runner, those of the run, and the prompt last."""
    run = fake_codex(PRINT_ARGUMENTS, args=["-c", "own"]).exec("go", *args, resume=resume)

    assert said(run) == expected.split()


@pytest.mark.parametrize("prompt", ["--help", "-", "a\0b", "é" * 60_000], ids=["option", "dash", "nul", "huge"])
def test_a_prompt_that_is_no_argument(fake_codex: MakeCodex, tmp_path: Path, prompt: str) -> None:
    """It goes to stdin, whole: Codex would take it for an option, and the system would refuse it."""
    run = fake_codex(f"{PRINT_ARGUMENTS}; cat >stdin").exec(prompt, resume="t-1")

    assert said(run)[-2:] == ["t-1", "-"]
    assert (tmp_path / "stdin").read_text(encoding="utf-8") == prompt


def test_the_environment(fake_codex: MakeCodex, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No credential, no proxy and no Codex setting of ours is in it; what is given explicitly is."""
    for name in ("OPENAI_API_KEY", "CODEX_API_KEY", "CODEX_HOME", "HTTPS_PROXY", "all_proxy", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "mine")
    monkeypatch.setenv("LANG", "C.UTF-8")

    run = fake_codex("env >&2", env={"CODEX_API_KEY": "given"}).exec("go")

    environment = dict(line.split("=", 1) for line in said(run))
    assert "mine" not in environment.values()
    assert environment["CODEX_HOME"] == str(tmp_path / "home")
    assert (environment["CODEX_API_KEY"], environment["LANG"]) == ("given", "C.UTF-8")


def test_where_it_works(fake_codex: MakeCodex, tmp_path: Path) -> None:
    """In the runner's directory, or in that of one run; stdin is empty."""
    (tmp_path / "other").mkdir()
    codex = fake_codex("pwd >&2; cat >&2")

    places = [said(codex.exec("go")), said(codex.exec("go", cwd=tmp_path / "other"))]

    assert places == [[str(tmp_path)], [str(tmp_path / "other")]]


def test_a_timeout_tells_what_codex_was_at(fake_codex: MakeCodex) -> None:
    """Most often it cannot reach the model, and tries again and again."""
    event = '{"type":"error","message":"Reconnecting... 5/5 (no network)"}'
    codex = fake_codex(f"echo '{event}'; tail -f /dev/null & wait")

    with pytest.raises(subprocess.TimeoutExpired) as caught:
        codex.exec("go", timeout_s=1)

    assert caught.value.__notes__ == ["Codex reported last: Reconnecting... 5/5 (no network)"]


def test_which_codex(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The one that is named; that of the variable; that on the PATH."""
    for name in ("codex", "named", "variable"):
        (tmp_path / name).write_text("#!/bin/sh\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CODEX_REPLAY_CODEX", raising=False)

    on_path = find_codex()
    monkeypatch.setenv("CODEX_REPLAY_CODEX", str(tmp_path / "variable"))

    assert on_path == tmp_path / "codex"
    assert find_codex() == tmp_path / "variable"
    assert find_codex("named") == tmp_path / "named"


def test_no_codex(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error says where to get one, and how to name one."""
    monkeypatch.setenv("CODEX_REPLAY_CODEX", "no-such-codex")

    with pytest.raises(UsageError, match="no-such-codex: command not found") as caught:
        find_codex()

    assert str(caught.value) == (
        "no-such-codex: command not found. Install it (npm install -g @openai/codex), or set CODEX_REPLAY_CODEX."
    )


@pytest.mark.parametrize("way", ["arguments", "home"])
def test_the_real_codex(codex_command: str, tmp_path: Path, way: str) -> None:
    """Both ways lead it to the base URL, and nowhere else; a second run goes on where the first ended."""
    home, cwd = tmp_path / "home", tmp_path / "workspace"
    home.mkdir()
    cwd.mkdir()
    with ScriptedUpstream(SCENARIOS["multi-turn"].script()) as upstream:
        if way == "home":
            configure_home(home, upstream.base_url)
        args = codex_args(upstream.base_url) if way == "arguments" else ()
        codex = CodexCli(Path(codex_command), home=home, cwd=cwd, args=args, env={"CODEX_API_KEY": "dummy"})
        first = codex.exec("Hello.")
        second = codex.exec("And again.", resume=first.thread_id)

    assert (first.message, second.message) == ("This is answer 1.", "This is answer 2.")
    assert first.thread_id == second.thread_id
    assert first.usage["input_tokens"] > 0
    assert list(cwd.iterdir()) == []
    assert (home / "sessions").is_dir()


def test_the_real_codex_that_fails(codex_command: str, tmp_path: Path) -> None:
    """What it gives as the reason is in `errors`."""
    with ScriptedUpstream(SCENARIOS["failed"].script()) as upstream:
        args = codex_args(upstream.base_url)
        env = {"CODEX_API_KEY": "dummy"}
        run = CodexCli(Path(codex_command), home=tmp_path / "home", cwd=tmp_path, args=args, env=env).exec("Hello.")

    assert run.exit_code == 1
    assert run.errors == ("The scripted upstream fails this response.",)
    assert run.message == ""


def test_a_run_that_failed_says_why(fake_codex: MakeCodex) -> None:
    """In an error with all that Codex reported; one that went well is returned."""
    miss = r"cassettes/hello: turn 1 sent a request that matches no interaction.\n  nearest: none"
    line = '{"type":"turn.failed","error":{"message":"' + miss + '"}}'
    codex = fake_codex(f"printf '%s\\n' '{line}'")

    with pytest.raises(CodexFailedError, match=r"matches no interaction\.\n  nearest: none"):
        codex.exec("go").check()
    with pytest.raises(CodexFailedError, match="exit code 7: no such model"):
        fake_codex("echo no such model >&2; exit 7").exec("go").check()
    with pytest.raises(CodexFailedError, match="exit code 7: it reported nothing"):
        fake_codex("exit 7").exec("go").check()
    assert fake_codex("exit 0").exec("go").check().exit_code == 0


def test_a_run_is_shown_in_one_line() -> None:
    """However much it said."""
    item = {"type": "agent_message", "text": "Done.\n" + "x" * 1000}
    failed = {"type": "turn.failed", "error": {"message": "y" * 1000}}
    run = CodexRun(events=({"type": "item.completed", "item": item},), exit_code=0, stderr="")

    assert repr(run) == "CodexRun(exit_code=0, 1 items, 'Done.…')"
    assert len(repr(CodexRun(events=(failed,), exit_code=1, stderr=""))) < 150
