"""One stream of mutations: turns, items and what happened are views of it, wherever its records are split."""

import itertools
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_codex_replay.archive.record import EventRecord, Record
from pytest_codex_replay.archive.session import open_sessions
from pytest_codex_replay.projection.checkpoint import checkpoint_of, reducer_of
from pytest_codex_replay.projection.interaction_builder import interactions_of
from pytest_codex_replay.projection.mutations import Lifecycle, Mutation, Tombstone, Upsert
from pytest_codex_replay.projection.reducer import Reducer, mutations_of
from pytest_codex_replay.projection.turns import turns_of
from pytest_codex_replay.upstream.scenarios import (
    bad_request,
    compaction,
    cut_stream,
    failed,
    multi_turn,
    server_error_then_fine,
    text,
    tool_loop,
)
from pytest_codex_replay.wire.responses import Outcome
from tests.spoilt import spoilt

CASSETTES = {session.name: session for session in open_sessions(Path(__file__).parents[2] / "cassettes")}
ENDS = {Outcome.COMPLETED: "turn.completed", Outcome.INTERRUPTED: "turn.interrupted"}
SCENARIOS = (bad_request, compaction, cut_stream, failed, multi_turn, server_error_then_fine, text, tool_loop)


@cache
def recorded(name: str) -> tuple[Record, ...]:
    return tuple(CASSETTES[name].records())


def view(mutations: Iterable[Mutation]) -> dict[str, dict[str, Upsert]]:
    """What someone knows who follows the stream: turns and items by key; what is taken back is gone."""
    known: dict[str, dict[str, Upsert]] = {"turn": {}, "item": {}}
    for one in mutations:
        if isinstance(one, Upsert):
            known[one.kind][one.key] = one
        elif isinstance(one, Tombstone):
            del known[one.kind][one.key]
    return known


def told(records: Sequence[Record]) -> list[bytes]:
    return [orjson.dumps(one) for one in mutations_of(records)]


def in_pieces(records: Sequence[Record], cuts: Iterable[int]) -> list[bytes]:
    """Feed the records with a checkpoint at each cut, from which another reducer goes on."""
    reducer, found, at = Reducer(), [], set(cuts)
    for number, record in enumerate(records):
        if number in at:
            reducer = reducer_of(checkpoint_of(reducer))
        found += reducer.feed(record)
    found += reducer_of(checkpoint_of(reducer)).finish(records[-1].at_ms)
    return [orjson.dumps(one) for one in found]


def assert_one_truth(records: Sequence[Record]) -> None:
    """The views agree with each other, and with what the whole recording says."""
    mutations = list(mutations_of(records))
    turns = turns_of(interactions_of(records))
    known = view(mutations)
    ends = {one.turn: one for one in mutations if isinstance(one, Lifecycle) and one.type in {*ENDS.values(), FAILED}}
    items: dict[str, list[Any]] = {}
    for one in sorted(known["item"].values(), key=lambda one: one.ordinal):
        items.setdefault(one.value["turn"], []).append(
            {k: v for k, v in one.value.items() if k not in {"turn", "call"}}
        )
    gone = {one.key: one.ordinal for one in mutations if isinstance(one, Tombstone) and one.kind == "turn"}
    keys = {ordinal: key for key, ordinal in gone.items()} | {one.ordinal: key for key, one in known["turn"].items()}
    assert sorted(keys) == [turn.index - 1 for turn in turns]
    for turn in turns:
        key = keys[turn.index - 1]
        assert items.get(key, []) == [item.as_json() for item in turn.items]
        assert turn.is_rolled_back == (key in gone)
        if key in known["turn"]:
            value, is_open = known["turn"][key].value, known["turn"][key].is_open
            assert (value["prompt"], value["tokens"]) == (turn.prompt, turn.tokens.as_json())
            assert is_open or (value["outcome"], value["error"]) == (str(turn.outcome), turn.error)
            assert is_open or ends[key].type == ENDS.get(turn.outcome, FAILED)


FAILED = "turn.failed"


@pytest.mark.parametrize("name", CASSETTES)
def test_all_views_of_a_cassette_agree(name):
    """Turns, items, lifecycle; from records, and from interactions."""
    assert_one_truth(recorded(name))


@pytest.mark.parametrize("name", CASSETTES)
def test_a_cassette_may_be_split_at_every_record(name):
    """A reducer that is put away and taken up at each record tells the same as one that is not."""
    records = recorded(name)

    assert in_pieces(records, range(len(records))) == told(records)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(sorted(CASSETTES)), st.data())
