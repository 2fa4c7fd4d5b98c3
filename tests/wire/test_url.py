"""URLs that a client may send."""

from urllib.parse import urlsplit

import pytest

from pytest_codex_replay.wire.url import port_of, split_url


@pytest.mark.parametrize("rest", ["", "/", "/v1/models", "/v1/models?a=b/c?d", "/v1#e", "?a=b#c?d", "#/v1?a"])
def test_what_stands_behind_an_odd_host(rest: str) -> None:
    """Is split as behind any other."""
    odd, plain = split_url(f"http://[bad{rest}"), urlsplit(f"http://good{rest}")

    assert (odd.scheme, odd.netloc, odd[2:]) == (plain.scheme, "[bad", plain[2:])


@pytest.mark.parametrize(("host", "port"), [("a:1", 1), ("a", None), ("a:x", None), ("a:99999", None), ("[a", None)])
def test_what_is_no_port_is_none(host: str, port: int | None) -> None:
    """A client may send any."""
    assert port_of(split_url(f"http://{host}/v1")) == port
