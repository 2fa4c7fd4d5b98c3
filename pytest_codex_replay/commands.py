"""Commands that a message suggests."""

import shlex
from pathlib import Path


def command_text(*words: str | Path) -> str:
    """Return a call of `codex-replay` as it is typed in a shell: a name may have blanks, quotes or a dash in front."""
    return shlex.join(["codex-replay", *map(_word, words)])


def _word(word: str | Path) -> str:
    return f"./{word}" if isinstance(word, Path) and str(word).startswith("-") else str(word)
