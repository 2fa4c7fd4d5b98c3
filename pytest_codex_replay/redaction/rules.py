"""All rules. No I/O.

There is no entropy rule: it would first remove ids, digests and encrypted content, which have to be echoed.
"""

from pytest_codex_replay.redaction.formats import load_rules
from pytest_codex_replay.redaction.identity.hosts import HOSTS
from pytest_codex_replay.redaction.identity.people import PEOPLE
from pytest_codex_replay.redaction.places.named_values import NAMED_VALUES
from pytest_codex_replay.redaction.places.private_keys import PRIVATE_KEYS
from pytest_codex_replay.redaction.places.row_checks import CHECKS
from pytest_codex_replay.redaction.places.structures import STRUCTURES
from pytest_codex_replay.redaction.places.synopses import SYNOPSES
from pytest_codex_replay.redaction.prose.spoken import SPOKEN

TOKENS = (*load_rules("tokens", CHECKS), *load_rules("keys", CHECKS), PRIVATE_KEYS)
"""A value is a secret in any context, because of its format."""
HTTP, COMMANDS, ASSIGNMENTS, PROSE = (load_rules(name, CHECKS) for name in ("http", "commands", "assignments", "prose"))
DIALOGUES, MEMBERS, CALLS = (load_rules(name, CHECKS) for name in ("dialogues", "members", "calls"))
"""A value is a secret because of the text before it."""
RULES = (
    *TOKENS,
    *HTTP,
    *COMMANDS,
    *SYNOPSES,
    *CALLS,
    *ASSIGNMENTS,
    *PROSE,
    *STRUCTURES,
    *DIALOGUES,
    *MEMBERS,
    *NAMED_VALUES,
    *SPOKEN,
)
"""The first rule that finds a secret gives its kind."""
STRICT_IDENTITY = (*load_rules("identity", CHECKS), HOSTS, PEOPLE)
"""Values that identify a network, a device, a person or an account of a cloud; only on request."""
