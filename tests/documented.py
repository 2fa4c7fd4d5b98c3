"""What the pages of docs/ show below a command: a test that runs such a command compares it with what is printed."""

import re
from collections.abc import Iterator
from pathlib import Path

DOCS = Path(__file__).parents[1] / "docs"
_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_VALUES = (
    (r'"[^"]*"', "TEXT"),
    (r"\([^()]*\)", "(REASON)"),
    (r"\S+\.py::\w+", "TEST"),
    (r"\S*/[^\s:]*", "PATH"),
    (r"\d[\d,]*", "N"),
)


def outputs_of(page: str) -> Iterator[tuple[str, list[str]]]:
    """Yield each command of a page that has an output below it, and the lines of that."""
    blocks = [text for kind, text in _BLOCK.findall((DOCS / page).read_text("utf-8")) if kind in {"console", ""}]
    for block in blocks:
        for typed in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, *lines = typed.replace("\\\n", "").rstrip("\n").split("\n")
            if any(lines):
                yield command.partition("  #")[0].strip(), lines


def documented(page: str, command: str) -> list[str]:
    """Return the lines that a page shows below a command; `…` stands for what is left out."""
    return [line for line in dict(outputs_of(page))[command] if line != "…"]


def shape(text: str) -> str:
    """Return a text without what is another in each project: names, numbers, paths, values."""
    for pattern, word in _VALUES:
        text = re.sub(pattern, word, text)
    return text
