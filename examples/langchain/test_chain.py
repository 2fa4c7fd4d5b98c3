import pytest
from chain import answer


@pytest.mark.codex_replay("greeting")
def test_the_chain_answers(codex_replay):
    assert answer("Say hello.") == "Hello from the scripted upstream."

    assert codex_replay.turns[0].prompt == "Say hello."
