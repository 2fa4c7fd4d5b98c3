"""All rules. No I/O.

Entropy is no rule: ids, digests and encrypted content, which have to be echoed, would be the first to go.
"""

from pytest_codex_replay.redaction.assignments import CONTEXTS
from pytest_codex_replay.redaction.commands import COMMANDS
from pytest_codex_replay.redaction.http import HTTP
from pytest_codex_replay.redaction.prose import PROSE
from pytest_codex_replay.redaction.tables import TABLES
from pytest_codex_replay.redaction.tokens import TOKENS

RULES = (*TOKENS, *HTTP, *COMMANDS, *CONTEXTS, *PROSE, *TABLES)
"""The first that finds a secret names it."""
