"""Eight ways to ask the same, all of them answered in this process, offline, from one cassette."""

import asyncio

import aiohttp
import httpx
import httpx2
import openai
import pytest
import requests

API = "https://api.openai.com/v1"
QUESTION = {"model": "gpt-5.4", "input": "Say hello."}
GREETING = "Hello from the scripted upstream."

pytestmark = [pytest.mark.codex_replay("greeting"), pytest.mark.usefixtures("codex_vcr")]


def test_httpx():
    answer = httpx.post(f"{API}/responses", json=QUESTION).json()

    assert answer["output"][-1]["content"][0]["text"] == GREETING


def test_httpx2():
    answer = httpx2.post(f"{API}/responses", json=QUESTION).json()

    assert answer["output"][-1]["content"][0]["text"] == GREETING


def test_requests():
    answer = requests.post(f"{API}/responses", json=QUESTION, timeout=5).json()

    assert answer["output"][-1]["content"][0]["text"] == GREETING


def test_aiohttp():
    async def ask():
        async with aiohttp.ClientSession() as session, session.post(f"{API}/responses", json=QUESTION) as answer:
            return await answer.json()

    assert asyncio.run(ask())["output"][-1]["content"][0]["text"] == GREETING


def test_the_sdk():
    with openai.OpenAI(api_key="none is needed in replay", base_url=API) as client:
        assert client.responses.create(**QUESTION).output_text == GREETING


def test_the_sdk_streaming():
    with openai.OpenAI(api_key="none is needed in replay", base_url=API) as client:
        stream = client.responses.create(**QUESTION, stream=True)
        deltas = [event.delta for event in stream if event.type == "response.output_text.delta"]

    assert "".join(deltas) == GREETING
    assert len(deltas) > 1


def test_the_sdk_asynchronously():
    async def ask():
        async with openai.AsyncOpenAI(api_key="none is needed in replay", base_url=API) as client:
            return await client.responses.create(**QUESTION)

    assert asyncio.run(ask()).output_text == GREETING


def test_the_sdk_asynchronously_streaming():
    async def ask():
        async with openai.AsyncOpenAI(api_key="none is needed in replay", base_url=API) as client:
            stream = await client.responses.create(**QUESTION, stream=True)
            return "".join([event.delta async for event in stream if event.type == "response.output_text.delta"])

    assert asyncio.run(ask()) == GREETING
