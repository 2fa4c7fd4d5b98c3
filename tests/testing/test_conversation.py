"""Which sessions a new recording makes obsolete."""

from pathlib import Path

import pytest

from pytest_codex_replay.archive.session import open_sessions
from pytest_codex_replay.testing.config import Mode
from pytest_codex_replay.testing.conversation import Conversation, replaces


@pytest.fixture
def conversation(write_cassette, tmp_path: Path):
    """Make the conversation of a session in which these prompts were sent."""

    def make(*prompts: str) -> Conversation:
        number = len(list(tmp_path.iterdir()))
        (session,) = open_sessions(write_cassette(tmp_path / f"session-{number}", *prompts))
        return Conversation.of(session)

    return make


def test_what_a_session_asked(conversation) -> None:
    """Prompts by turn, and the model calls."""
    asked = conversation("hi", "bye")

    assert asked.prompts == ("hi", "bye")
    assert len(asked.calls) == 2


@pytest.mark.parametrize(
    ("new", "old", "expected"),
    [
        (["hi"], ["hi"], {Mode.ALL, Mode.NEW_EPISODES}),
        (["hi", "bye"], ["hi"], {Mode.ALL, Mode.NEW_EPISODES}),
        (["hi"], ["hi", "bye"], {Mode.ALL}),
        (["hi", "two"], ["hi", "bye"], {Mode.ALL}),
        (["bye"], ["hi"], set()),
    ],
)
def test_what_replaces_what(conversation, new: list[str], old: list[str], expected: set[Mode]) -> None:
    """In other modes, everything: the new recording is the whole cassette."""
    found = {mode for mode in Mode if replaces(conversation(*new), conversation(*old), mode)}

    assert found == expected | {Mode.NONE, Mode.ONCE, Mode.REWRITE, Mode.ADOPT}
