"""Where a base URL leads: its origin, and whether that is the recorder itself."""

import re
import socket
from contextlib import suppress
from ipaddress import ip_address
from urllib.parse import urlsplit

from pytest_codex_replay.codex.configuration import API_UPSTREAM
from pytest_codex_replay.errors import UsageError

_PASSWORD = re.compile(r"(?:(?<=//)|\A)[^/?#\s]*@")
_PORTS = {"http": 80, "https": 443}


def origin_of(url: str) -> str:
    """Return scheme and host of a base URL.

    Raises:
        UsageError: it is not one.
    """
    if not is_base_url(url):
        raise UsageError(f"{without_password(url)}: not a base URL. Give one such as {API_UPSTREAM}.")
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def without_password(url: str) -> str:
    """Return a URL, which may be misspelt, without the user and the password in it."""
    return _PASSWORD.sub("", url, count=1)


def is_base_url(url: str) -> bool:
    """Whether a text names a host over HTTP."""
    try:
        parts = urlsplit(url)
        return parts.scheme in _PORTS and bool(parts.hostname) and parts.port is not False
    except ValueError:  # an odd host or port, like `[abc`
        return False


def check_is_elsewhere(origin: str, port: int) -> None:
    """Check that an upstream is not the recorder itself, which listens on `port` of this machine.

    Raises:
        UsageError: it is, and would ask itself for ever.
    """
    parts = urlsplit(origin)
    if (parts.port or _PORTS[parts.scheme]) == port and _is_this_machine(parts.hostname or ""):
        raise UsageError(f"{origin}: is the address of the recorder itself. Choose another --port or --upstream.")


def _is_this_machine(host: str) -> bool:
    with suppress(OSError, ValueError):
        found = {ip_address(entry[4][0]) for entry in socket.getaddrinfo(host, None)}
        return any(address.is_loopback or address.is_unspecified for address in found)
    return False
