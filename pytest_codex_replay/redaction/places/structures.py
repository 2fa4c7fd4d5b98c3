"""The rules for secrets of a structure: tables, lines of codes, pairs, answers, files called secret. No I/O."""

from pytest_codex_replay.redaction.places.account_lines import ACCOUNT_LINES
from pytest_codex_replay.redaction.places.codes import CODES
from pytest_codex_replay.redaction.places.generated_lists import GENERATED_LISTS
from pytest_codex_replay.redaction.places.labelled_tables import LABELLED_TABLES
from pytest_codex_replay.redaction.places.login_lists import LOGIN_LISTS
from pytest_codex_replay.redaction.places.login_pairs import LOGIN_PAIRS
from pytest_codex_replay.redaction.places.numbered_grids import NUMBERED_GRIDS
from pytest_codex_replay.redaction.places.password_lists import PASSWORD_LISTS
from pytest_codex_replay.redaction.places.secret_files import SECRET_FILES
from pytest_codex_replay.redaction.places.tables import TABLES
from pytest_codex_replay.redaction.prose.chat_answers import CHAT_ANSWERS
from pytest_codex_replay.redaction.prose.guesses import GUESSES

STRUCTURES = (
    *TABLES,
    *LABELLED_TABLES,
    *CODES,
    *NUMBERED_GRIDS,
    *PASSWORD_LISTS,
    *GENERATED_LISTS,
    *ACCOUNT_LINES,
    *LOGIN_LISTS,
    *LOGIN_PAIRS,
    *SECRET_FILES,
    GUESSES,
    CHAT_ANSWERS,
)
"""What a function finds by what stands elsewhere: at the head, above, before."""
