"""TOML that may come from anyone. No I/O."""

import tomllib
from typing import Any, BinaryIO

from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.limits import TOML_BYTES, TOML_WORK


def read_toml(file: BinaryIO) -> dict[str, Any]:
    """Return the table of a TOML file.

    Raises:
        UsageError: it is not TOML, or takes too much to read.
    """
    raw = file.read(TOML_BYTES + 1)
    if len(raw) > TOML_BYTES:
        raise UsageError(f"longer than {TOML_BYTES:,} bytes")
    dots = [line.count(b".") for line in raw.splitlines()] or [0]
    if max(dots) * sum(dots) > TOML_WORK:
        raise UsageError(f"a line has {max(dots):,} dots, which takes too much to read")
    try:
        return tomllib.loads(raw.decode())
    except RecursionError as error:
        raise UsageError("nested too deeply") from error
    except ValueError as error:  # that of TOML, of UTF-8, and of a number that is too long
        raise UsageError(f"not valid TOML: {error}; correct it, or remove the file") from error
