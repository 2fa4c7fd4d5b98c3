"""The comparable view of a model request."""

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_codex_replay.codex.endpoints import Endpoint
from pytest_codex_replay.codex.places import Places
from pytest_codex_replay.matching.normalizer import RequestNormalizer, items_of, meaning_of, places_of
from pytest_codex_replay.matching.request_view import RequestView
from tests.replay.recording import body_of, call, output, said, user

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def view_of(body: dict[str, Any], *, before: tuple[Any, ...] = ()) -> RequestView:
    items = items_of(body, before)
    return RequestNormalizer(places_of(items)).view(body, items, endpoint=Endpoint.RESPONSES, is_stream=True)


def turned(value: Any) -> Any:
    """The same value with its keys the other way round."""
    if isinstance(value, dict):
        return {name: turned(member) for name, member in reversed(value.items())}
    return [turned(member) for member in value] if isinstance(value, list) else value


@given(members=st.dictionaries(st.text(), JSON, max_size=4), item=st.dictionaries(st.text(), JSON, max_size=4))
def test_key_order_never_changes_a_digest(members: dict[str, Any], item: dict[str, Any]) -> None:
    """Codex writes its maps in random order."""
    body = {**members, "input": [item]}

    one, other = view_of(body), view_of(turned(body))

    assert (one.exact, one.normalised, one.skeleton) == (other.exact, other.normalised, other.skeleton)


@pytest.mark.parametrize(
    "member",
    [
        {"client_metadata": {"turn_id": "t"}},
        {"prompt_cache_key": "k"},
        {"service_tier": "flex"},
        {"store": False},
        {"metadata": {"a": "b"}},
        {"user": "u", "safety_identifier": "s"},
        {"generate": True},
        {"type": "response.create"},
        {"instructions": ""},
        {"tools": []},
    ],
)
def test_a_member_without_meaning_changes_nothing(member: dict[str, Any]) -> None:
    """What says nothing about what is asked is dropped on the strictest level already."""
    plain = view_of(body_of(user("hi")))

    assert view_of(body_of(user("hi"), **member)).exact == plain.exact


@pytest.mark.parametrize(
    "member",
    [
        {"reasoning": {"effort": "high"}},
        {"text": {"verbosity": "low"}},
        {"tool_choice": "none"},
        {"parallel_tool_calls": False},
        {"temperature": 0.5},
        {"include": ["reasoning.encrypted_content"]},
        {"background": True},
    ],
)
def test_a_setting_may_only_drift(member: dict[str, Any]) -> None:
    """Releases of Codex send others: it counts, but the conversation is the same."""
    plain, other = view_of(body_of(user("hi"))), view_of(body_of(user("hi"), **member))

    assert other.normalised != plain.normalised
    assert other.skeleton == plain.skeleton


def test_the_model_counts_for_every_kind_of_match() -> None:
    """What another model says is another conversation."""
    assert view_of(body_of(user("hi"), model="other")).skeleton != view_of(body_of(user("hi"))).skeleton


def test_what_codex_says_about_itself_is_no_part_of_the_skeleton() -> None:
    """Releases differ in how many messages they need for it."""
    permissions = {"type": "message", "role": "developer", "content": "<permissions instructions>"}

    plain, framed = view_of(body_of(user("hi"))), view_of(body_of(permissions, user("hi")))

    assert framed.skeleton == plain.skeleton
    assert framed.normalised != plain.normalised


def test_ids_and_bookkeeping_of_items_carry_no_meaning() -> None:
    """Item ids and the metadata passthrough are new in each run."""
    marks = {"id": "msg_1", "internal_chat_message_metadata_passthrough": {"turn_id": "t"}, "status": "completed"}

    assert view_of(body_of(user("hi") | marks)).exact == view_of(body_of(user("hi"))).exact


def test_what_the_model_said_equals_its_echo() -> None:
    """A client sends back less than the model said: a chain of answers and a whole input compare equal."""
    answer = {
        "id": "msg_1",
        "type": "message",
        "status": "completed",
        "role": "assistant",
        "content": [{"type": "output_text", "annotations": [], "logprobs": [], "text": "done"}],
    }
    thought = {"id": "rs_1", "type": "reasoning", "summary": [], "encrypted_content": "x"}
    chain = view_of(body_of(user("next"), previous_response_id="r"), before=(user("hi"), thought, answer))
    echo = {"type": "reasoning", "summary": [], "content": None, "encrypted_content": "x"}

    whole = view_of(body_of(user("hi"), echo, said("done"), user("next")))

    assert chain.exact == whole.exact


