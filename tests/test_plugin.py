"""The plugin, in pytest runs of its own."""

import importlib.metadata
import json
import subprocess
import sys
from pathlib import Path

import pytest

from pytest_codex_replay.upstream import SCENARIOS, ScriptedUpstream
from tests.user_project import ASK, project, run, run_apart

__all__ = ["project", "run", "run_apart"]

MISS = "cassettes/hello: request * sent a request that matches no interaction."
NEAREST = '*nearest: interaction 1, differs in input[[]0[]].content[[]0[]].text ("hello" -> "goodbye")'

LEAN = ("-p", "no:langsmith_plugin")
"""What LangChain brings takes longer to load than all the rest."""
HELLO = """
@pytest.mark.codex_replay("hello")
def test_hello(ask):
    assert "hello, indeed" in ask("hello")
"""
GOODBYE = """
@pytest.mark.codex_replay("hello")
def test_goodbye(ask):
    ask("goodbye")
"""
SILENT = """
@pytest.mark.codex_replay("hello", unasked="ok")
def test_silent(codex_replay):
    pass
"""


def test_a_replay(run) -> None:
    """The header says what is replayed from where, the last lines what came of it."""
    result = run(HELLO)

    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(
        [
            "codex-replay: replaying cassettes/, match normal, speed instant",
            "codex-replay: 1 test, 1 interaction served (1 exact), 0 missed, 0 unused",
        ]
    )


def test_the_default_cassette_is_that_of_the_test(project: pytest.Pytester, run, write_cassette) -> None:
    """Without a name the marker, and without a marker the fixture, mean `<module>/<test>`."""
    for name in ("test_marked", "test_plain"):
        write_cassette(project.path / "cassettes" / "test_it" / name, name)
    project.makepyfile(
        test_it="""
        import pytest

        @pytest.mark.codex_replay
        def test_marked(ask):
            assert "test_marked, indeed" in ask("test_marked")

        def test_plain(ask):
            assert "test_plain, indeed" in ask("test_plain")
        """
    )

    result = project.runpytest_inprocess("-p", "pytest_codex_replay.plugin", "--codex-replay")

    result.assert_outcomes(passed=2)


def test_two_tests_in_a_row(run) -> None:
    """Each has a server of its own: what a client of the first still sends is not answered to the second."""
    result = run(
        HELLO
        + """
old = []

@pytest.mark.codex_replay("hello")
def test_first(ask, codex_replay):
    old.append(codex_replay.base_url)
    ask("hello")

@pytest.mark.codex_replay("hello")
def test_second(ask, codex_replay):
    import urllib.error
    from conftest import ask_at
    with pytest.raises(urllib.error.URLError):
        ask_at(old[0], "hello")
    assert codex_replay.requests == ()
    assert "hello, indeed" in ask("hello")
""",
    )

    result.assert_outcomes(passed=3)


@pytest.mark.parametrize(
    ("option", "ini"), [("--codex-replay-dir=recorded", ""), ("", "codex_replay_dir = recorded")], ids=["option", "ini"]
)
def test_where_cassettes_are(project: pytest.Pytester, run, option: str, ini: str) -> None:
    """The command line wins over the ini file, that over the default."""
    (project.path / "cassettes").rename(project.path / "recorded")
    project.makeini(f"[pytest]\n{ini}\n")

    result = run(HELLO, *filter(None, [option]))

    result.assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("option", "reason"),
    [
        ("--codex-replay-dir=nowhere", "--codex-replay-dir: */nowhere: no such directory"),
        ("--codex-replay-dir=conftest.py", "--codex-replay-dir: */conftest.py: is a file"),
        ("--codex-replay-dir=conftest.py --codex-replay-mode=once", "--codex-replay-dir: */conftest.py: is a file"),
        ("-o codex_replay_dir=conftest.py --codex-replay-mode=all", "codex_replay_dir: */conftest.py: is a file"),
        (
            "--codex-replay-speed=fast",
            "--codex-replay: unknown speed 'fast': use instant, recorded, or a factor such as 10*",
        ),
        ("--codex-replay-match=fuzzy", "*--codex-replay-match: invalid choice: 'fuzzy'*"),
        ("--codex-replay-unused=maybe", "*--codex-replay-unused: invalid choice: 'maybe'*"),
    ],
)
def test_a_wrong_option_value(run, option: str, reason: str) -> None:
    """One line before any test runs, and the exit code of a usage error."""
    result = run(HELLO, *option.split())

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"*{reason}"])


