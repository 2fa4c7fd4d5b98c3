"""Tells a web page's requests from a program's: no page may talk to a server on this machine. No I/O.

A page reaches a loopback port by its address (a browser then sends `Origin`, or `Sec-Fetch-Site`: Fetch Standard, Fetch
Metadata), or by a name of its own that resolves to 127.0.0.1, DNS rebinding (then `Host` has that name).
"""

from collections.abc import Iterable
from ipaddress import ip_address
from urllib.parse import urlsplit

_SCHEMES = ("http", "https")


def page_refusal(headers: Iterable[tuple[str, str]], *, is_remote_allowed: bool = False) -> str:
    """Return why a request may be that of a web page; empty when it is not.

    Args:
        headers: of the request, or of a WebSocket upgrade.
        is_remote_allowed: whether other machines may ask, which call this one by names that are not known here.
    """
    for name, value in headers:
        lower = name.lower()
        if lower == "host" and not is_remote_allowed and not is_loopback(_hostname(f"//{value}")):
            return f"its Host header, {value!r}, is not a name of this machine (localhost, 127.0.0.1, [::1])"
        if lower == "origin" and not _is_own(value):
            return f"it comes from a web page: its Origin header is {value!r}"
        if lower == "sec-fetch-site" and value == "cross-site":
            return "it comes from a web page: its Sec-Fetch-Site header is 'cross-site'"
    return ""


def is_loopback(host: str) -> bool:
    """Whether a host name or address, without brackets, is of this machine alone."""
    name = host.lower().removesuffix(".")
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return name == "localhost" or name.endswith(".localhost")


def _is_own(origin: str) -> bool:
    """Whether an origin is on this machine. `null` is that of a page in a sandbox, or of a file."""
    return origin.startswith(tuple(f"{scheme}://" for scheme in _SCHEMES)) and is_loopback(_hostname(origin))


def _hostname(url: str) -> str:
    """Return the host of a URL; empty where it has none."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""
