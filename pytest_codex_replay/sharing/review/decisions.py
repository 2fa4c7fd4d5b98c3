"""What a person decided about the values that `review` listed: the table `review` of `codex-replay.toml`.

What stays is known by its digest and its places. What goes is known by the text around it, or by the name of its
member: neither tells anything of the value, and both hold when the cassette is recorded again.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from hashlib import blake2b
from pathlib import Path
from typing import Any

import orjson

from pytest_codex_replay.archive.files import Files, open_regular
from pytest_codex_replay.archive.names import SETTINGS
from pytest_codex_replay.archive.record import Record
from pytest_codex_replay.commands import command_text
from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.projection.interaction_builder import interactions_of
from pytest_codex_replay.projection.turns import turns_of
from pytest_codex_replay.redaction.user_rules import UserRules, own_rule, rule_of_key
from pytest_codex_replay.replay.settings import REVIEW
from pytest_codex_replay.sharing.review.candidates import Found, plain
from pytest_codex_replay.wire.toml_text import read_toml

KIND = "reviewed"
"""Kind of the placeholders of what a person removed."""
_HEAD = re.compile(rf"^[ \t]*\[+[ \t]*{REVIEW}\b", re.MULTILINE)
_WORD = r"[^\s\"'`<>(){}\[\],;|\\]"
_VALUE = f"({_WORD}{{1,512}})"
_VOLATILE = re.compile(r"\[\[REDACTED:[a-z_]+:\d+\]\]|\d+|[ \t]+")
_OPENING = re.compile(r"[\"'`<>(){}\[\]]")
_MIN_WORD_CHARS = 3
_CONTEXT_CHARS = 24
_PROBES = ("The quick brown fox", "x = 1\n", '{"cmd": "ls -la"}', "a/b.py:3: word", "\n\nOutput:\nhello world\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class Decisions:
    """They hold for one cassette."""

    of: str = ""
    """Digest of what the cassette begins with; empty before the first decision."""
    kept: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """Digest and places of each value that stays."""
    patterns: tuple[str, ...] = ()
    """Each has what goes as its group."""
    members: tuple[str, ...] = ()
    """Names of JSON members whose values go."""
    removed: tuple[Found, ...] = ()
    """What was decided to go since they were read."""

    def keeps(self, found: Found) -> bool:
        """Return whether a value stays, at all places where it stands."""
        return any(digest == found.digest and set(places) >= set(found.places) for digest, places in self.kept)

    def open(self, found: Iterable[Found]) -> list[Found]:
        """Return what is undecided."""
        return [one for one in found if not self.keeps(one)]

    def keep(self, found: Found) -> "Decisions":
        """Return the decisions with one more: a value stays where it stands now."""
        others = tuple(one for one in self.kept if one[0] != found.digest)
        return replace(self, kept=(*others, (found.digest, tuple(sorted(found.places)))))

    def remove(self, found: Found) -> "Decisions":
        """Return the decisions with one more: a value goes, and what will stand in its place.

        Raises:
            UsageError: nothing around it tells it from all others.
        """
        decided = replace(self, removed=(*self.removed, found))
        if found.member:
            return replace(decided, members=tuple(dict.fromkeys((*self.members, found.member))))
        pattern = _pattern_around(found)
        if pattern is None:
            raise UsageError(
                f"{found.id}: nothing around it tells it from other values. Describe it by secret-env or "
                "secret-patterns in pyproject.toml."
            )
        return replace(decided, patterns=tuple(dict.fromkeys((*self.patterns, pattern))))

    def check_belongs(self, cassette: Path, sessions: Iterable[Iterable[Record]], found: Iterable[Found]) -> None:
        """Check that the decisions are of these sessions: they begin as then, or something was decided about them.

        Raises:
            UsageError: they are of another cassette.
        """
        known = {digest for digest, _ in self.kept}
        if not self.of or self.of == beginning_of(sessions) or any(one.digest in known for one in found):
            return
        if not any(_has_placeholder(record) for records in sessions for record in records):
            raise UsageError(
                f"{cassette / SETTINGS}: its decisions are of another cassette, which begins otherwise. Remove its "
                f"table [{REVIEW}], then review this one: {command_text('review', cassette)}"
            )

    def check_gone(self, cassette: Path, found: Iterable[Found]) -> None:
        """Check that what was decided to go is gone.

        Raises:
            UsageError: a value would stay.
        """
        left = {one.digest for one in found}
        stays = next((one.id for one in self.removed if one.digest in left), None)
        if stays is not None:
            raise UsageError(
                f"{stays}: stands elsewhere in {cassette}, too, where nothing around it tells it from other values. "
                "Nothing is written. Describe it by secret-env or secret-patterns in pyproject.toml, and redact again."
            )

    def added_to(self, user: UserRules) -> UserRules:
        """Return the rules of a user with those for what goes."""
        rules = [own_rule(KIND, pattern) for pattern in self.patterns]
        rules += [rule_of_key(name.lower()) for name in self.members]
        keys = user.keys | {name.lower() for name in self.members}
        return replace(user, rules=(*user.rules, *rules), keys=keys)


def beginning_of(sessions: Iterable[Iterable[Record]]) -> str:
    """Return the digest of the first prompt of each session, by which decisions are known to be of a cassette."""
    prompts = (
        next((turn.prompt for turn in turns_of(interactions_of(records, packs=True, keeps=False))), None)
        for records in sessions
    )
    return blake2b("\0".join(sorted(map(str, prompts))).encode(errors="replace"), digest_size=8).hexdigest()


def _has_placeholder(record: Record) -> bool:
    payload = getattr(record, "payload", None)
    return payload is not None and f"[[REDACTED:{KIND}:".encode() in payload.raw


def read_decisions(cassette: Path) -> Decisions:
    """Return what was decided about a cassette.

    Raises:
        UsageError: the file is malformed, or a pattern would remove everything, or could take too long.
    """
    path = cassette / SETTINGS
    try:
        with open_regular(path) as file:
            decisions = _decisions(read_toml(file).get(REVIEW, {}))
        decisions.added_to(UserRules())
    except (FileNotFoundError, NotADirectoryError):
        return Decisions()
    except (UsageError, OSError) as error:
        raise UsageError(f"{path}: {error}") from error
    return decisions


def write_decisions(cassette: Path, decisions: Decisions) -> None:
    """Write what was decided behind the settings of a cassette, which stay, comments included."""
    path = cassette / SETTINGS
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    begins = _HEAD.search(text)
    rest = text if begins is None else text[: begins.start()]
    Files().replace(path, f"{rest.rstrip()}\n\n{_text(decisions)}".lstrip().encode())
    path.chmod(0o644)


def _text(decisions: Decisions) -> str:
    lines = ["# What a person decided: codex-replay review", f"[{REVIEW}]", f"of = {_quoted(decisions.of)}"]
    for name in ("patterns", "members"):
        if values := getattr(decisions, name):
            lines += [f"{name} = [", *(f"    {_quoted(one)}," for one in values), "]"]
    for digest, places in decisions.kept:
        lines += [
            "",
            f"[[{REVIEW}.kept]]",
            f"digest = {_quoted(digest)}",
            f"places = [{', '.join(map(_quoted, places))}]",
        ]
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    """Return a text as TOML has it: JSON is a part of that, but for a few control characters."""
    return orjson.dumps(text.replace("\x7f", " ")).decode()


def _decisions(table: Any) -> Decisions:
    unknown = sorted(set(_mapping(table)) - {"of", "kept", "patterns", "members"})
    if unknown:
        raise UsageError(f"[{REVIEW}] {unknown[0]}: unknown; there are of, kept, patterns, members.")
    kept = table.get("kept", [])
    if not isinstance(kept, list) or not all(_is_kept(one) for one in kept):
        raise UsageError(f"[[{REVIEW}.kept]] is not a digest with places.")
    return Decisions(
        of=str(table.get("of", "")),
        kept=tuple((one["digest"], tuple(one["places"])) for one in kept),
        patterns=tuple(_checked(one) for one in _texts(table, "patterns")),
        members=_texts(table, "members"),
    )


def _mapping(table: Any) -> dict[str, Any]:
    if not isinstance(table, dict):
        raise UsageError(f"[{REVIEW}] is not a table.")
    return table


def _is_kept(one: Any) -> bool:
    return (
        isinstance(one, dict)
        and isinstance(one.get("digest"), str)
        and isinstance(one.get("places"), list)
        and all(isinstance(place, str) for place in one["places"])
    )


def _texts(table: dict[str, Any], name: str) -> tuple[str, ...]:
    values = table.get(name, [])
    if not isinstance(values, list) or not all(isinstance(one, str) and one for one in values):
        raise UsageError(f"[{REVIEW}] {name}: not a list of texts.")
    return tuple(values)


def _checked(pattern: str) -> str:
    rule = own_rule(KIND, pattern)
    if any(next(rule.find(probe), None) is not None for probe in _PROBES):
        raise UsageError(
            f"[{REVIEW}] patterns: {pattern!r} would remove nearly everything. Write more of what is around it."
        )
    return pattern


def _pattern_around(found: Found) -> str | None:
    """Return a pattern that finds the value by what is around it; None where too little is."""
    before, after = _last_words(found.before), found.after[:_CONTEXT_CHARS]
    words = _words_like(found.value)
    candidates = [f"{_escaped(before)}{words}"] if _says_enough(before) else []
    if _says_enough(after) and after[:1] in " \t\"'`<>(){}[],;|\\":
        candidates.append(f"{_escaped(before[-1:])}{words}{_escaped(after)}")
    text = plain(found.before + found.value + found.after)
    for pattern in candidates:
        rule = own_rule(KIND, pattern)
        is_safe = not any(next(rule.find(probe), None) for probe in _PROBES)
        if is_safe and any(_is_whole(one.secret, found.value) for one in rule.find(text)):
            return pattern
    return None


def _words_like(value: str) -> str:
    """Return the pattern of a value: of as many words as it has, which is all that it tells."""
    more = len(value.split()) - 1
    word = _WORD.replace("()", "") if "(" in value else _WORD
    return f"({word}+(?:[ \\t]{word}+){{{more}}})" if more else _VALUE


def _is_whole(secret: str, value: str) -> bool:
    """Return whether nothing of a value would stay but the end of a sentence."""
    return value in secret or (secret in value and " " not in value)


def _last_words(before: str) -> str:
    """Return the end of what stands before a value: behind the last quote or bracket, if that says enough."""
    words = _OPENING.split(before)[-1]
    words = words if _says_enough(words) else before
    cut = words[-_CONTEXT_CHARS:]
    return cut if len(cut) == len(words) or not _says_enough(cut.partition(" ")[2]) else cut.partition(" ")[2]


def _says_enough(context: str) -> bool:
    return sum(map(str.isalnum, _VOLATILE.sub("", context))) >= _MIN_WORD_CHARS


def _escaped(context: str) -> str:
    """Return a pattern for a text around a value: numbers, blanks and placeholders may be others."""
    pieces, at = [], 0
    for found in _VOLATILE.finditer(context):
        pieces.append(re.escape(context[at : found.start()]))
        pieces.append(_any_like(found[0]))
        at = found.end()
    return "".join((*pieces, re.escape(context[at:])))


def _any_like(text: str) -> str:
    if text[0] == "[":
        return r"\[\[REDACTED:[a-z_]{1,40}:\d{1,9}\]\]"
    return r"\d{1,20}" if text.isdigit() else r"[ \t]{1,8}"