@pytest.mark.parametrize(
    ("marker", "reason"),
    [
        ("'hello', mtach='loose'", "unknown keyword 'mtach'; there are mode, match, speed, faults, allow"),
        ("'hello', match='fuzzy'", "unknown match level 'fuzzy': use strict, normal or loose"),
        ("'hello', allow=['opnai_key']", "allow: opnai_key: unknown kind; the nearest is openai_key"),
        ("'x' * 300", "'xxxxxxxxxxxxxxxxxxxx…' is too long: 300 bytes, at most 200 are allowed"),
        ("'a\\0b'", r"'a\x00b' is not a name: it has characters that cannot be printed"),
        ("'hello', 'bye'", "takes one name, e.g. @pytest.mark.codex_replay('fix_bug'); got ('hello', 'bye')"),
    ],
)
@pytest.mark.parametrize("replay", [True, False], ids=["replay", "live"])
def test_a_wrong_marker(run, marker: str, reason: str, *, replay: bool) -> None:
    """One line at collection, with the test; nothing runs, live neither."""
    result = run(f"@pytest.mark.codex_replay({marker})\ndef test_it(codex_replay): pass\n", replay=replay)

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert f"ERROR: test_a_wrong_marker.py::test_it: @pytest.mark.codex_replay: {reason}" in result.stderr.str()
    assert "Traceback" not in result.stderr.str()


def test_a_cassette_that_is_not_there(run) -> None:
    """One line, which lists those that are, and says how to record it."""
    result = run("@pytest.mark.codex_replay('helo')\ndef test_it(codex_replay): pass\n")

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["no cassette 'helo' in */cassettes. There are: hello. Record it: pytest *"])
    before_summary = result.stdout.str().partition("short test summary")[0]
    assert before_summary.count("There are: hello") == 1


def test_a_cassette_of_a_newer_format(project: pytest.Pytester, run) -> None:
    """It is refused; nothing is guessed."""
    traffic = next((project.path / "cassettes" / "hello").glob("traffic*"))
    traffic.write_text(traffic.read_text().replace('"format":1', '"format":99', 1))

    result = run(HELLO)

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*format*99*"])


def test_a_damaged_cassette(project: pytest.Pytester, run) -> None:
    """What can be read is served; what cannot is told, in one warning."""
    traffic = next((project.path / "cassettes" / "hello").glob("traffic*"))
    with traffic.open("a") as file:
        file.write("this is no record\n" * 80)

    result = run(HELLO)

    result.assert_outcomes(passed=1, warnings=1)
    result.stdout.fnmatch_lines(["*DamageWarning: cassettes/hello: damaged: * and 79 more (codex-replay check)"])


@pytest.mark.parametrize(
    "settings",
    [["-W", "error::pytest_codex_replay.errors.DamageWarning"], ["-o", "filterwarnings=error:.* damaged"]],
    ids=["option", "ini"],
)
def test_damage_that_is_to_be_an_error(project: pytest.Pytester, run, settings: list[str]) -> None:
    """As README has it: one plain text, in the report, too."""
    traffic = next((project.path / "cassettes" / "hello").glob("traffic*"))
    with traffic.open("a") as file:
        file.write("this is no record\n")

    result = run(HELLO, *settings, "--codex-replay-report=report.json")

    (test,) = json.loads((project.path / "report.json").read_text())["tests"]
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["cassettes/hello: damaged: *", "codex-replay: 1 test, 0 *, 1 error"])
    assert "plugin.py" not in result.stdout.str()
    assert [error.startswith("cassettes/hello: damaged: ") for error in test["errors"]] == [True]


