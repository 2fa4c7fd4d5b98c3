"""The test's process is pointed at the cassette; a test that never asked it is not green."""

import pytest

from pytest_codex_replay.upstream import SCENARIOS, ScriptedUpstream
from tests.user_project import VCR, project, run

__all__ = ["project", "run"]

BY_ENVIRONMENT = """
import os, subprocess, sys
ASK = "import conftest, os; print(conftest.ask_at(os.environ['OPENAI_BASE_URL'], 'hello'))"

@pytest.mark.codex_replay("hello")
def test_script(codex_replay):
    done = subprocess.run([sys.executable, "-c", ASK], capture_output=True, text=True, check=True)
    assert "hello, indeed" in done.stdout
    assert os.environ["CODEX_HOME"] == codex_replay.env["CODEX_HOME"]
    assert os.environ["OPENAI_API_KEY"] != "sk-mine"

def test_after():
    assert (os.environ["OPENAI_BASE_URL"], os.environ["OPENAI_API_KEY"]) == ("http://mine.test/v1", "sk-mine")
    assert "CODEX_HOME" not in os.environ
"""
SILENT = """
@pytest.mark.codex_replay("hello"{0})
def test_silent({1}): pass
"""


@pytest.fixture(autouse=True)
def mine(monkeypatch: pytest.MonkeyPatch) -> None:
    """The user's own variables."""
    monkeypatch.setenv("OPENAI_BASE_URL", "http://mine.test/v1")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-mine")
    monkeypatch.delenv("CODEX_HOME", raising=False)


def test_what_a_test_starts_is_pointed(run) -> None:
    """Without `env=`; afterwards the variables are the user's own."""
    run(BY_ENVIRONMENT).assert_outcomes(passed=2)


def test_a_patch_of_the_test_is_undone_before_ours(run) -> None:
    """In whatever order it asks for its fixtures."""
    patched = BY_ENVIRONMENT.replace("(codex_replay):\n", "(monkeypatch, codex_replay):\n    change(monkeypatch)\n")
    change = "def change(patch): patch.setenv('NO_PROXY', '*'); patch.setenv('CODEX_HOME', os.environ['CODEX_HOME'])\n"

    run(change + patched).assert_outcomes(passed=2)


