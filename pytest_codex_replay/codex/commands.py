"""The commands that Codex runs: where they stand in code mode, and how Codex reports their exit codes. No I/O.

Sources: codex-rs/core/src/tools/context.rs and code_mode; seen with Codex 0.169.
"""

import re
from collections.abc import Iterator
from json import JSONDecoder
from typing import Any

import orjson

from pytest_codex_replay.codex.tool_output import HEADER

_CALL = re.compile(r"\bexec_command\(\s*(?=\{)")
"""Runs a command from a script: `await tools.exec_command({"cmd":"ls"})`."""
_OPERATION = re.compile(r"\*\*\* (?P<what>Add|Update|Delete|Move)(?: File| to): (?P<path>(?:(?!\\n)[^\n])+)")
_OUTPUT = "Output:\n"
"""The last line above an output, also where nothing else is written above it."""


def scripted_commands(script: str) -> Iterator[str]:
    """Yield the commands that a script of code mode runs, as far as they are written as JSON."""
    for call in _CALL.finditer(script):
        try:
            value, _ = JSONDecoder().raw_decode(script, call.end())
        except (ValueError, RecursionError):
            continue  # computed, an object as JavaScript writes it, or nonsense
        if isinstance(command := value.get("cmd"), str):
            yield command


def exit_codes(output: str) -> Iterator[int]:
    """Yield the exit codes that the output of a tool reports; code mode may report several."""
    header = HEADER.match(output)
    if header and header["code"]:
        yield int(header["code"])
        return
    begin = header.end() if header else len(_OUTPUT) if output.startswith(_OUTPUT) else None
    for line in [output] if begin is None else output[begin:].splitlines():
        if (code := _code_in(_json(line))) is not None:
            yield code


def duration_in(output: str) -> float | None:
    """Return how long a command took, in milliseconds, where older releases say it: in the metadata of the output."""
    value = _json(output) if output.startswith("{") else None
    metadata = value.get("metadata") if isinstance(value, dict) else None
    seconds = metadata.get("duration_seconds") if isinstance(metadata, dict) else None
    return round(seconds * 1000, 3) if isinstance(seconds, int | float) else None


def patch_operations(text: str) -> Iterator[tuple[str, str]]:
    """Yield what a patch does, in any text that has one: `add`, `update`, `delete` or `move`, and the path."""
    for found in _OPERATION.finditer(text):
        yield found["what"].lower(), found["path"].strip()


def _code_in(value: Any) -> int | None:
    """Look where code mode has it, and where older releases had it: `{"output": …, "metadata": {"exit_code": 0}}`."""
    if not isinstance(value, dict):
        return None
    found = value.get("exit_code", value.get("metadata"))
    return found if type(found) is int else _code_in(found)


def _json(text: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
