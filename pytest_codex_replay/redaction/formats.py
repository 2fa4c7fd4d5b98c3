"""Reads the data of the rules: word lists, patterns and formats, the TOML files in `data/`; one a language.

Line breaks in a pattern are dropped. `(?&end)` calls a part of its file, or of `patterns.toml` or `words.toml`.
What is malformed stops the import: a rule that is silently missing would leave secrets where they are.
"""

import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache, partial
from importlib.resources import files
from itertools import chain
from pkgutil import get_data
from typing import Any, TypeVar

from pytest_codex_replay.redaction.lazy_pattern import lazy
from pytest_codex_replay.redaction.rule import Rule

Checks = Mapping[str, Callable[[Any], bool]]
Built = TypeVar("Built")
_CALL = re.compile(r"\(\?&(\w+)\)")
_KIND = re.compile(r"[a-z_]+")
_OTHER = r"(?=[^\x00-\x7f])"
_MANY, _PLAIN = 24, re.compile(r"[^\W\d_](?![?*+{])[^|()\[\]\\]*+")
_LISTS = ("markers", "anchors")
_PATTERNS = ("pattern", "rest", "before")


@lru_cache(maxsize=1)
def _word_lists() -> dict[str, tuple[str, ...]]:
    listed = table("words") | table("technical")
    of_review = {name: tuple(phrases) for name, phrases in table("review").items()}
    return _languages() | {name: tuple(words.split()) for name, words in listed.items()} | of_review


def _languages() -> dict[str, tuple[str, ...]]:
    """Return the words of all languages together, by their part in a sentence; longer ones come first."""
    found: dict[str, set[str]] = {}
    for file in files(__package__).joinpath("data", "languages").iterdir():
        for part, phrases in tomllib.loads(file.read_text("utf-8")).items():
            found.setdefault(part, set()).update(phrases)
    return {part: tuple(sorted(one, key=lambda word: (-len(word), word))) for part, one in found.items()}


@lru_cache(maxsize=1)
def _patterns() -> dict[str, Any]:
    return _parts(table("patterns"), _word_lists())


def words(*names: str) -> tuple[str, ...]:
    """Return one list of words, or several, one behind the other."""
    lists = _word_lists()
    return lists[names[0]] if len(names) == 1 else tuple(chain.from_iterable(lists[name] for name in names))


def pattern(name: str) -> re.Pattern[str]:
    """Return a pattern of `patterns.toml`."""
    return lazy(_patterns()[name])


def load_rules(name: str, checks: Checks) -> tuple[Rule, ...]:
    """Read a file of rules, whose rows name checks of the value, or of the match.

    Raises:
        ValueError: a row is malformed.
    """
    return load_rows(name, partial(_rule, checks))


def load_rows(name: str, build: Callable[..., Built]) -> tuple[Built, ...]:
    """Make something of each row of a file; the members of the row are arguments, but for its `source`.

    Raises:
        ValueError: a row is malformed.
    """
    held = table(name)
    parts = _parts(held["part"], _patterns())
    built = []
    for number, row in enumerate(held["row"], 1):
        try:
            given = {name: value for name, value in (held["default"] | row).items() if name != "source"}
            built.append(build(**_resolved(given, parts)))
        except (AttributeError, KeyError, TypeError, ValueError, re.error) as error:
            where = f"{name}.toml, row {number} ({row.get('kind')})"
            raise ValueError(f"{where}: {type(error).__name__}: {error}") from error
    return tuple(built)


def table(name: str) -> dict[str, Any]:
    """Return a file of `data/`."""
    return tomllib.loads((get_data(__package__, f"data/{name}.toml") or b"").decode())


def _parts(table: Mapping[str, str | list[str]], known: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parts that patterns may call: texts, and lists of alternatives. A part may call those above it."""
    parts = dict(known)
    for name, part in table.items():
        parts[name] = _expanded(part, parts) if isinstance(part, str) else tuple(_listed(part, parts))
    return parts


def _listed(part: Iterable[str], parts: Mapping[str, Any]) -> Iterable[str]:
    for one in part:
        called = _CALL.fullmatch(one)
        yield from parts[called[1]] if called else (one,)


def _expanded(text: str, parts: Mapping[str, Any]) -> str:
    def part(called: re.Match[str]) -> str:
        found = parts[called[1]]
        return found if isinstance(found, str) else _any_of(found)

    return _CALL.sub(part, text.replace("\n", ""))


@lru_cache(maxsize=64)
def _any_of(alternatives: tuple[str, ...]) -> str:
    """Return a pattern for words; many are grouped by their first letter: `re` tries each alternative in turn."""
    if len(alternatives) < _MANY or not all(map(_PLAIN.fullmatch, alternatives)):
        return "|".join(alternatives)
    groups: dict[str, list[str]] = {}
    for one in alternatives:
        groups.setdefault(one[0] if one[0].isascii() else "", []).append(one[one[0].isascii() :])
    return "|".join(f"{letter or _OTHER}(?:{'|'.join(rest)})" for letter, rest in sorted(groups.items(), reverse=True))


def _resolved(row: Mapping[str, Any], parts: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row with all parts put in; a text in place of a list names a list."""
    lists = {name: tuple(parts[one] if isinstance(one := row[name], str) else one) for name in _LISTS if name in row}
    if not all(isinstance(one, str) and one for each in lists.values() for one in each):
        raise ValueError("an empty marker or anchor")
    return {**row, **lists, **{name: _expanded(row[name], parts) for name in _PATTERNS if name in row}}


def _rule(
    checks: Checks,
    *,
    kind: str,
    markers: tuple[str, ...],
    pattern: str,
    is_secret: str,
    is_token: bool,
    ignores_case: bool,
    is_meant: str = "",
    is_local: bool = False,
    reads_escapes: bool = False,
    anchors: tuple[str, ...] = (),
    rest: str = "",
    reach: int = 0,
    within: int = 0,
) -> Rule:
    """Return the rule of a row; a check of the match stands for one of the value."""
    if not _KIND.fullmatch(kind) or not markers or any(one != one.lower() for one in markers + anchors):
        raise ValueError("a kind has a to z and underscores; there are markers; they and anchors are in lower case")
    return Rule(
        kind=kind,
        markers=markers,
        pattern=lazy(pattern, re.IGNORECASE if ignores_case else re.NOFLAG),
        is_secret=checks[is_secret] if is_secret and not is_meant else None,
        is_meant=checks[is_meant] if is_meant else None,
        is_token=is_token,
        is_local=is_local,
        reads_escapes=reads_escapes,
        rest=re.compile(rest) if rest else None,
        anchors=anchors,
        reach=reach,
        within=within,
    )
