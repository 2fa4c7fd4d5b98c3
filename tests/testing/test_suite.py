"""Cassettes that several tests use, and cassettes that none uses."""

from pathlib import Path

import pytest

from pytest_codex_replay.testing.options import Mode, ReplayOptions
from pytest_codex_replay.testing.suite import Use, conflicts_of, may_record, orphans_in


def use(nodeid: str, **options) -> Use:
    return Use(nodeid=nodeid, options=ReplayOptions(**{"name": "fix", **options}), command=f"pytest {nodeid}")


@pytest.mark.parametrize(
    ("first", "second"), [({}, {}), ({}, {"faults": ("429",)}), ({}, {"name": "other", "match": "loose"})]
)
def test_tests_may_share_a_cassette(first, second) -> None:
    """As long as they say the same; each has faults of its own."""
    assert conflicts_of([use("t::a", **first), use("t::b", **second)], lambda _: True) == {}


@pytest.mark.parametrize(
    ("key", "value"), [("match", "loose"), ("speed", "recorded"), ("mode", Mode.ONCE)], ids=["match", "speed", "mode"]
)
def test_different_options_for_one_cassette(key: str, value: str) -> None:
    """Which of them holds would be anybody's guess: the second is refused, and the first is named."""
    conflicts = conflicts_of([use("t::a"), use("t::b", **{key: value}), use("t::c")], lambda _: True)

    default = getattr(ReplayOptions(), key)
    assert conflicts == {"t::b": f"{key} {value} for the cassette 'fix', of which t::a says {key} {default}"}


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
    uses = [use("t::a", mode=Mode(mode)), use("t::b", mode=Mode(mode))]

    conflicts = conflicts_of(uses, lambda _: is_recorded)

    assert list(conflicts) == (["t::b"] if refused else [])
    assert not refused or "and so would t::a: record one of them alone (pytest t::b)" in conflicts["t::b"]


@pytest.mark.parametrize("names", [("grp", "grp/a/b"), ("grp/a/b", "grp")])
@pytest.mark.parametrize(("mode", "refused"), [("none", False), ("once", False), ("new_episodes", True)])
def test_no_cassette_lies_in_another(names: tuple[str, str], mode: str, *, refused: bool) -> None:
    """Whichever is recorded; where both are only replayed they do each other no harm."""
    uses = [use(f"t::{name}", name=name, mode=Mode(mode)) for name in names]

    conflicts = conflicts_of(uses, lambda _: True)

    said = "the cassette 'grp/a/b' lies in 'grp', that of t::grp: name one otherwise"
    assert conflicts == ({"t::grp/a/b": said} if refused else {})


def test_orphans(write_cassette, tmp_path: Path) -> None:
    """A cassette of several sessions is used as a whole; a name that merely begins the same is another's."""
    for name in ("fix", "fix_2", "many/one", "many/two"):
        write_cassette(tmp_path / name, "x")

    assert orphans_in(tmp_path, ["fix", "many"]) == ["fix_2"]
    assert orphans_in(tmp_path / "nowhere", []) == []


def test_who_replays_only_may_share_what_another_records() -> None:
    """A test with faults is one of them; of the others the second is refused, wherever they stand."""
    uses = [use("t::a", faults=("429",), mode=Mode.REWRITE)]
    uses += [use(f"t::{name}", mode=Mode.REWRITE) for name in "bc"]

    assert conflicts_of(uses[:2], lambda _: True) == {}
    assert list(conflicts_of(uses, lambda _: True)) == ["t::c"]


def test_whether_anything_may_be_recorded() -> None:
    """Then a recorder is looked for before any test runs."""
    once = [use("t::a", mode=Mode.ONCE)]

    assert not may_record(once, lambda _: True, is_ci=False)
    assert may_record(once, lambda _: False, is_ci=False)
    assert not may_record(once, lambda _: False, is_ci=True)
    assert may_record([use("t::a", mode=Mode.REWRITE, may_record_in_ci=True)], lambda _: True, is_ci=True)
