"""The functions that a row of data may name."""

import re
from pathlib import Path

import pytest_codex_replay
from pytest_codex_replay.redaction.places.row_checks import CHECKS


def test_each_is_named_by_what_it_tells() -> None:
    """A row says `is_secret = "is_random"`; helpers of a module are no checks."""
    assert {"is_random", "is_placed", "is_beside_login"} <= CHECKS.keys()
    assert all(name.startswith("is_") and callable(check) for name, check in CHECKS.items())


def test_each_is_used() -> None:
    """One that neither a row nor other code names goes."""
    package = Path(pytest_codex_replay.__file__).parent
    rows = "".join(path.read_text(encoding="utf-8") for path in package.glob("redaction/data/*.toml"))
    code = "".join(path.read_text(encoding="utf-8") for path in package.rglob("*.py"))
    called = {*re.findall(r"(?<!def )\b(is_\w+)\(", code), *re.findall(r"(?:map|filter)\((is_\w+),", code)}

    assert [name for name in CHECKS if f'"{name}"' not in rows and name not in called] == []
