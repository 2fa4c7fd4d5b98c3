"""The functions that a row of data may name: whether a value is a secret, or a match is meant. No I/O."""

from pytest_codex_replay.redaction import arguments, checks, personal, phrases, placed, value_shapes

_MODULES = vars(value_shapes) | vars(personal) | vars(phrases) | vars(checks) | vars(arguments) | vars(placed)
CHECKS = {name: check for name, check in _MODULES.items() if name.startswith("is_")}
"""By their names."""
