"""A client in another place."""

import orjson

from pytest_codex_replay.projection.interaction_builder import interactions_of
from pytest_codex_replay.sharing.elsewhere import Client
from pytest_codex_replay.upstream.script import Script
from tests.sessions import Talk, user

SAID = [
    {
        "type": "message",
        "role": "user",
        "content": [
            {
                "type": "input_text",
                "text": "<environment_context>\n  <cwd>/data/app</cwd>\n</environment_context>",
            }
        ],
    }
]


def client_of(talk):
    return Client(interactions_of(talk.records))


def talk_in_data_app():
    talk = Talk(Script(lambda cue: cue.say("done in /data/app")))
    talk.history = list(SAID)
    talk.turn("look at /data/app/x and /data/apple")
    return talk


def test_it_works_in_another_directory():
    """What it says of it stands in the other one; a longer name is another."""
    talk = talk_in_data_app()
    sent = client_of(talk).body({"input": talk.history[:2], "instructions": "Work in /data/app."})

    assert b"/data/app/" not in orjson.dumps(sent)
    assert b"<cwd>/srv/visitor/checkout-1</cwd>" in orjson.dumps(sent)
    assert sent["instructions"] == "Work in /srv/visitor/checkout-1."
    assert sent["input"][1]["content"][0]["text"] == "look at /srv/visitor/checkout-1/x and /data/apple"


def test_pseudonyms_get_values_of_its_own():
    """A cassette that is redacted again is proven, too: other home, user, host, temporary directory and address."""
    text = "/home/user/x of [[REDACTED:identity:2]] user1@example.invalid in /tmp/dir-1, [[REDACTED:header:1]]"

    (item,) = client_of(talk_in_data_app()).body({"input": [user(text)]})["input"]

    assert item["content"][0]["text"] == (
        "/home/you/x of visitor2 visitor1@elsewhere.example in /tmp/tmp00000001, [[REDACTED:header:1]]"
    )


def test_it_repeats_what_it_got():
    """An item comes back as it was served, without its id; the response is continued under the id that was served."""
    talk = talk_in_data_app()
    client = client_of(talk)
    (call,) = interactions_of(talk.records)
    (old,) = call.output
    client.got(call, [{**old, "content": "served"}], "resp_served")

    sent = client.body(
        {"input": [{k: v for k, v in old.items() if k != "id"}], "previous_response_id": call.response_id}
    )

    assert sent["input"] == [{**old, "content": "served"}]
    assert sent["previous_response_id"] == "resp_served"


def test_what_names_no_place_is_the_same_object():
    """So that nothing of it has to be digested again."""
    talk = talk_in_data_app()
    item = user("hello")

    assert client_of(talk).body({"input": [item]})["input"][0] is item
