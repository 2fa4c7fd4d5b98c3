"""Directories that Codex names by itself: where it works, its home, temporary ones. No I/O.

Source: codex-rs/core/src/context (2026-07).
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

_WORKS_IN = re.compile(r"<cwd>([^<]+)</cwd>|<root>([^<]+)</root>|^# AGENTS\.md instructions for (\S+)", re.MULTILINE)
_SKILL_ROOT = re.compile(r"`((?:/|[A-Za-z]:[/\\])[^`\n]*?)[/\\]skills(?:[/\\][^`\n]*)?`")
CWD = "cwd"
CODEX_HOME = "codex-home"
"""What stands in place of such a directory, in angle brackets."""
_MIN_CHARS = 4
"""A shorter path (`/`, `/x`) stands in too many texts that mean something else."""

HOME_NAME = r"\w[^/\\\s\"'<>:`,;)(\]\[}{$*|=&?#%!]*+"
"""Pattern of the name of a user, as it stands in the path of a home."""
_NAME = r"[^/\\\s\"'<>:`]+"
_TEMP_NAME = rf"[/\\]+(?:pytest-of-[^/\\\s]+[/\\]+pytest-\d+[/\\]+)?{_NAME}"
TEMP_DIRECTORIES = (
    ("tmp/", rf"/(?<![\w.]/)(?:private/|var/)*tmp{_TEMP_NAME}"),
    ("/var/folders/", rf"/(?<![\w.]/)(?:private/)?var/folders/{_NAME}/{_NAME}/T{_TEMP_NAME}"),
    ("Temp", rf"[A-Za-z](?<!\w[A-Za-z]):[/\\][^\s\"'<>]*?[/\\]Temp{_TEMP_NAME}"),
)
"""Text that stands in the path, and its pattern: whatever lies right in a directory for temporary files."""
MINTED_TEMP_ANCHORS = ("/private/tmp/", "/private/var/", "/var/folders/", "/var/tmp/", "/tmp/")  # noqa: S108
MINTED_TEMP = re.compile(
    r"(?<![\w.])(?:/private)?(?:/var/folders/[^/\s\"']{1,64}/[^/\s\"']{1,64}/T|/tmp|/var/tmp)"
    r"/(?:pytest-of-[^/\s\"']{1,64}/pytest-\d{1,9}/[^/\s\"'<>:`,;)]{1,255}+|tmp[a-z0-9_]{8}(?![\w-])"
    r"|tmp\.[A-Za-z0-9]{6,10}(?![\w-]))"
)
"""A temporary directory whose name was minted, by pytest, Python or `mktemp`."""


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
        return dict.fromkeys(self.codex_home, CODEX_HOME) | dict.fromkeys(self.cwd, CWD)


def places_in(texts: Iterable[str]) -> Places:
    """Return the places that a client's own context names: `<environment_context>`, AGENTS.md, skill roots."""
    cwd: set[str] = set()
    home: set[str] = set()
    for text in texts:
        cwd.update(path for path in working_directories(text) if len(path) >= _MIN_CHARS)
        home.update(path for path in codex_homes(text) if len(path) >= _MIN_CHARS)
    return Places(cwd=frozenset(cwd), codex_home=frozenset(home))


def working_directories(text: str) -> Iterator[str]:
    """Yield the directories that a text names as those in which the client works."""
    if "<cwd>" in text or "<root>" in text or "# AGENTS.md" in text:
        yield from map("".join, _WORKS_IN.findall(text))


def codex_homes(text: str) -> Iterator[str]:
    """Yield the directories that a text names as holding `skills`."""
    if "skills" in text:
        yield from _SKILL_ROOT.findall(text)
