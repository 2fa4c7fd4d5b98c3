"""Passwords that stand out in a line which speaks of access."""

import pytest

from pytest_codex_replay.redaction.prose.told import CODES_TOLD, TOLD


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
        ("the login of the shop took it again: Peach-Ladder1 works as it did before", "Peach-Ladder1"),
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
        "the names of the demo are libnettle.so.7.0 and another one that has changed since then",
        "this was changed so that the demo builds on riscv64 and on the other machines, too",
        "everyone should update the rest to support ciphersuites and what is based on it",
        "this was changed so that the demo runs in xterm+rgbcolor and in the other one, too",
        "I changed the driver of the printer to use CupsPrinter2 and now nothing is printed",
        "kannst du im Passwort die mindestlänge auf acht setzen und alles nochmal testen",
        "login Peach-Ladder1",
    ],
)
def test_other_lines_have_none(text):
    """Without a cue or a sentence; as the name of a user, a module or a machine; a compound; in code."""
    assert told(text) == []


@pytest.mark.parametrize(
    ("text", "phrase"),
    [
        ('unlock the keepass file with "the dog ate my thesis" and pull the smtp entry', "the dog ate my thesis"),
        (
            "Das Backup kann man mit \u201edrei graue Gänse fliegen heim\u201c entschlüsseln, so stehts da.",
            "drei graue Gänse fliegen heim",
        ),
    ],
)
def test_a_phrase_in_quotes(text, phrase):
    """Of ordinary words, none of which speaks of access or of programs."""
    assert told(text) == [phrase]


@pytest.mark.parametrize(
    "text",
    [
        'why does the login page of the shop say "please come back tomorrow" to my mother',
        'the device shows "the keypad is locked" after three tries and unlock does nothing',
        'unlock the account of the user and set the "maximum size of files" back to ten',
    ],
)
def test_a_message_in_quotes_is_none(text):
    """Nor is the name of a setting."""
    assert told(text) == []


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("the alarm panel by the loading dock wants 770194 and then the hash key", ["770194"]),
        ("für die Alarmanlage gilt jetzt die 58203, die alte Zahl geht seit Freitag nicht mehr", ["58203"]),
        ("PUK of the card in the modem is 604 188; set a new one and try again", ["604 188"]),
        ("the new sim card wants 8305 at boot, and 61940277 stands on the holder", ["8305"]),
        ("key box left of the gate: dial 7-1-9-4 and pull down", ["7-1-9-4"]),
        ("the alarm panel by the loading dock was bought in 2019 and never worked", []),
        ("the alarm comes on port 8080 and nothing in the log tells me why it does", []),
        ("the alarm of the docs is Bug 19379 and it was closed by the one who found it", []),
        ("le clavier à code affiche une erreur 5003 quand je change le code de la porte", []),
        ("the keypad is wired to pin 4410 on the board and nothing else is on that side", []),
        ("the alarm was seen 1400 times and another 3100 in the week before it ended", []),
        ("the panel by the loading dock wants 770194 and then the hash key of it", []),
    ],
)
def test_the_one_number_of_a_line_about_locks(text, codes):
    """A year, a port, one of several numbers are none; nor is one of a line about something else."""
    assert [span.secret for span in CODES_TOLD.find(text)] == codes


def test_long_lines_are_read_near_a_cue():
    """A value far from it belongs to something else."""
    far = "word " * 80

    assert told(f"the login works again, {far} Peach-Ladder1 is over there in the corner") == []
    assert told(f"the login works with Peach-Ladder1 again, {far}") == ["Peach-Ladder1"]
