"""A cassette as an older client would have recorded it, and the requests of the client of today."""

import re
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson

from pytest_codex_replay.archive.record import MessageRecord, Record, RequestRecord
from pytest_codex_replay.archive.session import open_sessions
from pytest_codex_replay.matching.match import MatchLevel
from pytest_codex_replay.projection.interactions import Interaction, Transport
from pytest_codex_replay.replay.cassette import Cassette, load_cassette
from pytest_codex_replay.replay.engine import Engine
from pytest_codex_replay.replay.reply import Request
from pytest_codex_replay.replay.report import Replayed
from pytest_codex_replay.sharing.sessions import write_session
from pytest_codex_replay.wire.payload import Payload

CASSETTES = Path(__file__).parents[1] / "cassettes"
_PSEUDONYM = re.compile(r"00000000-0000-([0-9a-f])000-8000-(\d{12})")


def whole_times(records: Any) -> Iterator[Record]:
    """Yield records that are written as a cassette has them."""
    return (replace(one, at_ms=int(one.at_ms)) for one in records)


def whole(source: Path, target: Path) -> Path:
    """Write a shipped cassette elsewhere, with all that it holds inside."""
    for session in open_sessions(source):
        write_session(target, whole_times(session.records()))
    return target


def older(source: Path, target: Path) -> Path:
    """Write a cassette of today as Codex 0.150 would have made it: other words, another name of itself."""
    for session in open_sessions(source):
        write_session(target, [_older(record) for record in whole_times(session.records())])
    return target


def _older(record: Record) -> Record:
    if not isinstance(record, RequestRecord | MessageRecord) or (
        isinstance(record, MessageRecord) and not record.from_client
    ):
        return record
    if record.payload is not None and record.payload.fields:
        text = orjson.dumps(_older_words(record.payload.json)).decode()
        record = replace(record, payload=Payload(text.encode()))
    if isinstance(record, RequestRecord):
        headers = tuple((name, value.replace("0.171.0", "0.150.0")) for name, value in record.headers)
        return replace(record, headers=headers, url=record.url.replace("0.171.0", "0.150.0"))
    return record


def _older_words(value: Any) -> Any:
    """Return a request in which Codex describes its tools, and itself, in other words."""
    if isinstance(value, list):
        return [_older_words(one) for one in value]
    if isinstance(value, str):
        return f"{value}\n\nBe brief." if value.startswith("You are") and "Codex" in value[:80] else value
    if not isinstance(value, dict):
        return value
    return {
        name: f"Formerly: {one}" if name == "description" and isinstance(one, str) else _older_words(one)
        for name, one in value.items()
    }


def todays_requests(cassette: Path) -> list[Request]:
    """Return what a client of today sends, elsewhere: other ids, other directories, another day."""
    return [_request(one) for one in load_cassette(cassette).interactions]


def _is_socket(one: Interaction) -> bool:
    return one.transport is Transport.WEBSOCKET


def _request(one: Interaction) -> Request:
    headers = tuple((name, live(value)) for name, value in one.request_headers if name.lower() != "content-encoding")
    body = live(one.request.raw.decode()).encode() if one.request else b""
    transport = Transport.WEBSOCKET if _is_socket(one) else Transport.HTTP
    method = "FRAME" if _is_socket(one) else one.method
    return Request(method=method, url=one.url, headers=headers, body=body, transport=transport)


def live(text: str) -> str:
    """Return a recorded text with values of a run of today in place of pseudonyms."""
    text = _PSEUDONYM.sub(r"019b1c7e-93d4-\g<1>a52-b61f-\2", text)
    text = re.sub(r"(?<!<)/workspace(?!\w)", "/tmp/tmpq1w2e3r4/work", text)
    text = text.replace("/home/user/.codex", "/tmp/tmpq1w2e3r4/home")
    return text.replace("2000-01-01", "2026-11-28").replace("[[REDACTED:header:1]]", "Bearer replay-needs-no-key")


def replayed(
    cassette: Path, requests: list[Request], level: MatchLevel = MatchLevel.LOOSE, **options: Any
) -> tuple[Cassette, Replayed]:
    """Ask a cassette; return it, and what happened."""
    loaded = load_cassette(cassette)
    engine = Engine(loaded.interactions, name=cassette.name, level=level, **options)
    for request in requests:
        is_upgrade = any(name.lower() == "sec-websocket-key" for name, _ in request.headers) and request.method == "GET"
        (engine.upgrade if is_upgrade else engine.answer)(request)
    return loaded, engine.replayed


def files_in(directory: Path) -> dict[str, str]:
    """Return a digest of each file: pytest takes minutes to show where two cassettes differ."""
    files = (path for path in directory.rglob("*") if path.is_file())
    return {path.relative_to(directory).as_posix(): sha256(path.read_bytes()).hexdigest() for path in files}
