"""The rules that read prose: a value is a secret because of a sentence, or of its place in one. No I/O."""

from pytest_codex_replay.redaction.prose.judge import JUDGED, JUDGED_MESSAGES
from pytest_codex_replay.redaction.prose.sentences import SENTENCES
from pytest_codex_replay.redaction.prose.statements import STATEMENTS
from pytest_codex_replay.redaction.prose.told import CODES_TOLD, TOLD
from pytest_codex_replay.redaction.prose.told_places import TOLD_AT_PLACES, TOLD_HERE

SPOKEN = (*SENTENCES, STATEMENTS, TOLD, TOLD_AT_PLACES, TOLD_HERE, CODES_TOLD, JUDGED, JUDGED_MESSAGES)
"""The judge comes last: it weighs what no sentence that is known tells."""
