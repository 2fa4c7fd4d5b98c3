"""Requests, replies, and the chain between them."""

import json

import pytest

from pytest_codex_replay.upstream import Cue, ErrorReply, ModelRequest, Script, StreamReply
from pytest_codex_replay.upstream.script import Conversations, UnknownResponse


def user(text: str) -> dict:
    return {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}


def tool_output(text: str) -> dict:
    return {"type": "function_call_output", "call_id": "call_0001", "output": text}


def cue_of(*items: dict) -> Cue:
    """The cue that a script gets for the conversation `items`."""
    cues: list[Cue] = []

    def keep(cue: Cue) -> StreamReply:
        cues.append(cue)
        return cue.say("ok")

    Script(keep).reply(ModelRequest(input=items))
    return cues[0]


def message_of(reply: StreamReply) -> str:
    return reply.response["output"][-1]["content"][0]["text"]


class TestRequest:
    def test_a_string_is_one_user_message(self) -> None:
        """SDKs may send `input` as a string."""
        request = ModelRequest.from_body({"input": "hi"}, {})

        assert cue_of(*request.input).user_texts == ("hi",)

    def test_a_message_without_type_is_a_message(self) -> None:
        """SDKs may leave out `type`."""
        request = ModelRequest.from_body({"input": [{"role": "user", "content": "hi"}]}, {})

        assert request.input[0]["type"] == "message"

    @pytest.mark.parametrize("value", [None, 7, {}, ["text", None]])
    def test_what_is_no_item_is_left_out(self, value: object) -> None:
        """A client may send what it likes there, too."""
        assert ModelRequest.from_body({"input": value}, {}).input == ()

    def test_the_history_comes_first(self) -> None:
        """What `previous_response_id` stands for precedes the delta."""
        request = ModelRequest.from_body({"input": [user("two")]}, {}, history=[user("one")])

        assert request.input == (user("one"), user("two"))

    def test_identity_is_read_from_the_metadata_of_codex(self) -> None:
        """Kind, thread and parent are in the body, whatever the transport."""
        turn = json.dumps({"request_kind": "compaction", "parent_thread_id": "p"})
        body = {"client_metadata": {"thread_id": "t", "x-codex-turn-metadata": turn}, "generate": False}

        request = ModelRequest.from_body(body, {})

        assert (request.thread_id, request.kind, request.is_subagent, request.generate) == (
            "t",
            "compaction",
            True,
            False,
        )

    def test_identity_falls_back_to_the_headers(self) -> None:
        """A request without metadata may still name its thread."""
        assert ModelRequest.from_body({}, {"thread-id": "t"}).thread_id == "t"

    @pytest.mark.parametrize("blob", ["", "not json", "[]", "null"])
    def test_unreadable_metadata_is_a_plain_turn(self, blob: str) -> None:
        """A client may send what it likes there."""
        request = ModelRequest.from_body({"client_metadata": {"x-codex-turn-metadata": blob}}, {})

        assert (request.kind, request.is_subagent) == ("turn", False)

    def test_additional_tools_are_tools(self) -> None:
        """Codex puts the tools of newer models into the input."""
        extra = {"type": "additional_tools", "tools": [{"type": "function", "name": "shell"}]}

        request = ModelRequest.from_body({"input": [extra], "tools": [{"type": "web_search"}]}, {})

        assert [tool["type"] for tool in request.tools] == ["web_search", "function"]


class TestCue:
    @pytest.mark.parametrize(
        "text",
        [
            "<environment_context>…</environment_context>",
            "# AGENTS.md instructions for /srv",
            "Another language model started to solve this problem and …",
        ],
    )
    def test_what_codex_writes_is_no_turn_of_the_user(self, text: str) -> None:
        """Only what the user typed counts as a turn."""
        assert cue_of(user(text), user("hi")).user_texts == ("hi",)

    def test_steps_count_from_the_last_turn(self) -> None:
        """Outputs of earlier turns are not counted again."""
        cue = cue_of(user("one"), tool_output("a"), user("two"), tool_output("b"), tool_output("c"))

        assert (cue.turn, cue.step, cue.outputs) == (2, 2, ("b", "c"))

    def test_an_output_may_come_in_parts(self) -> None:
        """In code mode an output is a list of parts."""
        parts = [{"type": "input_text", "text": "a"}, {"type": "input_text", "text": "b"}]

        assert cue_of(user("x"), tool_output("") | {"output": parts}).outputs == ("ab",)

    def test_a_tool_that_is_not_offered_is_not_called(self) -> None:
        """The answer is a message that names it."""
        assert "no such tool" in message_of(cue_of(user("x")).call("spawn_agent", {}))


