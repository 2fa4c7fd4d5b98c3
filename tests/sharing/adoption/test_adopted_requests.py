"""A recorded request with what the client sends now: redacted, and with the pseudonyms that were there."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import orjson
import pytest

from pytest_codex_replay.archive.record import Headers, MessageRecord
from pytest_codex_replay.archive.session import open_sessions
from pytest_codex_replay.projection.interactions import Interaction, Transport
from pytest_codex_replay.redaction.redactor import Redactor
from pytest_codex_replay.replay.cassette import load_cassette
from pytest_codex_replay.replay.reply import Request
from pytest_codex_replay.replay.report import SeenRequest
from pytest_codex_replay.sharing.adoption.adopt import adopt
from pytest_codex_replay.sharing.adoption.adopted_cassette import AdoptionOptions
from pytest_codex_replay.sharing.adoption.adopted_requests import Pair, RequestAdopter
from pytest_codex_replay.sharing.sessions import write_session
from pytest_codex_replay.wire.payload import Payload
from tests.adoption import CASSETTES, files_in, live, older, replayed, todays_requests, whole_times


def interaction(url: str, headers: Headers, transport: Transport = Transport.HTTP) -> Interaction:
    return Interaction(
        index=1,
        flow="flow-1",
        transport=transport,
        method="GET",
        url=url,
        request_headers=headers,
        request=None,
        started_at_ms=0,
        status=200,
        response_headers=(),
        parts=(),
        end=None,
    )


def adopted(pair: Pair) -> tuple[str, Headers]:
    adopter = RequestAdopter(Redactor(), [pair])
    return adopter.url(pair), adopter.headers(pair)


def pair(recorded: Interaction, url: str, headers: Headers) -> Pair:
    seen = SeenRequest(number=1, method="GET", url=url, headers=headers, payload=None, transport=Transport.HTTP)
    return Pair(recorded=recorded, seen=seen)


def test_headers_are_those_of_today_in_the_recorded_order() -> None:
    """Credentials, and what belongs to the connection, stay as they were recorded."""
    recorded = interaction(
        "https://api.openai.com/v1/models",
        (
            ("Host", "api.openai.com"),
            ("authorization", "[[REDACTED:header:1]]"),
            ("user-agent", "codex_exec/0.150.0"),
            ("old", "1"),
            ("accept-encoding", "gzip"),
        ),
    )
    sent = (("user-agent", "codex_exec/0.171.0"), ("host", "127.0.0.1:1"), ("authorization", "Bearer abcdefgh12345678"))

    _, headers = adopted(pair(recorded, "/v1/models", (*sent, ("originator", "codex_exec"))))

    assert headers == (
        ("Host", "api.openai.com"),
        ("authorization", "[[REDACTED:header:1]]"),
        ("user-agent", "codex_exec/0.171.0"),
        ("accept-encoding", "gzip"),
        ("originator", "codex_exec"),
    )


def test_over_another_transport_headers_keep_their_names() -> None:
    """An upgrade has others than a request has."""
    recorded = interaction("https://a/v1/responses", (("version", "1"), ("openai-beta", "x")), Transport.WEBSOCKET)

    _, headers = adopted(pair(recorded, "/v1/responses", (("version", "2"), ("accept", "text/event-stream"))))

    assert headers == (("version", "2"), ("openai-beta", "x"))


@pytest.mark.parametrize(
    ("recorded", "sent", "url"),
    [
        ("https://a/v1/models?client_version=1", "/x/models?client_version=2", "https://a/v1/models?client_version=2"),
        ("https://a/v1/models?client_version=1", "/v1/models", "https://a/v1/models"),
        ("https://a/v1/models", "http://127.0.0.1:9/v1/models", "https://a/v1/models"),
    ],
)
def test_a_url_takes_the_query_of_today(recorded: str, sent: str, url: str) -> None:
    """Where the upstream was does not change."""
    assert adopted(pair(interaction(recorded, ()), sent, ()))[0] == url


def over_http(calls: Sequence[Interaction]) -> list[Request]:
    """Return what Codex sends over HTTP where it sent frames: all of the input, no prewarm."""
    requests = []
    for one in calls:
        if one.is_model_call and one.request is not None:
            body = {
                name: value
                for name, value in one.request.fields.items()
                if name not in {"type", "previous_response_id"}
            }
            raw = live(orjson.dumps(body | {"input": list(one.input)}).decode()).encode()
            headers = tuple((name, live(value)) for name, value in one.request_headers if not name.startswith("Sec-"))
            requests.append(Request(method="POST", url="/v1/responses", headers=headers, body=raw))
    return requests


def over_websocket(calls: Sequence[Interaction]) -> list[Request]:
    """Return the frames that Codex sends where it sent requests: what is new, behind the response before."""
    requests, before = [], None
    for one in calls:
        if not one.is_model_call or one.request is None:
            continue
        body = {"type": "response.create", **one.request.fields}
        if before is not None:
            known = len(before.input) + len(before.output)
            body |= {"previous_response_id": before.response_id, "input": list(one.input[known:])}
        raw = live(orjson.dumps(body).decode()).encode()
        headers = tuple((name, live(value)) for name, value in one.request_headers if name != "content-encoding")
        sent = Request(method="FRAME", url="/v1/responses", headers=headers, body=raw, transport=Transport.WEBSOCKET)
        requests.append(sent)
        before = one
    return requests


@pytest.mark.parametrize(
    ("name", "send"),
    [("websocket-tool-loop", over_http), ("older-tool-loop", over_websocket)],
    ids=["sse", "websocket"],
)
def test_a_client_may_speak_over_the_other_transport(name: str, send, tmp_path: Path) -> None:
    """The cassette keeps the transport that was recorded: increments stay increments, whole inputs stay whole."""
    cassette = older(CASSETTES / name, tmp_path / name)
    requests = send(load_cassette(CASSETTES / name).interactions)

    adopt(*replayed(cassette, requests), AdoptionOptions())

    bodies, todays = (
        [one.request and one.request.json for one in load_cassette(path).interactions]
        for path in (cassette, CASSETTES / name)
    )
    assert len(bodies) == len(todays)
    assert [index for index, (one, other) in enumerate(zip(bodies, todays, strict=True)) if one != other] == []


def with_prewarm(source: Path, target: Path) -> Path:
    """Write a cassette whose prewarm brings the tools and instructions, so that the first request continues it."""
    (session,) = open_sessions(source)
    records = list(whole_times(session.records()))
    warm, first = [at for at, one in enumerate(records) if isinstance(one, MessageRecord) and one.from_client][:2]
    items = records[first].payload.fields["input"]
    for at, own in ((warm, items[:2]), (first, items[2:])):
        records[at] = replace(records[at], payload=Payload.of(records[at].payload.fields | {"input": own}))
    write_session(target, records)
    return target


def test_what_is_not_asked_for_now_cannot_be_continued(tmp_path: Path) -> None:
    """A prewarm keeps its words of yesterday: the request behind it sends all by itself, and does not name it."""
    today = with_prewarm(CASSETTES / "websocket-tool-loop", tmp_path / "today")
    cassette = older(today, tmp_path / "older")

    adopt(*replayed(cassette, over_http(load_cassette(today).interactions)), AdoptionOptions())

    warm, first, second = load_cassette(cassette).interactions[:3]
    assert "Formerly: " in warm.request.raw.decode()
    assert "previous_response_id" not in first.request.fields
    assert first.input == load_cassette(today).interactions[1].input
    assert second.request.fields["previous_response_id"] == first.response_id


def test_a_prewarm_is_adopted_with_what_continues_it(tmp_path: Path) -> None:
    """As today's client sends both."""
    today = with_prewarm(CASSETTES / "websocket-tool-loop", tmp_path / "today")
    cassette = older(today, tmp_path / "older")

    adopt(*replayed(cassette, todays_requests(today)), AdoptionOptions())

    assert files_in(cassette) == files_in(today)
