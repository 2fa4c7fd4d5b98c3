"""`codex-replay cache`."""

import json

from pytest_codex_replay.upstream.scenarios import tool_loop


def test_each_model_call_is_a_line(run, talk, tmp_path) -> None:
    """With its tokens, and why the cache missed."""
    client = talk(tool_loop(1))
    client.turn("run the step")
    session = client.write(tmp_path / "s")

    lines = [line.split() for line in run("cache", session).stdout.splitlines()]
    rows = json.loads(run("cache", session, "--json").stdout)

    assert lines[1] == ["interaction", "input", "cached", "missed", "why"]
    assert lines[2] == ["1", "100", "0", "0", "the", "first", "call", "of", "its", "thread"]
    assert lines[3] == ["2", "100", "0", "0", "below", "1,024", "tokens", "nothing", "is", "kept"]
    assert [(row["interaction"], row["before"], row["missed_tokens"]) for row in rows] == [(1, None, 0), (2, 1, 0)]
