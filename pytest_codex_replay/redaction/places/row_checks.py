"""The functions that a row of data may name: whether a value is a secret, or a match is meant. No I/O."""

from pytest_codex_replay.redaction.places import arguments, assigned_here, checks, codes, placed
from pytest_codex_replay.redaction.prose import told_words
from pytest_codex_replay.redaction.views import id_token
from pytest_codex_replay.redaction.words import personal, phrases, uncommon, value_shapes

_MODULES = (
    *(value_shapes, personal, phrases, checks, codes, arguments, assigned_here, placed, uncommon, told_words),
    id_token,
)
CHECKS = {name: check for each in _MODULES for name, check in vars(each).items() if name.startswith("is_")}
"""By their names."""
