"""Record modes, in pytest runs of their own, with a real recorder in front of a scripted upstream."""

import json
import os
import shlex
import signal
from collections.abc import Iterator
from pathlib import Path

import jsonschema
import pytest

from pytest_codex_replay.projection.turns import turns_of
from pytest_codex_replay.replay.cassette import load_cassette
from pytest_codex_replay.upstream import SCENARIOS, ScriptedUpstream

TELLS = """
import os

@pytest.mark.codex_replay("told")
def test_tell(ask, codex_replay):
    prompt = os.environ["PROMPT"]
    assert "Hello from the scripted upstream." in ask(prompt)
    assert prompt in [turn.prompt for turn in codex_replay.turns]
"""


@pytest.fixture(autouse=True)
def _quick_scanner(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """In processes of their own, runs get an external scanner that finds nothing: to set up the real one takes long."""
    folder = tmp_path_factory.mktemp("scanner")
    (folder / "kingfisher_sdk.py").write_text("class Scanner:\n    def scan(self, text):\n        return []\n")
    monkeypatch.setenv("PYTHONPATH", os.fspath(folder), prepend=os.pathsep)


@pytest.fixture
def upstream(monkeypatch: pytest.MonkeyPatch) -> Iterator[ScriptedUpstream]:
    """What is recorded from."""
    with ScriptedUpstream(SCENARIOS["text"].script()) as upstream:
        monkeypatch.setenv("OPENAI_BASE_URL", upstream.base_url)
        yield upstream


@pytest.fixture
def tell(run, upstream: ScriptedUpstream, project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch):
    """Run the test above with a prompt and options; return the result, and what it asked the upstream."""

    def run_test(prompt: str, *options: str, source: str = TELLS) -> tuple[pytest.RunResult, int]:
        monkeypatch.setenv("PROMPT", prompt)
        before = len(upstream.requests)
        return run(source, *options, replay=False), len(upstream.requests) - before

    return run_test


def prompts_in(cassette: Path) -> list[str | None]:
    return sorted(str(turn.prompt) for turn in turns_of(load_cassette(cassette).interactions))


def test_once(tell, project: pytest.Pytester) -> None:
    """The first run records, the second replays, and neither reaches for anything else."""
    first, asked = tell("hi", "--codex-replay-mode=once")
    second, asked_again = tell("hi", "--codex-replay-mode=once")
    third, _ = tell("bye", "--codex-replay-mode=once")

    first.assert_outcomes(passed=1)
    first.stdout.fnmatch_lines(["codex-replay: *, mode once", "codex-replay: 1 test, * 1 recorded"])
    second.assert_outcomes(passed=1)
    second.stdout.fnmatch_lines(["codex-replay: 1 test, 1 interaction served (1 exact), 0 missed, 0 unused"])
    third.assert_outcomes(failed=1)
    assert (asked, asked_again) == (1, 0)
    assert prompts_in(project.path / "cassettes" / "told") == ["hi"]


@pytest.mark.parametrize("mode", ["once", "new_episodes", "all", "rewrite"])
def test_a_cassette_that_has_settings_only(tell, project: pytest.Pytester, mode: str) -> None:
    """Nothing is recorded in it yet, so it is; the settings stay."""
    settings = project.path / "cassettes" / "told" / "codex-replay.toml"
    settings.parent.mkdir()
    settings.write_text('match = "loose"\n')

    result, asked = tell("hi", f"--codex-replay-mode={mode}")

    result.assert_outcomes(passed=1)
    assert asked == 1
    assert prompts_in(settings.parent) == ["hi"]
    assert settings.read_text() == 'match = "loose"\n'


def test_a_recording_in_the_report(tell, project: pytest.Pytester) -> None:
    """As docs/report.md has it: the test, its cassette, and nothing that a replay would tell."""
    tell("hi", "--codex-replay-mode=once", "--codex-replay-report=report.json")

    report = json.loads((project.path / "report.json").read_text())
    schema = json.loads((Path(__file__).parents[2] / "docs" / "report.schema.json").read_text())
    (test,) = report["tests"]
    jsonschema.validate(report, schema)
    assert (test["name"], test["outcome"], test["is_recorded"]) == ("cassettes/told", "passed", True)
    assert sorted(key for key, value in test.items() if value == []) == lists_of(schema)
    assert report["totals"]["recorded"] == 1


def lists_of(schema: dict) -> list[str]:
    members = schema["$defs"]["test"]["properties"]
    return sorted(name for name, member in members.items() if member.get("type") == "array")


def test_a_miss_tells_what_to_run(tell, write_cassette, project: pytest.Pytester) -> None:
    """And that works."""
    node = "test_a_miss_tells_what_to_run.py::test_tell"
    write_cassette(project.path / "cassettes" / "told", "hi")
    missed, _ = tell("bye", "--codex-replay")
    rewritten, _ = tell("bye", "--codex-replay-mode=rewrite", node)
    replayed, _ = tell("bye", "--codex-replay")

    missed.stdout.fnmatch_lines(
        [f"  If the new request is intended, re-record: pytest --codex-replay-mode=rewrite {node}"]
    )
    rewritten.assert_outcomes(passed=1)
    replayed.assert_outcomes(passed=1)
    assert prompts_in(project.path / "cassettes" / "told") == ["bye"]


def test_new_episodes(tell, project: pytest.Pytester) -> None:
    """What is recorded is replayed; a test that asks for more is run again, counted once, and recorded beside it."""
    tell("hi", "--codex-replay-mode=new_episodes")
    known, asked = tell("hi", "--codex-replay-mode=new_episodes")
    new, asked_anew = tell("bye", "--codex-replay-mode=new_episodes")

    known.assert_outcomes(passed=1)
    new.assert_outcomes(passed=1)
    new.stdout.fnmatch_lines(["codex-replay: 1 test, * 0 missed, 0 unused, 1 recorded"])
    assert (asked, asked_anew) == (0, 1)
    assert prompts_in(project.path / "cassettes" / "told") == ["bye", "hi"]


def test_new_episodes_between_others(tell) -> None:
    """A test that is run again finds the fixtures of its module set up, once more if need be."""
    source = """
@pytest.fixture(scope="module")
def shared():
    yield ["alive"]

class TestIt:
    @pytest.mark.codex_replay("hello")
    def test_known(self, ask, shared):
        assert "hello, indeed" in ask("hello")

    @pytest.mark.codex_replay("told")
    def test_new(self, ask, shared, tmp_path):
        assert "Hello from" in ask(PROMPT) and shared == ["alive"] and not list(tmp_path.iterdir())

    @pytest.mark.parametrize("number", [1, 2])
    def test_other(self, shared, number):
        assert shared == ["alive"]
"""
    first, _ = tell("", "--codex-replay-mode=new_episodes", source="PROMPT = 'hi'\n" + source)
    second, asked = tell("", "--codex-replay-mode=new_episodes", source="PROMPT = 'bye'\n" + source)

    first.assert_outcomes(passed=4)
    second.assert_outcomes(passed=4)
    second.stdout.fnmatch_lines(
        ["codex-replay: 2 tests, 1 interaction served (1 exact), 0 missed, 0 unused, 1 recorded"]
    )
    assert asked == 1


def test_all(tell, write_cassette, project: pytest.Pytester) -> None:
    """Recorded each time, whatever is there; what begins otherwise is kept."""
    write_cassette(project.path / "cassettes" / "told", "hi")
    for prompt in ("bye", "hi"):
        result, asked = tell(prompt, "--codex-replay-mode=all")
        result.assert_outcomes(passed=1)
        assert asked == 1

    assert prompts_in(project.path / "cassettes" / "told") == ["bye", "hi"]


@pytest.mark.parametrize("breaks", ["call", "teardown"])
def test_a_test_that_fails_leaves_the_cassette_alone(
    tell, write_cassette, project: pytest.Pytester, breaks: str
) -> None:
    """Its recording may be of anything."""
    write_cassette(project.path / "cassettes" / "told", "hi")
    source = TELLS.replace("def test_tell(", "def test_tell(late, ") + "    assert BREAKS != 'call'\n"
    fixture = "@pytest.fixture\ndef late(codex_replay):\n    yield\n    assert BREAKS != 'teardown'\n"

    result, _ = tell("bye", "--codex-replay-mode=rewrite", source=f"BREAKS = {breaks!r}\n{fixture}{source}")

    assert result.ret == pytest.ExitCode.TESTS_FAILED
    said = "cassettes/told was not recorded, the cassette is unchanged: the test failed" in result.stdout.str()
    assert said == (breaks == "call")
    assert prompts_in(project.path / "cassettes" / "told") == ["hi"]


def test_a_recording_that_cannot_be_kept(tell, project: pytest.Pytester) -> None:
    """The test passed, its cassette is not there: that is an error, with one plain text."""
    source = "@pytest.mark.codex_replay('told')\ndef test_silent(codex_replay): pass\n"

    result, _ = tell("", "--codex-replay-mode=once", "--codex-replay-report=report.json", source=source)

    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["cassettes/told was not recorded, * no request reached the recorder; *"])
    (test,) = json.loads((project.path / "report.json").read_text())["tests"]
    assert [error.partition(",")[0] for error in test["errors"]] == ["cassettes/told was not recorded"]
    assert not test["is_recorded"]
    assert not (project.path / "cassettes" / "told").exists()


