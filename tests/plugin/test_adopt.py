"""Mode adopt: a suite takes over what its clients send now."""

import json
import re
import shutil
from pathlib import Path

import jsonschema
import pytest

from pytest_codex_replay.sharing.redact import redact_archive
from tests.adoption import CASSETTES, files_in, older, whole
from tests.documented import documented, shape

SEND = """
import json
import urllib.request

def send(base_url, text, **more):
    item = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}
    tools = [{"type": "function", "name": "look", "parameters": {}}]
    body = json.dumps({"model": "gpt-5.4", "input": [item], "tools": tools, **more}).encode()
    request = urllib.request.Request(base_url + "/responses", body, {"content-type": "application/json"})
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request) as answer:
        return answer.read().decode()
"""
"""A client of today: it offers a tool, of which the recording does not know."""
MARK = '@pytest.mark.codex_replay("{name}")\n'
PASSES = (
    SEND
    + MARK.format(name="hello")
    + """
def test_passes(codex_replay):
    assert "hello, indeed" in send(codex_replay.base_url, "hello")
"""
)
LEAVES = "pytest.exit('enough')"
SCHEMA = json.loads((Path(__file__).parents[2] / "docs" / "report.schema.json").read_text(encoding="utf-8"))


@pytest.fixture
def cassette(project: pytest.Pytester, write_cassette):
    """Make cassettes of prompts in the project; `hello` is there."""

    def make(name: str, *prompts: str) -> Path:
        target = project.path / "cassettes" / name
        redact_archive(write_cassette(project.path / "archives" / name, *prompts), target)
        return target

    shutil.rmtree(project.path / "cassettes" / "hello")
    make("hello", "hello")
    return make


def adopt(run, source: str, *options: str) -> pytest.RunResult:
    return run(source, "--codex-replay-mode=adopt", *options, replay=False)


def strictly(run, source: str) -> pytest.RunResult:
    return run(source, "--codex-replay-match=strict")


def test_a_suite_is_adopted(cassette, run) -> None:
    """In one command, in CI too: what changed is listed, then the totals; afterwards it replays strictly."""
    cassette("bye", "bye")
    source = PASSES + PASSES[len(SEND) :].replace("hello", "bye").replace("passes", "other")
    strictly(run, source).assert_outcomes(failed=2)

    first, second = adopt(run, source, "--codex-replay-report=report.json"), adopt(run, source)

    first.assert_outcomes(passed=2)
    first.stdout.fnmatch_lines(
        [
            "codex-replay: *, match loose, *, mode adopt",
            "codex-replay: *::test_other: cassettes/bye adopted",
            '  names and schemas of tools: 1 request, first tools* -> "*look*")',
            "codex-replay: *::test_passes: cassettes/hello adopted",
            "codex-replay: 2 adopted, 0 unchanged, 0 refused",
        ]
    )
    second.stdout.fnmatch_lines(["codex-replay: 0 adopted, 2 unchanged, 0 refused"])
    strictly(run, source).assert_outcomes(passed=2)
    report = json.loads(Path("report.json").read_text(encoding="utf-8"))
    jsonschema.validate(report, SCHEMA)
    assert [test["adoption"]["outcome"] for test in report["tests"]] == ["adopted", "adopted"]


@pytest.mark.parametrize(
    ("body", "outcome", "reason"),
    [
        ('send(codex_replay.base_url, "hello"); assert False', "failed", "the test did not pass"),
        ("pass", "failed", "the test did not pass"),
        ('send(codex_replay.base_url, "bye")', "failed", "the test did not pass"),
        (
            'send(codex_replay.base_url, "hello", instructions="Be kind.")',
            "errors",
            "the conversation itself differs: *",
        ),
        ('send(codex_replay.base_url, "hello"); pytest.skip()', "skipped", "the test did not pass"),
        ('send(codex_replay.base_url, "hello"); pytest.xfail()', "xfailed", "the test did not pass"),
    ],
    ids=["fails", "unused", "other prompt", "other instructions", "skipped", "xfail"],
)
def test_a_refusal_leaves_the_cassette(cassette, run, body: str, outcome: str, reason: str) -> None:
    """One line says why; a test that passed ends in an error, so that the run fails."""
    before = files_in(Path("cassettes/hello"))

    result = adopt(run, f"{SEND}{MARK.format(name='hello')}\ndef test_it(codex_replay):\n    {body}\n")

    assert result.parseoutcomes().get(outcome) == 1
    result.stdout.fnmatch_lines(
        [
            f"codex-replay: *::test_it: cassettes/hello refused: {reason}",
            "codex-replay: 0 adopted, 0 unchanged, 1 refused",
        ]
    )
    assert files_in(Path("cassettes/hello")) == before


