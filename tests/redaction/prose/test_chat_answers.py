"""Answers in chats to who asks for a password."""

import pytest

from pytest_codex_replay.redaction.finder import Finder
from pytest_codex_replay.redaction.prose.chat_answers import CHAT_ANSWERS
from tests.growth import assert_linear, repeated


def found_in(text: str) -> list[str]:
    return [one.secret for one in Finder((CHAT_ANSWERS,)).find(text)]


@pytest.mark.parametrize(
    "text",
    [
        "Mia Stone 10:01\nwhat was the vpn password again?\n\nTom Reed 10:02\n@\n\nMia Stone 10:02\nthx\n",
        "[09:12] anna: does someone have the password for the printer?\n[09:13] ben: @\n",
        "<kim> what's the root password on box3\n<lee> @\n",
        "[3/4/26, 10:11:02] Eva: Wie ist das WLAN-Passwort?\n[3/4/26, 10:12:40] Max: @\n",
        "> what's the password for the archive?\n@\n",
        "ana  9:41 AM\nwhich password does the staging db have\nleo  9:43 AM\n@\n",
        "Pierre 14:02\nc'est quoi le mot de passe du wifi ?\nJulie 14:03\n@\n",
        "> can you send me the password of the share?\nSure.\n@\n",
        "Hanna, 08:12: what is the alarm password\nUli, 08:14: @\n",
        "user: whats the db password\ndev: @\n",
    ],
)
def test_the_word_that_answers_is_the_password(text: str) -> None:
    """Names and times stand between, in the line or above it."""
    assert found_in(text.replace("@", "tulpen-und-brot")) == ["tulpen-und-brot"]


@pytest.mark.parametrize(
    "text",
    [
        "Mia Stone 10:01\nwhat was the vpn password again?\n\nTom Reed 10:02\nno idea\n",
        "[09:12] anna: does someone have the password for the printer?\n[09:13] ben: look in 1password\n",
        "<kim> what's the root password on box3\n<lee> kim: vault\n",
        "Ana 09:00\nwhich password policy do we have?\nLeo 09:01\nminimum-length twelve\n",
        "Ana 09:00\nwhere is the password stored?\nLeo 09:01\nkey-vault\n",
        "Ana 09:00\nwhat is the password again?\nLeo 09:01\nsent-it\n",
        "what the password is for\nsecret-service\n",
    ],
)
def test_other_answers_stay(text: str) -> None:
    """Sentences, places, products."""
    assert found_in(text) == []


def test_a_long_text_takes_linear_time() -> None:
    """Of questions, of names and times."""
    for unit in ("what password\n", "what password Ana 10:00\n", "Ana Bea Cia ", "\n<"):
        assert_linear(repeated(unit), Finder((CHAT_ANSWERS,)).find, 20_000)
