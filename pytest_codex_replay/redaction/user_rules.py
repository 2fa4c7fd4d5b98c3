"""A user's own rules: patterns, values and names of members, checked when they are loaded. No I/O."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Any

from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.redaction.known import MIN_SECRET_CHARS, KnownValues
from pytest_codex_replay.redaction.markers import Places
from pytest_codex_replay.redaction.rule import Rule, Span
from pytest_codex_replay.wire.linear_pattern import linear_pattern

_OPTIONS = ("secret-patterns", "secret-env", "secret-keys", "allow", "identity")
IDENTITIES = ("usual", "strict")
"""What identifies: names, places, addresses and ids of Codex; with the second also what `data/identity.toml` lists."""
_KIND = re.compile(r"[a-z][a-z_]{0,40}")
_OTHER_KINDS = frozenset({"encoded", "header", "identity", "known"})
"""Kinds of findings that do not come from a rule."""
_SURROGATE = re.compile("[\ud800-\udfff]")
"""Half a surrogate pair, from JSON, which RE2 does not read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UserRules:
    """The settings of a project in `[tool.codex-replay]`."""

    rules: tuple[Rule, ...] = ()
    values: tuple[str, ...] = ()
    """Known secrets, from the environment."""
    variables: tuple[str, ...] = ()
    """Names of the variables that hold them, for a process that inherits the environment."""
    unusable: tuple[str, ...] = ()
    """Variables without a usable secret, each with the reason."""
    keys: frozenset[str] = frozenset()
    """Names of JSON members whose values are secrets, in lower case; within a text, a rule finds them."""
    allow: tuple[str, ...] = ()
    """Accepted findings of the scan."""

    def known(self) -> KnownValues:
        """Return what finds the known secrets."""
        known = KnownValues()
        for value in self.values:
            known.learn(value, "")
        return known


def with_identity(user: UserRules, identity: str | None) -> UserRules:
    """Return the rules of a user with another choice of what identifies; None: their own."""
    if identity is None:
        return user
    from pytest_codex_replay.redaction.rules import STRICT_IDENTITY  # noqa: PLC0415  heavy

    own = tuple(rule for rule in user.rules if rule not in STRICT_IDENTITY)
    return replace(user, rules=(*own, *(STRICT_IDENTITY if identity == "strict" else ())))


def parse_user_rules(table: Mapping[str, Any], environ: Mapping[str, str]) -> UserRules:
    """Read `[tool.codex-replay]` of a pyproject.toml.

    Args:
        table: the table.
        environ: the environment variables, for secrets by name.

    Raises:
        UsageError: an option or an allowed kind is unknown, or a value or a pattern is wrong.
    """
    if not isinstance(table, Mapping):
        raise UsageError("[tool.codex-replay] is not a table.")
    unknown = [name for name in table if name not in _OPTIONS]
    if unknown:
        raise UsageError(f"[tool.codex-replay] {unknown[0]}: unknown option. Known are {', '.join(_OPTIONS)}.")
    held = {name: environ.get(name) for name in _texts(table, "secret-env")}
    unusable = {name: why for name, value in held.items() if (why := _why_unusable(value))}
    variables = tuple(name for name in held if name not in unusable)
    keys = frozenset(name.lower() for name in _texts(table, "secret-keys"))
    rules = (*(_rule(entry) for entry in _list(table, "secret-patterns")), *map(rule_of_key, sorted(keys)))
    if (identity := table.get("identity", IDENTITIES[0])) not in IDENTITIES:
        raise UsageError(f"[tool.codex-replay] identity: {identity!r} is neither {' nor '.join(IDENTITIES)}.")
    rules = with_identity(UserRules(rules=rules), identity if identity == "strict" else None).rules
    allow = _texts(table, "allow")
    try:
        check_kinds(allow, rules)
    except UsageError as error:
        raise UsageError(f"[tool.codex-replay] allow: {error}.") from error
    return UserRules(
        rules=rules,
        values=tuple(str(held[name]) for name in variables),
        variables=variables,
        unusable=tuple(f"{name} {why}" for name, why in unusable.items()),
        keys=keys,
        allow=allow,
    )


def check_kinds(allow: Collection[str], rules: Iterable[Rule]) -> None:
    """Check that our rules, a user's own or an independent scanner have the kinds in `allow`.

    Raises:
        UsageError: a kind is unknown.
    """
    if not allow:
        return
    from pytest_codex_replay.redaction.rules import RULES  # noqa: PLC0415  heavy

    known = sorted({*_OTHER_KINDS, *(rule.kind for rule in (*RULES, *rules))})
    for one in allow:
        kind, _, number = one.partition(":")
        if kind not in known and "." not in kind:  # those of the independent scanner have dots
            nearest = get_close_matches(kind, known, n=1, cutoff=0)
            raise UsageError(f"{kind}: unknown kind; the nearest is {nearest[0]}")
        if number and not number.isdecimal():
            raise UsageError(f"{one}: {number!r} is not a number; write e.g. {kind}:1")