def test_loose_adopts_instructions(cassette, run) -> None:
    """Which may be the user's: on demand."""
    source = PASSES.replace('base_url, "hello"', 'base_url, "hello", instructions="Be kind."')

    adopt(run, source, "--codex-replay-match=loose").assert_outcomes(passed=1)

    strictly(run, source).assert_outcomes(passed=1)


def test_tests_that_share_a_cassette(cassette, run) -> None:
    """The second finds it adopted; one that sends other requests is refused."""
    other = PASSES[len(SEND) :].replace("passes", "same")
    source = (
        PASSES + other + other.replace("same", "unlike").replace('base_url, "hello"', 'base_url, "hello", tools=[]')
    )

    result = adopt(run, source)

    result.stdout.fnmatch_lines(
        [
            "codex-replay: *::test_unlike: cassettes/hello refused: *::test_passes shares it, and sent other *",
            "codex-replay: 1 adopted, 1 unchanged, 1 refused",
        ]
    )


def test_faults_and_markers(cassette, run) -> None:
    """A test with faults, and one that never records, are replayed and not adopted; other modes of markers give way."""
    cassette("kept", "hello")
    cassette("bad", "hello")
    source = (
        PASSES.replace('("hello")', '("hello", mode="rewrite")', 1)
        + PASSES[len(SEND) :].replace('("hello")', '("kept", mode="none", match="loose")', 1).replace("passes", "kept")
        + PASSES[len(SEND) :].replace('("hello")', '("bad", faults=["slow:1ms"])', 1).replace("passes", "bad")
    )

    result = adopt(run, source)

    result.assert_outcomes(passed=3)
    result.stdout.fnmatch_lines(["codex-replay: 1 adopted, 0 unchanged, 0 refused"])


def test_a_marker_does_not_adopt(cassette, run) -> None:
    """Each run would rewrite the cassette without a word."""
    result = run(PASSES.replace('("hello")', '("hello", mode="adopt")', 1))

    result.stderr.fnmatch_lines(["*mode 'adopt' is for a whole run: pytest --codex-replay-mode=adopt"])


def test_a_cassette_that_does_not_exist(project: pytest.Pytester, run) -> None:
    """Nothing is recorded: there is no upstream."""
    result = adopt(run, PASSES.replace('("hello")', '("helo")', 1))

    result.stdout.fnmatch_lines(["no cassette 'helo' in *", "codex-replay: 0 adopted, 0 unchanged, 0 refused"])


SCOPED = (
    SEND
    + """
class Base:
    def test_first(self, FIXTURE):
        assert "one, indeed" in send(FIXTURE.base_url, "one")

    def test_second(self, FIXTURE):
        assert "two, indeed" in send(FIXTURE.base_url, "two")

    @pytest.mark.skipif(IS_GOOD, reason="all is well")
    def test_third(self, FIXTURE):
        assert False

pytestmark = pytest.mark.codex_replay("two")

class TestIt(Base):
    pass
"""
)


@pytest.mark.parametrize("fixture", ["codex_replay_class", "codex_replay_module", "codex_replay_session"])
def test_wider_scopes(cassette, run, fixture: str) -> None:
    """A cassette for several tests is adopted when they are done, and none has failed."""
    cassette("two", "one", "two")
    cassette("session", "one", "two")
    source = SCOPED.replace("FIXTURE", fixture)
    good = source.replace("IS_GOOD", "True")

    failed = adopt(run, source.replace("IS_GOOD", "False"))
    result = adopt(run, good)

    failed.stdout.fnmatch_lines(
        ["codex-replay: * refused: the test did not pass", "*0 adopted, 0 unchanged, 1 refused"]
    )
    result.stdout.fnmatch_lines(["codex-replay: * adopted", "codex-replay: 1 adopted, 0 unchanged, 0 refused"])
    strictly(run, good).assert_outcomes(passed=2, skipped=1)


