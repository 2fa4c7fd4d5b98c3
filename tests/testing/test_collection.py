"""Collected items, resolved."""

from collections.abc import Callable

import pytest

from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.testing.collection import check_item, check_together, nodeid_of, record_command, resolve_item
from pytest_codex_replay.testing.config import read_run_options
from pytest_codex_replay.testing.options import Mode
from pytest_codex_replay.testing.resolved import Action, ResolvedTest

Collect = Callable[..., list[pytest.Item]]


@pytest.fixture
def collect(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Collect:
    """Collect the tests of a module, with these arguments."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.delenv("CI", raising=False)

    def collected(source: str, *args: str) -> list[pytest.Item]:
        arguments = ["-p", "pytest_codex_replay.plugin", *args]
        module = pytester.getmodulecol(f"import pytest\n{source}", configargs=arguments)
        return pytester.genitems([module])

    return collected


def resolved(item: pytest.Item) -> ResolvedTest:
    return resolve_item(item, read_run_options(item.config))


def test_a_plain_test(collect: Collect) -> None:
    """It has a cassette of its own, named by where it is; where nothing is replayed it is live."""
    (live,) = map(resolved, collect("def test_it(codex_replay): pass\n"))
    (once,) = map(resolved, collect("def test_it(codex_replay): pass\n", "--codex-replay-mode=once"))

    assert (live.action, once.action) == (Action.LIVE, Action.RECORD)
    assert live.cassette.name == once.cassette.name == "test_a_plain_test/test_it"
    assert once.nodeid == "test_a_plain_test.py::test_it"


def test_a_marker(collect: Collect) -> None:
    """The closest one holds."""
    source = "pytestmark = pytest.mark.codex_replay('far')\n@pytest.mark.codex_replay('near', mode='all')\n"
    near, far = map(resolved, collect(f"{source}def test_near(): pass\ndef test_far(): pass\n", "--codex-replay"))

    assert (near.cassette.name, near.mode) == ("near", Mode.ALL)
    assert (far.cassette.name, far.mode) == ("far", Mode.NONE)


def test_a_fault_that_a_fixture_cannot_show(collect: Collect) -> None:
    """It is refused where the test names the fixture."""
    (item,) = collect("@pytest.mark.codex_replay(faults=['stall'])\ndef test_it(codex_vcr): pass\n")

    with pytest.raises(UsageError, match=r"@pytest\.mark\.codex_replay: fault stall: codex_vcr cannot show it"):
        resolved(item)


def test_what_a_test_lets_pass(collect: Collect) -> None:
    """There must be a rule that finds it."""
    source = "@pytest.mark.codex_replay(allow=['{0}'])\ndef test_{0}(codex_replay): pass\n"
    known, unknown = collect(source.format("openai_key") + source.format("opnai_key"))

    check_item(known, resolved(known))
    with pytest.raises(UsageError, match="codex_replay: allow: opnai_key: unknown kind"):
        check_item(unknown, resolved(unknown))


TWO = "@pytest.mark.codex_replay('one')\n@pytest.mark.parametrize('n', [1, 2])\ndef test_it(codex_replay, n): pass\n"


def test_tests_that_cannot_run_together(collect: Collect) -> None:
    """The later one is named."""
    items = collect(TWO, "--codex-replay-mode=all")

    with pytest.raises(pytest.UsageError, match=r"::test_it\[2\]: @pytest.mark.codex_replay: records the cassette"):
        check_together(items[0].config, [resolved(item) for item in items])


@pytest.mark.parametrize(("mode", "is_needed"), [("none", False), ("once", True)])
def test_a_recorder_is_looked_for_when_one_is_needed(collect: Collect, mode: str, *, is_needed: bool) -> None:
    """Before any test runs."""
    options = [f"--codex-replay-mode={mode}", "-o", "codex_replay_recorder=nowhere"]
    items = collect("def test_it(codex_replay): pass\n", *options)
    tests = [resolved(item) for item in items]

    if is_needed:
        with pytest.raises(pytest.UsageError, match=r"--codex-replay-mode: nowhere: command not found"):
            check_together(items[0].config, tests)
    else:
        check_together(items[0].config, tests)


def test_the_id_that_names_a_cassette(collect: Collect, pytester: pytest.Pytester) -> None:
    """`tests/` is left out, but not where another module has that name."""
    pytester.mkdir("tests")
    (item,) = collect("def test_it(): pass\n")
    name = item.path.name
    item.path.rename(pytester.path / "tests" / name)
    item.path = pytester.path / "tests" / name
    before = nodeid_of(item)
    (pytester.path / name).touch()

    assert (before, nodeid_of(item)) == (f"{name}::test_it", f"tests/{name}::test_it")


def test_the_command_that_records_a_test(collect: Collect) -> None:
    """Quoted for a shell, with the directory that was given."""
    items = collect("@pytest.mark.parametrize('n', ['a b'])\ndef test_it(n): pass\n", "--codex-replay-dir=own place")

    (command,) = (record_command(item, Mode.REWRITE) for item in items)

    test = "'test_the_command_that_records_a_test.py::test_it[a b]'"
    assert command == f"pytest --codex-replay-mode=rewrite '--codex-replay-dir=own place' {test}"
