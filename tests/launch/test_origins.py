"""Where a base URL leads."""

import pytest

from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.launch.origins import check_is_elsewhere, origin_of, without_password


@pytest.mark.parametrize(
    "url", ["", "api.openai.com", "ftp://x/", "http://[", "http://", "http://x:port/", "https://:80"]
)
def test_what_is_not_a_base_url(url: str) -> None:
    """The error shows one that is."""
    with pytest.raises(UsageError, match=r"not a base URL\. Give one such as https://api.openai.com/v1"):
        origin_of(url)


def test_an_origin() -> None:
    """Scheme, host and port, with the user that it names."""
    assert origin_of("https://me:pw@gw.example:8443/v1/") == "https://me:pw@gw.example:8443"


@pytest.mark.parametrize(
    ("origin", "port", "is_itself"),
    [
        ("http://127.0.0.1:8123", 8123, True),
        ("http://localhost:8123", 8123, True),
        ("http://[::1]:8123", 8123, True),
        ("http://0.0.0.0:8123", 8123, True),
        ("https://127.0.0.1", 443, True),
        ("http://127.0.0.1:8124", 8123, False),
        ("http://192.0.2.1:8123", 8123, False),
    ],
)
def test_the_recorder_does_not_ask_itself(origin: str, port: int, *, is_itself: bool) -> None:
    """Its own address is refused, however this machine is named."""
    if not is_itself:
        check_is_elsewhere(origin, port)
        return
    with pytest.raises(UsageError, match="is the address of the recorder itself"):
        check_is_elsewhere(origin, port)


def test_a_password_is_not_shown() -> None:
    """It may stand in a base URL, and in that of a proxy."""
    assert without_password("https://me:secret@gw.example:1/v1") == "https://gw.example:1/v1"
    assert without_password("https://me:secret@[misspelt/v1") == "https://[misspelt/v1"
    assert without_password("me:secret@proxy:3128") == "proxy:3128"
    with pytest.raises(UsageError, match=r"^//gw/v1: not a base URL"):
        origin_of("//me:secret@gw/v1")
