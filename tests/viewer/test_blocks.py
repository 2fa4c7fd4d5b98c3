"""Requests and answers as blocks: all of it is there, and what requests repeat stands once."""

import gzip
import json
from collections.abc import Iterable
from itertools import accumulate
from typing import Any

import pytest

from pytest_codex_replay.projection.interactions import Interaction
from pytest_codex_replay.reading import open_archive
from pytest_codex_replay.upstream.scenarios import tool_loop
from pytest_codex_replay.viewer.blocks import Blocks, exchange_of
from tests.replay.recording import Recording, body_of, user
from tests.test_cassettes import SHIPPED


def blocks_of(calls: Iterable[Interaction]) -> tuple[dict[str, bytes], list[int]]:
    blocks = Blocks(calls)
    return dict(blocks.made()), blocks.first_values


def unpacked(blocks: dict[str, bytes], first: list[int], call: Interaction) -> Any:
    """Read an exchange as the page does."""
    values = [value for at in range(len(first)) for value in json.loads(gzip.decompress(blocks[f"v{at}"]))]
    exchange = json.loads(gzip.decompress(blocks[f"x{call.index}"]))
    refs = exchange.pop("refs")
    columns = exchange["answer"]
    times = (
        list(accumulate(columns["after_ms"], initial=columns["first_ms"]))[1:]
        if columns["after_ms"] is not None
        else None
    )
    exchange["answer"] = [
        {"at_ms": None if times is None else round(times[at], 3), "kind": kind, "value": value}
        for at, (kind, value) in enumerate(zip(columns["kinds"], columns["values"], strict=True))
    ]
    exchange["context"] = [values[number] for number in refs.pop("context")]
    for name, numbers in refs.items():
        is_list = isinstance(numbers, list)
        exchange["request"][name] = [values[number] for number in numbers] if is_list else values[numbers]
    return exchange


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_what_comes_out_is_what_went_in(path) -> None:
    """Of each shipped cassette."""
    calls = open_archive(path)[0].interactions

    blocks, first = blocks_of(calls)

    for call in calls:
        assert unpacked(blocks, first, call) == json.loads(json.dumps(exchange_of(call)))


@pytest.mark.parametrize("body", [b"not json", ["a"], {"input": "hi"}, {"input": ["x", 1, None]}, {}, None])
def test_requests_of_any_shape(body) -> None:
    """A body that is not an object, input that is not a list."""
    recording = Recording()
    recording.http(body, [])
    calls = recording.interactions

    blocks, first = blocks_of(calls)

    assert unpacked(blocks, first, calls[0]) == json.loads(json.dumps(exchange_of(calls[0])))


def test_what_requests_repeat_stands_once(talk) -> None:
    """A conversation grows with what is new in it, not with its square."""
    client = talk(tool_loop(6))
    client.turn("run the steps")

    blocks, _ = blocks_of(client.interactions)

    values = [
        json.dumps(one)
        for name, block in blocks.items()
        if name[0] == "v"
        for one in json.loads(gzip.decompress(block))
    ]
    assert len(values) == len(set(values))
    assert len(values) == len(client.interactions[-1].input) + 2  # instructions and tools


def test_values_are_in_blocks_of_a_size() -> None:
    """The page reads those that it needs."""
    recording = Recording()
    recording.http(body_of(*(user(f"{n}" * 50_000) for n in range(10, 20))), [])

    blocks, first = blocks_of(recording.interactions)

    assert len(first) > 1
    assert sorted(name for name in blocks if name[0] == "v") == [f"v{at}" for at in range(len(first))]
