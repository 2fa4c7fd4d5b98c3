"""`codex-replay export --format otel`."""

import json
import sys
from pathlib import Path

from pytest_codex_replay.upstream.scenarios import text

CASSETTES = Path(__file__).parents[2] / "cassettes"


def test_it_says_what_it_wrote(run, tmp_path):
    """And that the times of a cassette are made up."""
    result = run("export", "--format", "otel", CASSETTES / "review", tmp_path / "x.json")

    assert result.stdout == f"{tmp_path / 'x.json'}: 1 session, {count(tmp_path / 'x.json')} spans\n"
    assert result.stderr == "1 session: times were made up by redaction, and are so in the trace\n"
    assert (tmp_path / "x.json").stat().st_mode & 0o777 == 0o600


def count(path):
    scopes = (json.loads(line)["resourceSpans"][0]["scopeSpans"][0] for line in path.read_text().splitlines())
    return sum(len(scope["spans"]) for scope in scopes)


def test_what_is_not_carried_is_told(run, talk, tmp_path):
    """Of each session; one that cannot be read hides no other."""
    client = talk(text())
    client.turn("hello")
    (client.write(tmp_path / "a" / "s") / "rollout-x.jsonl").write_text("{}\n")
    (tmp_path / "a" / "t").mkdir()
    (tmp_path / "a" / "t" / "traffic.jsonl").write_text('{"kind":"segment","at_ms":1,"format":99}\n')

    result = run("export", "--format", "otel", tmp_path / "a", tmp_path / "x.json", "--json")

    said = json.loads(result.stdout)
    assert result.exit_code == 3
    assert (said["sessions"], said["spans"]) == (2, 3)
    assert said["not_carried"][0] == "s: 1 rollouts of Codex: not exported"
    assert said["not_carried"][1].startswith("t: ")


def test_one_target_is_needed(refusal, tmp_path):
    """A file or a collector."""
    assert "one of them" in refusal("export", "--format", "otel", CASSETTES)
    words = ("export", "--format", "otel", CASSETTES, tmp_path / "x", "--endpoint", "http://127.0.0.1:1")
    assert "one of them" in refusal(*words)
    assert "OUT is missing" in refusal("export", "--format", "har", CASSETTES)
    assert "of --format otel" in refusal("export", "--format", "har", CASSETTES, tmp_path / "x", "--endpoint", "x")


def test_a_file_that_is_there_is_kept(refusal, tmp_path):
    """It may be anything; a place that cannot be written to is named."""
    (tmp_path / "x.json").write_text("mine")

    assert "is there already" in refusal("export", "--format", "otel", CASSETTES, tmp_path / "x.json")
    assert "cannot be written" in refusal("export", "--format", "otel", CASSETTES, tmp_path / "no" / "x.json")
    assert (tmp_path / "x.json").read_text() == "mine"


def test_the_missing_extra_is_named(refusal, tmp_path, monkeypatch):
    """And no file is left."""
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.json.file.trace_exporter", None)

    said = refusal("export", "--format", "otel", CASSETTES, tmp_path / "x.json")

    assert "pip install 'pytest-codex-replay[otel]'" in said
    assert not (tmp_path / "x.json").exists()
