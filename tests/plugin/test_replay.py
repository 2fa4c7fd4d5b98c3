"""What a test may ask of a replay, in pytest runs of their own."""

import json
import os
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from pytest_codex_replay.testing.marker import default_name
from tests.user_project import BAD_DAY, DRIFTS, HELLO, VCR


def test_faults(run) -> None:
    """The test meets them; beside it another has the same cassette and no faults."""
    result = run(HELLO + BAD_DAY)

    result.assert_outcomes(passed=2)


def test_a_failing_test_tells_its_faults(run) -> None:
    """They may be why."""
    result = run(BAD_DAY + "    assert False\n", "--codex-replay-recut=7")

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "codex-replay: *, cut anew by seed 7",
            "cassettes/hello: request 1 met 429:usage_limit_reached at interaction 1",
            "cassettes/hello: cut anew by seed 7; --codex-replay-recut=7 does it again",
        ]
    )


def test_a_fault_that_nothing_met(run) -> None:
    """What was to be tested was not."""
    result = run(HELLO.replace('"hello")', '"hello", faults=["426"])', 1))

    result.assert_outcomes(passed=1, warnings=1)
    result.stdout.fnmatch_lines(["*cassettes/hello: no request met the fault 426."])


@pytest.mark.parametrize(
    ("faults", "reason"),
    [("['flood']", "unknown fault: 'flood'. Known faults:*"), ("'429'", "faults: '429' is not a list*")],
)
def test_a_wrong_fault(run, faults: str, reason: str) -> None:
    """One error at collection."""
    result = run(f"@pytest.mark.codex_replay('hello', faults={faults})\ndef test_it(codex_replay): pass\n")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: *::test_it: @pytest.mark.codex_replay: {reason}"])


def test_a_fault_at_an_interaction_that_is_not_there(run) -> None:
    """It is known once the cassette is read."""
    result = run("@pytest.mark.codex_replay('hello', faults=['429@7'])\ndef test_it(codex_replay): pass\n")

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["fault 429@7: interaction 7 not found; there are 1 to 1"])


def test_different_options_for_one_cassette(run) -> None:
    """One error at collection, which names both tests."""
    other = HELLO.replace("test_hello", "test_again").replace('"hello")', '"hello", match="loose")', 1)
    result = run(HELLO + other)

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*::test_again: *match loose for the cassette 'hello', of which *::test_hello says *"])


def test_different_options_with_workers(project: pytest.Pytester, run_apart) -> None:
    """The same error, once; nothing runs."""
    other = HELLO.replace("test_hello", "test_again").replace('"hello")', '"hello", match="loose")', 1)
    project.makepyfile(f"import pytest\n{HELLO}{other}")

    result = run_apart("-p", "pytest_codex_replay.plugin", "--codex-replay", "-p", "xdist", "-n", "2")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: *::test_again: *match loose for the cassette 'hello', of which *"])
    assert result.stderr.str().count("ERROR") == 1
    assert "codex-replay: 1 test" not in result.stdout.str()


def test_the_settings_of_a_cassette(project: pytest.Pytester, run) -> None:
    """They hold against the command line."""
    settings = project.path / "cassettes" / "hello" / "codex-replay.toml"
    settings.write_text("normalise = [['bye|hello', 'greeting']]\n")

    result = run(HELLO.replace('ask("hello")', 'ask("bye")'))

    result.assert_outcomes(passed=1)


@pytest.mark.parametrize("by", ["ini", "fixture"])
def test_normalisers(project: pytest.Pytester, run, by: str) -> None:
    """Of the ini file as pairs, of a conftest.py or a test module as functions."""
    source = HELLO.replace('ask("hello")', 'ask("bye")')
    if by == "ini":
        project.makeini("[pytest]\ncodex_replay_normalise =\n    bye|hello -> greeting\n")
    else:
        source += "@pytest.fixture\ndef codex_replay_normalisers():\n"
        source += "    return [lambda text: text.replace('bye', 'hello')]\n"

    result = run(source)

    result.assert_outcomes(passed=1)


def test_a_wrong_normaliser(project: pytest.Pytester, run) -> None:
    """One line before any test runs."""
    project.makeini("[pytest]\ncodex_replay_normalise = no arrow\n")

    result = run(HELLO)

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*normaliser 'no arrow': write PATTERN -> REPLACEMENT"])


@pytest.mark.usefixtures("tool")
def test_drift(project: pytest.Pytester, run) -> None:
    """Listed by test, summed up, in the report, and among the JUnit properties."""
    result = run(DRIFTS, "--codex-replay-report=report.json", "--junitxml=junit.xml")

    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(
        [
            "codex-replay: test_drift.py::test_drifts drifted from cassettes/tool",
            "  interaction 1: tool-output drifted, input[[]1[]].output (*3 passed* -> *2 passed*)",
            "codex-replay: 1 test, 1 interaction served (1 drifted), 0 missed, 0 unused, 1 drift",
        ]
    )
    report = json.loads(Path(project.path, "report.json").read_text())
    properties = ET.parse(project.path / "junit.xml").iter("property")
    (drift,) = report["tests"][0]["drifts"]
    assert report["tests"][0]["outcome"] == "passed"
    assert drift["text"] in [each.get("value") for each in properties if each.get("name") == "codex_replay_drift"]


