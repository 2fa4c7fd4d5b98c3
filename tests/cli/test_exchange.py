"""One interaction as it went over the wire."""

from pytest_codex_replay.archive.record import CASSETTE_RUN, FORMAT, SegmentRecord
from pytest_codex_replay.cli.exchange import print_exchange
from pytest_codex_replay.cli.page import Page
from pytest_codex_replay.projection.exchange import exchange_json
from pytest_codex_replay.projection.interaction_builder import interactions_of
from pytest_codex_replay.upstream.scenarios import bad_request, text
from tests.replay.recording import INTERRUPT, Recording, body_of, steered_events, user
from tests.sessions import THREAD


def asked(talk, script, transport="sse"):
    client = talk(script, transport=transport)
    client.turn("Grüße", retries=1)
    return client.interactions[0]


def test_a_stream_is_printed_event_by_event(talk, capsys):
    """One line each, with its time."""
    interaction = asked(talk, text("Hello."))

    print_exchange(Page(), interaction)

    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "interaction 1 · turn, sse"
    assert lines[1] == "> POST http://127.0.0.1:8123/v1/responses"
    assert '          "text": "Grüße"' in lines
    assert sum(line.startswith("+") for line in lines) == len(interaction.parts)
    assert any(line.startswith('+20.0 ms  {"type":"response.created"') for line in lines)
    assert lines[-1] == "= completed"


def test_a_body_is_printed_indented(talk, capsys):
    """An error is there to be read."""
    print_exchange(Page(), asked(talk, bad_request()))

    out = capsys.readouterr().out
    assert "< 400\n" in out
    assert '    "code": "invalid_value",\n' in out
    assert out.endswith("= error\n")


def test_as_json_it_has_headers_and_values(talk):
    """Times are milliseconds since the request."""
    value = exchange_json(asked(talk, text("Hello."), "websocket"))

    assert (value["index"], value["role"], value["transport"]) == (1, "turn", "websocket")
    assert (value["thread_id"], value["turn_id"], value["status"]) == (THREAD, "turn-1", 101)
    assert value["request"]["type"] == "response.create"
    assert ("originator", "codex_exec") in value["request_headers"]
    assert value["answer"][0] == {"at_ms": 10.0, "kind": "message", "value": value["answer"][0]["value"]}
    assert value["answer"][0]["value"]["type"] == "response.created"


def test_what_the_client_sent_meanwhile_stands_where_it_came(capsys):
    """An interrupt, between the parts of the answer that it broke off."""
    recording = Recording()
    recording.websocket([(body_of(user("hi")), steered_events())])
    (interaction,) = recording.interactions

    print_exchange(Page(), interaction)

    lines = [line.split("  ", 1)[-1][:40] for line in capsys.readouterr().out.splitlines()[-5:]]
    assert lines[0] == '{"type":"response.interrupt","response_i'
    assert lines[1].startswith('{"type":"response.interrupt.accepted"')
    assert lines[-1] == "= interrupted"
    assert exchange_json(interaction)["client_messages"] == [{"at_ms": 50.0, "after": 4, "value": INTERRUPT}]


def test_in_a_cassette_what_the_client_sent_has_no_time(capsys):
    """Its times are canonical."""
    recording = Recording()
    recording.websocket([(body_of(user("hi")), steered_events())])
    head = SegmentRecord(at_ms=0, format=FORMAT, session="s", run=CASSETTE_RUN, recorder="tests", ruleset=1)
    (interaction,) = interactions_of([head, *recording.records])

    print_exchange(Page(), interaction)

    assert '> {"type":"response.interrupt","response_id":"r"' in capsys.readouterr().out
