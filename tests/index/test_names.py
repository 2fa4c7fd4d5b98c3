"""The ids in a session."""

from dataclasses import replace

from pytest_codex_replay.index.names import names_of
from pytest_codex_replay.upstream.scenarios import tool_loop


def test_each_id_is_where_it_first_stands(talk):
    """Once; later requests repeat those of calls."""
    client = talk(tool_loop(1))
    client.turn("run")
    first, *others = client.interactions
    calls = (replace(first, response_headers=(("X-Request-Id", "req_1"), ("date", "today"))), *others)
    found = list(names_of("here", calls, {1: 1, 2: 1}))

    by_kind = {kind: (turn, interaction) for kind, _, turn, interaction in reversed(found)}
    assert by_kind["session"] == (None, None)
    assert by_kind["thread"] == by_kind["turn"] == by_kind["call"] == by_kind["response"] == (1, 1)
    assert ("request", "req_1", 1, 1) in found
    assert len({(kind, name) for kind, name, _, _ in found}) == len(found)
