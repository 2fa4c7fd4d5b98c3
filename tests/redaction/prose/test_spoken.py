"""The rules that read prose."""

from pytest_codex_replay.redaction.prose.judge import JUDGED, JUDGED_MESSAGES
from pytest_codex_replay.redaction.prose.spoken import SPOKEN
from pytest_codex_replay.redaction.rules import RULES


def test_the_judge_comes_last_of_all_rules():
    """The first rule that finds a secret gives its kind; the judge knows the least of them."""
    assert [*RULES[-len(SPOKEN) :]] == [*SPOKEN]
    assert SPOKEN[-2:] == (JUDGED, JUDGED_MESSAGES)
