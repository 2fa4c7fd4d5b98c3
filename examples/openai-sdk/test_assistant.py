import openai
import pytest
from assistant import ask


@pytest.fixture
def client(codex_replay):
    return openai.OpenAI(base_url=codex_replay.base_url, api_key="none is needed in replay", max_retries=0)


@pytest.mark.codex_replay("greeting")
def test_the_answer_is_streamed(client, capsys):
    assert ask(client, "Say hello.") == "Hello from the scripted upstream."
    assert capsys.readouterr().out == "Hello from the scripted upstream.\n"


@pytest.mark.codex_replay("greeting")
def test_what_the_program_sent(client, codex_replay):
    ask(client, "Say hello.")

    (request,) = codex_replay.requests
    assert request.payload.json["input"] == "Say hello."
    assert codex_replay.turns[0].text == "Hello from the scripted upstream."
