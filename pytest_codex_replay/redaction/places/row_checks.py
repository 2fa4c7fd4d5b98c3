"""The functions that a row of data may name: whether a value is a secret, or a match is meant. No I/O."""

from pytest_codex_replay.redaction.identity import logins
from pytest_codex_replay.redaction.places import arguments, assigned_here, checks, codes
from pytest_codex_replay.redaction.views import id_token
from pytest_codex_replay.redaction.words.value_checks import VALUE_CHECKS, checks_of

CHECKS = VALUE_CHECKS | checks_of(checks, codes, arguments, assigned_here, logins, id_token)
"""By their names."""
