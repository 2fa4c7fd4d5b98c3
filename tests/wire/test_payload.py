"""Payloads: bytes are the truth, JSON is a view."""

import json

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_codex_replay.wire.json_values import walk
from pytest_codex_replay.wire.payload import Payload


@given(raw=st.binary() | st.sampled_from([b"1e2", b'{"a":1,"a":2}', b" null ", b"NaN", b'"\\ud800"', b"[1,\n2]"]))
@settings(max_examples=100, deadline=None)
def test_bytes_stay_what_they_are(raw: bytes) -> None:
    """Also after every view was taken."""
    payload = Payload(raw)

    views = (payload.json, payload.fields, payload.text, hash(payload), repr(payload))

    assert views is not None
    assert payload.raw == raw


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (b'{"a":[1,null]}', {"a": [1, None]}),
        (b'{"a":1,"a":2}', {"a": 2}),
        (b"1e2", 100.0),
        (b"null", None),
        (b"", None),
        (b"[DONE]", None),
        (b"NaN", None),
        (b"\xff", None),
        (b'"\\ud800"', None),
    ],
)
def test_json_is_the_value_or_none(raw: bytes, value: object) -> None:
    """What is no JSON is None, never an error."""
    assert Payload(raw).json == value


def test_fields_are_there_for_objects_only() -> None:
    """So that a caller need not ask first."""
    assert Payload(b'{"a":1}').fields == {"a": 1}
    assert Payload(b"[1]").fields == {}
    assert Payload(b"no JSON").fields == {}


def test_a_payload_of_a_value_is_compact_and_keeps_the_order() -> None:
    """Keys stand as they were given; letters are not escaped."""
    payload = Payload.of({"b": "ä", "a": [1, 2.5, None]})

    assert payload.raw == '{"b":"ä","a":[1,2.5,null]}'.encode()


def test_text_is_none_when_the_bytes_are_not_utf8() -> None:
    """Nothing is guessed."""
    assert Payload("ä".encode()).text == "ä"
    assert Payload(b"\xff").text is None


def test_payloads_are_equal_when_their_bytes_are() -> None:
    """Not when their values are."""
    assert Payload(b'{"a":1}') == Payload.of({"a": 1})
    assert Payload(b'{"a":1}') != Payload(b'{"a": 1}')
    assert len({Payload(b"1"), Payload.of(1)}) == 1
    assert Payload(b"1") != b"1"


def test_a_long_payload_is_shown_shortened() -> None:
    """A failed assertion stays readable."""
    assert len(repr(Payload(b"x" * 10_000))) < 120


@pytest.mark.parametrize(
    "member", [b"NaN", b"-Infinity", b'"\\ud800"', b"1e999", b"9" * 30, b"9" * 5000, b"[" * 500 + b"]" * 500]
)
def test_unusual_json_is_json(member: bytes) -> None:
    """And stays as it was spelt."""
    raw = b'{"type": "x", "it": ' + member + b"}"
    payload = Payload(raw)

    assert payload.fields["type"] == "x"
    assert payload.raw == raw


def test_a_byte_order_mark_is_no_part_of_the_value() -> None:
    """And stays where it was."""
    payload = Payload(b'\xef\xbb\xbf{"a": 1}')

    assert payload.fields == {"a": 1}
    assert payload.raw.startswith(b"\xef\xbb\xbf")


@pytest.mark.parametrize(("depth", "is_json"), [(250, True), (500, False)])
def test_what_is_json_does_not_depend_on_the_stack(depth: int, *, is_json: bool) -> None:
    """A recorder and a replay, which stand at other places of the stack, read the same."""
    payloads = [Payload(b'[NaN,"[[",%b]' % (b"[" * depth + b"]" * depth)) for _ in range(2)]

    def read(payload: Payload, frames: int) -> bool:
        return read(payload, frames - 1) if frames else payload.json is not None

    assert [read(payload, frames) for payload, frames in zip(payloads, (0, 400), strict=True)] == [is_json, is_json]


@pytest.mark.parametrize("raw", [b"{", b"NaN", b"[1,]", b"\xff", b"[" * 100_000])
def test_what_is_not_json_has_no_value(raw: bytes) -> None:
    assert Payload(raw).json is None


@pytest.mark.parametrize(
    ("raw", "values"),
    [
        (b'{"a":1, "a":2, "b":{"c":3,"c":4}}', [1, 2, 3, 4]),
        (b'\xef\xbb\xbf[{"a":1,"b":2,"a":3}]', [1, 2, 3]),
        (b'{"a":1e2,"a":"\\u00e9"}', [100.0, "é"]),
    ],
)
def test_a_member_that_comes_twice_is_kept(raw: bytes, values: list[object]) -> None:
    """The usual view has the last one alone, as parsers do; both are written again."""
    value = Payload(raw).all_json

    assert [one for _, one in walk(value) if not isinstance(one, dict | list)] == values
    assert [*walk(json.loads(raw))] == [*walk(Payload(raw).json)] == [*walk(Payload(Payload.of(value).raw).json)]


@pytest.mark.parametrize("raw", [b'{ "a": 1.0, "b": [{"c": "d e"}] }', b'{"a":"\\u00e9","b":1e5}', b"NaN", b"[1,2]"])
def test_where_no_member_comes_twice_there_is_one_view(raw: bytes) -> None:
    """However it is spelt."""
    payload = Payload(raw)

    assert orjson.dumps(payload.all_json) == orjson.dumps(payload.json)


def test_what_is_too_deep_for_a_second_look_is_no_json_there() -> None:
    """It is looked at as a text, where Python parses less deeply than the first look did (3.11)."""
    raw = b'{"a":1,"a":' + b"[" * 1000 + b"]" * 1000 + b"}"

    found = Payload(raw).all_json

    assert found is None or json.dumps(found, separators=(",", ":")).encode() == raw


def test_bytes_that_are_looked_at_are_not_kept() -> None:
    """Thousands of requests share the items of a conversation; their texts would repeat them all."""
    payload = Payload.of({"input": ["a" * 10_000]})

    assert payload.passing == payload.passing == b'{"input":["%b"]}' % (b"a" * 10_000)
    assert payload.passing is not payload.passing
    assert payload.raw is payload.passing
