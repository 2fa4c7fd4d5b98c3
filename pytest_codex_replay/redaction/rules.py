"""All rules. No I/O.

There is no entropy rule: it would first remove ids, digests and encrypted content, which have to be echoed.
"""

from pytest_codex_replay.redaction.assignments import ASSIGNMENTS
from pytest_codex_replay.redaction.commands import COMMANDS
from pytest_codex_replay.redaction.http import HTTP
from pytest_codex_replay.redaction.prose import PROSE
from pytest_codex_replay.redaction.tables import TABLES
from pytest_codex_replay.redaction.tokens import TOKENS

RULES = (*TOKENS, *HTTP, *COMMANDS, *ASSIGNMENTS, *PROSE, *TABLES)
"""The first rule that finds a secret gives its kind."""
