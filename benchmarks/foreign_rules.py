"""How many secrets of other people's formats are removed: examples made from the rules of a scanner.

    python benchmarks/foreign_rules.py GITLEAKS_TOML|kingfisher [--count N] [--seed N] [--show]

`kingfisher` means the rules of the scanner that the extra `scan` installs. GITLEAKS_TOML is the configuration of
gitleaks (MIT licence), `config/gitleaks.toml` in its repository, and part of its binary; or that binary itself.
Gitleaks checks its rules with secrets that it makes from regular expressions and puts
into lines of code and configuration (`cmd/generate/config/utils/generate.go`); so does this script, N times a rule.
What is known by its format alone is tried in prose, too. No issuer made these tokens; none is less mixed than the rule
asks for.
"""

import argparse
import math
import random
import re
import string
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

from pytest_codex_replay.redaction.redactor import Redactor

_PARSER = import_module("re._parser")
WORD = string.ascii_letters + string.digits + "_"
KINDS = {
    "CATEGORY_WORD": WORD,
    "CATEGORY_DIGIT": string.digits,
    "CATEGORY_SPACE": " ",
    "CATEGORY_NOT_SPACE": WORD,
    "CATEGORY_NOT_WORD": " ",
    "CATEGORY_NOT_DIGIT": string.ascii_letters,
}
MORE = 12
"""Limit of what is added to the smallest length of an unbounded repeat."""
LINES = (
    '{i}_api_token = "{s}"',
    "{i}Token={s}",
    "{i}Token = {s}",
    '{{\n    "{i}_token": "{s}"\n}}',
    '\\{{\n    \\"{i}_token\\": \\"{s}\\"\n\\}}',
    "<{i}Token>{s}</{i}Token>",
    "<{i}Token>\n    {s}\n</{i}Token>",
    "{i}_token: {s}",
    "{i}_token: '{s}'",
    "{i}_token: |\n  {s}",
    "{i}_token: >\n  {s}",
    'string {i}Token = "{s}";',
    'var {i}Token string = "{s}"',
    '{i}Token := "{s}"',
    "{i}Token := `{s}`",
    '${i}Token .= "{s}"',
    "{i}Token,{s},",
    '  "{i}Token" => "{s}"',
    '{i}_TOKEN ::= "{s}"',
    '{i}_TOKEN :::= "{s}"',
    '{i}_TOKEN ?= "{s}"',
    '{i}_TOKEN += "{s}"',
)
"""Where gitleaks puts a secret (GenerateSampleSecrets); those that differ in names alone are left out."""
PROSE = "the key is {s} and no other"
TRIES = 200
PIECE_CHARS = 12


class ForeignRule(NamedTuple):
    """A rule of another project."""

    name: str
    pattern: Any
    group: int
    entropy: float
    vendor: str
    """What the name of a variable begins with."""
    is_alone: bool
    """Whether the format alone identifies it, without the vendor's name."""


_ENTROPY = 2.5
"""Where a rule names none: a secret of one letter is none."""
_ALONE = r"\b("
"""How a rule begins that asks for nothing before the secret."""


def rules_in(raw: bytes) -> Iterator[ForeignRule]:
    """Yield the rules of gitleaks' configuration, wherever in `raw` it is, that look at content."""
    begin = raw.index(b'title = "')
    text = raw[begin : raw.rindex(b"[[rules]]")].decode(errors="replace")
    end = raw.find(b"\0", raw.rindex(b"[[rules]]"))
    text = raw[begin : end if end > 0 else len(raw)].decode(errors="replace")
    for rule in _tables(text):
        if "regex" in rule:
            pattern = _PARSER.parse(_in_python(rule["regex"]))
            groups = pattern.state.groups - 1
            yield ForeignRule(
                name=rule["id"],
                pattern=pattern,
                group=rule.get("secretGroup", min(groups, 1)),
                entropy=rule.get("entropy", 0),
                vendor=re.split("[^a-z]", rule["id"])[0],
                is_alone=re.sub(r"^\(\?i\)", "", rule["regex"]).startswith(_ALONE) or not groups,
            )


def rules_of_kingfisher() -> Iterator[ForeignRule]:
    """Yield the rules of Kingfisher, whose SDK is installed."""
    rules = import_module("kingfisher_sdk").Rules(confidence="low")
    for one in sorted(rules.metadata(), key=lambda rule: rule["id"]):
        rule = rules.detail(one["id"])
        try:
            pattern = _PARSER.parse(_in_python(_without_comments(rule["pattern"])))
        except re.error as error:
            print(f"{one['id']}: not read: {error}")
            continue
        groups = pattern.state.groups - 1
        yield ForeignRule(
            name=one["id"],
            pattern=pattern,
            group=rule.get("betterleaks_secret_group") or min(groups, 1),
            entropy=rule["min_entropy"] or _ENTROPY,
            vendor=re.split("[^a-z0-9]", one["id"].partition(".")[2])[0],
            is_alone=re.sub(r"^\(\?i\)", "", rule["pattern"]).startswith(_ALONE) or not groups,
        )


