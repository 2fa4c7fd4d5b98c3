"""Cassettes of vcrpy, in. Those in `data` were recorded by vcrpy itself."""

import gzip
import json
from io import BytesIO
from pathlib import Path

import pytest
from vcr.request import Request
from vcr.serialize import serialize
from vcr.serializers import jsonserializer, yamlserializer

from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.interop.notes import Notes
from pytest_codex_replay.interop.vcr_files import exchanges_in, interactions_in, serializer_for, written

URL = "https://api.openai.com/v1/responses"
SSE = 'event: response.created\ndata: {"type":"response.created","response":{"id":"r1","output":["Grüße"]}}\n\n'
DATA = Path(__file__).parent / "data"
STREAM = SSE.encode()
FORK = """interactions:
- request:
    headers: {content-type: [application/json]}
    method: POST
    parsed_body: {input: Grüße}
    uri: https://api.openai.com/v1/responses
  response:
    headers: {content-type: [application/json]}
    parsed_body: {id: r1}
    status: {code: 200, message: OK}
version: 1
"""


def cassette(body=STREAM, headers=None, url=URL, serializer=yamlserializer):
    request = Request("POST", url, b'{"input":"x"}', {"content-type": "application/json"})
    answer = {
        "status": {"code": 200, "message": "OK"},
        "headers": headers or {"content-type": ["text/event-stream"]},
        "body": {"string": body},
    }
    return b"".join(written([(request, answer)], serializer))


def interactions(raw, name="x.yaml"):
    return interactions_in(BytesIO(raw), len(raw), name)


def read(raw, name="x.yaml", notes=None):
    return list(exchanges_in(interactions(raw, name), name, notes or Notes(), 1000.0))


@pytest.mark.parametrize(("serializer", "name"), [(yamlserializer, "x.yaml"), (jsonserializer, "x.json")])
def test_a_stream_comes_as_its_bytes(serializer, name):
    """In both forms that vcrpy writes."""
    (found,) = read(cassette(serializer=serializer), name)

    assert (found.body.decode(), found.request.body, found.response.status) == (SSE, b'{"input":"x"}', 200)


@pytest.mark.parametrize("name", ["vcrpy.yaml", "vcrpy.json"])
def test_vcrpys_own(name):
    """Recorded by vcrpy 9.4 in front of the OpenAI SDK."""
    (found,) = read((DATA / name).read_bytes(), name)

    assert '"delta":"Grüße"' in found.body.decode()
    assert dict(found.request.headers)["user-agent"].startswith("OpenAI/Python")


def test_a_body_that_is_gzip_still_is_decoded():
    """It is kept as it was on the wire; one that it decoded is left alone."""
    headers = {"content-encoding": ["gzip"]}

    (wire,), (decoded,) = read(cassette(gzip.compress(b"{}"), headers)), read(cassette(b"{}", headers))

    assert (wire.body, decoded.body) == (b"{}", b"{}")


def test_binary_bodies_come_through():
    """As YAML has them."""
    (found,) = read(cassette(b"\xff\x00", {"content-type": ["audio/wav"]}))

    assert found.body == b"\xff\x00"


def test_the_fork_of_pydantic_ai_is_read():
    """It writes JSON as a value."""
    (found,) = read(FORK.encode())

    assert (json.loads(found.request.body), found.body) == ({"input": "Grüße"}, b'{"id":"r1"}')


@pytest.mark.parametrize("body", [{"base64_string": "e30="}, "{}", {"string": "{}"}, {}])
def test_each_form_of_a_body_is_read(body):
    """Of old releases, and of cassettes written by hand."""
    value = json.loads(cassette(serializer=jsonserializer))
    value["interactions"][0]["response"]["body"] = body

    (found,) = read(json.dumps(value).encode(), "x.json")

    assert found.body == b"{}"


def test_times_come_from_the_date_header():
    """A cassette has no others; without one, each exchange comes a second after the one before."""
    headers = {"date": ["Sun, 29 Nov 2026 07:51:19 GMT"]}

    (dated,), (undated,) = read(cassette(headers=headers)), read(cassette(headers={"date": ["?"]}))

    assert (dated.request.at_ms, undated.request.at_ms) == (1_795_938_679_000.0, 1000.0)


def test_what_is_for_others_is_counted():
    """By host."""
    notes = Notes()

    assert read(cassette(url="https://api.anthropic.com/v1/messages"), notes=notes) == []
    assert notes.foreign == {"api.anthropic.com": 1}


@pytest.mark.parametrize(
    ("raw", "name", "said"),
    [
        (cassette(serializer=jsonserializer)[:99], "x.json", "not a whole cassette"),
        (b"interactions: [", "x.yaml", "not a whole cassette"),
        (b"\xff", "x.yaml", "not a whole cassette"),
        (b"!!python/object:vcr.Request {}", "x.yaml", "not a whole cassette"),
        (b"- request: {}", "x.yaml", "has no interactions"),
        (b"interactions: [{}]", "x.yaml", "interaction 1 is not as vcrpy writes it"),
        (b"interactions: [3]", "x.yaml", "interaction 1 is not as vcrpy writes it"),
    ],
)
def test_what_is_not_a_cassette_gets_one_line(raw, name, said):
    """It names the file, and the interaction."""
    with pytest.raises(UsageError, match=said) as error:
        read(raw, name)

    assert "\n" not in str(error.value)


def test_the_name_says_which_serializer():
    """A HAR is none of vcrpy's."""
    assert [serializer_for(name) for name in ("a.yml", "b.json", "c.har")] == [yamlserializer, jsonserializer, None]


@pytest.mark.parametrize(
    "body",
    [
        "*l9",  # a billion laughs
        "&me [*me]",
        "[" + "{}, " * 600_000 + "]",
    ],
    ids=["laughs", "self", "dense"],
)
def test_a_small_file_that_stands_for_much_is_refused(body):
    """In one line, and before it takes memory."""
    laughs = "l0: &l0 [lol, lol]\n" + "".join(
        f"l{number}: &l{number} [{', '.join([f'*l{number - 1}'] * 10)}]\n" for number in range(1, 10)
    )
    raw = laughs + FORK.replace("parsed_body: {input: Grüße}", f"parsed_body: {body}")

    with pytest.raises(UsageError, match="not a cassette: "):
        list(interactions(raw.encode()))


def test_bodies_that_decode_to_too_much_are_refused():
    """All of them together have a limit, which the length of the file sets."""
    body = gzip.compress(b"a" * 5000)
    found = [*interactions(cassette(body, {"content-encoding": ["gzip"]}))] * 3

    with pytest.raises(UsageError, match="decode to more than 12,000 bytes"):
        list(exchanges_in(found, "a.yaml", Notes(), 0.0, most=12_000))


@pytest.mark.parametrize("serializer", [yamlserializer, jsonserializer])
@pytest.mark.parametrize("count", [0, 1, 3])
def test_a_cassette_that_is_written_in_pieces_is_as_vcrpy_writes_it(serializer, count):
    """Byte for byte, whatever stands in it."""
    texts = [b'{"input":"%d"}' % at for at in range(count)]
    requests = [Request("POST", URL, text, {"content-type": "application/json"}) for text in texts]
    answers = [{"status": {"code": 200, "message": "OK"}, "headers": {}, "body": {"string": one}} for one in texts]

    raw = b"".join(written(zip(requests, answers, strict=True), serializer))

    assert raw.decode() == serialize({"requests": requests, "responses": answers}, serializer)
