"""The members of a line: what has another type is named, and never breaks a reader."""

from typing import Any

import orjson
import pytest

from pytest_codex_replay.archive.line import decode_line
from pytest_codex_replay.archive.members import END_OF_TIME_MS, Moments
from pytest_codex_replay.archive.shared_values import SharedValueReader
from pytest_codex_replay.errors import ArchiveError
from pytest_codex_replay.limits import HEADERS

REQUEST = {"kind": "request", "flow": "f", "method": "GET", "url": "/", "http_version": "1", "headers": []}
RESPONSE = {"kind": "response", "flow": "f", "status": 200, "http_version": "1", "headers": []}
END = {"kind": "end", "flow": "f", "how": "closed"}
GAP = {"kind": "gap", "until_ms": 2.0, "reason": "r", "lost_count": 1, "lost_bytes": 0, "flows": []}
SEGMENT = {"kind": "segment", "format": 1, "session": "s", "run": "r", "recorder": "x", "ruleset": 1}
MESSAGE = {"kind": "message", "flow": "f", "from": "server", "json": {}}
EVENT = {"kind": "event", "flow": "f", "json": {}}
EVENTS = {"kind": "events", "flow": "f", "after_ms": [0.0], "json": [{"type": "a"}]}
ITEM = {"kind": "item", "digest": "d", "json": {}}


def decoded(record: dict[str, Any], **change: Any) -> Any:
    line = {"seq": 0, "at_ms": 1.0, **record, **change}
    if "json" in line:
        line["json"] = line.pop("json")
    return decode_line(orjson.dumps(line), SharedValueReader().resolve)[1]


@pytest.mark.parametrize("record", [REQUEST, RESPONSE, END, GAP, SEGMENT, MESSAGE, EVENT, EVENTS, ITEM])
def test_what_is_right_is_read(record: dict[str, Any]) -> None:
    """Else the rest would prove nothing."""
    assert decoded(record).at_ms == 1.0


@pytest.mark.parametrize(
    ("record", "change", "reason"),
    [
        (END, {"seq": "0"}, "seq is not a whole number"),
        (END, {"seq": True}, "seq is not a whole number"),
        (END, {"seq": -1}, "seq is not a whole number"),
        (END, {"kind": None}, "kind is missing, or is not a text"),
        (END, {"at_ms": None}, "at_ms is not a time"),
        (END, {"at_ms": True}, "at_ms is not a time"),
        (END, {"at_ms": -1}, "at_ms is not a time"),
        (END, {"at_ms": 1e300}, "at_ms is not a time"),
        (END, {"at_ms": END_OF_TIME_MS}, "at_ms is not a time"),
        (END, {"flow": ["f"]}, "flow is not a text"),
        (END, {"how": {}}, "how is not a text"),
        (END, {"close_code": 2**40}, "close_code is not a whole number"),
        (END, {"closed_by": "nobody"}, "closed_by is not client or server"),
        (END, {"error": 1}, "error is not a text"),
        (REQUEST, {"headers": {}}, "headers is not a list"),
        (REQUEST, {"headers": [["a", 1]]}, "headers is not a list of names and values"),
        (REQUEST, {"headers": [["a"]]}, "headers is not a list of names and values"),
        (REQUEST, {"url": None}, "url is not a text"),
        (REQUEST, {"body_bytes": "1"}, "body_bytes is not a whole number"),
        (REQUEST, {"body_sha256": 7}, "body_sha256 is not a text"),
        (REQUEST, {"text": 7}, "text is not a text"),
        (RESPONSE, {"status": "200"}, "status is not a whole number"),
        (RESPONSE, {"status": 2**64 - 1}, "status is not a whole number"),
        (GAP, {"until_ms": "x"}, "until_ms is not a time"),
        (GAP, {"lost_count": 1.5}, "lost_count is not a whole number"),
        (GAP, {"flows": "f"}, "flows is not a list"),
        (GAP, {"flows": [[]]}, "flows is not a list of texts"),
        (SEGMENT, {"format": "1"}, "format is not a whole number"),
        (SEGMENT, {"ruleset": None}, "ruleset is not a whole number"),
        (MESSAGE, {"from": []}, "from is not a text"),
        (MESSAGE, {"binary": 1}, "binary is not true or false"),
        (MESSAGE, {"refs": True, "json": []}, "json has references, and is not an object"),
        (MESSAGE, {"refs": True, "json": {"tools": {"$item": []}}}, "a digest is not a text"),
        (EVENT, {"cuts": [[0]]}, "cuts is not a list of offsets and times"),
        (EVENT, {"cuts": [[0, "x"]]}, "cuts is not a time"),
        (EVENT, {"name": 1}, "name is not a text"),
        (EVENTS, {"after_ms": ["x"]}, "after_ms is not a list of times"),
        (EVENTS, {"after_ms": [1e300]}, "after_ms is not a list of times"),
        (EVENTS, {"after_ms": []}, "after_ms does not match json"),
        (EVENTS, {"after_ms": [], "json": []}, "after_ms does not match json"),
        (EVENTS, {"json": {}}, "json is not a list"),
        (ITEM, {"digest": None}, "digest is not a text"),
    ],
    ids=str,
)
def test_what_has_another_type_is_named(record: dict[str, Any], change: dict[str, Any], reason: str) -> None:
    """One message of one line, whatever it is."""
    with pytest.raises(ArchiveError, match=reason):
        decoded(record, **change)


