"""`codex-replay import --vcr`: the suite in `../interop/data/vcr_suite` moves.

Its cassettes were recorded by pytest-recording 0.14 with vcrpy 9.4, httpx 0.28 and the OpenAI SDK 3.57, before a server
that answers by the question; then its address was replaced by the API's.
"""

import json
import re
import shutil
from pathlib import Path

import pytest

# pytester forgets what a run imports; so it is imported once, here.
import pytest_codex_replay.testing.collection
import pytest_codex_replay.testing.handle  # noqa: F401
from pytest_codex_replay.reading import RecordedSession
from tests.documented import documented

SUITE = Path(__file__).parents[1] / "interop" / "data" / "vcr_suite"
KEY = b"made-up-key-0123456789abcdef"
REPLACED = '@pytest.mark.codex_replay, @pytest.mark.usefixtures("codex_vcr")'


@pytest.fixture
def suite(pytester, monkeypatch):
    """The suite, as a user's project."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.delenv("CI", raising=False)
    shutil.copytree(SUITE, pytester.path / "tests")
    pytester.makeini("[pytest]")
    return pytester


def changed(source):
    """The tests, with what is printed done; one asks another API, and goes on with vcrpy."""
    moved = source.replace("@pytest.mark.vcr\n", "@MOVED\n", source.count("@pytest.mark.vcr\n") - 1)
    moved = re.sub(r"@vcr\.use_cassette\(.*\)", '@pytest.mark.codex_replay("by_hand")\n@FIXTURE', moved)
    moved = re.sub(r"( *)@MOVED", r"\1@pytest.mark.codex_replay\n\1@FIXTURE", moved)
    return moved.replace("@FIXTURE", '@pytest.mark.usefixtures("codex_vcr")')


def test_a_suite_replays_afterwards(run, suite):
    """Each test finds its cassette; what to change is printed; the one of another API stays."""
    result = run("import", "--vcr", "tests/cassettes")
    module = suite.path / "tests" / "test_chat.py"
    module.write_text(changed(module.read_text(encoding="utf-8")), encoding="utf-8")
    known = "ignore:Module already imported:pytest.PytestAssertRewriteWarning"
    plugins = ["-W", known, "-p", "pytest_codex_replay.plugin", "-p", "pytest_recording.plugin"]

    replayed = suite.runpytest_inprocess(*plugins, "--codex-replay", "--block-network", "--allowed-hosts=127.0.0.1")

    replayed.assert_outcomes(passed=6)
    assert "6 interactions served (6 exact), 0 missed, 0 unused" in replayed.stdout.str()
    assert result.stdout.splitlines()[5:] == [
        "5 cassettes imported, 1 left as they are.",
        "",
        "In the tests:",
        "  tests/test_chat.py: TestConversation::test_goes_on, test_httpx, test_stream",
        f"    @pytest.mark.vcr -> {REPLACED}",
        "  tests/cassettes/by_hand.yaml: where a test uses it",
        "    -> " + REPLACED.replace("codex_replay", 'codex_replay("by_hand")'),
        "Then: pytest --codex-replay",
    ]
    shown = documented("vcrpy.md", "codex-replay import --vcr tests/cassettes --into cassettes/")
    assert [line for line in shown if line not in result.output.splitlines()] == []


def test_the_cassettes_are_without_secrets(run, suite):
    """As `redact` makes them."""
    run("import", "--vcr", "tests/cassettes", "--into", "other")

    written = [path.read_bytes() for path in (suite.path / "other").rglob("traffic.jsonl")]
    assert len(written) == 5
    assert not any(KEY in raw for raw in written)
    assert RecordedSession(suite.path / "other" / "by_hand").has_canonical_times


def test_what_is_there_is_kept_and_the_rest_is_moved(run, suite):
    """So a suite can be moved again after a file was repaired; the exit code says that not all is."""
    (suite.path / "tests" / "cassettes" / "half.yaml").write_text("interactions:\n- request: {")
    (suite.path / "tests" / "cassettes" / "other.json").write_text("{}")
    (suite.path / "cassettes" / "by_hand").mkdir(parents=True)

    result = run("import", "--vcr", "tests/cassettes", "--json")

    by_file = {Path(one["file"]).name: one for one in json.loads(result.stdout)["cassettes"]}
    assert result.exit_code == 1
    assert "is there already. Remove it to import" in by_file["by_hand.yaml"]["problem"]
    assert "not a whole cassette of vcrpy" in by_file["half.yaml"]["problem"]
    assert "it has no interactions" in by_file["other.json"]["problem"]
    assert by_file["test_httpx.yaml"]["cassette"] == "cassettes/test_chat/test_httpx"


def test_a_directory_of_its_own_is_named_in_the_configuration(run, suite):
    """Else pytest would not find it. A file may be given alone."""
    result = run("import", "--vcr", "tests/cassettes/by_hand.yaml", "--into", "other")

    assert "In the configuration of pytest: codex_replay_dir = other" in result.stdout
    assert (suite.path / "other" / "by_hand" / "traffic.jsonl").is_file()


def test_what_was_recorded_on_loopback_is_told(run, suite):
    """There `codex_vcr` lets requests pass: they would go to a server that is gone."""
    file = suite.path / "tests" / "cassettes" / "by_hand.yaml"
    file.write_text(file.read_text().replace("https://api.openai.com", "http://127.0.0.1:8080"), encoding="utf-8")

    result = run("import", "--vcr", "tests/cassettes/by_hand.yaml")

    assert (
        result.stderr.count("recorded on 127.0.0.1:8080, and codex_vcr lets requests to loopback pass. Give the") == 1
    )
    assert "loopback" not in run("import", "--vcr", "tests/cassettes/test_chat").stderr


@pytest.mark.parametrize(("place", "why"), [("no", "no such file or directory"), ("empty", "no cassette of vcrpy")])
def test_where_there_are_none_it_says_so(refusal, suite, place, why):
    """Nothing is made."""
    suite.mkdir("empty")

    assert why in refusal("import", "--vcr", place)
