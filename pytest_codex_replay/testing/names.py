"""Names of cassettes: those that markers give, and those of tests that give none. All stay below the directory."""

import re
from hashlib import sha256

from pytest_codex_replay.errors import UsageError

_NAME_BYTES = 200
"""File systems allow 255 for a directory. While a cassette is replaced, a longer name exists next to it."""
_TEST_BYTES = 80


def check_name(name: str) -> str:
    """Return the name that a marker gives, if it is a plain path below the cassette directory.

    Raises:
        UsageError: it is not.
    """
    parts = name.split("/")
    if not name.isprintable():
        raise UsageError(f"{name!r} is not a name: it has characters that cannot be printed")
    if name.startswith(("/", "~")) or ".." in parts:
        raise UsageError(f"{name!r} leaves the cassette directory")
    plain = [part for part in parts if part not in {"", "."}]
    if not plain:
        raise UsageError(f"{name!r} is the cassette directory itself; name a cassette in it, e.g. 'fix_bug'")
    if plain != parts:
        raise UsageError(f"{name!r} is not a plain path; write {'/'.join(plain)!r}")
    if _size(name) > _NAME_BYTES:
        raise UsageError(f"{name[:20] + '…'!r} is too long: {_size(name)} bytes, at most {_NAME_BYTES} are allowed")
    return name


def default_name(nodeid: str) -> str:
    """Return the cassette of a test that names none: `<folders>/<module>/<test>`, safe as a path on every system.

    A name that had to be changed or cut ends in a digest, so that no two tests share a cassette.
    """
    path, _, test = nodeid.partition("::")
    parts = [part for part in path.removesuffix(".py").split("/") if part not in {"", ".", ".."}]
    module = "/".join(parts)
    if module != path.removesuffix(".py"):  # outside rootdir
        module += f"-{_digest(path)}"
    wanted = test.replace("::", ".")
    safe = re.sub(r"[^\w.-]+", "-", wanted).strip("-.")
    if safe != wanted or _size(safe) > _TEST_BYTES:
        safe = f"{safe.encode()[:_TEST_BYTES].decode(errors='ignore')}-{_digest(test)}"
    return f"{module}/{safe}"


def scope_name(nodeid: str) -> str:
    """Return the cassette of a class, a module or the session that names none; it lies beside those of tests."""
    if "::" in nodeid:
        return default_name(nodeid)
    return "session" if nodeid in {"", "."} else default_name(f"{nodeid}::module")


def _digest(text: str) -> str:
    return sha256(text.encode(errors="surrogatepass")).hexdigest()[:8]


def _size(text: str) -> int:
    return len(text.encode())