def test_in_ci(tell, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is recorded by the way, only when the command line says so."""
    monkeypatch.setenv("CI", "true")
    once, asked = tell("hi", "--codex-replay-mode=once")
    rewrite, asked_for = tell("hi", "--codex-replay-mode=rewrite")

    once.assert_outcomes(errors=1)
    once.stdout.fnmatch_lines(["the cassette 'told' does not exist in mode once, and in CI (CI is set) *"])
    rewrite.assert_outcomes(passed=1)
    assert (asked, asked_for) == (0, 1)


def test_the_mode_of_a_marker(tell) -> None:
    """It holds against the command line, either way."""
    never = TELLS.replace('"told"', '"told", mode="none"')
    once = TELLS.replace('"told"', '"told", mode="once"')

    refused, _ = tell("hi", "--codex-replay-mode=rewrite", source=never)
    recorded, _ = tell("hi", "--codex-replay", source=once)
    live, asked = tell("hi", source=once.replace("    assert prompt in", "    #"))

    refused.assert_outcomes(errors=1)
    refused.stdout.fnmatch_lines(["no cassette 'told' in *"])
    recorded.assert_outcomes(passed=1)
    live.assert_outcomes(passed=1)
    assert asked == 1


def test_no_recorder(tell, project: pytest.Pytester) -> None:
    """One line before any test runs says what is missing; the ini setting names it."""
    project.makeini("[pytest]\ncodex_replay_recorder = no-such-recorder\n")

    result, _ = tell("hi", "--codex-replay-mode=once")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: --codex-replay-mode: no-such-recorder: command not found. *"])


def test_a_test_with_faults_is_never_recorded(tell, project: pytest.Pytester) -> None:
    """It shares the cassette of one that is, and replays it."""
    tell("hi", "--codex-replay-mode=once")
    faulty = """
@pytest.mark.codex_replay("told", faults=["500"])
def test_bad_day(ask):
    assert "server_error" in ask("hi")
    assert "Hello from" in ask("hi")
"""

    result, asked = tell("hi", "--codex-replay-mode=rewrite", source=TELLS + faulty)

    result.assert_outcomes(passed=2)
    assert asked == 1


def test_two_tests_and_one_cassette(tell) -> None:
    """They cannot both be recorded: an error before anything runs."""
    source = TELLS + TELLS.replace("test_tell", "test_again")

    result, asked = tell("hi", "--codex-replay-mode=rewrite", source=source)

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    alone = "pytest --codex-replay-mode=rewrite test_two_tests_and_one_cassette.py::test_again"
    assert f"record one of them alone ({alone})" in result.stderr.str()
    assert asked == 0


def test_the_command_of_a_miss_records_one_test(
    upstream: ScriptedUpstream, project: pytest.Pytester, run_apart, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As it is printed, in the directory where pytest was started; no other parameter and no other test."""
    source = """
import pytest, sys
@pytest.mark.parametrize("one", ["it's one", "it's one and more", "::"])
def test_h(ask, one): ask(PROMPT + one)
def test_h_too(ask): ask(PROMPT)
"""
    tests = project.mkdir("suite")
    project.makeini("[pytest]\n")
    monkeypatch.chdir(tests)
    plugin, place = ["-p", "pytest_codex_replay.plugin"], "--codex-replay-dir=../own place"
    (tests / "test_h.py").write_text(f"PROMPT = 'hi'\n{source}")
    project.runpytest_inprocess(*plugin, "--codex-replay-mode=once", place).assert_outcomes(passed=4)
    (tests / "test_h.py").write_text(f"PROMPT = 'bye'\n{source}")
    workers = ["-p", "xdist", "-n", "2"]
    missed = run_apart(*plugin, "--codex-replay", place, *workers)
    missed.assert_outcomes(failed=4)
    before = len(upstream.requests)

    printed = sorted({line.partition("re-record: ")[2] for line in missed.outlines if "re-record: " in line})
    commands = [shlex.split(command)[1:] for command in printed]
    collected = [
        project.runpytest_inprocess(*plugin, *command, "--collect-only", "-q").outlines[0] for command in commands
    ]
    result = project.runpytest_inprocess(*plugin, *commands[2])

    assert [command[-1] for command in commands] == [
        "test_h.py::test_h[::]",
        "test_h.py::test_h[it's one and more]",
        "test_h.py::test_h[it's one]",
        "test_h.py::test_h_too",
    ]
    assert collected == [f"suite/{command[-1]}" for command in commands]
    result.assert_outcomes(passed=1)
    assert len(upstream.requests) - before == 1


@pytest.mark.parametrize("marker", ["faults=['500']", "mode='once'"])
def test_a_miss_of_a_test_that_no_command_records(tell, write_cassette, project: pytest.Pytester, marker: str) -> None:
    """It tells how to do it by hand."""
    write_cassette(project.path / "cassettes" / "told", "hi")

    result, _ = tell("bye", "--codex-replay", source=TELLS.replace('"told"', f'"told", {marker}'))

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["  If the new request is intended: codex-replay record *, then * cassettes/told"])


