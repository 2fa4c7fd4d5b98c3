"""The table of sessions."""

from datetime import UTC, datetime, timedelta

import pytest

from pytest_codex_replay.cli.session_table import TABLE, print_table
from pytest_codex_replay.visible import visible

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)


def row(**more):
    return {
        "id": "s",
        "started_at": None,
        "duration_ms": None,
        "models": [],
        "cwd": None,
        "prompt": None,
        "turns": 1,
        "failed_turns": 0,
        "tokens": {"total": 0},
        "state": "complete",
        "broken_off": [],
        "helper_kind": None,
        "title": None,
        "threads": [],
        "helpers": [],
        **more,
    }


def printed(capsys, **more) -> str:
    print_table([row(**more)], {"s": "s"}, NOW)
    return capsys.readouterr().out.splitlines()[1]


@pytest.mark.parametrize(
    ("ago", "age"),
    [
        (timedelta(seconds=5), "5 s"),
        (timedelta(minutes=5), "5 min"),
        (timedelta(hours=5), "5 h"),
        (timedelta(days=5), "5 d"),
        (timedelta(days=-5), "2026-12-04"),
    ],
)
def test_an_age_has_one_unit(capsys, ago, age):
    """A session in the future, as after a clock was set back, has its date."""
    line = printed(capsys, started_at=(NOW - ago).isoformat())

    assert line.removeprefix("s").lstrip().startswith(f"{age}  ")


@pytest.mark.parametrize(("count", "shown"), [(940, "940"), (1200, "1.2k"), (12_000, "12k"), (3_400_000, "3.4M")])
def test_counts_are_for_people(capsys, count, shown):
    """Exact ones are in the JSON."""
    assert shown in printed(capsys, tokens={"total": count}).split()


def test_a_session_in_which_turns_failed_says_so(capsys):
    """Though all of it was recorded."""
    assert "complete, 2 failed, 1 broken off" in printed(capsys, failed_turns=2, broken_off=["interaction 1: x"])


def test_long_texts_are_cut_with_a_sign(capsys):
    """Of a path, the end tells more."""
    line = printed(capsys, cwd="/a/very/long/path/to/some/project", prompt="word " * 50)

    assert "…ng/path/to/some/project" in line
    assert line.rstrip().endswith("…")


def test_recorded_text_cannot_command_a_terminal(capsys):
    """Escapes are taken out."""
    assert "\x1b" not in printed(capsys, cwd="/\x1b[31mred", prompt="\x1b]0;title\x07hi")


@pytest.mark.parametrize("width", [20, 30, 45, 60, 80, 100, 130])
@pytest.mark.parametrize("prompt", ["hi", "wörter ohne Ende " * 20])
def test_in_a_narrow_terminal_ids_and_ages_stay_whole(capsys, monkeypatch, width, prompt):
    """Columns are left out in one order, and named; the prompt takes the rest of the line, and no more."""
    for name, value in (("FORCE_COLOR", "1"), ("TERM", "xterm"), ("COLUMNS", str(width))):
        monkeypatch.setenv(name, value)
    fields = {"models": ["gpt-5.4-codex"], "cwd": "/src/some-project", "failed_turns": 1, "prompt": prompt}
    rows = [row(**fields, id=f"id-{at}", started_at=(NOW - timedelta(days=405)).isoformat()) for at in (1, 2)]

    print_table(rows, {f"id-{at}": f"01a0012b-00{at}" for at in (1, 2)}, NOW)

    out, err = capsys.readouterr()
    head, *lines = visible(out).splitlines()
    told = err.partition("narrow: ")[2].partition(".")[0].split(", ") if err else []
    assert max(map(len, (head, *lines))) <= width
    ids = [line.split()[:3] for line in lines if line.startswith("01")]
    assert ids == [["01a0012b-001", "405", "d"], ["01a0012b-002", "405", "d"]]
    assert {*head.split(), *told} == set(TABLE.columns)
    assert set(told) == set(TABLE.least_first[: len(told)])


def test_an_id_that_is_longer_than_the_line_goes_on_in_the_next(capsys, monkeypatch):
    """All of it is there: it is what one copies."""
    for name, value in (("FORCE_COLOR", "1"), ("TERM", "xterm"), ("COLUMNS", "20")):
        monkeypatch.setenv(name, value)

    print_table([row()], {"s": "a-name-that-a-person-gave"}, NOW)

    lines = visible(capsys.readouterr().out).splitlines()[1:]
    assert "".join(line.split()[0] for line in lines) == "a-name-that-a-person-gave"
