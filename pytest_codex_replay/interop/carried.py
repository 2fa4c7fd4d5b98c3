"""What other tools' formats have no place for, as members of JSON: written beside an exchange, and taken from there.

So what we exported comes back whole, bytes, times and all. No I/O.
"""

import base64
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from pytest_codex_replay.archive.event_streams import cut_up
from pytest_codex_replay.archive.record import FlowEnd, GapRecord
from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.interop.exchange import Exchange
from pytest_codex_replay.recorder.signals import Ended

Members = Mapping[str, Any]


def members_of(exchange: Exchange) -> dict[str, Any]:
    """Return what is carried beside an exchange."""
    request, response, end = exchange.request, exchange.response, exchange.end
    offset, chunks = 0, []
    for at_ms, data in exchange.chunks:
        chunks.append([offset, at_ms])
        offset += len(data)
    known = {
        "session": exchange.session,
        "flow": request.flow,
        "at_ms": request.at_ms,
        "has_body": request.body is not None,
        "body_base64": _base64(request.body) if request.body and not _is_text(request.body) else None,
        "answered_at_ms": response.at_ms if response else None,
        "chunks": chunks or None,
        "is_encoded": exchange.is_encoded or None,
        "end": None if end is None else {name: value for name, value in end._asdict().items() if name != "flow"},
    }
    return {name: value for name, value in known.items() if value is not None}


def chunks_in(members: Members, body: bytes) -> list[tuple[float, bytes]]:
    """Return a body in the chunks in which it came."""
    return list(cut_up(body, ((int(offset), float(when)) for offset, when in members["chunks"])))


def end_in(members: Members, flow: str) -> Ended | None:
    """Return how the flow ended."""
    end = members.get("end")
    return None if end is None else Ended(flow, **{**end, "how": FlowEnd(end["how"])})


def gap_members(session: str | None, gap: GapRecord) -> dict[str, Any]:
    """Return what the recorder of a session lost."""
    return {"session": session, **{one.name: getattr(gap, one.name) for one in fields(gap)}}


def gap_in(members: Members, name: str) -> tuple[str | None, GapRecord]:
    """Return what the recorder of a session lost, with the name of the session.

    Raises:
        UsageError: it is not as it was written.
    """
    try:
        found = {**members, "flows": tuple(members["flows"])}
        return found.pop("session"), GapRecord(**found)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UsageError(f"{name}: a gap was changed ({error}). Nothing was imported: export it again.") from error


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _is_text(raw: bytes) -> bool:
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True