def test_with_workers(
    upstream: ScriptedUpstream, project: pytest.Pytester, run_apart, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each test records its own cassette; the one line counts them all."""
    monkeypatch.setenv("PROMPT", "hi")
    source = TELLS + TELLS.replace("told", "other").replace("test_tell", "test_other")
    project.makepyfile(f"import pytest\n{source}")
    options = ["-p", "pytest_codex_replay.plugin", "--codex-replay-mode=rewrite", "-p", "xdist", "-n", "2"]

    result = run_apart(*options)

    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(["codex-replay: 2 tests, * 2 recorded"])
    assert prompts_in(project.path / "cassettes" / "told") == prompts_in(project.path / "cassettes" / "other") == ["hi"]


NESTED = TELLS + TELLS.replace("told", "told/inside").replace("test_tell", "test_inside")


@pytest.mark.parametrize(
    ("suite", "reason"),
    [
        ((NESTED, ""), "ERROR: *::test_inside: *the cassette 'told/inside' lies in 'told', that of *::test_tell: *"),
        ((TELLS, "no-such-recorder"), "ERROR: --codex-replay-mode: no-such-recorder: command not found. *"),
    ],
    ids=["nested", "no-recorder"],
)
def test_what_cannot_be_recorded_with_workers(
    upstream: ScriptedUpstream, project: pytest.Pytester, run_apart, suite: tuple[str, str], reason: str
) -> None:
    """One error, as without workers; no other test is recorded either."""
    source, recorder = suite
    project.makeini(f"[pytest]\ncodex_replay_recorder = {recorder}\n")
    project.makepyfile(f"import pytest\n{source}def test_other(ask): ask('hi')\n")
    options = ["-p", "pytest_codex_replay.plugin", "--codex-replay-mode=once", "-p", "xdist", "-n", "2"]

    result = run_apart(*options)

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([reason])
    assert result.stderr.str().count("ERROR") == 1
    assert sorted(path.name for path in (project.path / "cassettes").iterdir()) == ["hello"]
    assert not upstream.requests


def test_clients_in_this_process_are_recorded(tell, project: pytest.Pytester) -> None:
    """Those that go where $OPENAI_BASE_URL says; afterwards they are answered from the cassette."""
    source = """
import os
import httpx

@pytest.mark.codex_replay("told")
def test_it(codex_vcr):
    item = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "hi"}]}
    base_url = os.environ["OPENAI_BASE_URL"] if codex_vcr is None else "https://api.openai.com/v1"
    body = {"model": "gpt-5.4", "input": [item], "stream": True}
    assert "Hello from the scripted upstream." in httpx.post(f"{base_url}/responses", json=body).text