def test_nothing_in_a_cassette_can_be_read(project: pytest.Pytester, run) -> None:
    """One error that says what is wrong with it and what to do, not a miss."""
    next((project.path / "cassettes" / "hello").glob("traffic*")).write_text("this is no record\n")

    result = run(HELLO)

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*/hello: no interaction in it can be replayed (*). Record *"])
    assert "Traceback" not in result.stdout.str()


def test_a_half_cassette(project: pytest.Pytester, run) -> None:
    """What came before the end of the recording is served; what comes after it is missed, and the miss says so."""
    traffic = next((project.path / "cassettes" / "hello").glob("traffic*"))
    lines = traffic.read_text().splitlines()
    kept = next(number for number, line in enumerate(lines) if '"kind":"response"' in line)
    traffic.write_text("\n".join(lines[: kept + 1]) + "\n")

    result = run(HELLO)

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["  the recording stopped half-way: interaction 1 has no end (*)"])


LEAK = "sk-proj-" + "a1B2c3D4e5F6" * 4
LEAKS = f"""
@pytest.mark.codex_replay("leaky")
def test_leaky(ask):
    assert "indeed" in ask("key " + "{LEAK[:20]}" + "{LEAK[20:]}")
"""


@pytest.fixture
def leaky(project: pytest.Pytester, write_cassette) -> None:
    """A cassette that was made by hand."""
    write_cassette(project.path / "cassettes" / "leaky", f"key {LEAK}")


@pytest.mark.usefixtures("leaky")
def test_a_cassette_with_a_secret(run, project: pytest.Pytester) -> None:
    """It is refused with one text, which never has the secret; by name it may pass."""
    refused = run(LEAKS)
    again = run(LEAKS)
    allowed = run(LEAKS.replace('"leaky")', '"leaky", allow=["openai_key:1"])', 1))

    for result in (refused, again):
        result.assert_outcomes(errors=1)
        result.stdout.fnmatch_lines(
            [
                "cassettes/leaky: not replayed, the scan finds * in it.",
                "  cassettes/leaky/traffic.jsonl:2: openai_key:1: input[[]0[]].content[[]0[]].text",
                "  If it is not a secret, allow it: @pytest.mark.codex_replay(*, allow=[[]'openai_key:1'[]])",
            ]
        )
        assert LEAK not in result.stdout.str()
    allowed.assert_outcomes(passed=1)


@pytest.mark.usefixtures("leaky")
def test_a_cassette_with_a_secret_with_workers(project: pytest.Pytester, run_apart) -> None:
    """Workers share what was found."""
    project.makepyfile(f"import pytest\n{LEAKS}{HELLO}{HELLO.replace('test_hello', 'test_again')}")

    result = run_apart("-p", "pytest_codex_replay.plugin", "--codex-replay", "-p", "xdist", "-n", "2")

    result.assert_outcomes(passed=2, errors=1)
    assert len(list(project.path.glob(".pytest_cache/v/codex_replay/scan/*"))) == 2


@pytest.mark.usefixtures("leaky")
def test_without_a_cache(run) -> None:
    """A cassette is scanned all the same."""
    result = run(LEAKS + HELLO, "-p", "no:cacheprovider")

    result.assert_outcomes(passed=1, errors=1)


def test_a_miss_fails_a_test_that_did_not_look(run) -> None:
    """The test body passed; the miss is the failure, with what differs and no traceback."""
    result = run(GOODBYE)

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([MISS, NEAREST, "*codex-replay: 1 test, 0 interactions served, 1 missed, 1 unused"])
    assert "plugin.py" not in result.stdout.str()


def test_a_miss_stands_beside_the_failure_that_came_of_it(run) -> None:
    """The test's own error stays; the miss is a section of the report, and the first line of the summary."""
    result = run(GOODBYE + "    assert 'indeed' in 'another answer'\n")

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["E *assert 'indeed' in 'another answer'", "*- codex-replay -*", MISS, NEAREST])
    report, _, summary = result.stdout.str().partition("short test summary info")
    assert (report.count("matches no interaction"), summary.count("miss: request 1 differs in")) == (1, 1)


