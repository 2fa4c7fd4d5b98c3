"""Which requests may be those of a web page."""

import pytest

from pytest_codex_replay.wire.web_page import is_loopback, page_refusal


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Host": "localhost:8123"},
        {"host": "127.0.0.1"},
        {"Host": "127.0.0.2:80"},
        {"Host": "[::1]:8123"},
        {"Host": "LOCALHOST.:8123"},
        {"Host": "replay.localhost"},
        {"Host": "localhost", "Origin": "http://localhost:3000"},
        {"Host": "localhost", "Origin": "https://[::1]"},
        {"Host": "localhost", "Sec-Fetch-Mode": "cors"},
        {"Host": "localhost", "Sec-Fetch-Site": "none"},
    ],
)
def test_a_program_on_this_machine_may_ask(headers):
    """By each name of the machine; Node's fetch sends Sec-Fetch-Mode, Python's websocket-client its own Origin."""
    assert page_refusal(headers.items()) == ""


@pytest.mark.parametrize(
    ("headers", "why"),
    [
        ({"Host": "evil.example:8123"}, "Host header, 'evil.example:8123'"),
        ({"Host": "host.docker.internal:8123"}, "host.docker.internal"),
        ({"Host": "localhost.evil.example"}, "Host"),
        ({"Host": "127.0.0.1.evil.example"}, "Host"),
        ({"Host": "user@evil.example"}, "Host"),
        ({"Host": "evil.example/localhost"}, "Host"),
        ({"Host": "192.168.1.2"}, "Host"),
        ({"Host": "[::1"}, "Host"),
        ({"Host": ""}, "Host"),
        ({"Host": "localhost", "Origin": "https://evil.example"}, "Origin header is 'https://evil.example'"),
        ({"Host": "localhost", "Origin": "null"}, "'null'"),
        ({"Host": "localhost", "Origin": "http://localhost.evil.example"}, "Origin"),
        ({"Host": "localhost", "Origin": "chrome-extension://localhost"}, "Origin"),
        ({"Host": "localhost", "Origin": "\x1b[2J"}, r"'\x1b[2J'"),
        ({"Host": "localhost", "Sec-Fetch-Site": "cross-site"}, "Sec-Fetch-Site"),
    ],
)
def test_a_web_page_may_not(headers, why):
    """By rebinding, from another origin, from a sandboxed frame, or as an image."""
    assert why in page_refusal(headers.items())


def test_a_second_header_does_not_hide_the_first():
    """In either order."""
    names = [("Host", "localhost"), ("Host", "evil.example")]

    assert page_refusal(names)
    assert page_refusal(reversed(names))


def test_where_other_machines_may_ask_their_name_for_this_one_is_not_known():
    """A page's origin still is."""
    assert page_refusal([("Host", "host.docker.internal")], is_remote_allowed=True) == ""
    assert page_refusal([("Host", "x"), ("Origin", "http://x")], is_remote_allowed=True)


@pytest.mark.parametrize(("host", "expected"), [("::1", True), ("0.0.0.0", False), ("::", False), ("", False)])
def test_an_address_for_every_interface_is_not_of_this_machine_alone(host, expected):
    """A server that listens there is reached from outside."""
    assert is_loopback(host) is expected
