"""What holds for all tests of a run: the values of command line and ini file. Each pytest run imports this."""

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from pytest_codex_replay.matching.normalise import Normaliser
    from pytest_codex_replay.replay.reply import Speed

MARKER = "codex_replay"


class Unused(StrEnum):
    """What happens when a test did not use all interactions of its cassette."""

    FAIL = "fail"
    WARN = "warn"
    IGNORE = "ignore"


class Mode(StrEnum):
    """When to replay, and when to record: vcrpy's words."""

    NONE = "none"
    ONCE = "once"
    NEW_EPISODES = "new_episodes"
    ALL = "all"
    REWRITE = "rewrite"


MODE_MEANINGS: Mapping[Mode, str] = MappingProxyType(
    {
        Mode.NONE: "replay only, never record; the same as --codex-replay",
        Mode.ONCE: "replay; record a cassette that does not exist yet (never in CI)",
        Mode.NEW_EPISODES: "replay; a test with an unrecorded request is run again and recorded, next to what exists",
        Mode.ALL: "always record, next to what exists; a session that begins with the same prompt is replaced",
        Mode.REWRITE: "always record; the new recording replaces the whole cassette",
    }
)
"""Each mode in one line."""


class RunOptions(NamedTuple):
    """What command line and ini file say. A named tuple: making a dataclass costs every pytest run."""

    directory: Path
    """Where cassettes are."""
    mode: Mode | None = None
    """None: tests use the live upstream."""
    match: str = "normal"
    """Name of a match level."""
    speed: "Speed | None" = None
    """None: instant."""
    recut_seed: int | None = None
    """Seed by which streams are split into other chunks; None: into the recorded ones."""
    unused: Unused = Unused.WARN
    normalisers: "tuple[Normaliser, ...]" = ()
    """Of the ini file."""
