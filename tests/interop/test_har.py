"""HAR files, out and in.

Those in `data` were made by the tools themselves: `playwright.har` by Chromium under Playwright 1.65
(`record_har_path`), `mitm.har` by mitmproxy 11.0 (`hardump`), `firefox.har` by Firefox 140 (network monitor, less some
entries). They talked to a server that answers `Grüße`.
"""

import json
from io import BytesIO
from pathlib import Path

import pytest

from pytest_codex_replay.archive.record import FlowEnd, GapRecord
from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.interop.exchange import Exchange
from pytest_codex_replay.interop.har import entry_of, exchanges_in, gaps_in, write_har
from pytest_codex_replay.interop.har_file import HarFile
from pytest_codex_replay.interop.notes import Notes
from pytest_codex_replay.interop.session_exchanges import Exchanges
from pytest_codex_replay.recorder.signals import Ended, Message, Requested, Responded

DATA = Path(__file__).parent / "data"
URL = "https://api.openai.com/v1/responses"
AT_MS = 1_790_000_000_123.457
SSE = (("content-type", "text/event-stream"),)


def asked(headers=(), body=b'{"input":"x"}'):
    return Requested("f1", AT_MS, "POST", URL, "HTTP/1.1", headers, body, is_upgrade=False)


def answered(*, status=200, headers=SSE):
    return Responded("f1", AT_MS + 1.001, status, "HTTP/1.1", headers)


def exchange(**changes):
    members = {"request": asked(), "body_bytes": 7, "response": answered(), "session": "s"}
    return Exchange(**{**members, "end": Ended("f1", AT_MS + 9, FlowEnd.FINISHED), **changes})


def back(*exchanges, gaps=()):
    """Write a HAR, and read it."""
    written = bytearray()
    write_har([Exchanges(session="s", all=list(exchanges), gaps=list(gaps))], written.extend, "1")
    log = HarFile(BytesIO(written).read, "x.har")
    return list(exchanges_in(log.entries(), "x.har", Notes())), [gap for _, gap in gaps_in(log.ours, "x.har")]


def read(name):
    notes = Notes()
    with (DATA / name).open("rb") as file:
        return list(exchanges_in(HarFile(file.read, name).entries(), name, notes)), notes


@pytest.mark.parametrize(
    "changes",
    [
        {"chunks": [(AT_MS + 2.001, b"data: "), (AT_MS + 2.002, "Grüße\n\n".encode())]},
        {"chunks": [(AT_MS + 2, b"\xff\x00")], "response": answered(headers=()), "is_encoded": True},
        {"request": asked(body=b"\x28\xb5\x2f\xfd")},
        {"request": asked(body=None), "response": None, "end": Ended("f1", AT_MS, FlowEnd.REFUSED, "no route")},
        {"request": asked(headers=(("x-odd", "caf\udce9"),))},
        {"end": None, "body_bytes": 0},
        {
            "request": asked(body=None)._replace(is_upgrade=True),
            "response": answered(status=101, headers=()),
            "messages": [
                Message("f1", AT_MS + 2.001, True, "Grüße".encode(), False),
                Message("f1", AT_MS + 2.002, False, b"\xff\x00", True),
                Message("f1", AT_MS + 2.003, False, b"not \xff text", False),
            ],
            "end": Ended("f1", AT_MS + 9, FlowEnd.CLOSED, None, 1000, "bye", True),
        },
    ],
    ids=["stream", "undecodable", "binary request", "refused", "odd header", "no end", "websocket"],
)
def test_what_was_exported_comes_back_whole(changes):
    """Bytes, chunks, times, frames, and how it ended."""
    there = exchange(**changes)

    (found,), _ = back(there)

    assert found == there


def test_a_gap_comes_back():
    """Half a recording is not taken for a whole one on the other side."""
    gap = GapRecord(at_ms=1.0, until_ms=2.0, reason="disk full", lost_count=1, lost_bytes=0, flows=("f1",))

    assert back(exchange(), gaps=[gap])[1] == [gap]


def test_an_entry_has_what_browsers_require():
    """Chromium reads these as numbers, whatever happened."""
    entry = entry_of(exchange(response=None))

    numbers = [entry["time"], *(entry["timings"][name] for name in ("send", "wait", "receive"))]
    numbers += [entry[side][name] for side in ("request", "response") for name in ("headersSize", "bodySize")]
    numbers += [entry["response"]["content"]["size"], entry["response"]["status"]]
    assert all(isinstance(number, int | float) for number in numbers)