class TestScript:
    def test_a_prewarm_is_answered_with_nothing(self) -> None:
        """`generate: false` gets created and completed, and does not count as an attempt."""
        script = Script(lambda cue: cue.say(str(cue.attempt)))

        prewarm = script.reply(ModelRequest(generate=False))
        first = script.reply(ModelRequest())

        assert prewarm.response["output"] == []
        assert message_of(first) == "1"

    def test_attempts_are_counted_by_thread(self) -> None:
        """A sub-agent does not use up the faults of its parent."""
        script = Script(lambda cue: cue.say(str(cue.attempt)))

        texts = [message_of(script.reply(ModelRequest(thread_id=thread))) for thread in "aab"]

        assert texts == ["1", "2", "1"]

    def test_threads_that_race_get_the_same_identifiers(self) -> None:
        """Only the order in which threads appear matters, not how they interleave."""
        script = Script(lambda cue: cue.say("x"))

        ids = [script.reply(ModelRequest(thread_id=thread)).response["id"] for thread in "abba"]

        assert ids == ["resp_0001", "resp_2_0001", "resp_2_0002", "resp_0002"]

    @pytest.mark.parametrize(
        ("last", "kind"), [({"type": "compaction_trigger"}, "compaction"), (user("Summarise."), "message")]
    )
    def test_compaction_gets_what_codex_asks_for(self, last: dict, kind: str) -> None:
        """An opaque item after a trigger, words otherwise."""
        reply = Script(lambda cue: cue.fail("x", "x")).reply(ModelRequest(input=(last,), kind="compaction"))

        assert [item["type"] for item in reply.response["output"]] == [kind]

    def test_a_cut_reply_sends_only_its_beginning(self) -> None:
        """`cut_after` counts events."""
        reply = StreamReply(events=({"type": "a"}, {"type": "b"}), cut_after=1)

        assert reply.sent_events == ({"type": "a"},)


class TestErrorReply:
    def test_details_join_the_error_object(self) -> None:
        """`plan_type` and the like are keys of the error, as the API has them."""
        body = ErrorReply(status=429, code="c", message="m", details={"plan_type": "pro"}).body

        assert body["error"] | {"code": "c", "plan_type": "pro"} == body["error"]


class TestConversations:
    def test_a_response_stands_for_all_before_it(self) -> None:
        """Input and output, in order."""
        conversations = Conversations()
        request = ModelRequest(input=(user("hi"),))
        reply = Script(lambda cue: cue.say("hello")).reply(request)

        conversations.remember(request, reply)

        assert conversations.history("resp_0001") == (user("hi"), reply.response["output"][0])

    def test_a_chain_stands_for_all_its_links(self) -> None:
        """Each response is kept with what its own request added, and yet stands for everything."""
        conversations, script = Conversations(), Script(lambda cue: cue.say("hello"))
        for turn, previous in enumerate([None, "resp_0001", "resp_0002"], start=1):
            body = {"input": [user(str(turn))], "previous_response_id": previous}
            request = ModelRequest.from_body(body, {}, conversations.history(previous))
            conversations.remember(request, script.reply(request))

        history = conversations.history("resp_0003")

        assert [item["role"] for item in history] == ["user", "assistant"] * 3

    def test_nothing_stands_before_a_first_request(self) -> None:
        """No `previous_response_id`, no history."""
        assert Conversations().history(None) == ()

    def test_an_unknown_response_is_named(self) -> None:
        """It is an error, not an empty history."""
        with pytest.raises(UnknownResponse, match="resp_9"):
            Conversations().history("resp_9")

    @pytest.mark.parametrize("broken", ["cut", "failed"])
    def test_a_response_that_did_not_complete_is_not_remembered(self, broken: str) -> None:
        """A conversation cannot go on from half a response."""
        conversations = Conversations()
        request = ModelRequest()
        whole = Script(lambda cue: cue.say("x")).reply(request)
        failed = Script(lambda cue: cue.fail("x", "x")).reply(request)
        reply = failed if broken == "failed" else StreamReply(events=whole.events, cut_after=3)

        conversations.remember(request, reply)

        with pytest.raises(UnknownResponse):
            conversations.history("resp_0001")
