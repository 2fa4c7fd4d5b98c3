"""What must not be in any tracked file."""

import re
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

# Each pattern is written so that it does not match itself.
MACHINE_PATHS = {
    "a home directory": r"(?<![\w./-])/(?:home|Users)/(?!(?:user|runner|you|me|alice|bob|dev)\b)\w[\w.-]*/",
    "root's home": r"(?<![\w./-])/root/\.\w",
    "a build machine": r"(?<![\w./-])/(?:work|builds|mnt)/\w",
    "a Windows profile": r"(?i)\b[a-z]:\\+users\\+(?!user\b)\w",
}
REGISTRIES = {"a package registry": r"pypi\.org|pythonhosted\.org|npmjs\.(?:org|com)|deb\.debian\.|archive\.ubuntu\."}
CREDENTIALS = {
    "an OpenAI key": r"\bsk-(?:proj|svcacct|admin|None)?-?[A-Za-z0-9_-]{20,}",
    "a GitHub token": r"\bgh[pousr]_[A-Za-z0-9]{36}|\bgithub_pat_\w{22,}",
    "an AWS key": r"\bA(?:KI|SI)A[A-Z2-7]{16}\b",
    "a JWT": r"\beyJ[A-Za-z0-9_-]{20,}\.eyJ[A-Za-z0-9_-]+",
    "a private key": r"-----BEGIN [A-Z ]*PRIVATE KEY",
    "a bearer token": r"(?i)\bbearer [a-z0-9._~+/-]{32,}",
}
NOTES = {"a note to oneself": r"\b(?:TO" + r"DO|FIX" + r"ME|XX" + r"X)\b"}
SLEEPS = {"a sleep": r"\btime\.sleep" + r"\("}
WORDS = {
    "fix, repair": r"(?i)\bmen[d](?:s|ed|ing)?\b",
    "anyone, a user": r"(?i)\b(?:whoeve[r]|somebod[y])\b",
    "match level, match kind": r"(?i)\brun[g]s?\b",
    "background request": r"(?i)\bside[ -]cal[l]s?\b",
    "close frame, abrupt close": r"(?i)farewel[l]",
    "volatile, nondeterministic, at random": r"(?i)\b(?:by|is|of|as) chanc[e]\b|_chanc[e]\b|\bof a min[d]\b",
    "characters": r"(?i)\bmore letter[s]\b|\b\w+ letter[s] (?:in a row|of a)\b",
    "not found, unknown, not a": r"(?i)\bis no (?:progra[m]|regula[r]|lis[t]|tabl[e]|director[y])\b",
    "accept": r"(?i)\b(?:what|if it) is non[e]\b|\bnobody le[t] pass\b",
    "unknown fault, unknown speed": r"\bno (?:faul[t]|spee[d]): ",
    "unused": r"(?i)\bnobody (?:has )?asked fo[r]\b|\b\d not asked fo[r]\b",
    "at most": r"(?i)\bso many of al[l]\b|\bin so many word[s]\b",
    "problems": r"\bof them damag[e]\b",
    "matches": r"(?i)\bit fit[s] on\b|\bfit[s] (?:no|the) (?:recording|request)\b",
    "is reported, is logged": r"(?i)\b(?:is|are) sai[d]\b",
    "encoding, decode": r"(?i)\bcoding[s]\b|\btak(?:es?|en) of[f]\b",
}
"""What to say -> the words that are not used for it."""
TOP_LEVEL = {
    *(".ci", ".gitattributes", ".github", ".gitignore", ".pre-commit-hooks.yaml", "CHANGELOG.md", "CODE_OF_CONDUCT.md"),
    *("CONTRIBUTING.md", "LICENSE", "Makefile", "README.md", "SECURITY.md", "action.yml", "addon", "benchmarks"),
    *("cassettes", "docs", "examples", "jsconfig.json", "mkdocs.yml", "pyproject.toml", "pytest_codex_replay", "tests"),
}
SPOKEN = ("*.py", "*.md", "*.toml", "Makefile", "docs/*.json")
"""Files that people read; recordings are not among them."""


def tracked_texts(*patterns: str) -> Iterator[tuple[str, str]]:
    """Yield name and text of each tracked file; what is not UTF-8 is left out."""
    listing = subprocess.run(
        ["git", "-C", ROOT, "ls-files", "-z", "--", *patterns], capture_output=True, text=True, check=True
    )
    for name in filter(None, listing.stdout.split("\0")):
        path = ROOT / name
        if path.is_file():  # not deleted since
            try:
                yield name, path.read_text(encoding="utf-8")
            except UnicodeDecodeError:
                continue


