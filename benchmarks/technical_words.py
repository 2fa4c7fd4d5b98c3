"""The words that programs and their manuals use, as data of the rules.

    python benchmarks/technical_words.py [--write] GROUP=DIRECTORY...

A GROUP is `py`, `js`, `md` or `man`: which files of DIRECTORY are read, at any depth. The words in 15 of 1,000 files
of a group, or more, are those of programs: a value of such words alone is a name in code, and no password of a person.
Prints how many there are; with `--write`, writes `redaction/data/technical.toml`. Words are facts.
"""

import argparse
import gzip
import random
import re
import textwrap
from collections import Counter
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

ENDINGS = {
    "py": (".py",),
    "js": (".js",),
    "md": (".md", ".txt", "README"),
    "man": (".1.gz", ".5.gz", ".7.gz", ".8.gz"),
}
FILES, FILE_CHARS, SHARE = 1500, 200_000, 0.015
WORD, WORD_CHARS = re.compile("[A-Z]?[a-z]+|[A-Z]+(?![a-z])"), range(2, 17)
TARGET = Path(str(files("pytest_codex_replay.redaction"))) / "data" / "technical.toml"
HEAD = """# Words that programs and their manuals use. Made by `benchmarks/technical_words.py`.
#
# Source: in each group of texts (the standard library of Python 3.11, the sources and the READMEs of npm 10, the manual
# pages and documents of Debian 12) the words in 15 of 1,000 files, or more. Words are facts.

technical_words = \"\"\"
"""


def texts(group: str, directory: Path) -> Iterator[str]:
    """Yield the texts of a group, at most as many as are enough to count, picked at random."""
    found = sorted(path for path in directory.rglob("*") if path.name.endswith(ENDINGS[group]) and path.is_file())
    random.seed(3)
    random.shuffle(found)
    for path in found[:FILES]:
        raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        yield raw.decode(errors="replace")[:FILE_CHARS]


def words_in(group: str, directory: Path) -> set[str]:
    """Return the words that many files of a group have."""
    counts: Counter[str] = Counter()
    total = 0
    for text in texts(group, directory):
        total += 1
        counts.update({word.lower() for word in WORD.findall(text) if len(word) in WORD_CHARS})
    return {word for word, count in counts.items() if count >= SHARE * total}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("group", nargs="+", metavar="GROUP=DIRECTORY")
    parser.add_argument("--write", action="store_true", help="write the data of the rules")
    options = parser.parse_args()
    found: set[str] = set()
    for each in options.group:
        group, _, directory = each.partition("=")
        found |= words_in(group, Path(directory))
    print(f"{len(found)} words")
    if options.write:
        lines = textwrap.wrap(" ".join(sorted(found)), 118)
        TARGET.write_text(HEAD + "\n".join(lines) + '\n"""\n', encoding="utf-8")


if __name__ == "__main__":
    main()
