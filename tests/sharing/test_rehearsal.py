"""A replay in process, by a client in another place."""

from dataclasses import replace

import pytest

from pytest_codex_replay.archive.record import EventRecord, MessageRecord, RequestRecord
from pytest_codex_replay.projection.interaction_builder import interactions_of
from pytest_codex_replay.sharing.rehearsal import Rehearsal
from pytest_codex_replay.upstream.scenarios import text, tool_loop
from pytest_codex_replay.upstream.script import Script
from pytest_codex_replay.wire.payload import Payload
from tests.sessions import Talk


def talked(script, *prompts, transport="sse"):
    talk = Talk(script, transport=transport)
    for prompt in prompts:
        talk.turn(prompt)
    return talk


def with_answers(records, old, new):
    """Replace bytes in what the upstream sent."""
    return [
        replace(one, raw=one.raw.replace(old, new))
        if isinstance(one, EventRecord)
        else replace(one, payload=Payload(one.payload.raw.replace(old, new)))
        if isinstance(one, MessageRecord) and not one.from_client
        else one
        for one in records
    ]


def with_requests(records, old, new):
    """Replace bytes in what the client sent."""
    return [
        replace(one, payload=Payload(one.payload.raw.replace(old, new)))
        if isinstance(one, RequestRecord | MessageRecord) and one.payload and getattr(one, "from_client", True)
        else one
        for one in records
    ]


def deviations(recorded, shared):
    return list(Rehearsal(interactions_of(recorded), interactions_of(shared)).deviations())


def running(command):
    return Script(lambda cue: cue.say("done") if cue.step else cue.shell(command))


@pytest.mark.parametrize("transport", ["sse", "websocket"])
def test_a_whole_session_replays(transport):
    """Tool calls, several turns, a prewarm and background requests."""
    talk = Talk(tool_loop(2), transport=transport)
    talk.side()
    talk.prewarm()
    talk.turn("one")
    talk.turn("two")

    assert deviations(talk.records, talk.records) == []


@pytest.mark.parametrize("transport", ["sse", "websocket"])
@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        (b"and on", b"and \\\\", "output[0].arguments is not JSON any more"),
        (b"and on", b"and off", "output[0].arguments differs"),
        (b"call_000", b"call_100", "output[0].call_id differs"),
        (b"exec_command", b"exec_commando", "output[0].name differs"),
        (b'"function_call"', b'"other_call"', "output[0] is of another type"),
    ],
)
def test_an_answer_has_to_call_the_same_tool(transport, old, new, what):
    """The same name and call id, arguments that parse when they parsed, and say the same."""
    talk = talked(running("go on and on"), "run", transport=transport)

    assert (1, what) in deviations(talk.records, with_answers(talk.records, old, new))


@pytest.mark.parametrize("transport", ["sse", "websocket"])
def test_what_was_redacted_is_no_difference(transport):
    """Neither in an answer nor in the request that repeats it."""
    token, placeholder = b"ghp_" + b"a1B2c3D4e5" * 4, b"[[REDACTED:github_token:1]]"
    talk = talked(running(f"deploy --token {token.decode()}"), "run", transport=transport)
    shared = with_requests(with_answers(talk.records, token, placeholder), token, placeholder)

    assert deviations(talk.records, shared) == []


def test_a_value_that_its_placeholder_does_not_match_is_found():
    """No replay would match it."""
    talk = talked(text(), "two words")
    shared = with_requests(talk.records, b"two words", b"[[REDACTED:github_token:1]]")

    assert deviations(talk.records, shared) == [(1, "input[2].content[0].text differs")]


def test_another_answer_than_its_own_is_found():
    """Two requests that redaction made the same: the answer of one is found by the other."""
    talk = talked(Script(lambda cue: cue.say(f"for {len(cue.request.input)}")), "first", "second")
    one, two = interactions_of(talk.records)
    shared = (replace(one, request=two.request), replace(two, request=one.request))

    found = dict(Rehearsal((one, two), shared).deviations())

    assert found[1] == "the answer of interaction 2 is found"


def test_what_the_recording_cut_off_is_asked_by_nobody():
    """Nor is what continues it over the same WebSocket."""
    talk = talked(tool_loop(2), "run", transport="websocket")
    calls = interactions_of(talk.records)
    cut = [replace(one, has_gap=one.index == 2) for one in calls]

    assert [one.outcome for one in cut][1] == "unknown"
    assert list(Rehearsal(cut, cut).deviations()) == []


def test_a_call_that_is_not_the_model_s_has_to_be_found():
    """By its path, its query and its body."""
    talk = Talk(text())
    talk.side("/embeddings?of=one")
    talk.turn("hello")
    moved = [replace(one, url=one.url.replace("=one", "=two")) if hasattr(one, "url") else one for one in talk.records]
    lost = [replace(one, url=one.url.replace("embed", "")) if hasattr(one, "url") else one for one in talk.records]

    assert [what for _, what in deviations(talk.records, moved)] == ["query[0][1] differs"]
    assert [what for _, what in deviations(talk.records, lost)] == ["its URL is not found"]


def test_a_lost_interaction_is_found():
    """Before anything is compared."""
    calls = interactions_of(talked(tool_loop(1), "run").records)

    assert list(Rehearsal(calls, calls[1:]).deviations()) == [(0, "2 interactions became 1")]


def test_a_title_is_answered_whatever_it_says():
    """And a request that is no JSON object is compared by its bytes."""
    talk = Talk(text())
    talk.title("hello")
    talk.turn("hello")

    assert deviations(talk.records, with_requests(talk.records, b"title", b"name")) == []


def test_a_request_that_is_no_object_finds_its_answer():
    """It is compared by its bytes."""
    talk = talked(text(), "hello")
    records = [replace(one, payload=Payload(b"[1]")) if isinstance(one, RequestRecord) else one for one in talk.records]

    assert deviations(records, records) == []
