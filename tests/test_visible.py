"""What a terminal would act on does not reach it."""

import json
import unicodedata

import pytest

from pytest_codex_replay.errors import ArchiveError
from pytest_codex_replay.visible import visible, visible_json, visible_line

BIDI = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain\n\ttext ä 漢 👩‍👩‍👧", "plain\n\ttext ä 漢 👩‍👩‍👧"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07x", "x"),
        ("\x1b]8;;http://x\x1b\\link", "link"),
        ("\x1b]52;c;never ended", ""),
        ("a\rb\r\nc\x00\x07\x7f", "a␍b\nc␀␇␡"),
        ("\x9b31m", "\ufffd31m"),
        ("\x1b\x1b[31m", "␛"),
        ("exe\u202egpj.x", "exe\ufffdgpj.x"),
        ("one\u2028two", "one\ufffdtwo"),
        ("\U000e0041", "\ufffd"),
    ],
)
def test_text_is_shown(text, shown):
    """Sequences are left out, other control characters are seen."""
    assert visible(text) == shown


def test_no_character_of_control_is_left():
    """Of all that Unicode has: controls, and what sets the direction."""
    every = "".join(chr(code) for code in range(0x110000) if not 0xD800 <= code < 0xE000)

    left = {one for one in visible(every) if unicodedata.category(one) == "Cc" or one in BIDI}

    assert left == {"\n", "\t"}


def test_a_line_stays_one_line():
    """A name with an end of line could pass for a line of its own, as for a command to the runner of a workflow."""
    assert visible_line("a\n::error::b\r\nc\u2028d\x85e\x1b[2J\tf") == "a␊::error::b␊c\ufffdd\ufffde\tf"


def test_json_says_the_same():
    """What JSON lets stand in a text is escaped."""
    text = json.dumps({"a": f"\x7f\x9b{BIDI}\U000e0041ä"}, ensure_ascii=False)

    assert json.loads(visible_json(text)) == json.loads(text)
    assert visible(visible_json(text)) == visible_json(text)


def test_an_error_quotes_visibly():
    """Where it is caught, and printed."""
    assert str(ArchiveError("x\x1b[2J\x00")) == "x␀"
