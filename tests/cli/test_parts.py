"""Parts of a session, read without the rest."""

import pytest

from pytest_codex_replay.upstream.scenarios import cut_stream, multi_turn, server_error_then_fine

VERBS = (
    *(("show", "--turn", "1"), ("show",), ("show", "--json"), ("show", "--interaction", "2", "--json")),
    *(("show", "--interaction", "2", "--context"), ("incident", "--all"), ("incident", "--json"), ("cache",)),
    *(("diff", "--interaction", "2"), ("diff", "--turn", "1", "--turn", "2")),
)


@pytest.mark.parametrize("transport", ["http", "websocket"])
def test_an_index_makes_no_difference(run, talk, tmp_path, monkeypatch, transport):
    """What it keeps of a large session says what the traffic says; also what it keeps when it is asked."""
    for module in ("entry", "happened"):
        monkeypatch.setattr(f"pytest_codex_replay.index.{module}.LARGE_BYTES", 0)
    client = talk(multi_turn(), transport=transport)
    client.turn("one")
    client.turn("two")
    for script in (server_error_then_fine(), cut_stream()):
        client._script = script
        client.turn("three", retries=1)
    session = client.write(tmp_path / "archive" / "s")

    def shown() -> list[str]:
        return [run(verb, session, *options).stdout for verb, *options in VERBS]

    without = shown()
    run("ls", session.parent)

    assert (session.parent / ".index.db").exists()
    assert shown() == without
    assert shown() == without
    assert all(without)
