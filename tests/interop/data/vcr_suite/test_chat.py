"""Tests that replay with vcrpy, as pytest-recording runs them."""

import os

import httpx
import openai
import pytest
import vcr

API = os.environ.get("OPENAI_BASE_URL", "https://api.openai.com/v1")


def client():
    return openai.OpenAI(api_key="made-up-key-0123456789abcdef", base_url=API)


@pytest.mark.vcr
def test_httpx():
    body = {"model": "gpt-5.4", "input": "say hello"}

    answer = httpx.post(f"{API}/responses", json=body, headers={"authorization": "Bearer made-up-key-0123456789abcdef"})

    assert answer.json()["output"][-1]["content"][0]["text"] == "hello, indeed"


@pytest.mark.vcr
@pytest.mark.parametrize("number", ["one", "two"])
def test_stream(number):
    with client().responses.stream(model="gpt-5.4", input=f"question {number}") as stream:
        text = "".join(event.delta for event in stream if event.type == "response.output_text.delta")

    assert text == f"answer {number}"


class TestConversation:
    @pytest.mark.vcr
    def test_goes_on(self):
        first = client().responses.create(model="gpt-5.4", input="say hello")
        second = client().responses.create(model="gpt-5.4", input="question two", previous_response_id=first.id)

        assert [first.output_text, second.output_text] == ["hello, indeed", "answer two"]


@vcr.use_cassette("cassettes/by_hand.yaml", record_mode=os.environ.get("VCR_MODE", "none"))
def test_by_hand():
    assert client().responses.create(model="gpt-5.4", input="say hello").output_text == "hello, indeed"


@pytest.mark.vcr
def test_another_api():
    answer = httpx.get("https://weather.example/today")

    assert answer.text == "rain"
