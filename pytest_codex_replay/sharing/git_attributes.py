"""What git must know of cassettes: lines of two recordings make a third that never was."""

from pathlib import Path

ATTRIBUTES = "-text merge=binary"
"""Bytes stay as they are, and of two versions one is taken whole; `git diff` still shows lines."""


def attributes_advice(cassette: Path) -> str | None:
    """Return what to put into `.gitattributes`; None outside a git repository, and where it says how to merge."""
    cassette = cassette.absolute()
    folders = list(cassette.parents)
    root = next((folder for folder in folders if (folder / ".git").exists()), None)
    if root is None:
        return None
    inside = folders[: folders.index(root) + 1]
    files = [folder / ".gitattributes" for folder in inside]
    if any("merge=" in path.read_text(encoding="utf-8", errors="replace") for path in files if path.is_file()):
        return None
    folder = cassette if cassette.parent == root else cassette.parent
    line = f"{folder.relative_to(root).as_posix()}/** {ATTRIBUTES}"
    return f"So that git never merges two recordings into one, add to {root / '.gitattributes'}:\n  {line}"