"""
    recorded, asked = tell("", "--codex-replay-mode=once", source=source)
    replayed, asked_again = tell("", "--codex-replay-mode=once", source=source)

    recorded.assert_outcomes(passed=1)
    replayed.assert_outcomes(passed=1)
    assert (asked, asked_again) == (1, 0)


def test_codex_is_recorded_and_replayed(tell, codex_binary: str, project: pytest.Pytester, monkeypatch) -> None:
    """The real one: what it asks while it is recorded is what it asks in replay."""
    monkeypatch.setenv("CODEX_REPLAY_CODEX", codex_binary)
    monkeypatch.setenv("CODEX_API_KEY", "sk-not-a-real-key")
    monkeypatch.setenv("CODEX_HOME", os.fspath(project.mkdir("nobody")))
    source = """
@pytest.mark.codex_replay("told")
def test_it(codex_cli, codex_replay):
    assert codex_cli.exec("Say hello.").message == "Hello from the scripted upstream."
    assert [turn.prompt for turn in codex_replay.turns] == ["Say hello."]
"""
    recorded, _ = tell("", "--codex-replay-mode=once", source=source)
    replayed, asked = tell("", "--codex-replay", "--codex-replay-unused=fail", source=source)

    recorded.assert_outcomes(passed=1)
    replayed.assert_outcomes(passed=1)
    assert asked == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda number: number.name)
@pytest.mark.usefixtures("upstream")
def test_a_signal_while_a_test_is_recorded(project: pytest.Pytester, run_apart, number: signal.Signals) -> None:
    """It ends the whole run, recorder included; no cassette is left half, and what was dropped is reported."""
    project.makepyfile(
        f"""
        import os, pytest, signal

        signal.signal(signal.SIGHUP, signal.SIG_DFL)  # also where the tests run under nohup

        @pytest.mark.codex_replay("before")
        def test_before(ask):
            assert "Hello from" in ask("hi")

        @pytest.mark.codex_replay("told")
        def test_first(ask, codex_replay):
            assert "Hello from" in ask("hi")
            os.kill(os.getpid(), {int(number)})

        @pytest.mark.codex_replay("other")
        def test_second(ask):
            assert "Hello from" in ask("hi")
        """
    )

    result = run_apart("-p", "pytest_codex_replay.plugin", "--codex-replay-mode=rewrite")

    assert result.ret == pytest.ExitCode.INTERRUPTED
    assert "KeyboardInterrupt" in result.stdout.str()
    said = "codex-replay: cassettes/told was not recorded, the cassette is unchanged: the run was interrupted"
    result.stdout.fnmatch_lines([said, "codex-replay: 1 test, * 1 recorded"])
    assert result.stdout.str().count("was not recorded") == 1
    assert sorted(path.name for path in (project.path / "cassettes").iterdir()) == ["before", "hello"]
