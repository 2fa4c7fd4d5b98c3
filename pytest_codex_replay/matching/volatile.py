"""Text that differs from run to run though it means the same: paths, dates, ids, durations. No I/O."""

import re
from dataclasses import dataclass

from pytest_codex_replay.codex.fragments import Author
from pytest_codex_replay.codex.minted import MINTED, Minted
from pytest_codex_replay.codex.places import HOME_NAME, TEMP_DIRECTORIES, Places


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rule:
    """One kind of volatile text. Patterns begin with a character or a set of them: `re` finds that fastest."""

    name: str
    """What stands in its place, in angle brackets; it is also the kind of a token."""
    markers: tuple[str, ...]
    """The pattern is tried on a text that has any of these."""
    pattern: re.Pattern[str]
    """Group 1 stays, group 2 is volatile."""
    sign: re.Pattern[str] | None = None
    """It is tried on a text that has this, too."""
    is_by_codex: bool = False
    """Whether Codex itself makes it anew in each run; anything else was written by people, models or programs."""

    def may_match(self, text: str) -> bool:
        """Return whether a text has a marker, and the sign where the rule has one."""
        is_marked = any(marker in text for marker in self.markers)
        return is_marked and (self.sign is None or self.sign.search(text) is not None)


def _rule(name: str, markers: str, pattern: str) -> _Rule:
    return _Rule(name=name, markers=tuple(markers.split("|")), pattern=re.compile(pattern))


def _by_codex(minted: Minted) -> _Rule:
    return _Rule(name=minted.name, markers=(minted.marker,), pattern=minted.pattern, sign=minted.sign, is_by_codex=True)


_EVERYWHERE = (
    *(_rule("temp", marker, f"()({pattern})") for marker, pattern in TEMP_DIRECTORIES),
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
    *(_by_codex(one) for one in MINTED if one.is_repeated),
)
"""In any text that the user did not write."""
_BY_PROGRAMS = (
    *(_by_codex(one) for one in MINTED if not one.is_repeated),
    _rule(
        "time",
        "-",
        r"()([12](?<!\w[12])\d{3}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?: ?(?:Z|UTC|[+-]\d\d:?\d\d))?)",
    ),
    _rule("date", "-", r"()([12](?<!\w[12])\d{3}-\d\d-\d\d(?!\w))"),
)
"""In what a tool or Codex itself wrote."""


class Rewriter:
    """Puts a name in angle brackets in place of each volatile text.

    In what the user wrote, only where the client works is volatile. In what a model wrote, paths, ports, ids and
    addresses are, too: it repeats what it was told. In what a program wrote, dates and durations are as well.
    """

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
            if rule.may_match(text):
                text = rule.pattern.sub(rf"\g<1><{rule.name}>", text)
        return text

    def tokens(self, text: str) -> list[tuple[str, str]]:
        """Return kind and text of each volatile piece: rule by rule, then in the order in which they stand."""
        found: list[tuple[str, str]] = []
        for rule in self._rules[Author.PROGRAM]:
            if rule.may_match(text):
                found += ((rule.name, match[2]) for match in rule.pattern.finditer(text))
                text = rule.pattern.sub(rf"\g<1><{rule.name}>", text)
        return found


def _as_word(path: str) -> str:
    """Return a pattern for a path that is not the end of a longer one."""
    first = re.escape(path[0])
    return rf"{first}(?<![\w.-]{first}){re.escape(path[1:])}"