def test_events_are_listed_beside_the_body():
    """Newer tools show the list."""
    stream = [(AT_MS + 2, b"event: a\ndata: 1\n\ndata: 2\n\n")]

    entry = entry_of(exchange(chunks=stream))

    assert [(one["eventName"], one["data"]) for one in entry["_eventSourceMessages"]] == [("a", "1"), ("message", "2")]


def test_mitmproxys_own():
    """A stream that it took for Latin-1 is UTF-8 again; its pace is not in the file."""
    (found,), notes = read("mitm.har")

    assert (found.request.url, found.response.status) == ("http://127.0.0.1:18716/v1/responses", 200)
    assert '"delta":"Grüße"' in found.body.decode()
    assert (notes.re_encoded, notes.without_pace, notes.foreign.total()) == (1, 1, 0)


def test_chromiums_own_by_playwright():
    """The page is skipped; a WebSocket has its messages, with times that Playwright writes in milliseconds."""
    (stream, socket), notes = read("playwright.har")

    assert '"delta":"Grüße"' in stream.body.decode()
    assert [one.from_client for one in socket.messages] == [True, False, False, False, False]
    assert all(abs(one.at_ms - socket.request.at_ms) < 1000 for one in socket.messages)
    assert (socket.request.is_upgrade, socket.request.url) == (True, "http://127.0.0.1:18716/v1/responses")
    assert notes.foreign == {"127.0.0.1:18716": 1}


def test_firefoxs_own():
    """Bodies are there, and what a WebSocket said is not: that is told."""
    (stream, plain, socket), notes = read("firefox.har")

    assert "Grüße?" in stream.request.body.decode()
    assert "Grüße!" in stream.body.decode()
    assert json.loads(plain.body)["status"] == "completed"
    assert (socket.response.status, socket.messages) == (101, [])
    assert len(stream.request.body) == stream.body_bytes
    assert "1 WebSocket without its messages, which the file does not have" in notes.lines()


def test_utf8_that_says_so_is_left_alone():
    """With a charset a tool decodes it rightly, even what looks like Latin-1."""
    entry = entry_of(exchange(response=answered(headers=(("content-type", "application/json; charset=utf-8"),))))
    del entry["_codexReplay"]
    entry["response"]["content"]["text"] = '"Ã¼"'

    (found,) = exchanges_in([entry], "x.har", notes := Notes())

    assert (found.body.decode(), notes.re_encoded) == ('"Ã¼"', 0)


def test_events_without_a_body_make_one():
    """Some tools write nothing but the list."""
    entry = entry_of(exchange(chunks=[(AT_MS + 2, b"event: a\ndata: 1\n\n"), (AT_MS + 3, b"data: 2\n\n")]))
    del entry["_codexReplay"], entry["response"]["content"]["text"]

    (found,) = exchanges_in([entry], "x.har", Notes())

    assert [data for _, data in found.chunks] == [b"event: a\ndata: 1\n\n", b"data: 2\n\n"]


def test_an_answer_without_its_body_is_counted():
    """Playwright can be told to leave bodies out."""
    entry = entry_of(exchange(chunks=[(AT_MS + 2, b"data: 1\n\n")]))
    del entry["_codexReplay"], entry["response"]["content"]["text"], entry["_eventSourceMessages"]

    (found,) = exchanges_in([entry], "x.har", notes := Notes())

    assert (found.chunks, notes.without_body) == ([], 1)


@pytest.mark.parametrize("member", ["request", "response", "startedDateTime"])
def test_half_an_entry_is_named(member):
    """By its number."""
    entry = json.loads((DATA / "mitm.har").read_bytes())["log"]["entries"][0]
    del entry[member]

    with pytest.raises(UsageError, match="entry 1 is not as HAR"):
        list(exchanges_in([entry], "x.har", Notes()))


def test_an_entry_that_is_none_is_named():
    """Whatever stands there."""
    with pytest.raises(UsageError, match="entry 1 is not as HAR"):
        list(exchanges_in([None], "x.har", Notes()))


def test_members_of_ours_that_were_changed_are_refused():
    """Better nothing than a gap that is lost."""
    with pytest.raises(UsageError, match="a gap was changed"):
        list(gaps_in({"gaps": [{"session": "s"}]}, "x.har"))
