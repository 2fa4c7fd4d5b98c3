"""Cassettes that several tests use, and cassettes that none uses."""

from pathlib import Path

import pytest

from pytest_codex_replay.matching.match import MatchLevel
from pytest_codex_replay.replay.faults import Fault
from pytest_codex_replay.replay.reply import Speed
from pytest_codex_replay.testing.options import Mode
from pytest_codex_replay.testing.resolved import CassetteState, ResolvedTest
from pytest_codex_replay.testing.suite import conflicts_of, orphans_in

FAULTS = (Fault.parse("429"),)


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
