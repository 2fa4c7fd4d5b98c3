"""The exit code of a command, as Codex reports it to the model. No I/O.

Sources: codex-rs/core/src/tools/context.rs and code_mode; seen with Codex 0.169.
"""

import re
from typing import Any

import orjson

_HEADER = re.compile(r"^(?:Process exited with code|Exit code:) (-?\d+)$", re.MULTILINE)
"""Stands in front of the output of a command."""
_OUTPUT = re.compile(r"^Output:\n", re.MULTILINE)
"""Where the output itself begins."""


def exit_code_of(output: str) -> int | None:
    """Return the exit code that a tool's output reports; None when it reports none: a tool may run no command."""
    begins = _OUTPUT.search(output)
    found = _HEADER.search(output, 0, begins.start()) if begins else None
    if found is not None:
        return int(found[1])
    return _code_in(_json(output[begins.end() :] if begins else output))


def _code_in(value: Any) -> int | None:
    """Look where code mode has it, and where older releases had it: `{"output": …, "metadata": {"exit_code": 0}}`."""
    if not isinstance(value, dict):
        return None
    found = value.get("exit_code")
    if isinstance(found, int):
        return found
    return _code_in(value.get("metadata"))


def _json(text: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