def test_orphans(project: pytest.Pytester, run, write_cassette) -> None:
    """Told when all tests were collected, and only then."""
    write_cassette(project.path / "cassettes" / "old", "x")
    project.makepyfile(f"import pytest\n{HELLO}")

    whole = project.runpytest_inprocess("-p", "pytest_codex_replay.plugin", "--codex-replay")
    part = project.runpytest_inprocess("-p", "pytest_codex_replay.plugin", "--codex-replay", "-k", "hello or x")
    less = project.runpytest_inprocess("-p", "pytest_codex_replay.plugin", "--codex-replay", "-k", "nothing")

    whole.stdout.fnmatch_lines(["codex-replay: 1 cassette that no test uses: old"])
    part.stdout.fnmatch_lines(["codex-replay: 1 cassette that no test uses: old"])
    assert "no test uses" not in less.stdout.str()


def test_orphans_with_workers(project: pytest.Pytester, run_apart, write_cassette) -> None:
    """The controller learns from a worker what was collected."""
    write_cassette(project.path / "cassettes" / "old", "x")
    project.makepyfile(f"import pytest\n{HELLO}")
    options = ["-p", "pytest_codex_replay.plugin", "--codex-replay", "--codex-replay-unused=fail"]

    result = run_apart(*options, "-p", "xdist", "-n", "1")

    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["codex-replay: 1 cassette that no test uses: old"])


def test_clients_in_this_process(run) -> None:
    """They are answered from the cassette, and counted as others are."""
    result = run(VCR)

    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["codex-replay: 1 test, 1 interaction served (1 exact), 0 missed, 0 unused"])


@pytest.mark.parametrize("how", ["fixture", "getfixturevalue"])
def test_a_fault_that_clients_in_this_process_would_not_notice(run, how: str) -> None:
    """One error, at collection where the fixture is named there."""
    arguments, line = ("codex_vcr", "pass") if how == "fixture" else ("request", "request.getfixturevalue('codex_vcr')")
    result = run(f"@pytest.mark.codex_replay('hello', faults=['stall'])\ndef test_it({arguments}): {line}\n")

    said = "fault stall: codex_vcr cannot show it"
    if how == "fixture":
        assert result.ret == pytest.ExitCode.USAGE_ERROR
        result.stderr.fnmatch_lines([f"ERROR: *::test_it: @pytest.mark.codex_replay: {said}*"])
    else:
        result.assert_outcomes(failed=1)
        result.stdout.fnmatch_lines([f"{said}*"])


def test_no_seed_for_clients_in_this_process(run) -> None:
    """Their answers are in one piece, so it is not named when a test fails."""
    result = run(VCR + "    assert False\n", "--codex-replay-recut=7")

    result.assert_outcomes(failed=1)
    assert "--codex-replay-recut=7 does it again" not in result.stdout.str()


def test_what_tried_to_leave(run) -> None:
    """It fails the test, though the client kept quiet about it."""
    result = run(
        VCR
        + """
    import contextlib, socket
    with contextlib.suppress(OSError):
        socket.create_connection(("192.0.2.1", 443), timeout=1)
"""
    )

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["cassettes/hello: connect to 192.0.2.1:443 was blocked: replay allows *"])


def test_both_fixtures(run) -> None:
    """A client in this process and one outside share the cassette: what one was served the other is not."""
    result = run(
        VCR.replace("(codex_vcr)", "(codex_vcr, ask)") + "    assert 'already served' in ask('hello').lower()\n"
    )

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*codex-replay: 1 test, 1 interaction served (1 exact), 1 missed, 0 unused"])


def test_turns_compare_and_print(run) -> None:
    """What a snapshot of turns would hold: plain values, the same in each run."""
    result = run(
        """
@pytest.mark.codex_replay("hello")
def test_turns(ask, codex_replay):
    ask("hello")
    assert [str(turn) for turn in codex_replay.turns] == [
        "turn 1 (completed): 'hello' -> 0 tool calls, 'hello, indeed'"
    ]
    assert [turn.summary() for turn in codex_replay.turns] == [
        {
            "subagent": None,
            "model": "gpt-5.4",
            "prompt": "hello",
            "items": [
                {"kind": "user", "text": "hello"},
                {"kind": "assistant", "text": "hello, indeed", "is_cut": False},
            ],
            "tokens": codex_replay.turns[0].tokens.as_json(),
            "outcome": "completed",
        }
    ]
"""
    )

    result.assert_outcomes(passed=1)


def test_beside_anyio(project: pytest.Pytester, run) -> None:
    """Coroutines are tests, too: their misses fail them."""
    source = """
import httpx

@pytest.fixture
def anyio_backend():
    return "asyncio"

@pytest.mark.anyio
@pytest.mark.codex_replay("hello")
@pytest.mark.parametrize("prompt", ["hello", "goodbye"])
async def test_it(codex_replay, codex_vcr, prompt):
    item = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": prompt}]}
    async with httpx.AsyncClient() as client:
        await client.post("https://api.openai.com/v1/responses", json={"model": "gpt-5.4", "input": [item]})
"""
    result = run(source, "-p", "anyio")

    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["cassettes/hello: * sent a request that matches no interaction."])


