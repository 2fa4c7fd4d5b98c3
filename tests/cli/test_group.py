"""The command line as a whole: help, errors, exit codes."""

import errno
import os
import re
import subprocess
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from pytest_codex_replay import __version__
from pytest_codex_replay.cli.group import Verb, Verbs
from pytest_codex_replay.errors import ArchiveError, UsageError


@click.command()
@click.argument("how")
def fail(how: str) -> None:
    """Fail in some way."""
    raise {
        "usage": UsageError("No.\n  Do this: that"),
        "archive": ArchiveError("Broken."),
        "system": PermissionError(13, "Permission denied", "/x"),
        "hostile": PermissionError(13, "Permission denied", "/x\x1b[2J::error::\ny\u202e"),
        "defect": ZeroDivisionError("oops"),
        "full": OSError(errno.ENOSPC, "No space left on device"),
        "nameless": OSError(errno.ENODEV, "No such device"),
    }[how]


GROUP = Verbs("tool", verbs={"fail": Verb(__name__, "fail", "Fail.")})


@pytest.fixture
def failing(monkeypatch):
    """Run the verb above; it is found without an import."""
    monkeypatch.setattr(Verbs, "get_command", lambda _self, _ctx, name: fail if name == "fail" else None)

    def invoke(*words):
        return CliRunner().invoke(GROUP, words)

    return invoke


@pytest.mark.parametrize(
    ("how", "line"),
    [
        ("usage", "Error: No. Do this: that\n"),
        ("archive", "Error: Broken.\n"),
        ("system", "Error: /x: Permission denied\n"),
        ("hostile", "Error: /x::error:: y\ufffd: Permission denied\n"),
        ("full", "Error: output: No space left on device\n"),
    ],
)
def test_what_cannot_be_done_is_one_line(failing, how, line):
    """Exit code 2, whether the command line or the archive is at fault."""
    result = failing("fail", how)

    assert (result.stderr, result.stdout, result.exit_code) == (line, "", 2)


@pytest.mark.parametrize(("how", "error"), [("defect", ZeroDivisionError), ("nameless", OSError)])
def test_a_defect_is_not_hidden(failing, how, error):
    """A traceback is what helps then."""
    assert isinstance(failing("fail", how).exception, error)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["fial"], r"No such command 'fial'. Did you mean 'fail'\? \(see tool --help\)"),
        (["zzz"], r"No such command '?zzz'? \(see tool --help\)"),
        (["fail"], r"Missing argument '?HOW'? \(see tool fail --help\)"),
        (["fail", "x", "--speed"], r"No such option:? '?--speed'? \(see tool fail --help\)"),
        (
            ["fail", "x", "a\x1b[2J\n::error::\u202e"],
            r"Got unexpected extra argument \(a ::error::\ufffd\) \(see tool fail --help\)",
        ),
        (["--bogus"], r"No such option:? '?--bogus'? \(see tool --help\)"),
    ],
)
def test_misuse_is_one_line(failing, words, said):
    """It names the command that prints help."""
    result = failing(*words)

    assert re.fullmatch(f"Error: {said}\n", result.stderr)
    assert result.exit_code == 2


@pytest.mark.parametrize(
    ("words", "meant"), [(["shwo"], "show"), (["list"], "ls"), (["addon"], "addon-path"), (["show", "--jsn"], "--json")]
)
def test_a_misspelt_word_is_answered_with_the_nearest(refusal, words, meant):
    """A verb, or an option of one."""
    assert re.search(rf"Did you mean '?{meant}'?\?", refusal(*words))


def test_help_names_every_verb(run):
    """With a line on each, where to begin, and how to get completion."""
    result = run("--help")

    for words in ("ls ", "show ", "serve ", "addon-path ", "_CODEX_REPLAY_COMPLETE=bash_source"):
        assert words in result.stdout


@pytest.mark.parametrize("verb", ["ls", "show", "serve", "addon-path"])
def test_each_verb_teaches(run, verb):
    """Its help has an example."""
    result = run(verb, "--help")

    assert "Example" in result.stdout
    assert result.stdout.count("codex") > 1


@pytest.mark.parametrize("words", [(), ("show",), ("record",)])
def test_h_is_help(run, words):
    """Whatever the verb, without starting it."""
    result = run(*words, "-h")

    assert (result.stdout, result.exit_code) == (run(*words, "--help").stdout, 0)


def test_without_a_verb_there_is_help(run):
    """Not an error message alone."""
    result = run()

    assert "Commands:" in result.output


def test_the_version_is_told(run):
    """For bug reports."""
    assert run("--version").stdout == f"codex-replay {__version__}\n"


def test_help_imports_nothing_heavy(program):
    """It is there at once: verbs are imported when they are needed."""
    script = "import sys; from pytest_codex_replay.cli import main; main(['--help'], standalone_mode=False)"
    heavy = "; print(sorted({'rich', 'aiohttp', 'orjson', 'zstandard', 'pytest'} & sys.modules.keys()))"
    result = subprocess.run([program[0], "-c", script + heavy], capture_output=True, text=True, check=True)

    assert result.stdout.splitlines()[-1] == "[]"


def test_the_module_is_the_program(program):
    """`python -m pytest_codex_replay.cli` where the script is not on the PATH."""
    result = subprocess.run([*program, "--version"], capture_output=True, text=True, check=True)

    assert result.stdout.startswith("codex-replay ")


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
@pytest.mark.parametrize("verb", ["ls", "show", "stats", "find x", "cache"])
def test_a_stream_that_a_shell_closed_is_nothing(program, verb, closed):
    """The verb does what it does; no traceback."""
    words = [*verb.split(), str(Path(__file__).parents[2] / "cassettes" / "review")]
    shell = ["sh", "-c", f'exec "$@" {closed}', "sh", *program, *words]

    result = subprocess.run(shell, capture_output=True, text=True, check=False)

    assert result.returncode == 0
    assert "Traceback" not in result.stderr


def test_completion_knows_the_verbs(program):
    """Click's own, switched on by a variable."""
    words = {"COMP_WORDS": "codex-replay s", "COMP_CWORD": "1", "_CODEX_REPLAY_COMPLETE": "bash_complete"}
    result = subprocess.run(program, capture_output=True, text=True, env={**os.environ, **words}, check=False)

    assert {"plain,show", "plain,serve"} <= set(result.stdout.split())
