"""Counts with their nouns."""


def count_text(count: int, noun: str) -> str:
    """Return `1 turn`, `2 turns`, `1,204 events`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
