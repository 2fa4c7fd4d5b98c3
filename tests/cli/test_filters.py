"""Options that choose sessions."""

from datetime import UTC, datetime

import pytest

from pytest_codex_replay.cli.filters import filter_of, print_rows
from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.index.filters import Filter

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
NONE = dict.fromkeys(("since", "until", "cwd", "model", "originator", "parent", "ancestor")) | {"failed": False}


@pytest.mark.parametrize(
    ("text", "when"),
    [
        ("2026-11-01", datetime(2026, 11, 1, tzinfo=UTC)),
        ("2026-11-01T10:30", datetime(2026, 11, 1, 10, 30, tzinfo=UTC)),
        ("2026-11-01T10:30+02:00", datetime(2026, 11, 1, 8, 30, tzinfo=UTC)),
        ("24h", datetime(2026, 11, 28, 12, tzinfo=UTC)),
        ("1.5d ago", datetime(2026, 11, 28, tzinfo=UTC)),
        ("90 min", datetime(2026, 11, 29, 10, 30, tzinfo=UTC)),
        ("2W", datetime(2026, 11, 15, 12, tzinfo=UTC)),
    ],
)
def test_a_time_is_read_as_people_write_it(text, when):
    """A date is of the time zone of the machine; here, Greenwich."""
    assert filter_of(NONE | {"since": text}, now=NOW).since_ms == when.timestamp() * 1000


@pytest.mark.parametrize("text", ["", "soon", "2026-02-30", "h", "1e5d", "99999999w"])
def test_what_is_no_time_is_refused(text):
    """With examples."""
    with pytest.raises(UsageError, match=r"--until .*: not a time\. Write"):
        filter_of(NONE | {"until": text}, now=NOW)


def test_a_directory_may_be_relative(tmp_path, monkeypatch):
    """Codex names whole paths."""
    monkeypatch.chdir(tmp_path)

    assert filter_of(NONE | {"cwd": "."}, now=NOW).cwd == str(tmp_path)
    assert filter_of(NONE, now=NOW) == Filter()


@pytest.mark.parametrize(
    ("form", "printed"),
    [
        ("json", '[\n  {\n    "a": 1,\n    "b": [\n      "x",\n      "y"\n    ]\n  }\n]\n'),
        ("jsonl", '{"a":1,"b":["x","y"]}\n'),
        ("csv", "b,a,c\nx y,1,\n"),
    ],
)
def test_rows_have_three_forms(capsys, form, printed):
    """For programs."""
    print_rows(form, [{"a": 1, "b": ["x", "y"]}], ["b", "a", "c"])

    assert capsys.readouterr().out == printed


@pytest.mark.parametrize("verb", [("ls",), ("ls", "--rollouts"), ("find", "hi"), ("stats",), ("sql", "SELECT 1")])
@pytest.mark.parametrize("forms", [("--json", "--csv"), ("--jsonl", "--json"), ("--csv", "--json", "--jsonl")])
def test_two_forms_are_refused(refusal, tmp_path, verb, forms):
    """One of them would be ignored."""
    place = [tmp_path] if verb[0] != "sql" else []

    assert "give one of them." in refusal(*verb, *place, *forms)