@pytest.mark.parametrize("strict", [True, False])
def test_a_miss_in_a_test_that_is_expected_to_fail(run, *, strict: bool) -> None:
    """It is the failure that was expected; the last lines say so, since pytest shows none."""
    result = run(f"@pytest.mark.xfail(strict={strict})" + GOODBYE)

    result.assert_outcomes(xfailed=1)
    result.stdout.fnmatch_lines([f"codex-replay: *::test_goodbye is expected to fail: {MISS}", "*, 1 missed, 1 unused"])


def test_a_miss_while_the_test_is_set_up(run) -> None:
    """It stands beside the error of the fixture."""
    result = run(
        """
@pytest.fixture
def answer(ask):
    answer = ask("goodbye")
    assert "indeed" in answer

@pytest.mark.codex_replay("hello")
def test_it(answer): pass
"""
    )

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*- codex-replay -*", MISS])


def test_a_miss_while_the_test_is_torn_down(run) -> None:
    """It is an error at teardown, since the test itself is over."""
    result = run(
        """
@pytest.fixture
def late(ask):
    yield
    ask("goodbye")

@pytest.mark.codex_replay("hello")
def test_it(late, ask):
    ask("hello")
"""
    )

    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines([MISS])


@pytest.mark.parametrize(
    ("mode", "outcome"), [("fail", {"failed": 1}), ("warn", {"passed": 1, "warnings": 1}), ("ignore", {"passed": 1})]
)
def test_what_is_left_unused(run, mode: str, outcome: dict[str, int]) -> None:
    """The user says what becomes of the test."""
    result = run(SILENT, f"--codex-replay-unused={mode}")

    result.assert_outcomes(**outcome)
    said = "cassettes/hello: no request asked for interaction 1 of 1." in result.stdout.str()
    assert said == (mode != "ignore")


def test_with_workers(run, project: pytest.Pytester, run_apart) -> None:
    """What workers of pytest-xdist replayed is in the one line of the controller; misses are in their reports."""
    project.makepyfile(f"import pytest\n{HELLO}{GOODBYE}{SILENT}")

    result = run_apart("-p", "pytest_codex_replay.plugin", "--codex-replay", "-p", "xdist", "-n", "2")

    result.assert_outcomes(passed=2, failed=1, warnings=1)
    result.stdout.fnmatch_lines([MISS, "codex-replay: 3 tests, 1 interaction served (1 exact), 1 missed, 2 unused"])


@pytest.mark.parametrize(
    ("marker", "reason"), [("mtach=1", "unknown keyword 'mtach'; there are mode, *"), ("allow=['x']", "allow: *")]
)
def test_a_wrong_marker_with_workers(project: pytest.Pytester, run_apart, marker: str, reason: str) -> None:
    """The error is the same as without, said once; nothing runs."""
    wrong = f"@pytest.mark.codex_replay({marker})\ndef test_it(codex_replay): pass\n"
    project.makepyfile(f"import pytest\n{wrong}def test_other(): open('has-run', 'w').close()\n")

    result = run_apart("-p", "pytest_codex_replay.plugin", "-p", "xdist", "-n", "2")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: *.py::test_it: @pytest.mark.codex_replay: {reason}"])
    assert result.stderr.str().count("ERROR") == 1
    assert not (project.path / "has-run").exists()


def test_strict_settings(run) -> None:
    """The marker is registered, and so are the ini options."""
    result = run(HELLO, "--strict-markers", "--strict-config", "-o", "codex_replay_codex=codex")

    result.assert_outcomes(passed=1)


def test_beside_the_options_of_other_plugins(project: pytest.Pytester, run) -> None:
    """pytest-recording and pytest-replay keep their names."""
    others = ["--record-mode", "--block-network", "--allowed-hosts", "--replay", "--replay-record-dir"]
    added = "".join(f"    parser.addoption({name!r}, default=None)\n" for name in others)
    project.makeconftest(f"{ASK}\ndef pytest_addoption(parser):\n{added}")

    result = run(HELLO)

    result.assert_outcomes(passed=1)