def finds(rules: dict[str, str], texts: Iterable[tuple[str, str]]) -> list[str]:
    """Return `file:line: kind` for each match."""
    return [
        f"{name}:{text.count(chr(10), 0, match.start()) + 1}: {kind}"
        for name, text in texts
        for kind, pattern in rules.items()
        for match in re.finditer(pattern, text)
    ]


@pytest.mark.parametrize("rules", [MACHINE_PATHS, REGISTRIES, CREDENTIALS, NOTES], ids=lambda rules: next(iter(rules)))
def test_tracked_files_are_free_of(rules: dict[str, str]) -> None:
    """What is published names no machine, no registry, no secret, and leaves nothing for later."""
    found = finds(rules, tracked_texts())

    assert found == []


def test_the_top_level_is_known() -> None:
    """A file that someone left there by mistake is seen."""
    listing = subprocess.run(["git", "-C", ROOT, "ls-files", "-z"], capture_output=True, text=True, check=True)

    assert {name.partition("/")[0] for name in filter(None, listing.stdout.split("\0"))} == TOP_LEVEL


def test_no_test_sleeps() -> None:
    """A test waits for an event, never for a time."""
    found = finds(SLEEPS, tracked_texts("tests/*.py", "examples/*.py"))

    assert found == []


@pytest.mark.parametrize("say", WORDS)
def test_one_word_for_each_thing(say: str) -> None:
    """A term has the name that the field uses; each hit is listed as `file:line: what to say instead`."""
    found = finds({say: WORDS[say]}, tracked_texts(*SPOKEN))

    assert found == []


@pytest.mark.parametrize(
    ("rules", "text"),
    [
        (MACHINE_PATHS, "cwd=/home/" + "jane/project"),
        (MACHINE_PATHS, '"/root/' + '.codex"'),
        (MACHINE_PATHS, " /work" + "/main"),
        (MACHINE_PATHS, r"C:\\Users" + r"\\jane"),
        (REGISTRIES, "https://pypi" + ".org/simple"),
        (REGISTRIES, "https://registry." + "npmjs" + ".org/x"),
        (CREDENTIALS, "sk-" + "proj-" + "a1" * 12),
        (CREDENTIALS, "ghp_" + "a1" * 18),
        (CREDENTIALS, "AKIA" + "A2" * 8),
        (CREDENTIALS, "eyJ" + "a1" * 12 + ".eyJ" + "b2" * 4),
        (CREDENTIALS, "-----BEGIN RSA PRIVATE" + " KEY-----"),
        (CREDENTIALS, "Authorization: Bearer " + "a1" * 20),
        (NOTES, "# TO" + "DO: later"),
        (SLEEPS, "    time.sleep" + "(1)"),
        (WORDS, "until it is men" + "ded, name the secret"),
        (WORDS, "names come from who" + "ever made the traffic"),
        (WORDS, "some" + "body's home"),
        (WORDS, "matches on the run" + "g drifted"),
        (WORDS, "side" + " calls are answered by role"),
        (WORDS, "_FARE" + "WELLS = (SIGTERM,)"),
        (WORDS, "Codex draws them by cha" + "nce"),
        (WORDS, "28 more lett" + "ers: --full"),
        (WORDS, "twelve lett" + "ers of a secret"),
        (WORDS, "'codex' is no prog" + "ram"),
        (WORDS, "What is no" + "ne passes by --allow"),
        (WORDS, "no fau" + "lt: 'flood'"),
        (WORDS, "0 not asked " + "for."),
        (WORDS, "So many of a" + "ll: names come from"),
        (WORDS, "0 findings, 0 of them dam" + "age"),
        (WORDS, "it fi" + "ts on the level"),
        (WORDS, "what cannot be read is sa" + "id."),
        (WORDS, "escapes are tak" + "en off"),
    ],
)
def test_each_pattern_finds(rules: dict[str, str], text: str) -> None:
    """A pattern that matches nothing would pass for ever."""
    found = finds(rules, [("file", "first line\n" + text)])

    assert [place.split(": ")[0] for place in found] == ["file:2"]


@pytest.mark.parametrize("text", ["/home/user/project", "docs/work" + "/main", "/root/greeter", "sk-1", "Bearer dummy"])
def test_made_up_values_are_fine(text: str) -> None:
    """Examples may name a user, agents have paths of their own, and a fake credential is short."""
    found = finds(MACHINE_PATHS | CREDENTIALS, [("file", text)])

    assert found == []
