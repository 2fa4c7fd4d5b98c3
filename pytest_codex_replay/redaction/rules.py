"""All rules. No I/O.

There is no entropy rule: it would first remove ids, digests and encrypted content, which have to be echoed.
"""

from functools import partial

from pytest_codex_replay.redaction import checks, value_shapes
from pytest_codex_replay.redaction.formats import load_rules
from pytest_codex_replay.redaction.private_keys import PRIVATE_KEYS
from pytest_codex_replay.redaction.tables import TABLES

CHECKS = {name: check for name, check in (vars(value_shapes) | vars(checks)).items() if name.startswith("is_")}
"""The functions that a row may name."""
_rules_of = partial(load_rules, checks=CHECKS)

TOKENS = (*_rules_of("tokens"), PRIVATE_KEYS)
"""A value is a secret in any context, because of its format."""
HTTP = _rules_of("http")
"""Because it is a credential of HTTP, in a text."""
COMMANDS = _rules_of("commands")
"""Because of the program, or the function, that takes it."""
ASSIGNMENTS = _rules_of("assignments")
"""Because of the name before it."""
PROSE = _rules_of("prose")
"""Because a sentence calls it one."""
RULES = (*TOKENS, *HTTP, *COMMANDS, *ASSIGNMENTS, *PROSE, *TABLES)
"""The first rule that finds a secret gives its kind."""
