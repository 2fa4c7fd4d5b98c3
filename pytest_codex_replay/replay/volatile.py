"""Text that differs from run to run though it means the same: paths, dates, ids, durations. No I/O.

What is volatile was seen with Codex 0.169 and read in codex-rs/core/src/context and codex-rs/core/src/tools.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

__all__ = ["Places", "Rewriter", "places_in"]

_CWD = re.compile(r"<cwd>([^<]+)</cwd>|<root>([^<]+)</root>|^# AGENTS\.md instructions for (\S+)", re.MULTILINE)
_CODEX_HOME = re.compile(r"`((?:/|[A-Za-z]:[/\\])[^`\n]*?)[/\\]skills(?:[/\\][^`\n]*)?`")
_MIN_PLACE_LENGTH = 4
"""A shorter path (`/`, `/x`) stands in too many texts by chance."""

_UUID = r"\b[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\b"
_TEMP_ROOT = r"(?:/private)?(?:/tmp|/var/tmp|/var/folders/[^/\s]+/[^/\s]+/T)|[A-Za-z]:[/\\][^\s\"'<>]*?[/\\]Temp"
_TEMP = rf"(?:{_TEMP_ROOT})[/\\](?:pytest-of-[^/\\\s]+[/\\]pytest-\d+[/\\])?[\w.+-]+"

_EVERYWHERE = (
    (r"uuid", _UUID),
    (r"temp", rf"(?<![\w.]){_TEMP}"),
    (r"home", r"(?<![\w.])/(?:home|Users)/[^/\s\"'<>:`]+"),
    (r"port", r"(?<=127\.0\.0\.1:)\d+|(?<=localhost:)\d+"),
    (r"session", r"(?<=session_id\":)\s?\d+|(?<=session_id:)\s?\d+"),
)
_BY_PROGRAMS = (
    (r"chunk", r"(?<=Chunk ID: )[0-9a-f]+|(?<=\"chunk_id\":\")[0-9a-f]+"),
    (
        r"wall",
        r"(?<=Wall time: )[\d.]+|(?<=Wall time )[\d.]+|(?<=wall_time_seconds\":)[\d.eE+-]+|(?<=Duration: )[\d.]+",
    ),
    (r"running", r"(?<=session ID )\d+"),
    (r"nickname", r"(?<=\"nickname\":\")[^\"]*"),
    (r"environment", r"(?<=<shell>)[^<]*|(?<=<timezone>)[^<]*|(?<=<current_date>)[^<]*|(?<=<status>)[^<]*"),
    (r"time", r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?: ?(?:Z|UTC|[+-]\d\d:?\d\d))?"),
    (r"date", r"\b(?:19|20)\d\d-\d\d-\d\d\b"),
)


@dataclass(frozen=True, kw_only=True)
class Places:
    """Directories that a client says it works in; others run it elsewhere."""

    cwd: frozenset[str] = frozenset()
    """Working directories and workspace roots."""
    codex_home: frozenset[str] = frozenset()

    def __or__(self, other: "Places") -> "Places":
        return Places(cwd=self.cwd | other.cwd, codex_home=self.codex_home | other.codex_home)

    def __le__(self, other: "Places") -> bool:
        return self.cwd <= other.cwd and self.codex_home <= other.codex_home

    @cached_property
    def labels(self) -> dict[str, str]:
        """What stands in place of each path."""
        return dict.fromkeys(self.codex_home, "<codex-home>") | dict.fromkeys(self.cwd, "<cwd>")


def places_in(texts: Iterable[str]) -> Places:
    """Return the places that a client's own context names: `<environment_context>`, AGENTS.md, skill roots."""
    cwd: set[str] = set()
    home: set[str] = set()
    for text in texts:
        cwd.update(path for groups in _CWD.findall(text) for path in groups if len(path) >= _MIN_PLACE_LENGTH)
        home.update(path for path in _CODEX_HOME.findall(text) if len(path) >= _MIN_PLACE_LENGTH)
    return Places(cwd=frozenset(cwd), codex_home=frozenset(home))


class Rewriter:
    """Puts a name in angle brackets in place of each volatile text."""

    def __init__(self, places: Places) -> None:
        self._labels = places.labels
        paths = "|".join(re.escape(path) for path in sorted(self._labels, key=lambda path: (-len(path), path)))
        place = (("place", rf"(?<![\w.-])(?:{paths})(?![\w-])"),) if paths else ()
        self._narrow = _alternatives((*place, *_EVERYWHERE))
        self._wide = _alternatives((*place, *_BY_PROGRAMS, *_EVERYWHERE))

    def __call__(self, text: str, *, is_by_program: bool) -> str:
        """Rewrite `text`.

        Args:
            text: any text of a request.
            is_by_program: a program wrote it (a tool, or Codex itself), so dates and durations in it are chance. In
                what a user or the model wrote, only paths, ids and ports are.
        """
        return (self._wide if is_by_program else self._narrow).sub(self._name, text)

    def tokens(self, text: str) -> list[tuple[str, str]]:
        """Return kind and text of each volatile piece, in the order in which they stand."""
        return [(found.lastgroup or "", found[0].strip()) for found in self._wide.finditer(text)]

    def _name(self, found: re.Match[str]) -> str:
        return self._labels.get(found[0]) or f"<{found.lastgroup}>"


def _alternatives(rules: Iterable[tuple[str, str]]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?P<{name}>{pattern})" for name, pattern in rules))
