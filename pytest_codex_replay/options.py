"""What a test asked for: command line, marker and ini file, resolved in one place."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from hashlib import sha256
from typing import Any

from pytest_codex_replay.errors import UsageError

__all__ = ["MARKER", "ReplayOptions", "Unused", "cassette_name", "check_values", "resolve_options"]

MARKER = "codex_replay"
_KEYWORDS = ("match", "speed")
_MATCHES = ("strict", "normal", "loose")
_NAME_CHARS = 80


class Unused(StrEnum):
    """What becomes of a test that did not use all interactions of its cassette."""

    FAIL = "fail"
    WARN = "warn"
    IGNORE = "ignore"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayOptions:
    """How a test is replayed."""

    match: str = "normal"
    speed: str = "instant"
    unused: Unused = Unused.WARN
    name: str = ""
    """Name of the cassette below the cassette directory."""


def resolve_options(
    command_line: ReplayOptions, nodeid: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> ReplayOptions:
    """Lay a marker over the command line.

    Args:
        command_line: what holds for all tests.
        nodeid: of the test; names the cassette when the marker does not.
        args: of the closest marker: the cassette's name, or nothing.
        kwargs: of the closest marker.

    Raises:
        UsageError: the marker is wrong.
    """
    unknown = [key for key in kwargs if key not in _KEYWORDS]
    if unknown:
        raise UsageError(f"@pytest.mark.{MARKER}: unknown keyword {unknown[0]!r}; there are {', '.join(_KEYWORDS)}")
    if len(args) > 1 or not all(isinstance(arg, str) and arg for arg in args):
        raise UsageError(f"@pytest.mark.{MARKER}: takes one name, e.g. @pytest.mark.{MARKER}('fix_bug'); got {args!r}")
    name = args[0] if args else cassette_name(nodeid)
    if name.startswith(("/", "~")) or ".." in name.split("/"):
        raise UsageError(f"@pytest.mark.{MARKER}: {name!r} leaves the cassette directory")
    match, speed = (str(kwargs.get(key, getattr(command_line, key))) for key in _KEYWORDS)
    options = replace(command_line, name=name, match=match, speed=speed)
    try:
        check_values(options)
    except UsageError as error:
        raise UsageError(f"@pytest.mark.{MARKER}: {error}") from error
    return options


def check_values(options: ReplayOptions) -> None:
    """Check what was given as text.

    Raises:
        UsageError: an option has no such value.
    """
    if options.match not in _MATCHES:
        raise UsageError(f"match: {options.match!r} is none of {', '.join(_MATCHES)}")
    if options.speed != "instant":
        from pytest_codex_replay.replay.reply import Speed  # noqa: PLC0415  the plugin stays light

        Speed.parse(options.speed)


def cassette_name(nodeid: str) -> str:
    """Return the default cassette of a test: `<folders below tests/>/<module>/<test>`, safe as a path on every system.

    What had to be changed or cut is told apart by a digest, so that no two tests share a cassette.
    """
    path, _, test = nodeid.partition("::")
    module = path.removesuffix(".py").removeprefix("tests/")
    safe = re.sub(r"[^\w.-]+", "-", test.replace("::", ".")).strip("-.")
    if safe != test.replace("::", ".") or len(safe) > _NAME_CHARS:
        safe = f"{safe[:_NAME_CHARS]}-{sha256(test.encode()).hexdigest()[:8]}"
    return f"{module}/{safe}"