@pytest.mark.parametrize("fixture", ["codex_replay", "codex_vcr", "codex_replay, codex_vcr"])
def test_a_cassette_that_was_never_asked_fails_the_test(run, fixture: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With how to point the client; the marker says where it is meant."""
    monkeypatch.setenv("CI", "true")  # pytest cuts no line then
    failed = run(SILENT.format("", fixture), "--codex-replay-unused=ignore")
    meant = run(SILENT.format(", unasked='ok'", fixture), "--codex-replay-unused=ignore")
    live = run(SILENT.format("", fixture), replay=False)

    failed.assert_outcomes(failed=1)
    failed.stdout.fnmatch_lines(
        [
            "cassettes/hello: no request reached the cassette. Point the client at it: codex_replay.env, *",
            "  An SDK reads $OPENAI_BASE_URL*",
            "FAILED *::test_silent - *no request *",
        ]
    )
    meant.assert_outcomes(passed=1)
    live.assert_outcomes(passed=1)


def test_a_test_that_is_skipped_or_asks_in_this_process_is_not_concerned(run) -> None:
    """Nor is one that failed: it has a reason of its own."""
    skipped = SILENT.format("", "codex_replay").replace("pass", "pytest.skip()")

    run(VCR + skipped).assert_outcomes(passed=1, skipped=1)


WIDE = """
import os, subprocess, sys
ASK = "import conftest, os; print(conftest.ask_at(os.environ['OPENAI_BASE_URL'], 'hello'))"
import pytest_codex_replay

{0}
class TestWide:
    def test_script(self, {1}):
        done = subprocess.run([sys.executable, "-c", ASK], capture_output=True, text=True, check=True)
        assert "hello, indeed" in done.stdout
        assert os.environ["CODEX_HOME"] == {1}.env["CODEX_HOME"]

    def test_other(self, {1}): pass

def test_after():
    assert os.environ["OPENAI_BASE_URL"] == os.environ["OPENAI_API_BASE"] == "http://mine.test/v1"
"""
BLOCK = """
@pytest.fixture(scope="class")
def block(request):
    with pytest_codex_replay.use_cassette("hello", request{0}) as replay:
        yield replay
"""


@pytest.mark.parametrize(
    ("head", "fixture"),
    [("@pytest.mark.codex_replay('hello')", "codex_replay_class"), (BLOCK.format(""), "block")],
    ids=["class", "block"],
)
def test_what_tests_start_is_pointed_in_wider_scopes(
    run, head: str, fixture: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As it is in a test; afterwards the variables are the user's own. Only one test has to ask."""
    monkeypatch.setenv("OPENAI_API_BASE", "http://mine.test/v1")

    run(WIDE.format(head, fixture)).assert_outcomes(passed=3)


MODULE = "pytestmark = pytest.mark.codex_replay('hello'{1})\n\ndef test_silent(codex_replay_module): {0}\n"
IN_A_TEST = """
import pytest_codex_replay

def test_silent(request):
    with pytest_codex_replay.use_cassette("hello", request{1}): {0}
"""
IN_A_FIXTURE = (
    "import pytest_codex_replay\n"
    + BLOCK.replace('(scope="class")', "").replace("{0}", "{1}")
    + """
def test_silent(block): {0}
"""
)


@pytest.mark.parametrize(
    ("source", "outcome"),
    [(MODULE, {"passed": 1, "errors": 1}), (IN_A_TEST, {"failed": 1}), (IN_A_FIXTURE, {"passed": 1, "errors": 1})],
    ids=["module", "in a test", "in a fixture"],
)
def test_a_wider_cassette_that_was_never_asked_fails(run, source: str, outcome: dict[str, int]) -> None:
    """At its end, unless it is meant, or no test could ask: they were skipped, or failed."""
    silent, meant = run(source.format("pass", "")), run(source.format("pass", ", unasked='ok'"))
    skipped, failed = run(source.format("pytest.skip()", "")), run(source.format("assert 0", ""))

    silent.assert_outcomes(**outcome)
    silent.stdout.fnmatch_lines(["cassettes/hello: no request reached the cassette. Point the client at it: *"])
    meant.assert_outcomes(passed=1, warnings=1)
    skipped.assert_outcomes(skipped=1, warnings=int(source != IN_A_TEST))
    failed.assert_outcomes(failed=1)


def test_a_client_of_this_process_that_asks_a_model_is_stopped(run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its library and what to do are named, though another client asked the cassette; other hosts are not concerned."""
    monkeypatch.setenv("CI", "true")  # pytest cuts no line then

    result = run(
        """
import socket, httpx

@pytest.mark.codex_replay("hello")
@pytest.mark.parametrize("host", ["api.openai.com", "mine.test"])
def test_it(ask, host):
    ask("hello")
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"https://{host}/v1/models")
    assert socket.getaddrinfo("localhost", 80)
"""
    )

    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines(
        [
            "cassettes/hello: connect to api.openai.com:443 by httpcore, for httpx was blocked: *",
            "cassettes/hello: connect to mine.test:443 by httpcore, for httpx was blocked: *",
        ]
    )


def test_a_recording_and_a_replay_are_pointed_alike(
    run, project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One test text serves both: what it starts finds the recorder, too, with the user's login and key."""
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setattr("pytest_codex_replay.testing.rerecord.find_external_scanner", lambda: None)  # slow to set up
    own = project.mkdir("own")
    (own / "auth.json").write_text("{}")
    monkeypatch.setenv("CODEX_HOME", str(own))
    source = """
import os, pathlib, subprocess, sys
ASK = "import conftest, os; print(conftest.ask_at(os.environ['OPENAI_BASE_URL'], 'once'))"

@pytest.mark.codex_replay("new")
def test_script(codex_replay):
    subprocess.run([sys.executable, "-c", ASK], capture_output=True, text=True, check=True)
    home = pathlib.Path(os.environ["CODEX_HOME"])
    assert codex_replay.base_url in (home / "config.toml").read_text()
    print("login", (home / "auth.json").exists(), os.environ["OPENAI_API_KEY"])

@pytest.mark.codex_replay("silent", unasked="ok")
def test_silent(codex_replay): pass

def test_after():
    assert (os.environ["OPENAI_BASE_URL"], os.environ["CODEX_HOME"].endswith("own")) == ("http://mine.test/v1", True)
"""
    with ScriptedUpstream(SCENARIOS["text"].script()) as upstream:
        options = ["--codex-replay-mode=once", f"-ocodex_replay_upstream={upstream.base_url}", "-s"]
        recorded = run(source, *options, replay=False)
    replayed = run(source.replace(", unasked='ok'", ""), "-s", "-k", "not silent")

    recorded.assert_outcomes(passed=3)
    recorded.stdout.fnmatch_lines(["*login True sk-mine*"])
    replayed.assert_outcomes(passed=2, deselected=1)
    replayed.stdout.fnmatch_lines(["*login False sk-replay-needs-no-key*"])


def test_a_wrong_value_is_refused(run) -> None:
    """At collection."""
    result = run(SILENT.format(", unasked=True", "codex_replay"))

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*unasked: True is unknown; write unasked='ok' where no request is meant"])


def test_the_short_summary_begins_with_the_miss(run, monkeypatch: pytest.MonkeyPatch) -> None:
    """The test's own complaint comes after it."""
    monkeypatch.setenv("CI", "true")  # pytest cuts no line then

    result = run(
        """
@pytest.mark.codex_replay("hello")
def test_it(ask):
    assert ask("bye") == "fine"
"""
    )

    result.stdout.fnmatch_lines(
        ['FAILED *::test_it - miss: request 1 differs in input*.content*.text ("hello" -> "bye") (*assert*']
    )
