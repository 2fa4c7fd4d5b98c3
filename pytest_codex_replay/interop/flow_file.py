"""Flow files of mitmproxy: flow by flow, and of a long WebSocket message by message, which mitmproxy holds as a whole.

A flow is a tnetstring: length, colon, data, a letter that says what they are; a mapping holds names and values in turn.
Its own io writes and reads all but the messages of a WebSocket.
"""

import os
import re
from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO

from pytest_codex_replay.interop.extras import of_extra

_LENGTH = re.compile(rb"(\d{1,12}):")
_LENGTH_BYTES = 13
_LONG_BYTES = 8 * 1024 * 1024
"""Of a flow whose messages stay in the file."""
_TEXT, _BINARY = 1, 2
_MESSAGES, _SOCKET, _VERSION = "messages", "websocket", "version"


class MessagesOut:
    """Messages of a WebSocket, as they are written: each as often as it is asked for."""

    def __init__(self, messages: Iterable[Any]) -> None:
        """`messages`: those of an exchange."""
        self._messages = messages

    def __iter__(self) -> Iterator[bytes]:
        dumps = of_mitmproxy("io.tnetstring").dumps
        for one in self._messages:
            kind = _BINARY if one.binary else _TEXT
            yield dumps((kind, one.from_client, one.data, one.at_ms / 1000, False, False))


def write_flow(file: BinaryIO, flow: Any, messages: Iterable[bytes]) -> None:
    """Write a flow; the messages of its WebSocket are asked for twice, since their length stands before them."""
    dumps, state = of_mitmproxy("io.tnetstring").dumps, flow.get_state()
    if state.get(_SOCKET) is None:
        file.write(dumps(state))
        return
    socket = state.pop(_SOCKET)
    del socket[_MESSAGES]
    size = sum(map(len, messages))
    inner = _members_of(socket) + dumps(_MESSAGES) + b"%d:" % size
    inner_size = len(inner) + size + 1
    outer = _members_of(state) + dumps(_SOCKET) + b"%d:" % inner_size
    file.write(b"%d:" % (len(outer) + inner_size + 1) + outer + inner)
    file.writelines(messages)
    file.write(b"]}}")


def _members_of(state: dict[str, Any]) -> bytes:
    dumps = of_mitmproxy("io.tnetstring").dumps
    return b"".join(dumps(name) + dumps(value) for name, value in state.items())


class _Sized:
    """A file of which no more is asked for than it has: a length in it may be any number, and memory is taken first."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self.seek, self.tell = file, file.seek, file.tell
        start = file.tell()
        self._size = file.seek(0, os.SEEK_END)
        file.seek(start)

    def read(self, size: int = -1) -> bytes:
        return self._file.read(min(size, self._size))


def flows_in(whole: BinaryIO) -> Iterator[Any]:
    """Yield the flows of a file. It raises what mitmproxy raises where one cannot be read."""
    file = _Sized(whole)
    others = of_mitmproxy("io").FlowReader(file).stream()
    while (flow := _long_flow(file) or next(others, None)) is not None:
        end = file.tell()
        yield flow
        file.seek(end)  # the messages may have been read meanwhile


def _long_flow(file: _Sized) -> Any:
    """Return the flow that follows, if it is a long WebSocket of this mitmproxy's version; else None."""
    start = file.tell()
    flow, end = None, start
    if (place := _inside(file, start)) is not None and place[1] - start > _LONG_BYTES:
        flow, end = _with_messages(file, *place), place[1] + 1
    file.seek(start if flow is None else end)
    return flow


def _with_messages(file: _Sized, start: int, end: int) -> Any:
    members = _members(file, start, end)
    socket = _inside(file, members.get(_SOCKET, end))
    parts = {} if socket is None else _members(file, *socket)
    listed = _inside(file, parts.pop(_MESSAGES, end))
    if listed is None or _load(file, members[_VERSION]) != of_mitmproxy("version").FLOW_FORMAT_VERSION:
        return None
    state = {name: _load(file, at) for name, at in members.items() if name not in {_SOCKET, "backup"}}
    state[_SOCKET] = {_MESSAGES: [], **{name: _load(file, at) for name, at in parts.items()}}
    flow = of_mitmproxy("flow").Flow.from_state(state)
    flow.websocket.messages = _stored(file, *listed)
    return flow


def _stored(file: _Sized, start: int, end: int) -> Iterator[Any]:
    """Yield messages, each read when it is asked for."""
    load, message = of_mitmproxy("io.tnetstring").load, of_mitmproxy("websocket").WebSocketMessage.from_state
    file.seek(start)
    while file.tell() < end:
        yield message(load(file))


def _members(file: _Sized, at: int, end: int) -> dict[str, int]:
    """Return where the values of a mapping are, by their names."""
    found = {}
    while at < end:
        name = _load(file, at)
        found[name] = file.tell()
        at = _end_of(file, found[name])
    return found


def _inside(file: _Sized, at: int) -> tuple[int, int] | None:
    """Return where the data of a value begin and end; None where the file ends before."""
    file.seek(at)
    found = _LENGTH.match(file.read(_LENGTH_BYTES))
    if found is None:
        return None
    start = at + found.end()
    end = start + int(found[1])
    file.seek(end)
    return (start, end) if file.read(1) else None


def _end_of(file: _Sized, at: int) -> int:
    if (place := _inside(file, at)) is None:
        raise ValueError("a length is missing")
    return place[1] + 1


def _load(file: _Sized, at: int) -> Any:
    file.seek(at)
    return of_mitmproxy("io.tnetstring").load(file)


def of_mitmproxy(module: str) -> Any:
    """Return a module of mitmproxy.

    Raises:
        UsageError: it is not installed.
    """
    return of_extra(f"mitmproxy.{module}", "record")