@pytest.mark.parametrize("record", [REQUEST, RESPONSE, END, GAP, SEGMENT, MESSAGE, EVENT, EVENTS, ITEM])
def test_what_is_missing_is_named(record: dict[str, Any]) -> None:
    """Each member that its kind must have."""
    for name in record.keys() - {"kind", "json"}:
        with pytest.raises(ArchiveError, match=f"{name} is missing"):
            decoded({other: value for other, value in record.items() if other != name})


def test_a_payload_that_must_be_there_is_asked_for() -> None:
    """A message without one is none."""
    with pytest.raises(ArchiveError, match="its payload is missing"):
        decoded({"kind": "message", "flow": "f", "from": "server"})


def test_headers_without_end_are_damage() -> None:
    """Two hundred lines of 100,000 headers each took 2.6 GB of memory; no server takes or sends as many."""
    assert len(decoded(RESPONSE, headers=[["a", "b"]] * HEADERS).headers) == HEADERS
    with pytest.raises(ArchiveError, match="at most 1,000 headers"):
        decoded(RESPONSE, headers=[["a", "b"]] * (HEADERS + 1))


def test_a_whole_number_is_a_time() -> None:
    """A cassette may be edited by hand."""
    assert decoded(END, at_ms=7).at_ms == 7.0


@pytest.mark.parametrize("record", [RESPONSE, END, GAP, SEGMENT])
@pytest.mark.parametrize("more", [{"text": 1}, {"base64": []}, {"payload": 1}, {"json": 1, "later": 2}], ids=str)
def test_what_a_later_version_adds_is_passed_over(record: dict[str, Any], more: dict[str, Any]) -> None:
    """A kind that has no payload here may get one."""
    line = orjson.dumps({"seq": 0, "at_ms": 1.0, **record, **more})

    assert decode_line(line, SharedValueReader().resolve)[1] == decoded(record)


def test_the_moments_of_a_run_are_like_a_tuple_of_them() -> None:
    """They are made when they are asked for, each with three digits behind the point."""
    moments, times_ms = Moments(1_700_000_000_000.125, [0.0, 2, 3.3]), (1_700_000_000_000.125, 1_700_000_000_002.125)
    whole = (*times_ms, 1_700_000_000_003.425)

    assert tuple(moments) == whole
    assert (moments, hash(moments), repr(moments)) == (whole, hash(whole), repr(whole))
    assert (whole, len(moments), moments[1], moments[-1], moments[:2]) == (moments, 3, whole[1], whole[2], times_ms)
    assert moments != list(whole)
