"""docs/report.md and its schema, against reports of real runs."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from pytest_codex_replay.matching.match import MatchKind
from pytest_codex_replay.matching.request_view import DriftKind
from pytest_codex_replay.replay.faults import Fault
from pytest_codex_replay.replay.report import MissKind
from pytest_codex_replay.testing.run_summary import REPORT_FORMAT
from tests.user_project import BAD_DAY, DRIFTS, HELLO, VCR

DOCS = Path(__file__).parents[2] / "docs"
TEXT = (DOCS / "report.md").read_text(encoding="utf-8")
SCHEMA = json.loads((DOCS / "report.schema.json").read_text(encoding="utf-8"))
MEMBERS = SCHEMA["$defs"]["test"]["properties"]
EVERYTHING = (
    HELLO
    + BAD_DAY
    + DRIFTS
    + VCR
    + """
    import contextlib, socket
    with contextlib.suppress(OSError):
        socket.create_connection(("192.0.2.1", 443), timeout=1)

@pytest.mark.codex_replay("hello", faults=["426"])
def test_misses(ask, codex_replay):
    import urllib.request
    ask("goodbye")
    with pytest.raises(OSError):
        urllib.request.urlopen(codex_replay.base_url + "/files")
    with pytest.raises(OSError):
        urllib.request.urlopen(codex_replay.base_url + "/models")

@pytest.mark.codex_replay("hello")
def test_breaks(ask, codex_replay, monkeypatch):
    monkeypatch.setattr(codex_replay.engine, "answer", None)
    ask("hello")

@pytest.mark.codex_replay("hello")
@pytest.mark.xfail(strict=True)
def test_expected(ask):
    ask("goodbye")

@pytest.mark.codex_replay("hello")
def test_error(codex_replay, no_such_fixture): pass

@pytest.mark.codex_replay("no_such_cassette")
def test_missing(codex_replay): pass

@pytest.mark.codex_replay("hello")
def test_skipped(codex_replay):
    pytest.skip("not today")
"""
)


@pytest.fixture(scope="module")
def made() -> list[str]:
    """The text of the report, once it is there."""
    return []


@pytest.fixture
def report(request: pytest.FixtureRequest, made: list[str]) -> dict[str, Any]:
    """Of a run in which everything happens that there is a word for; one run serves all claims."""
    if not made:
        made.append(request.getfixturevalue("everything"))
    found: dict[str, Any] = json.loads(made[0])
    return found


@pytest.fixture
def everything(project: pytest.Pytester, run, tool: None, write_cassette) -> str:
    """Run it; return the report as it was written."""
    write_cassette(project.path / "cassettes" / "old", "x")
    project.makepyfile(f"import pytest\n{EVERYTHING}")
    options = ["--codex-replay", "--codex-replay-recut=7", "--codex-replay-report=out/report.json"]
    project.runpytest_inprocess("-p", "pytest_codex_replay.plugin", *options)
    return (project.path / "out" / "report.json").read_text(encoding="utf-8")


def test_the_schema_is_one() -> None:
    """Draft 2020-12, without a mistake, for the format that is written."""
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["properties"]["format"]["const"] == REPORT_FORMAT


def test_a_report_is_as_the_schema_says(report: dict[str, Any]) -> None:
    """And it has something in every list but that of live_values: the schema is tried, not only met."""
    tests = report["tests"]

    assert [error.message for error in jsonschema.Draft202012Validator(SCHEMA).iter_errors(report)] == []
    empty = [member for member in MEMBERS if not any(test[member] for test in tests)]
    assert empty == ["is_recorded", "live_values", "adoption"]
    assert {test["outcome"] for test in tests} == {"passed", "failed", "skipped"}
    assert report["orphans"] == ["old"]


def test_the_totals_add_up(report: dict[str, Any]) -> None:
    """Over all tests, the kinds of match among them."""
    totals, tests = report["totals"], report["tests"]

    assert totals["tests"] == len(tests)
    assert totals["served"] == sum(totals[kind.name.lower()] for kind in MatchKind)
    for total, key in {
        "served": "served",
        "missed": "misses",
        "unused": "unused",
        "drifts": "drifts",
        "errors": "errors",
    }.items():
        assert totals[total] == sum(len(test[key]) for test in tests) > 0


def test_a_test_that_could_not_be_replayed(report: dict[str, Any]) -> None:
    """It is in the report with its cassette and what it failed with, and otherwise empty."""
    (test,) = (test for test in report["tests"] if test["test"].endswith("::test_missing"))

    (error,) = test["errors"]
    assert error.startswith("no cassette 'no_such_cassette' in ")
    assert (test["name"], test["outcome"]) == ("cassettes/no_such_cassette", "failed")
    assert [key for key, value in test.items() if isinstance(value, list) and value] == ["errors"]


def test_without_replay_there_is_no_error_to_report(project: pytest.Pytester, run) -> None:
    """A live test that fails is none of its business."""
    source = "@pytest.mark.codex_replay('hello')\ndef test_it(codex_cli): pass\n"
    options = ["-o", "codex_replay_codex=no-such-codex", "--codex-replay-report=report.json"]

    run(source, *options, replay=False).assert_outcomes(errors=1)

    assert json.loads((project.path / "report.json").read_text())["tests"] == []


def test_a_report_of_nothing(project: pytest.Pytester, run) -> None:
    """It has all members, and empty lists."""
    run("def test_it(): pass\n", "--codex-replay-report=report.json")

    report = json.loads((project.path / "report.json").read_text())
    assert [error.message for error in jsonschema.Draft202012Validator(SCHEMA).iter_errors(report)] == []
    assert set(report["totals"].values()) == {0}


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("outcome", "green"),
        ("served", [{"request": 1, "interaction": 1, "match": "miss", "repeats": 0}]),
        ("unused", [0]),
        ("misses", [{"text": "alone"}]),
        ("more", 1),
    ],
)
def test_the_schema_tells_right_from_wrong(report: dict[str, Any], member: str, value: object) -> None:
    """A schema that lets everything pass would prove nothing."""
    report["tests"][0][member] = value

    assert not jsonschema.Draft202012Validator(SCHEMA).is_valid(report)


def test_every_member_is_explained() -> None:
    """The words are complete: each member, and each value that there is a choice of."""
    names = {*SCHEMA["properties"]}.union(*(definition["properties"] for definition in SCHEMA["$defs"].values()))
    values = [*DriftKind, *MissKind, *(kind.name.lower() for kind in MatchKind)]

    assert [word for word in sorted({*names, *values}) if f"`{word}`" not in TEXT] == []


def test_a_fault_reads_as_it_was_written(report: dict[str, Any]) -> None:
    """As docs/faults.md has it."""
    (fault,) = (fault["fault"] for test in report["tests"] for fault in test["faults"])

    assert str(Fault.parse(fault)) == fault
