"""Collected items, resolved."""

from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.matching.match import MatchLevel
from pytest_codex_replay.replay.faults import Fault
from pytest_codex_replay.replay.reply import Speed
from pytest_codex_replay.testing.collection import (
    check_item,
    check_together,
    conflicts_of,
    nodeid_of,
    orphans_in,
    record_command,
    resolve_item,
)
from pytest_codex_replay.testing.config import Mode, read_run_options
from pytest_codex_replay.testing.resolved import Action, CassetteState, ResolvedTest

Collect = Callable[..., list[pytest.Item]]
TWO = "@pytest.mark.codex_replay('one')\n@pytest.mark.parametrize('n', [1, 2])\ndef test_it(codex_replay, n): pass\n"
FAULTS = (Fault.parse("429"),)


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


def use(nodeid: str, name: str = "fix", *, is_recorded: bool = True, **options) -> ResolvedTest:
    cassette = CassetteState(directory=Path("cassettes"), name=name, is_recorded=is_recorded)
    return ResolvedTest(cassette=cassette, nodeid=nodeid, command=f"pytest {nodeid}", **options)


@pytest.mark.parametrize(
    ("first", "second"), [({}, {}), ({}, {"faults": FAULTS}), ({}, {"name": "other", "match": MatchLevel.LOOSE})]
)
def test_tests_may_share_a_cassette(first, second) -> None:
    """As long as they say the same; each has faults of its own."""
    assert conflicts_of([use("t::a", **first), use("t::b", **second)]) == {}


@pytest.mark.parametrize(
    ("key", "value", "said", "default"),
    [
        ("match", MatchLevel.LOOSE, "loose", "normal"),
        ("speed", Speed(factor=1), "recorded", "instant"),
        ("speed", Speed(factor=0.1), "10", "instant"),
        ("mode", Mode.ONCE, "once", "none"),
    ],
)
def test_different_options_for_one_cassette(key: str, value: object, said: str, default: str) -> None:
    """Which of them holds would be anybody's guess: the second is refused, and the first is named."""
    conflicts = conflicts_of([use("t::a"), use("t::b", **{key: value}), use("t::c")])

    assert conflicts == {"t::b": f"{key} {said} for the cassette 'fix', of which t::a says {key} {default}"}


@pytest.mark.parametrize(
    ("mode", "is_recorded", "refused"),
    [
        ("none", False, False),
        ("once", True, False),
        ("once", False, True),
        ("new_episodes", True, True),
        ("all", True, True),
        ("rewrite", True, True),
    ],
)
def test_two_tests_never_record_one_cassette(mode: str, *, is_recorded: bool, refused: bool) -> None:
    """The later would spoil what the earlier has recorded."""
    conflicts = conflicts_of([use(f"t::{name}", mode=Mode(mode), is_recorded=is_recorded) for name in "ab"])

    assert list(conflicts) == (["t::b"] if refused else [])
    assert not refused or "and so would t::a: record one of them alone (pytest t::b)" in conflicts["t::b"]


@pytest.mark.parametrize("names", [("grp", "grp/a/b"), ("grp/a/b", "grp")])
@pytest.mark.parametrize(("mode", "refused"), [("none", False), ("once", False), ("new_episodes", True)])
def test_no_cassette_lies_in_another(names: tuple[str, str], mode: str, *, refused: bool) -> None:
    """Whichever is recorded; where both are only replayed they do each other no harm."""
    conflicts = conflicts_of([use(f"t::{name}", name, mode=Mode(mode)) for name in names])

    said = "the cassette 'grp/a/b' lies in 'grp', that of t::grp: rename one of them"
    assert conflicts == ({"t::grp/a/b": said} if refused else {})


def test_orphans(write_cassette, tmp_path: Path) -> None:
    """A cassette of several sessions is used as a whole; a name that merely begins the same is another's."""
    for name in ("fix", "fix_2", "many/one", "many/two"):
        write_cassette(tmp_path / name, "x")

    assert orphans_in(tmp_path, ["fix", "many"]) == ["fix_2"]
    assert orphans_in(tmp_path / "nowhere", []) == []


def test_who_replays_only_may_share_what_another_records() -> None:
    """A test with faults is one of them; of the others the second is refused, wherever they stand."""
    uses = [use("t::a", faults=FAULTS, mode=Mode.REWRITE)]
    uses += [use(f"t::{name}", mode=Mode.REWRITE) for name in "bc"]

    assert conflicts_of(uses[:2]) == {}
    assert list(conflicts_of(uses)) == ["t::c"]
