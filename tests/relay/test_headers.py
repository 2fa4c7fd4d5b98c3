"""Which headers a relay passes on."""

import pytest
from multidict import CIMultiDict

from pytest_codex_replay.relay.headers import (
    as_recorded,
    offers_compression,
    protocols_of,
    request_headers,
    response_headers,
    with_host,
)

OF_A_CONNECTION = ["Connection", "Keep-Alive", "Proxy-Authorization", "TE", "Trailer", "Transfer-Encoding", "Upgrade"]


@pytest.mark.parametrize("name", OF_A_CONNECTION)
def test_what_belongs_to_a_connection_is_not_passed_on(name: str) -> None:
    """In whatever spelling, in either direction (RFC 9110 §7.6.1)."""
    headers = CIMultiDict([(name, "x"), (name.lower(), "y"), ("X-Own", "1")])

    assert list(request_headers(headers).items()) == [("X-Own", "1")]
    assert list(response_headers(headers).items()) == [("X-Own", "1")]


def test_what_the_connection_header_names_is_not_passed_on() -> None:
    """A sender may declare more headers as those of its connection."""
    headers = CIMultiDict([("Connection", "close, X-Hop"), ("x-hop", "1"), ("X-Own", "1")])

    assert list(request_headers(headers).items()) == [("X-Own", "1")]


def test_all_others_are_passed_on_in_order_and_spelling() -> None:
    """Repeated ones, too; a request loses its host, which is another one upstream."""
    given = [("B", "1"), ("a", "2"), ("Set-Cookie", "x"), ("set-cookie", "y"), ("Content-Length", "3")]

    assert list(response_headers(CIMultiDict(given)).items()) == given
    assert list(request_headers(CIMultiDict([("Host", "h"), ("Expect", "100-continue"), *given])).items()) == given


def test_headers_are_recorded_as_they_came() -> None:
    """Bytes beyond ASCII stay what they were; the host is the one that is asked."""
    recorded = as_recorded([(b"HOST", b"127.0.0.1:1"), (b"X-Name", b"\xc3\xa4\xff")])

    assert recorded == (("HOST", "127.0.0.1:1"), ("X-Name", "\u00c3\u00a4\u00ff"))
    assert with_host(recorded, "api.example")[0] == ("HOST", "api.example")


def test_what_a_handshake_offers() -> None:
    """Compression and subprotocols, in one header or none."""
    offered = CIMultiDict(
        {"Sec-WebSocket-Extensions": "permessage-deflate; x=1", "Sec-WebSocket-Protocol": "realtime, , openai-beta"}
    )

    assert offers_compression(offered)
    assert protocols_of(offered) == ["realtime", "openai-beta"]
    assert not offers_compression(CIMultiDict())
    assert protocols_of(CIMultiDict()) == []
