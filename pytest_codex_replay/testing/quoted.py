"""What a failure quotes of a recording: in an assertion, or in the error of a client. Imported when a test fails."""

import re
from typing import Any

import pytest

from pytest_codex_replay.visible import visible

_COLOUR = re.compile(r"(\x1b\[[0-9;]*m)")
"""Of a difference that pytest shows at a terminal."""


def make_visible(report: pytest.TestReport, *, has_colours: bool) -> None:
    """Make the text of a failure fit to be shown at a terminal, in a log or in JUnit's XML."""
    longrepr: Any = report.longrepr
    if isinstance(longrepr, str):
        report.longrepr = _shown(longrepr, has_colours=has_colours)
        return
    for traceback, crash, _ in getattr(longrepr, "chain", ()):
        for entry in traceback.reprentries:
            entry.lines[:] = [_shown(line, has_colours=has_colours) for line in entry.lines]
        for one in (crash, getattr(longrepr, "reprcrash", None)):
            if one is not None:
                one.message = _shown(one.message, has_colours=has_colours)


def _shown(text: str, *, has_colours: bool) -> str:
    if not has_colours:
        return visible(text)
    return "".join(part if _COLOUR.fullmatch(part) else visible(part) for part in _COLOUR.split(text))
