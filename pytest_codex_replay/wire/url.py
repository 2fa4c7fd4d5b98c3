"""URLs as clients send them, odd ones included (RFC 3986 §3). No I/O."""

from urllib.parse import SplitResult, urlsplit


def split_url(url: str) -> SplitResult:
    """Split a URL; also one with an odd host, like `[abc`: a client may send any."""
    try:
        return urlsplit(url)
    except ValueError:
        scheme, _, rest = url.partition("//")
        rest, _, fragment = rest.partition("#")
        rest, _, query = rest.partition("?")
        host, slash, path = rest.partition("/")
        return SplitResult(scheme.removesuffix(":"), host, slash + path, query, fragment)


def port_of(parts: SplitResult) -> int | None:
    """Return the port of a URL; None where it names none, or one that cannot be a port."""
    try:
        return parts.port
    except ValueError:
        return None
