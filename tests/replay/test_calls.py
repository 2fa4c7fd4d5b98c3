"""Model calls: what is left to serve, and what may be continued."""

from typing import Any

from pytest_codex_replay.codex.endpoints import Endpoint
from pytest_codex_replay.codex.identity import Identity
from pytest_codex_replay.matching.match import MatchKind, MatchLevel, Mismatch
from pytest_codex_replay.projection.interaction_builder import merged
from pytest_codex_replay.replay.calls import ModelCalls, Selection
from tests.replay.recording import Recording, answer_events, body_of, said, user


def ask(calls: ModelCalls, body: dict[str, Any], session: str | None = None) -> Selection | Mismatch:
    return calls.ask(body, endpoint=Endpoint.RESPONSES, is_stream=True, client=Identity(session_id=session))


def test_a_chain_that_began_before_the_recording_is_matched_by_its_id() -> None:
    """What `previous_response_id` stands for is not known on either side: then the id itself counts."""
    recording = Recording()
    recording.http(body_of(user("go on"), previous_response_id="resp_old"), answer_events("r"))
    calls = ModelCalls(recording.interactions, MatchLevel.NORMAL)

    other = ask(calls, body_of(user("go on"), previous_response_id="resp_other"))
    same = ask(calls, body_of(user("go on"), previous_response_id="resp_old"))

    assert isinstance(other, Mismatch)
    assert isinstance(same, Selection)
    assert same.match.match_kind is MatchKind.EXACT


def test_clients_at_once_whose_responses_have_the_same_ids() -> None:
    """Redaction makes the ids of each recording canonical: each client goes on where it was."""
    recordings = []
    for name in ("a", "b"):
        recording = Recording()
        recording.http(body_of(user(name)), answer_events("r1", said(name)))
        recording.http(body_of(user("next"), previous_response_id="r1"), answer_events("r2", said(f"{name}2")))
        recordings.append(recording.interactions)
    calls = ModelCalls(merged(recordings), MatchLevel.STRICT)

    first = [ask(calls, body_of(user(name)), session=name) for name in ("a", "b")]
    second = [ask(calls, body_of(user("next"), previous_response_id="r1"), session=name) for name in ("a", "b")]

    assert [one.interaction.output for one in first if isinstance(one, Selection)] == [(said("a"),), (said("b"),)]
    assert [one.interaction.output for one in second if isinstance(one, Selection)] == [(said("a2"),), (said("b2"),)]


def test_a_compaction_is_matched_by_content_and_endpoint() -> None:
    """`responses/compact` is a model call of its own."""
    recording = Recording()
    recording.http(body_of(user("hi")), json={"output": []}, url="https://api.openai.com/v1/responses/compact")
    calls = ModelCalls(recording.interactions, MatchLevel.NORMAL)

    elsewhere = ask(calls, body_of(user("hi")))
    found = calls.ask(body_of(user("hi")), endpoint=Endpoint.COMPACT, is_stream=False)

    assert isinstance(elsewhere, Mismatch)
    assert isinstance(found, Selection)


def test_what_is_open_shrinks() -> None:
    """Each interaction is served once."""
    recording = Recording()
    for text in ("one", "two"):
        recording.http(body_of(user(text)), answer_events(text, said(text)))
    calls = ModelCalls(recording.interactions, MatchLevel.NORMAL)

    taken = ask(calls, body_of(user("two")))
    assert isinstance(taken, Selection)
    calls.take(taken)

    assert [one.index for one in calls.open] == [1]
    assert calls.served_count == 1
