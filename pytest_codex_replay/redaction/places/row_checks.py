"""The functions that a row of data may name: whether a value is a secret, or a match is meant. No I/O."""

from pytest_codex_replay.redaction.identity import logins
from pytest_codex_replay.redaction.places import arguments, checks, codes
from pytest_codex_replay.redaction.views import id_token
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

_MODULES = (
    *(value_shapes, personal, phrases, passwords, told_words, made_up, placed, keys, in_base64),
    *(checks, codes, arguments, logins, id_token),
)
CHECKS = {name: check for each in _MODULES for name, check in vars(each).items() if name.startswith("is_")}
"""By their names."""
