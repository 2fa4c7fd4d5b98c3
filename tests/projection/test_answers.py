"""What one answer says."""

import pytest

from pytest_codex_replay.archive.record import EndRecord, FlowEnd
from pytest_codex_replay.projection.answers import Tokens, answer_items, tokens_of
from pytest_codex_replay.projection.items import AssistantText, Compaction, Failure
from pytest_codex_replay.upstream.scenarios import bad_request, cut_stream, failed, text
from tests.sessions import user

SAID = {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Hi."}]}


def asked(talk, script, *, transport="sse"):
    client = talk(script, transport=transport)
    client.turn("hi", retries=1)
    return client.interactions[0]


@pytest.mark.parametrize("transport", ["sse", "websocket"])
def test_an_answer_brings_items_and_tokens(talk, transport):
    """Over SSE and WebSocket alike."""
    interaction = asked(talk, text("Hi."), transport=transport)

    assert answer_items(interaction) == [AssistantText(text="Hi.")]
    assert tokens_of(interaction) == Tokens(input=100, output=10, total=110)


def test_a_json_answer_brings_the_same(talk):
    """A client that wants no stream gets the items in the body."""
    client = talk(text())
    usage = {
        "input_tokens": 9,
        "input_tokens_details": {"cached_tokens": 4},
        "output_tokens": 3,
        "output_tokens_details": {"reasoning_tokens": 2},
        "total_tokens": 12,
    }
    client.sdk("hi", SAID, usage=usage)

    (interaction,) = client.interactions

    assert answer_items(interaction) == [AssistantText(text="Hi.")]
    assert tokens_of(interaction) == Tokens(input=9, cached=4, output=3, reasoning=2, total=12)


def test_tokens_add_up():
    """A turn has the sum of its answers."""
    assert Tokens(input=1, cached=1, total=1) + Tokens(input=2, output=3, total=5) == Tokens(
        input=3, cached=1, output=3, total=6
    )


@pytest.mark.parametrize(
    ("transport", "words"),
    [
        ("sse", "HTTP 400: The scripted upstream does not like this request. (invalid_value)"),
        ("websocket", "The scripted upstream does not like this request. (invalid_value)"),
    ],
)
def test_an_error_is_said_in_the_upstreams_words(talk, transport, words):
    """With the status where there is one, and the code."""
    interaction = asked(talk, bad_request(), transport=transport)

    assert interaction.error == words
    assert answer_items(interaction) == [Failure(outcome="error", message=words)]


def test_a_failed_response_says_why(talk):
    """`response.failed` carries the reason."""
    interaction = asked(talk, failed())

    assert interaction.error == "The scripted upstream fails this response. (invalid_prompt)"


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({"error": "no quota"}, "HTTP 429: no quota"),
        ({"detail": "Not Found"}, "HTTP 429: Not Found"),
        ({"error": {"message": "slow down"}}, "HTTP 429: slow down"),
    ],
)
def test_errors_come_in_many_forms(talk, answer, words):
    """Proxies and gateways have forms of their own."""
    client = talk(text())
    client.sdk("hi", status=429, **answer)

    assert client.interactions[0].error == words


def test_a_cut_answer_keeps_its_text(talk):
    """What had come, and how it broke off."""
    interaction = asked(talk, cut_stream(after=6))

    partial, failure = answer_items(interaction)

    assert isinstance(partial, AssistantText)
    assert partial.is_cut
    assert "This time to the very end.".startswith(partial.text)
    assert failure == Failure(outcome="upstream-gone", message="the flow ended before the answer did (upstream-gone)")


def test_a_recording_that_stops_says_so(talk):
    """Nothing is known of the rest."""
    client = talk(cut_stream(after=6))
    client.turn("hi", retries=1)
    client.records = [record for record in client.records if not isinstance(record, EndRecord)]

    assert client.interactions[0].error == "the recording stops before the end of the answer"


def test_the_proxys_own_words_win(talk):
    """It knows best how a flow ended."""
    client = talk(cut_stream(after=6))
    client.turn("hi", retries=1)
    client.records[-1] = EndRecord(
        at_ms=client.now_ms, flow=client.records[-1].flow, how=FlowEnd.UPSTREAM_GONE, error="connection reset"
    )

    assert client.interactions[0].error == "connection reset"


def test_a_good_answer_has_no_error(talk):
    """None, not an empty text."""
    assert asked(talk, text()).error is None


def test_a_local_compaction_is_its_summary(talk):
    """The model's words replace the history; they are not said to the user."""
    client = talk(text("What happened so far."))
    client.turn("hi")
    client.history.append(user("sum up"))
    client._exchange(turn_id="turn-1", kind="compaction", more={})

    items = answer_items(client.interactions[-1])

    assert items == [Compaction(text="The user has asked 2 times. Nothing is left to do but to answer.")]


@pytest.mark.parametrize("count", [-1, 2**53, 2**64 - 1, 1e308, True, "5"])
def test_a_count_that_is_none_is_not_counted(talk, count):
    """No database holds it, and no upstream used so many tokens."""
    interaction = asked(talk, text("Hi."))
    interaction.usage["input_tokens"] = count

    assert tokens_of(interaction) == Tokens(input=int(count is True), output=10, total=110)
