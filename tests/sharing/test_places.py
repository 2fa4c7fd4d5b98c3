"""The places of texts in a record."""

import pytest

from pytest_codex_replay.archive.record import BodyRecord, EventRecord, RequestRecord
from pytest_codex_replay.sharing.places import kind_by_name, places_of
from pytest_codex_replay.wire.payload import Payload


def shown(name: str) -> str:
    return name


def test_each_text_of_a_request_has_its_place() -> None:
    """URL, names and values of headers, texts and keys of the body; what is echoed is left out."""
    body = Payload.of({"input": [{"text": "hi", "call_id": "c1"}]})
    record = RequestRecord(
        at_ms=0, flow="f", method="POST", url="http://h", http_version="", headers=(("accept", "x"),), payload=body
    )

    places = set(places_of(record, shown))

    assert ("url", "", "http://h") in places
    assert ("header accept", "accept", "x") in places
    assert ("input[0].text", "text", "hi") in places
    assert ("a key of input[0]", "", "call_id") in places
    assert "c1" not in {text for _, _, text in places}


def test_what_is_around_the_data_of_an_event_is_looked_at() -> None:
    """A comment, or a field of its own, may hold anything."""
    record = EventRecord(at_ms=0, flow="f", raw=b": key sk-1\ndata: {}\n\n", cuts=((0, 0.0),))

    assert any(place == "event" and "sk-1" in text for place, _, text in places_of(record, shown))


def test_a_body_that_is_not_json_is_one_text() -> None:
    """As it stands."""
    record = BodyRecord(at_ms=0, flow="f", payload=Payload(b"plain"), cuts=((0, 0.0),))

    assert ("body", "", "plain") in set(places_of(record, shown))


@pytest.mark.parametrize(
    ("place", "name", "text", "kind"),
    [
        ("header x-odd", "x-odd", "value", "header"),
        ("header x-odd", "x-odd", "[[REDACTED:header:1]]", None),
        ("header accept", "accept", "value", None),
        ("input.mine", "Mine", "value", "secret"),
        ("input.mine", "Mine", "[[REDACTED:secret:1]]", None),
        ("input.password", "password", "hunter2-and-more", "secret"),
        ("input.text", "text", "value", None),
    ],
)
def test_a_name_tells_a_secret(place: str, name: str, text: str, kind: str | None) -> None:
    """An unknown header, a key of the user's own, a member that is called like a secret; a placeholder is none."""
    assert kind_by_name(place, name, text, {"mine"}) == kind


def test_a_value_is_called_by_the_name_beside_it() -> None:
    """As redaction calls it."""
    body = Payload.of({"env": [{"name": "DB_PASSWORD", "value": "x"}]})
    record = BodyRecord(at_ms=0, flow="f", payload=body, cuts=((0, 0.0),))

    assert ("env[0].value", "DB_PASSWORD", "x") in set(places_of(record, shown))
