"""`codex-replay import`."""

import json
from pathlib import Path

DATA = Path(__file__).parents[1] / "interop" / "data"


def test_what_a_browser_saw_becomes_sessions(run, tmp_path):
    """What the file lacks, and what was skipped, is named."""
    result = run("import", DATA / "playwright.har", "--into", tmp_path / "in")

    assert result.exit_code == 0
    assert sorted(path.name for path in (tmp_path / "in").iterdir()) == [
        "01a00000-0000-7000-8000-00000000000a",
        "imported-playwright",
    ]
    notes = [line.partition(": ")[2] for line in result.stderr.splitlines()]
    assert notes == [
        "1 request skipped, neither Codex's nor of the Responses API: 127.0.0.1:18716",
        "1 answer read as UTF-8, which the tool had taken for Latin-1",
        "1 stream in one piece: the file has no times of the events",
    ]


def test_json_says_the_same(run, tmp_path):
    """For programs."""
    said = json.loads(run("import", DATA / "mitm.har", "--into", tmp_path / "in", "--json").stdout)

    assert [one["exchanges"] for one in said["sessions"]] == [1]
    assert len(said["notes"]) == 2


def test_a_file_of_another_agent_is_refused(refusal, tmp_path):
    """Its hosts are named."""
    log = json.loads((DATA / "mitm.har").read_bytes())
    asked = log["log"]["entries"][0]["request"]
    asked["url"], asked["headers"] = "https://api.anthropic.com/v1/messages", []
    (tmp_path / "x.har").write_text(json.dumps(log))

    said = refusal("import", tmp_path / "x.har", "--into", tmp_path / "in")

    assert "no request of Codex or of the Responses API in it; there is api.anthropic.com (1)" in said


def test_one_bad_file_and_nothing_is_imported(refusal, tmp_path):
    """All or none."""
    (tmp_path / "half.har").write_bytes((DATA / "mitm.har").read_bytes()[:999])

    said = refusal("import", DATA / "mitm.har", tmp_path / "half.har", "--into", tmp_path / "in")

    assert "half.har: not a whole HAR" in said
    assert not (tmp_path / "in").exists()


def test_a_file_that_does_not_exist_is_named(refusal, tmp_path):
    """With the reason."""
    assert "cannot be read" in refusal("import", tmp_path / "no.har")