def test_live(run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without --codex-replay the same test talks to the upstream, and the header says so."""
    with ScriptedUpstream(SCENARIOS["text"].script()) as upstream:
        monkeypatch.setenv("OPENAI_BASE_URL", upstream.base_url)
        result = run(HELLO.replace("hello, indeed", "Hello from the scripted upstream."), replay=False)

    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(
        ["codex-replay: off; codex_replay fixtures point at the live upstream (*--codex-replay*)"]
    )
    assert "interactions served" not in result.stdout.str()


def test_options_of_a_replay_in_a_live_run(run) -> None:
    """A warning of pytest's says which option starts the replay."""
    result = run("def test_it(): pass\n", "--codex-replay-match=strict", replay=False)
    strict = run("def test_it(): pass\n", "--codex-replay-match=strict", "-Werror", replay=False)

    result.assert_outcomes(passed=1, warnings=1)
    result.stdout.fnmatch_lines(["*PytestConfigWarning: --codex-replay-match has no effect: *, add --codex-replay"])
    assert strict.ret != 0


def test_what_is_known_in_replay_only(run) -> None:
    """A test that looks at it live learns why it cannot."""
    result = run("def test_it(codex_replay): codex_replay.turns\n", replay=False)

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["*UsageError: codex_replay.turns is known in replay only: run pytest with --codex-replay"]
    )


@pytest.fixture
def installed(project: pytest.Pytester, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The entry point is there, as after `pip install`, made up where this is a checkout; pytest looks for it."""
    monkeypatch.delenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD")
    if importlib.metadata.entry_points(group="pytest11", name="codex_replay"):
        return
    metadata = tmp_path / "pytest_codex_replay-0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: pytest-codex-replay\nVersion: 0\n")
    (metadata / "entry_points.txt").write_text("[pytest11]\ncodex_replay = pytest_codex_replay.plugin\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=":")


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize("args", [[], ["-p", "codex_replay"], ["-p", "pytest_codex_replay.plugin"]], ids=" ".join)
def test_installed(project: pytest.Pytester, args: list[str]) -> None:
    """By its entry point, by its module or by both: it is loaded once."""
    project.makepyfile(f"import pytest\n{HELLO}")

    result = project.runpytest_subprocess("--codex-replay", *LEAN, *args)

    result.assert_outcomes(passed=1)


@pytest.mark.usefixtures("installed")
def test_named_in_a_conftest_too(project: pytest.Pytester) -> None:
    """A conftest.py that loads what is installed anyway does no harm."""
    project.makeconftest(f"{ASK}\npytest_plugins = ['pytest_codex_replay.plugin']\n")
    project.makepyfile(f"import pytest\n{HELLO}")

    result = project.runpytest_subprocess("--codex-replay", *LEAN)

    result.assert_outcomes(passed=1)


@pytest.mark.usefixtures("installed")
def test_switched_off(project: pytest.Pytester) -> None:
    """`-p no:codex_replay` leaves nothing of it."""
    project.makepyfile("def test_it(codex_replay): pass")

    result = project.runpytest_subprocess("-p", "no:codex_replay", *LEAN)

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*fixture 'codex_replay' not found*"])
    assert "codex-replay:" not in result.stdout.str()


def test_it_is_light() -> None:
    """A pytest run that does not use it pays for no server, no codec and no reader of archives."""
    program = "import sys, pytest_codex_replay.plugin; print(*sys.modules, sep='\\n')"

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    heavy = {"aiohttp", "asyncio", "orjson", "zstandard", "vcr", "rich", "click", "pytest_codex_replay.replay"}
    assert heavy & set(done.stdout.split()) == set()


def test_a_test_that_another_plugin_skips_before_it_is_set_up(project: pytest.Pytester, run) -> None:
    """There is nothing to say about it."""
    skips = "@pytest.hookimpl(tryfirst=True)\ndef pytest_runtest_setup(item):\n    pytest.skip('not today')\n"
    project.makeconftest(f"{ASK}\n{skips}")

    result = run(HELLO)

    result.assert_outcomes(skipped=1)