def _why_unusable(value: str | None) -> str | None:
    if value is None:
        return "is not set"
    if not value.strip():
        return "is blank"
    return f"is shorter than {MIN_SECRET_CHARS} characters" if len(value.strip()) < MIN_SECRET_CHARS else None


def rule_of_key(key: str) -> Rule:
    """Return the rule for a member of JSON, or of similar code, within a text."""
    value = r"\"((?:[^\"\\\n]|\\.){1,8192}+)\"|'((?:[^'\\\n]|\\.){1,8192}+)'"
    pattern = re.compile(rf"[\"']{re.escape(key)}[\"']\s{{0,8}}[:=]\s{{0,8}}(?:{value})", re.IGNORECASE)
    return Rule(kind="secret", markers=(key,), pattern=pattern, is_token=False, reads_escapes=True)


def _list(table: Mapping[str, Any], option: str) -> list[Any]:
    value = table.get(option, [])
    if not isinstance(value, list):
        raise UsageError(f"[tool.codex-replay] {option}: not a list.")
    return value


def _texts(table: Mapping[str, Any], option: str) -> tuple[str, ...]:
    value = _list(table, option)
    if not all(isinstance(member, str) and member for member in value):
        raise UsageError(f"[tool.codex-replay] {option}: not a list of strings.")
    return tuple(value)


def _rule(entry: Any) -> Rule:
    where = "[tool.codex-replay] secret-patterns"
    if not isinstance(entry, dict) or not {"kind", "pattern"} == set(entry):
        raise UsageError(f'{where}: each is {{ kind = "acme_key", pattern = "acme-[0-9a-f]{{32}}" }}, not {entry!r}.')
    kind, pattern = entry["kind"], entry["pattern"]
    if not isinstance(kind, str) or not _KIND.fullmatch(kind):
        raise UsageError(f"{where}: kind {kind!r} has other characters than a to z and underscores.")
    return own_rule(kind, pattern, where=where)


_PARTS_CHARS = (64 * 1024, 4096)
"""Of a text with many matches: it is searched part by part."""
_WHOLE_CHARS = 64 * 1024
"""Of a match behind the end of its part."""
_MAX_STEPS = 64_000_000
"""Matches in a part, times its length: each match may be known only at the end of the part, as that of `(?:a.*z|a)`."""


class OwnRule(Rule):
    """A rule by a pattern that a user wrote. Its engine, RE2, takes a time linear in the text, whatever the pattern.

    That is so for one match. For all of them it would be quadratic, so a text that has many is searched in parts.
    """

    __slots__ = ()

    def literals(self) -> tuple[str, ...]:
        """Return nothing: it is searched in every text."""
        return ()

    def searched_anchors(self) -> tuple[str, ...]:
        """Return nothing, likewise."""
        return ()

    def find(self, text: str, lowered: str | None = None, places: Places | None = None) -> Iterator[Span]:  # noqa: ARG002
        """Yield its findings."""
        text = _SURROGATE.sub("\ufffd", text)
        at, parts_end = 0, [len(text)]
        while at < len(text):
            while len(parts_end) > 1 and at >= parts_end[-1]:
                parts_end.pop()
            size = (len(text), *_PARTS_CHARS)[len(parts_end) - 1]
            begin, end = max(0, at - 1), at + size
            sure = end if end >= len(text) else at + size // 2
            for count, match in enumerate(self.pattern.finditer(text[begin:end], at - begin), 1):
                if begin + match.start() >= sure:
                    at = max(at, sure)  # the next part has it whole
                    break
                if begin + match.end() == end < len(text):  # it may go on behind the part
                    longer = text[begin : end + _WHOLE_CHARS]
                    match = self.pattern.match(longer, match.start()) or match  # noqa: PLW2901
                yield from (one._replace(start=begin + one.start, end=begin + one.end) for one in self._found(match))
                at = max(at, begin + match.end())
                if count * size > _MAX_STEPS and len(parts_end) <= len(_PARTS_CHARS):
                    parts_end.append(at + size)
                    break
            else:
                at = max(at, sure)


def own_rule(kind: str, pattern: Any, *, where: str = "pattern") -> Rule:
    """Return a rule by a pattern that a user wrote; errors begin with `where` it stands.

    Raises:
        UsageError: the pattern is not valid, matches the empty text, or cannot be searched in linear time.
    """
    try:
        compiled = linear_pattern(pattern)
    except ValueError as error:
        raise UsageError(
            f"{where}: {pattern!r} is not a pattern of RE2: {error}. It has no look-around, no back references and no "
            "possessive repeats (`++`)."
        ) from error
    if compiled.match(""):
        raise UsageError(f"{where}: {pattern!r} matches the empty text, so it would match everywhere.")
    return OwnRule(kind=kind, markers=("",), pattern=compiled, reads_escapes=True)
