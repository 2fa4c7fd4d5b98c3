"""What `@pytest.mark.codex_replay` says, checked and typed; and the name of a cassette where it says none."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.matching.match import MatchLevel
from pytest_codex_replay.replay.faults import Fault, check_in_process, parse_faults
from pytest_codex_replay.replay.reply import Speed
from pytest_codex_replay.replay.settings import parse_match
from pytest_codex_replay.testing.config import MARKER, Mode

_KEYWORDS = ("mode", "match", "speed", "faults", "allow", "unasked")
_OK = "ok"
_NAME_BYTES = 200
"""File systems allow 255 for a directory. While a cassette is replaced, a longer name exists next to it."""
_TEST_BYTES = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkerOptions:
    """The options of a marker; None where it does not say anything."""

    name: str | None = None
    """Of the cassette, below the cassette directory."""
    mode: Mode | None = None
    match: MatchLevel | None = None
    speed: Speed | None = None
    faults: tuple[Fault, ...] = ()
    allow: tuple[str, ...] = ()
    """What the scan may find in the cassette, `kind` or `kind:number`."""
    may_be_unasked: bool = False
    """Whether the test may pass though no request reached its cassette."""


def read_marker(
    args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None, *, is_in_process: bool = False
) -> MarkerOptions:
    """Read the arguments of a marker; `is_in_process`: of a test whose own process is answered, without a connection.

    Raises:
        UsageError: an argument is unknown, has a wrong value, or cannot be had in this process.
    """
    try:
        options = _read(args, kwargs or {})
        check_in_process(options.faults if is_in_process else ())
    except UsageError as error:
        raise UsageError(f"@pytest.mark.{MARKER}: {error}") from error
    return options


def _read(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> MarkerOptions:
    unknown = [key for key in kwargs if key not in _KEYWORDS]
    if unknown:
        raise UsageError(f"unknown keyword {unknown[0]!r}; there are {', '.join(_KEYWORDS)}")
    if len(args) > 1 or not all(isinstance(arg, str) and arg for arg in args):
        raise UsageError(f"takes one name, e.g. @pytest.mark.{MARKER}('fix_bug'); got {args!r}")
    return MarkerOptions(
        name=check_name(args[0]) if args else None,
        mode=_mode(kwargs["mode"]) if "mode" in kwargs else None,
        match=parse_match(kwargs["match"]) if "match" in kwargs else None,
        speed=Speed.parse(str(kwargs["speed"])) if "speed" in kwargs else None,
        faults=parse_faults(kwargs.get("faults", ())),
        allow=_allowed(kwargs.get("allow", ())),
        may_be_unasked="unasked" in kwargs and _unasked(kwargs["unasked"]),
    )


def _mode(value: Any) -> Mode:
    if value not in list(Mode):
        raise UsageError(f"unknown mode {value!r}: use none, once, new_episodes, all or rewrite")
    if value == Mode.ADOPT:
        raise UsageError(f"mode {value!r} is for a whole run: pytest --codex-replay-mode={value}")
    return Mode(value)


def _allowed(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or not all(isinstance(one, str) and one for one in value):
        raise UsageError(f"allow: {value!r} is not a list of findings; write e.g. allow=['openai_key:1']")
    return tuple(value)


def _unasked(value: Any) -> bool:
    if value != _OK:
        raise UsageError(f"unasked: {value!r} is unknown; write unasked={_OK!r} where no request is meant")
    return True


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


def module_id(path: str, root: Path) -> str:
    """Return the path of a module, relative to `root`, as cassettes have it: without `tests/`, where all tests are."""
    shorter = path.removeprefix("tests/")
    return path if (root / shorter).exists() else shorter  # another module


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
