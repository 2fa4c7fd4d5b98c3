"""What sessions and their files are called. It is light: verbs need it that read no traffic."""

import re
from collections.abc import Iterable, Sequence
from heapq import nlargest

DEFAULT_ARCHIVE = "~/.codex-replay/sessions"
"""Where the recorder puts sessions when it is not told otherwise."""
MANIFEST = "session.json"
"""What is in a session directory."""
SETTINGS = "codex-replay.toml"
"""What a cassette says about its own replay."""
PLAIN_SEGMENT = "traffic.jsonl"
"""The first segment of a cassette, and nearly always the only one."""
SEGMENT_NAME = re.compile(r"^traffic-(\d{4,})\.jsonl\.zst$")
_PLAIN_NAME = re.compile(r"^traffic(?:\.\d{4,})?\.jsonl$")
"""A dot before the number: `traffic-0001.jsonl` is what a user decompressed beside the segment itself."""
_NAME = re.compile(f"{SEGMENT_NAME.pattern}|{_PLAIN_NAME.pattern}")
_NEAREST = 5
"""Names in an error."""


def is_segment(name: str) -> bool:
    """Return whether a file name is that of a segment."""
    return _NAME.match(name) is not None


def is_plain(name: str) -> bool:
    """Return whether a file name is that of a segment of a cassette."""
    return _PLAIN_NAME.match(name) is not None


def plain_name(number: int) -> str:
    """Return the name of the segment of a cassette that has a number, from 1."""
    return PLAIN_SEGMENT if number == 1 else f"traffic.{number:04}.jsonl"


def segments_in(names: Iterable[str]) -> list[str]:
    """Return the names that are of segments, by number: behind 9,999 they are longer."""
    return sorted(sorted(filter(_NAME.match, names)), key=len)  # thousands: a call for each would take longer


def nearest_names(name: str, names: Sequence[str]) -> str:
    """Return the names that there are, for an error; of many, those that contain `name`, or begin most like it."""
    if len(names) <= _NEAREST:
        return ", ".join(names)
    from difflib import SequenceMatcher  # noqa: PLC0415  seldom needed

    matcher = SequenceMatcher(b=name)

    def likeness(other: str) -> float:
        matcher.set_seq1(other[: len(name)])
        return (name in other) + matcher.ratio()

    nearest = sorted(nlargest(_NEAREST, names, key=likeness))
    return f"{', '.join(nearest)} (the nearest {_NEAREST} of {len(names):,})"