def _without_comments(pattern: str) -> str:
    """Return a pattern whose blanks and comments say nothing, without them."""
    return re.sub(r"(?<!\\)\s+|(?<![\\\[])#[^\n]*", "", pattern[4:]) if pattern.startswith("(?x)") else pattern


def _tables(text: str) -> list[dict[str, Any]]:
    while True:  # a binary goes on behind its configuration
        try:
            return tomllib.loads(text)["rules"]
        except tomllib.TOMLDecodeError:
            text = text[: text.rindex("\n")]


def _in_python(pattern: str) -> str:
    """Return a regular expression of Go's as Python has it: `(?i)` holds for what is left of its group."""
    pattern = pattern.replace(r"\z", r"\Z").replace("[[:alnum:]]", "[A-Za-z0-9]")
    while (at := pattern.find("(?i)", 1)) > 0:
        depth, end = 0, at + 4
        while end < len(pattern) and depth >= 0:
            depth += {"(": 1, ")": -1}.get(pattern[end], 0) if pattern[end - 1] != "\\" else 0
            end += depth >= 0
        pattern = f"{pattern[:at]}(?i:{pattern[at + 4 : end]}){pattern[end:]}"
    return pattern


class Maker:
    """Makes texts that a parsed pattern matches."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._groups: dict[int, str] = {}

    def make(self, rule: ForeignRule) -> str | None:
        """Return a secret; None when none was mixed enough."""
        for _ in range(TRIES):
            self._groups = {}
            text = self._parts(rule.pattern)
            secret = self._groups.get(rule.group, "") if rule.group else text
            if len(secret) > 1 and entropy_of(secret) > rule.entropy:
                return secret
        return None

    def _parts(self, parts: Iterable[Any]) -> str:
        return "".join(self._part(str(operation), argument) for operation, argument in parts)

    def _part(self, operation: str, argument: Any) -> str:
        if operation == "LITERAL":
            return chr(argument)
        if operation in {"IN", "NOT_LITERAL"}:
            members = argument if operation == "IN" else [("NEGATE", None), ("LITERAL", argument)]
            return self._random.choice(_letters(members))
        if operation == "BRANCH":
            return self._parts(self._random.choice(argument[1]))
        if operation == "SUBPATTERN":
            number, _, _, inner = argument
            text = self._parts(inner)
            if number is not None:
                self._groups[number] = text
            return text
        if operation in {"MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"}:
            low, high, inner = argument
            high = low if operation == "MIN_REPEAT" else min(int(high), low + MORE)
            return "".join(self._parts(inner) for _ in range(self._random.randint(low, high)))
        return "." if operation == "ANY" else ""  # mostly a dot that was left unescaped; else a border


def _letters(members: Iterable[Any]) -> str:
    found: set[str] = set()
    is_negated = False
    for operation, argument in members:
        if str(operation) == "NEGATE":
            is_negated = True
        elif str(operation) == "LITERAL":
            found.add(chr(argument))
        elif str(operation) == "RANGE":
            found.update(map(chr, range(argument[0], min(argument[1], 126) + 1)))
        else:
            found.update(KINDS[str(argument)])
    return "".join(sorted(set(WORD) - found if is_negated else found)) or " "


def entropy_of(text: str) -> float:
    """Return the bits per character, as gitleaks counts them."""
    return -sum(count / len(text) * math.log2(count / len(text)) for count in Counter(text).values())


def is_left(secret: str, text: str) -> bool:
    """Return whether twelve successive characters of a secret, or all of a shorter one, are in a text."""
    size = min(PIECE_CHARS, len(secret))
    return any(secret[at : at + size] in text for at in range(len(secret) - size + 1))


def lines_with(rule: ForeignRule, secret: str) -> Iterator[str]:
    """Yield texts that hold a secret."""
    yield from (line.format(i=rule.vendor, s=secret) for line in LINES)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("config", type=Path)
    parser.add_argument("--count", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--show", action="store_true", help="print a text of which something was left, for each rule")
    arguments = parser.parse_args()
    maker = Maker(arguments.seed)
    totals: dict[str, list[int]] = {"in lines": [0, 0, 0, 0], "in prose": [0, 0, 0, 0]}
    is_kingfisher = str(arguments.config) == "kingfisher"
    for rule in rules_of_kingfisher() if is_kingfisher else rules_in(arguments.config.read_bytes()):
        secrets = [one for _ in range(arguments.count) if (one := maker.make(rule))]
        texts = {"in lines": [(one, text) for one in secrets for text in lines_with(rule, one)]}
        if rule.is_alone:
            texts["in prose"] = [(one, PROSE.format(s=one)) for one in secrets]
        for name, cases in texts.items() if secrets else ():
            left = [text for secret, text in cases if is_left(secret, Redactor().text(text))]
            for index, count in enumerate((len(cases), len(cases) - len(left), 1, not left)):
                totals[name][index] += count
            if left:
                print(f"{rule.name}, {name}: {len(left)} of {len(cases)} left")
                if arguments.show:
                    print(f"    {left[0]!r}")
    for name, (cases, removed, rules, whole) in totals.items():
        print(
            f"{name}: {removed} of {cases} removed ({100 * removed / cases:.1f} %); of {rules} rules, {whole} in full"
        )


if __name__ == "__main__":
    main()
