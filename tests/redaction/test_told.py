"""Passwords that stand out in a line which speaks of access."""

import pytest

from pytest_codex_replay.redaction.told import TOLD


def told(text: str) -> list[str]:
    return [span.secret for span in TOLD.find(text)]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Everyone in billing just uses Invoices4ever&ever for the shared mailbox.", "Invoices4ever&ever"),
        ("I reset her to Marigold-Tractor-5 for now, can you see why the mail bounced?", "Marigold-Tractor-5"),
        ("the router came with a sticker but he put Kakadu.Regen7 on all of them", "Kakadu.Regen7"),
        ("Das WLAN im Keller geht nur mit Apfelmus.Rad9, sonst kommt man da nicht rein", "Apfelmus.Rad9"),
        ("for the login of the buyer take Peach-Ladder1 and look at the cart", "Peach-Ladder1"),
        ("on the router it is cabbagepatch, and on the switch nothing was set at all", "cabbagepatch"),
    ],
)
def test_a_joined_or_numbered_word_stands_out(text, value):
    """In whatever order the sentence says it."""
    assert told(text) == [value]


@pytest.mark.parametrize(
    "text",
    [
        "The build of Marigold-Tractor-5 takes as long as the one before it did.",
        "the router drops the connection whenever the 5-GHz band is on channel 112",
        "log in as Peach_Ladder1 and tell me why the cart of the shop is empty",
        "from pyspark.pandas.accessors import a, b and unlock the rest of it all",
        '"account": "Peach-Ladder1", and so on until the login of the shop works',
        "the account page is rendered with jinja2 templates and a bit of script in it",
        "say pthread_mutex_lock before the account is changed, and unlock it after that",
        "kannst du im Passwort die mindestlänge auf acht setzen und alles nochmal testen",
        "login Peach-Ladder1",
    ],
)
def test_other_lines_have_none(text):
    """Without a cue, without a sentence, as the name of a user, of a module or of a package, a compound, in code."""
    assert told(text) == []


def test_long_lines_are_read_near_a_cue():
    """A value far from it belongs to something else."""
    far = "word " * 80

    assert told(f"the login works again, {far} Peach-Ladder1 is over there in the corner") == []
    assert told(f"the login works with Peach-Ladder1 again, {far}") == ["Peach-Ladder1"]