BLOCKS = (
    SEND
    + """
from pytest_codex_replay import use_cassette

def test_both(request):
    for name in ("hello", "bye"):
        with use_cassette(name, request) as replay:
            send(replay.base_url, name)
    assert IS_GOOD
"""
)


@pytest.mark.parametrize(
    ("is_good", "count"), [(True, "2 adopted, 0 unchanged, 0"), (False, "0 adopted, 0 unchanged, 2")]
)
def test_several_cassettes_in_one_test(cassette, run, *, is_good: bool, count: str) -> None:
    """A block that has ended waits for the test: it may fail yet."""
    before = files_in(cassette("bye", "bye"))

    result = adopt(run, BLOCKS.replace("IS_GOOD", str(is_good)))

    result.stdout.fnmatch_lines([f"codex-replay: {count} refused"])
    assert (files_in(Path("cassettes/bye")) == before) is not is_good


@pytest.mark.parametrize(
    "source",
    [
        f"{PASSES}    {LEAVES}",
        SCOPED.replace("FIXTURE", "codex_replay_module").replace("IS_GOOD", "0").replace("assert False", LEAVES),
        BLOCKS.replace("    assert IS_GOOD", f"        {LEAVES}"),
        BLOCKS.replace("    assert IS_GOOD", f"            {LEAVES}"),
    ],
    ids=["test", "module", "after a block", "block"],
)
def test_an_interrupted_run(cassette, run, source: str) -> None:
    """What was about to be adopted is named, and is unchanged."""
    two = cassette("two", "one", "two")
    before = {path: path.read_bytes() for path in two.parent.rglob("*") if path.is_file()}

    result = adopt(run, source)

    assert result.ret == pytest.ExitCode.INTERRUPTED
    said = "codex-replay: cassettes/* was not adopted, the cassette is unchanged: the run was interrupted"
    result.stdout.fnmatch_lines([said])
    assert result.stdout.str().count("was not adopted") == 1
    assert {path: path.read_bytes() for path in two.parent.rglob("*") if path.is_file()} == before


def test_clients_in_this_process(cassette, run) -> None:
    """They are answered without a server; what they send is adopted as well."""
    source = """
import httpx

@pytest.mark.codex_replay("hello")
def test_vcr(codex_vcr):
    item = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "hello"}]}
    body = {"model": "gpt-5.4", "input": [item], "reasoning": {"effort": "high"}}
    assert "hello, indeed" in httpx.post("https://api.openai.com/v1/responses", json=body).text
"""

    result = adopt(run, source)

    result.stdout.fnmatch_lines(["  settings: 1 request, first *", "codex-replay: 1 adopted, 0 unchanged, 0 refused"])
    strictly(run, source).assert_outcomes(passed=1)


def test_the_real_codex(project: pytest.Pytester, run, codex_binary: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cassette of an older one becomes, but for ids that were made anew, the one that is recorded today."""
    monkeypatch.setenv("TERM", "xterm")  # as when it was recorded: Codex names its terminal
    older(CASSETTES / "older-tool-loop", project.path / "cassettes" / "steps")
    project.makeini(f"[pytest]\ncodex_replay_codex = {codex_binary}\n")
    source = """
@pytest.mark.codex_replay("steps")
def test_steps(codex_cli):
    assert codex_cli.exec("Do the three steps.").exit_code == 0
"""

    result = adopt(run, source)

    result.stdout.fnmatch_lines(
        [
            "  descriptions of tools: 4 requests, first tools[[]0].description (*Formerly: *)",
            "codex-replay: 1 adopted, 0 unchanged, 0 refused",
        ]
    )
    printed = [shape(line) for line in result.outlines]
    shown = map(shape, documented("record-modes.md", "pytest --codex-replay-mode=adopt"))
    assert [line for line in shown if line not in printed] == []
    text = Path("cassettes/steps/traffic.jsonl").read_text(encoding="utf-8")
    assert not re.search("Formerly|Be brief|0\\.150\\.0", text)
    today = whole(CASSETTES / "older-tool-loop", project.path / "today")
    assert text == (today / "traffic.jsonl").read_text(encoding="utf-8")
