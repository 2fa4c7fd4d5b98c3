"""The functions by which a row of data may judge a value alone. No I/O."""

from collections.abc import Callable
from types import ModuleType
from typing import Any

from pytest_codex_replay.redaction.words import (
    in_base64,
    keys,
    made_up,
    passwords,
    personal,
    phrases,
    placed,
    told_words,
    value_shapes,
)


def checks_of(*modules: ModuleType) -> dict[str, Callable[[Any], bool]]:
    """Return the functions of modules that answer yes or no, by their names: these begin with `is_`."""
    return {name: check for one in modules for name, check in vars(one).items() if name.startswith("is_")}


VALUE_CHECKS = checks_of(value_shapes, personal, phrases, passwords, told_words, made_up, placed, keys, in_base64)
"""By their names."""
