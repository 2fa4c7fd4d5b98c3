"""Text that differs from run to run though it means the same: paths, dates, ids, durations. No I/O.

What is volatile was seen with Codex 0.169 and read in codex-rs/core/src/context and codex-rs/core/src/tools.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import Enum, auto
from functools import cached_property

from pytest_codex_replay.redaction.pseudonyms import HOME_NAME

_DIRECTORY = re.compile(r"<cwd>([^<]+)</cwd>|<root>([^<]+)</root>|^# AGENTS\.md instructions for (\S+)", re.MULTILINE)
_SKILL_ROOT = re.compile(r"`((?:/|[A-Za-z]:[/\\])[^`\n]*?)[/\\]skills(?:[/\\][^`\n]*)?`")
CWD = "cwd"
CODEX_HOME = "codex-home"
"""Kinds of token that are places."""
_MIN_PLACE_LENGTH = 4
"""A shorter path (`/`, `/x`) stands in too many texts by chance."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rule:
    """One kind of volatile text. Patterns begin with a letter or a set of letters, which `re` finds fastest."""

    name: str
    """What stands in its place, in angle brackets; it is also the kind of a token."""
    markers: tuple[str, ...]
    """The pattern is tried on a text that has any of these."""
    pattern: re.Pattern[str]
    """Group 1 stays, group 2 is volatile."""
    is_by_codex: bool = False
    """Codex itself makes it, anew in each run; else it stands in what people, models and programs wrote."""


def _rule(name: str, markers: str, pattern: str) -> _Rule:
    return _Rule(name=name, markers=tuple(markers.split("|")), pattern=re.compile(pattern))


def _codex(name: str, markers: str, pattern: str) -> _Rule:
    return replace(_rule(name, markers, pattern), is_by_codex=True)


_HEX = "[0-9a-fA-F]"
_PATH_END = r"[^/\\\s\"'<>:`]+"
_TEMP_NAME = rf"[/\\]+(?:pytest-of-[^/\\\s]+[/\\]+pytest-\d+[/\\]+)?{_PATH_END}"

_EVERYWHERE = (
    _rule("temp", "tmp/", rf"()(/(?<![\w.]/)(?:private/|var/)*tmp{_TEMP_NAME})"),
    _rule("temp", "/var/folders/", rf"()(/(?<![\w.]/)(?:private/)?var/folders/{_PATH_END}/{_PATH_END}/T{_TEMP_NAME})"),
    _rule("temp", "Temp", rf"()([A-Za-z](?<!\w[A-Za-z]):[/\\][^\s\"'<>]*?[/\\]Temp{_TEMP_NAME})"),
    _rule("home", "/home/|/Users/", rf"()(/(?<![\w.]/)(?:home|Users)/{HOME_NAME})"),
    _rule(
        "email",
        "@",
        r"()([A-Za-z0-9](?<![\w.+%-][A-Za-z0-9])[\w.+-]{0,63}@(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24}(?![\w-]))",
    ),
    _rule(
        "account",
        "user-|org-|proj-",
        r"((?:user(?<![\w-]user)|org(?<![\w-]org)|proj(?<![\w-]proj))-)([A-Za-z0-9]{20,32}(?![\w-]))",
    ),
    _rule("port", "127.0.0.1:", r"(127\.0\.0\.1:)(\d+)"),
    _rule("port", "localhost:", r"(localhost:)(\d+)"),
    _codex("session", "session_id", r"(session_id[\\\"]*\s?:\s?)(\d+)"),
    _codex("uuid", "-", rf"()({_HEX}(?<!\w{_HEX}){_HEX}{{7}}-(?:{_HEX}{{4}}-){{3}}{_HEX}{{12}}(?!\w))"),
)
"""Whoever wrote the text."""
_BY_PROGRAMS = (
    _codex("chunk", "Chunk ID: ", r"(Chunk ID: )([0-9a-f]+)"),
    _codex("chunk", "chunk_id", r"(chunk_id[\\\"]*: ?[\\\"]*)([0-9a-f]+)"),
    _codex("wall", "Wall time", r"(Wall time:? )([\d.]+)"),
    _codex("wall", "wall_time_seconds", r"(wall_time_seconds[\\\"]*: ?)([\d.eE+-]+)"),
    _codex("count", "Original token count: ", r"(Original token count: )(\d+)"),  # of the output, which is compared
    _codex("count", "original_token_count", r"(original_token_count[\\\"]*: ?)(\d+)"),
    _codex("duration", "Duration: ", r"(Duration: )([\d.]+)"),
    _codex("session", "session ID ", r"(session ID )(\d+)"),
    _codex("nickname", "nickname", r"(nickname[\\\"]*: ?[\\\"]*)([^\\\"]*)"),
    _codex("environment", "<shell>|<timezone>|<status>", r"(<(?:shell|timezone|status)>)([^<]*)"),
    _codex("date", "<current_date>", r"(<current_date>)([^<]*)"),
    _rule(
        "time",
        "-",
        r"()([12](?<!\w[12])\d{3}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?: ?(?:Z|UTC|[+-]\d\d:?\d\d))?)",
    ),
    _rule("date", "-", r"()([12](?<!\w[12])\d{3}-\d\d-\d\d(?!\w))"),
)
"""In what a tool or Codex itself wrote."""


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
        cwd.update(path for groups in _DIRECTORY.findall(text) for path in groups if len(path) >= _MIN_PLACE_LENGTH)
        home.update(path for path in _SKILL_ROOT.findall(text) if len(path) >= _MIN_PLACE_LENGTH)
    return Places(cwd=frozenset(cwd), codex_home=frozenset(home))


