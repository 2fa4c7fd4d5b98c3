"""Headers that a proxy passes on, and the ones that belong to one connection (RFC 9110 §7.6.1)."""

from collections.abc import Iterable, Mapping

from multidict import CIMultiDict, MultiMapping

from pytest_codex_replay.archive.record import Headers

RawHeaders = Iterable[tuple[bytes, bytes]]
_OF_A_CONNECTION = frozenset(
    {"connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "te", "trailer"}
    | {"transfer-encoding", "upgrade"}
)
_OF_A_REQUEST = frozenset({"host", "expect"})
"""The relay has its own: it asks another host, and has answered `100-continue` itself."""
_OF_A_HANDSHAKE = frozenset(f"sec-websocket-{name}" for name in ("accept", "extensions", "key", "protocol", "version"))


def as_recorded(raw: RawHeaders) -> Headers:
    """Return headers in their order and spelling, as they are recorded: Latin-1, which keeps every byte."""
    return tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in raw)


def with_host(headers: Headers, host: str) -> Headers:
    """Return the headers of a request with the host that it goes to."""
    return tuple((name, host if name.lower() == "host" else value) for name, value in headers)


def request_headers(headers: MultiMapping[str]) -> CIMultiDict[str]:
    """Return the headers of a request that go on to the upstream."""
    return _passed_on(headers, _OF_A_REQUEST | _OF_A_HANDSHAKE)


def response_headers(headers: MultiMapping[str]) -> CIMultiDict[str]:
    """Return the headers of an answer that go on to the client."""
    return _passed_on(headers, _OF_A_HANDSHAKE)


def offers_compression(headers: Mapping[str, str]) -> bool:
    """Whether a client offers to compress the messages of a WebSocket (RFC 7692)."""
    return "permessage-deflate" in headers.get("sec-websocket-extensions", "")


def protocols_of(headers: Mapping[str, str]) -> list[str]:
    """Return the subprotocols that a handshake names."""
    return [name for part in headers.get("sec-websocket-protocol", "").split(",") if (name := part.strip())]


def _passed_on(headers: MultiMapping[str], dropped: frozenset[str]) -> CIMultiDict[str]:
    named = {name.strip().lower() for value in headers.getall("connection", []) for name in value.split(",")}
    stays = _OF_A_CONNECTION | dropped | named
    return CIMultiDict((name, value) for name, value in headers.items() if name.lower() not in stays)
