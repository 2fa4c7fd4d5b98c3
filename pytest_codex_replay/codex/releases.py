"""Releases of Codex that replay each other's recordings: docs/compatibility.md in short. No I/O."""

import re

NORMAL = ((0, 162, 0), (0, 171, 0))
"""The oldest and the newest release that replay each other under *normal*."""
LOOSE = (0, 159, 2)
"""The oldest release that was tried; those from it on need *loose*."""
_NUMBER = re.compile(r"\b(\d+)\.(\d+)\.(\d+)\b")


def release_in(text: str) -> tuple[int, int, int] | None:
    """Return the release that `codex --version` prints; None: it has another form."""
    found = _NUMBER.search(text)
    return (int(found[1]), int(found[2]), int(found[3])) if found else None


def support_of(release: tuple[int, int, int] | None) -> tuple[bool, str]:
    """Return whether a release replays under *normal*, and what is known of it."""
    oldest, newest = (".".join(map(str, one)) for one in NORMAL)
    if release is None:
        return False, f"unknown release; {oldest} to {newest} are tested"
    if release > NORMAL[1]:
        return False, f"newer than the tested releases ({oldest} to {newest}); if its tools differ, replay with loose"
    if release >= NORMAL[0]:
        return True, f"supported ({oldest} to {newest} replay each other)"
    if release >= LOOSE:
        return False, f"has other tools than {oldest} to {newest}: replays their recordings only with loose"
    return False, f"older than all tested releases ({oldest} to {newest})"