class Author(Enum):
    """Who wrote a text. The less of a mind, the more of it is chance."""

    USER = auto()
    """Nothing is, but where the client says it works."""
    MODEL = auto()
    """Paths, ports, ids and addresses are: the model repeats what it was told."""
    PROGRAM = auto()
    """A tool, or Codex itself: dates and durations, too."""


class Rewriter:
    """Puts a name in angle brackets in place of each volatile text."""

    def __init__(self, places: Places, *, is_strict: bool = False) -> None:
        """Prepare to rewrite.

        Args:
            places: where the client says it works.
            is_strict: beside them only what Codex itself makes anew in each run is rewritten.
        """
        labels = sorted(places.labels.items(), key=lambda pair: (-len(pair[0]), pair[0]))
        here = tuple(
            _Rule(name=label, markers=(path,), pattern=re.compile(rf"()({_as_word(path)})(?![\w-])"))
            for path, label in labels
        )
        everywhere, by_programs = (
            tuple(rule for rule in rules if rule.is_by_codex or not is_strict) for rules in (_EVERYWHERE, _BY_PROGRAMS)
        )
        self._rules = {
            Author.USER: here,
            Author.MODEL: here + everywhere,
            Author.PROGRAM: here + by_programs + everywhere,
        }

    def __call__(self, text: str, author: Author) -> str:
        """Rewrite any text of a request."""
        for rule in self._rules[author]:
            if any(marker in text for marker in rule.markers):
                text = rule.pattern.sub(rf"\g<1><{rule.name}>", text)
        return text

    def tokens(self, text: str) -> list[tuple[str, str]]:
        """Return kind and text of each volatile piece: rule by rule, then in the order in which they stand."""
        found: list[tuple[str, str]] = []
        for rule in self._rules[Author.PROGRAM]:
            if any(marker in text for marker in rule.markers):
                found += ((rule.name, match[2]) for match in rule.pattern.finditer(text))
                text = rule.pattern.sub(rf"\g<1><{rule.name}>", text)
        return found


def _as_word(path: str) -> str:
    """Return a pattern for a path that is not the end of a longer one."""
    first = re.escape(path[0])
    return rf"{first}(?<![\w.-]{first}){re.escape(path[1:])}"