def test_a_short_message_equals_its_long_form() -> None:
    """SDKs send a string, or a message whose content is one."""
    views = [view_of(body_of() | {"input": form}) for form in ("hi", [{"role": "user", "content": "hi"}], [user("hi")])]

    assert len({view.exact for view in views}) == 1


def test_the_same_work_in_another_directory_is_normalised() -> None:
    """The working directory is rewritten wherever it stands, once the context has named it."""
    views = [
        view_of(body_of(user(f"<environment_context><cwd>{cwd}</cwd>"), call("c"), output("c", f"{cwd}/a.py")))
        for cwd in ("/rec/app", "/live/here")
    ]

    assert views[0].exact != views[1].exact
    assert views[0].normalised == views[1].normalised


@pytest.mark.parametrize("name", ["encrypted_content", "call_id"])
def test_opaque_values_are_compared_as_they_are(name: str) -> None:
    """Not even a UUID is rewritten in what has to be sent back byte for byte."""
    uuids = ("01a1fd16-0ae0-7040-9a4a-822be31b99f1", "02a1fd16-0ae0-7040-9a4a-822be31b99f1")

    views = [view_of(body_of({"type": "reasoning" if name[0] == "e" else "function_call", name: u})) for u in uuids]

    assert views[0].normalised != views[1].normalised


def test_a_note_about_a_sub_agent_may_come_or_not() -> None:
    """When another thread finishes differs from run to run; only an exact match counts the note."""
    note = user('<subagent_notification>\n{"status":"done"}\n</subagent_notification>')
    without, with_note = view_of(body_of(user("hi"))), view_of(body_of(user("hi"), note))

    assert without.exact != with_note.exact
    assert without.normalised == with_note.normalised


def test_what_a_user_types_like_such_a_note_counts() -> None:
    """Only the whole element is one."""
    views = [view_of(body_of(user(f"<subagent_notification> {what} all"))) for what in ("list", "delete")]

    assert views[0].normalised != views[1].normalised


def test_one_message_may_be_the_users_and_codexs() -> None:
    """Each piece is rewritten as its author wants: a date that Codex writes is volatile, one of the user's is not."""
    context = "<environment_context><current_date>{}</current_date></environment_context>"
    days = (("2026-11-21", "2026-12-01"), ("2027-01-02", "2026-12-01"), ("2026-11-21", "2026-12-02"))
    texts = [(context.format(today), f"due {due}") for today, due in days]
    views = [view_of(body_of(user("") | {"content": [{"text": text} for text in pair]})) for pair in texts]

    assert views[0].normalised == views[1].normalised != views[2].normalised


def test_places_are_read_from_what_codex_says_only() -> None:
    """A user may quote such an element."""
    items = [user("see <cwd>/not/here</cwd>"), user("<environment_context><cwd>/w/app</cwd></environment_context>")]

    assert places_of(items) == Places(cwd=frozenset({"/w/app"}))


def test_an_item_is_digested_once() -> None:
    """Each request repeats the conversation: what was seen costs nothing, whichever part of the program parsed it."""
    normalizer = RequestNormalizer(Places())
    body = body_of(user("hi"), output("c", "text"))
    again = orjson.loads(orjson.dumps(body))

    first, second = (
        normalizer.view(one, items_of(one, ()), endpoint=Endpoint.RESPONSES, is_stream=True) for one in (body, again)
    )

    assert len(first.items) == 2
    assert all(new is old for new, old in zip(second.items, first.items, strict=True))


def test_an_item_means_the_same_when_it_comes_back() -> None:
    """A client sends it without its id, its status and what it does not know."""
    item = {
        "type": "function_call",
        "id": "fc_1",
        "status": "completed",
        "name": "x",
        "arguments": "{}",
        "call_id": "c",
    }
    echo = {"type": "function_call", "name": "x", "arguments": "{}", "call_id": "c"}

    assert meaning_of(item) == meaning_of(echo) != meaning_of({**echo, "arguments": "[]"})


@pytest.mark.parametrize("depth", [200, 254, 260, 300, 900])
def test_an_item_has_a_meaning_however_deeply_it_is_nested(depth):
    """The usual writer of JSON refuses what the usual reader takes."""
    one, other = (orjson.loads("[" * depth + text + "]" * depth) for text in ('"a"', '"b"'))
    item = {"type": "function_call", "call_id": "c", "name": "n", "arguments": one}

    assert meaning_of(item) == meaning_of({**item, "id": "i"}) != meaning_of({**item, "arguments": other})