def test_whatever_comes_in_whatever_pieces(name, data):
    """Also with records lost, answers cut off, flows that end badly, and gaps that are told late."""
    records = data.draw(spoilt(recorded(name)))
    cuts = data.draw(st.sets(st.integers(0, len(records)), max_size=5))

    assert in_pieces(records, cuts) == told(records)
    assert_one_truth(records)


@pytest.mark.parametrize("transport", ["sse", "websocket"])
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.__name__)
def test_what_kills_a_turn_is_a_failure_in_every_view(talk, scenario, transport):
    """Errors, failures, cut streams; over SSE and WebSocket, and split at every record."""
    client = talk(scenario(), transport=transport)
    client.turn("first", retries=2)
    client.turn("second", retries=2)

    assert_one_truth(client.records)
    assert in_pieces(client.records, range(len(client.records))) == told(client.records)


def types(mutations):
    return [one.type for one in mutations if isinstance(one, Lifecycle)]


def test_a_failure_that_is_tried_again_is_told_as_it_happens(talk):
    """The turn fails, goes on, and completes."""
    client = talk(server_error_then_fine())
    client.turn("first")

    assert types(mutations_of(client.records))[1:] == [
        "turn.started",
        "turn.failed",
        "turn.retried",
        "turn.completed",
    ]


def test_a_late_completion_makes_up_for_no_failure(talk):
    """The first end of an answer counts."""
    client = talk(failed())
    client.turn("first", retries=1)
    at = next(
        n for n, one in enumerate(client.records) if isinstance(one, EventRecord) and b"response.failed" in one.raw
    )
    late = EventRecord(
        flow=client.records[at].flow,
        at_ms=client.records[at].at_ms,
        raw=b'event: response.completed\ndata: {"type":"response.completed","response":{"id":"r"}}\n\n',
        cuts=((0, client.records[at].at_ms),),
    )
    records = [*client.records[: at + 1], late, *client.records[at + 1 :]]

    assert "turn.completed" not in types(mutations_of(records))
    assert_one_truth(records)


def test_what_is_expected_is_open(talk):
    """An answer that streams, a tool that runs; nothing is once no more records come."""
    client = talk(tool_loop(1))
    client.turn("run")
    seen = [one for one in mutations_of(client.records) if isinstance(one, Upsert)]

    tool = [one.is_open for one in seen if one.value.get("kind") == "tool_call"]
    assert (tool[0], tool[-1]) == (True, False)
    assert [one.is_open for one in view(seen)["turn"].values()] == [False]
    assert len({one.ordinal for one in seen if one.kind == "item"}) == len(view(seen)["item"])


def test_a_turn_that_was_taken_back_has_a_tombstone(talk):
    """A follower sees the conversation as it is now."""
    client = talk(multi_turn())
    client.turn("first")
    client.take_back("second")
    client.turn("third")
    mutations = list(mutations_of(client.records))

    assert types(mutations).count("turn.rolled_back") == 1
    assert [one.value["prompt"] for one in view(mutations)["turn"].values()] == ["first", "third"]


def test_a_compaction_is_told(talk):
    """Once, when its item comes."""
    client = talk(text("Hello."))
    client.turn("first")
    client.compact()

    assert types(mutations_of(client.records)).count("compacted") == 1


def test_a_steered_cassette_says_so():
    """As `show` does."""
    assert "turn.steered" in types(mutations_of(recorded("steered")))
    assert "turn.interrupted" in types(mutations_of(recorded("interrupted")))
    assert "rate_limit" in types(mutations_of(recorded("rate-limit")))


def test_a_text_that_grows_is_told_when_asked_for(talk):
    """As an open item with all that has come, once; its last telling is that of its end, under the same key."""
    client = talk(text("This comes in several pieces."))
    client.turn("hi")
    deltas = [n for n, one in enumerate(client.records) if isinstance(one, EventRecord) and b"text.delta" in one.raw]
    reducer, told = Reducer(), list[Mutation]()
    for number, record in enumerate(client.records):
        told += reducer.feed(record)
        if number in deltas:
            told += reducer.grown(record.at_ms)
            assert reducer.grown(record.at_ms) == []

    texts = [one for one in told if isinstance(one, Upsert) and one.value.get("kind") == "assistant"]
    grown = [one.value["text"] for one in texts if one.is_open]
    assert len({one.key for one in texts}) == 1
    assert len(grown) == len(deltas) > 1
    assert all(after.startswith(before) for before, after in itertools.pairwise(grown))
    assert (texts[-1].value["text"], texts[-1].is_open) == ("This comes in several pieces.", False)
