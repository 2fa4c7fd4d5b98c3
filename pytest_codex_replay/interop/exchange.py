"""An exchange: a flow with all that came of it, as every format of another tool has it. No I/O."""

from collections.abc import Iterable, Iterator, Sized
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Protocol

import orjson

from pytest_codex_replay.archive.record import GapRecord
from pytest_codex_replay.recorder.signals import Ended, Message, Requested, Responded
from pytest_codex_replay.wire.encoding import MAX_DECODED_BYTES, TooLongError, decode_body

SWITCHING = 101
"""The status of a WebSocket that was accepted (RFC 6455 §1.3)."""


class Messages(Sized, Protocol):
    """The messages of a WebSocket; of thousands, each may be made when it is asked for."""

    def __iter__(self) -> Iterator[Message]: ...
    def __reversed__(self) -> Iterator[Message]: ...


@dataclass(slots=True, kw_only=True)
class Exchange:
    """A request, and what came of it. Bodies are decoded; the headers are those of the wire."""

    request: Requested
    body_bytes: int = 0
    """Length of the request's body on the wire."""
    response: Responded | None = None
    chunks: list[tuple[float, bytes]] = field(default_factory=list)
    """The answer's body: arrival in Unix milliseconds, and the bytes."""
    is_encoded: bool = False
    """The answer's body could not be decoded: its `content-encoding` still holds."""
    messages: Messages = field(default_factory=list[Message])
    end: Ended | None = None
    session: str | None = None
    """Name of the session that it was exported from; None: it says itself to which one it belongs."""

    @property
    def body(self) -> bytes:
        """The answer's body."""
        return b"".join(data for _, data in self.chunks)

    @property
    def is_broken(self) -> bool:
        """Whether the answer's body is not the JSON that its header claims: cut off, most often."""
        headers = self.response.headers if self.response is not None and self.chunks and not self.is_encoded else ()
        if not any(name.lower() == "content-type" and "json" in value.lower() for name, value in headers):
            return False
        try:
            orjson.loads(self.body)
        except orjson.JSONDecodeError:
            return True
        return False


@dataclass(frozen=True, slots=True)
class Lost:
    """What a file should tell and does not, so that half a recording is not taken for a whole one."""

    gap: GapRecord
    session: str | None = None
    """None: of any session in the file."""


def asks_for_upgrade(headers: Iterable[tuple[str, str]]) -> bool:
    """Return whether a request asks for a WebSocket."""
    return any(name.lower() == "upgrade" and value.lower() == "websocket" for name, value in headers)


def phrase_of(status: int) -> str:
    """Return the reason phrase of a status; empty where it has none."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def decoded(raw: bytes, headers: Iterable[tuple[str, str]], most: int = MAX_DECODED_BYTES) -> tuple[bytes, bool]:
    """Return a body without its encoding, and whether that could not be done: then it is as it was.

    Raises:
        TooLongError: it decodes to more than `most` bytes.
    """
    encoding = next((value for name, value in headers if name.lower() == "content-encoding"), None)
    try:
        plain = decode_body(raw, encoding, max_bytes=most) if raw else raw
    except TooLongError:
        raise
    except ValueError:
        return raw, True
    return (plain, False) if plain else (raw, bool(raw))  # its beginning alone says nothing
