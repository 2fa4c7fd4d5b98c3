"""The inputs of model calls."""

from pytest_codex_replay.codex.places import Places
from pytest_codex_replay.matching.normalizer import RequestNormalizer, items_of
from pytest_codex_replay.projection.interactions import body_of as asked_by
from pytest_codex_replay.replay.inputs import NamedPlaces, RecordedInputs, made_anew
from tests.replay.recording import Recording, answer_events, body_of, call, output, user


def recorded() -> Recording:
    recording = Recording()
    first = body_of(user("in /srv/work")), answer_events("r1", call("c"))
    second = body_of(output("c", "ok"), previous_response_id="r1"), answer_events("r2")
    third = {**body_of(), "input": "go on", "previous_response_id": "r2"}, answer_events("r3")
    recording.websocket([first, second, third])
    return recording


def test_a_recorded_input_is_that_of_its_items() -> None:
    """What it continues is shared, and all is as if it had been sent whole."""
    normalizer = RequestNormalizer(Places())
    inputs = RecordedInputs(normalizer)
    interactions = recorded().interactions

    views = [inputs.view(one) for one in reversed(interactions)][::-1]

    for one, view in zip(interactions, views, strict=True):
        items = items_of(asked_by(one.request), one.before)
        whole = normalizer.view(asked_by(one.request), items, endpoint=one.endpoint, is_stream=True)
        assert (view.exact, view.normalised, view.skeleton) == (whole.exact, whole.normalised, whole.skeleton)
        assert view.items == whole.items
    assert views[2].input.nodes[0] is views[0].input


def test_an_input_is_made_anew_once() -> None:
    """By another normalizer, which knows more directories: the inputs that both share stay shared."""
    asked = RecordedInputs(RequestNormalizer(Places())).view(recorded().interactions[1]).input
    normalizer = RequestNormalizer(Places(cwd=frozenset({"/srv/work"})))
    known = {}

    first, second = (made_anew(asked, normalizer, known) for _ in range(2))

    assert first is second
    assert [item.normalised.value for item in first.items] == [
        item.normalised.value for item in normalizer.input(part.value for part in asked.items).items
    ]
    assert first.items[0].normalised != asked.items[0].normalised


def test_the_directories_of_a_conversation_are_named_once() -> None:
    """What a request repeats is not looked at again, and names what it named."""
    named, items = (
        NamedPlaces(),
        [user(f"<environment_context><cwd>/srv/{name}</cwd></environment_context>") for name in ("ada", "bob")],
    )

    assert named.of(items[:1]).cwd == {"/srv/ada"}
    assert named.of(items).cwd == {"/srv/ada", "/srv/bob"}
    assert named.of("text") == Places()
