"""What of an exchange a format keeps, as the table of docs/interop.md has it."""

from collections.abc import Iterable
from pathlib import Path

from pytest_codex_replay.archive.record import FlowEnd, GapRecord
from pytest_codex_replay.interop.exchange import Exchange, Lost
from pytest_codex_replay.interop.session_exchanges import Exchanges
from pytest_codex_replay.recorder.signals import Ended, Message, Requested, Responded

URL = "https://api.openai.com/v1/responses"
BODY = b'{"model":"m","input":"x","stream":true}'
CREATED = b'event: response.created\ndata: {"type":"response.created","response":{"id":"r1"}}\n\n'
DELTA = b'event: response.output_text.delta\ndata: {"type":"response.output_text.delta","delta":"x"}\n\n'
GAP = GapRecord(at_ms=1.0, until_ms=2.0, reason="disk full", lost_count=1, lost_bytes=0, flows=())
NAMES = ("bodies", "headers", "WebSocket frames", "their times", "times of events", "broken off", "gaps")
DOCS = Path(__file__).parents[2] / "docs" / "interop.md"


def told(format_name: str) -> dict[str, bool]:
    """What the table says of a format."""
    lines = DOCS.read_text(encoding="utf-8").splitlines()
    (line,) = [line for line in lines if line.startswith(f"| {format_name} | ") and line.count("|") == len(NAMES) + 3]
    cells = [cell.strip() for cell in line.strip("|").split("|")][2:]
    assert set(cells) <= {"yes", "no"}
    return dict(zip(NAMES, (cell == "yes" for cell in cells), strict=True))


def example() -> Exchanges:
    """A stream that broke off, a WebSocket, and a gap."""
    headers, answered = (("content-type", "application/json"),), (("content-type", "text/event-stream"),)
    stream = Exchange(
        request=Requested("f1", 10.0, "POST", URL, "HTTP/1.1", headers, BODY, is_upgrade=False),
        response=Responded("f1", 11.0, 200, "HTTP/1.1", answered),
        chunks=[(12.0, CREATED), (13.0, DELTA)],
        end=Ended("f1", 14.0, FlowEnd.UPSTREAM_GONE),
        session="s",
    )
    frames = [Message("f2", 22.0, True, b'{"type":"response.create","input":"x"}', False)]
    frames.append(Message("f2", 23.0, False, b'{"type":"response.completed","response":{"id":"r"}}', False))
    socket = Exchange(
        request=Requested("f2", 20.0, "GET", URL, "HTTP/1.1", (("upgrade", "websocket"),), None, is_upgrade=True),
        response=Responded("f2", 21.0, 101, "HTTP/1.1", ()),
        messages=frames,
        end=Ended("f2", 24.0, FlowEnd.CLOSED, None, 1000),
        session="s",
    )
    return Exchanges(session="s", all=[stream, socket], gaps=[GAP])


def kept(found: Iterable[Exchange | Lost]) -> dict[str, bool]:
    """What is there of all that an exchange can have."""
    found = list(found)
    exchanges = [one for one in found if isinstance(one, Exchange)]
    answered = [one.response for one in exchanges if one.response is not None]
    frames = [message.at_ms for one in exchanges for message in one.messages]
    chunks = [at_ms for one in exchanges for at_ms, _ in one.chunks]
    orderly = {None, FlowEnd.FINISHED, FlowEnd.CLOSED}
    values = (
        any(one.request.body and one.body for one in exchanges),
        any(one.headers for one in answered) and any(one.request.headers for one in exchanges),
        bool(frames),
        len(set(frames)) > 1,
        len(set(chunks)) > len([one for one in exchanges if one.chunks]),
        any((one.end and one.end.how) not in orderly for one in exchanges),
        any(isinstance(one, Lost) for one in found),
    )
    return dict(zip(NAMES, values, strict=True))