def test_a_test_that_is_run_again(project: pytest.Pytester, run) -> None:
    """As plugins for flaky tests do: each attempt has the whole cassette before it."""
    again = """
@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item, nextitem):
    from _pytest.runner import runtestprotocol

    runtestprotocol(item, log=False, nextitem=nextitem)
    runtestprotocol(item, nextitem=nextitem)
    return True
"""
    project.makeconftest((project.path / "conftest.py").read_text() + again)

    result = run(HELLO)

    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["codex-replay: 1 test, 1 interaction served (1 exact), 0 missed, 0 unused"])


@pytest.mark.parametrize("what", ["", "/test_out.py", "/test_out.py::test_hello"])
def test_a_test_outside_rootdir(project: pytest.Pytester, write_cassette, tmp_path: Path, what: str) -> None:
    """Its cassette is below the cassette directory, and its own, however the test is named on the command line."""
    outside = os.path.relpath(tmp_path, project.path)
    for module in (tmp_path / "test_out.py", project.path / "test_it.py"):
        module.write_text(
            "import pytest\n@pytest.mark.codex_replay(unasked='ok')\ndef test_hello(codex_replay): pass\n"
        )
    names = [default_name(f"{outside}/test_out.py::test_hello"), "test_it/test_hello"]
    for name in names:
        write_cassette(project.path / "cassettes" / name, "hello")
    options = ["--codex-replay", "--codex-replay-report=report.json", "--rootdir=.", "--import-mode=importlib"]

    result = project.runpytest_inprocess("-p", "pytest_codex_replay.plugin", *options, f"{outside}{what}", "test_it.py")

    report = json.loads((project.path / "report.json").read_text())
    result.assert_outcomes(passed=2)
    assert sorted(test["name"] for test in report["tests"]) == sorted(f"cassettes/{name}" for name in names)


def test_modules_of_the_same_name(project: pytest.Pytester, write_cassette) -> None:
    """`tests/` is left out of a cassette's name, but not where another module would have that name."""
    names = ["test_one/test_it", "tests/test_two/test_it", "test_two/test_it"]
    for name in names:
        write_cassette(project.path / "cassettes" / name, name)
    (project.path / "tests").mkdir()
    for place, name in zip(("tests/test_one", "tests/test_two", "test_two"), names, strict=True):
        (project.path / f"{place}.py").write_text(f"def test_it(ask): assert '{name}, indeed' in ask('{name}')\n")

    result = project.runpytest_inprocess(
        "-p", "pytest_codex_replay.plugin", "--codex-replay", "--import-mode=importlib"
    )

    result.assert_outcomes(passed=3)


def test_a_cassette_that_is_yet_to_be_recorded(project: pytest.Pytester, run) -> None:
    """Its settings may be there before: the error says what to do."""
    (project.path / "cassettes" / "new").mkdir()
    (project.path / "cassettes" / "new" / "codex-replay.toml").write_text('match = "loose"\n')

    result = run(HELLO.replace('"hello")', '"new")', 1))

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*/new: nothing is recorded in it. Record it: pytest --codex-replay-mode=once"])


FAILURES = """
import pytest
from pytest_codex_replay.launch.codex_cli import CodexRun

pytestmark = pytest.mark.codex_replay("hello")

def test_codex(ask):
    text = ask("goodbye").partition('"message":"')[2].partition('"')[0].replace("\\\\n", "\\n")
    CodexRun(events=({"type": "turn.failed", "error": {"message": text}},), exit_code=1, stderr="").check()

def test_own(ask):
    ask("goodbye")
    raise ValueError("what came of it")

def test_quiet(ask):
    ask("goodbye")

def test_again(ask):
    ask("hello"), ask("hello")

def test_wide(codex_replay_module):
    from conftest import ask_at
    ask_at(codex_replay_module.base_url, "goodbye")

def test_away(codex_replay):
    import socket
    socket.create_connection(("api.openai.com", 443))

def test_fails():
    CodexRun(events=(), exit_code=3, stderr="out of quota").check()

def test_unasked(codex_replay): pass
"""


def test_80_columns(run, monkeypatch: pytest.MonkeyPatch) -> None:
    """What could not be answered comes first, whatever the client made of it; no module's name takes its place."""
    monkeypatch.setenv("COLUMNS", "80")

    summary = run(FAILURES).stdout.str().partition("short test summary info")[2]

    lines = [line.partition("::test_")[2] for line in summary.splitlines() if line.startswith("FAILED")]
    differs = "miss: request 1 differs in inp"
    assert [line.partition(" - ")[0] for line in lines] == [
        *("codex", "own", "quiet", "again", "wide", "away", "fails", "unasked")
    ]
    assert [line.partition(" - ")[2][:30] for line in lines] == [
        *(differs, differs, differs, "miss: request 2: the only inte", differs, "connect to api.openai.com:443 "),
        *("codex exec failed with exit co", "Failed: cassettes/hello: no re"),
    ]
