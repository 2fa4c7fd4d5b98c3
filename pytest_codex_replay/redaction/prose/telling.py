"""The rules for what people and programs tell in sentences, by how sure they are: the judge comes last. No I/O."""

from pytest_codex_replay.redaction.prose.judge import JUDGED
from pytest_codex_replay.redaction.prose.sentences import SENTENCES
from pytest_codex_replay.redaction.prose.statements import STATEMENTS
from pytest_codex_replay.redaction.prose.told import CODES_TOLD, TOLD
from pytest_codex_replay.redaction.prose.told_places import TOLD_AT_PLACES, TOLD_HERE

TELLING = (*SENTENCES, STATEMENTS, TOLD, TOLD_AT_PLACES, TOLD_HERE, CODES_TOLD, JUDGED)
"""A value is a secret because a sentence says so."""
